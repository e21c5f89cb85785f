// `mace cache` without an OpenCL device: its output, its exit codes, and its error line.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/hash.h"
#include "mace/base/strings.h"
#include "mace/cache/driver_records.h"
#include "mace/cache/store.h"
#include "mace/testing/cache/sample.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class CacheCommand : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return JoinPath(folder_, name); }

  // Makes a file with these programs and a tuning record.
  std::string MakeCache(const std::string& name, const std::vector<int>& programs) {
    const std::string path = Path(name);
    auto store = CacheStore::Open(path);
    for (int number : programs) EXPECT_TRUE(store->AddProgram(SampleProgram(number)).ok());
    EXPECT_TRUE(store->AddTuning(SampleDevice(), "conv", "a\1").ok());
    EXPECT_TRUE(store->Flush().ok());
    return path;
  }

  static std::string RunWell(const std::vector<std::string>& words) {
    std::vector<std::string> all = {"cache"};
    all.insert(all.end(), words.begin(), words.end());
    const CommandResult result = RunMace(all);
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  static void ExpectFailure(const std::vector<std::string>& words, int code,
                            const std::string& part) {
    std::vector<std::string> all = {"cache"};
    all.insert(all.end(), words.begin(), words.end());
    SCOPED_TRACE(Join(all, " "));
    ExpectRefused(RunMace(all), code, part);
  }

  static size_t Programs(const std::string& path) {
    return RunMace({"cache", "info", path, "--json", "-"}).OutJson()["programs"].size();
  }

  const std::string folder_ = FreshFolder("cache_command");
};

TEST_F(CacheCommand, BadUseIsCodeTwo) {
  ExpectFailure({}, kExitBadUse, "subcommand");
  ExpectFailure({"info"}, kExitBadUse, "file");
  ExpectFailure({"merge", "a"}, kExitBadUse, "--output");
  ExpectFailure({"sign", "a"}, kExitBadUse, "--key");
  ExpectFailure({"extract", "a"}, kExitBadUse, "--output");
  ExpectFailure({"keygen"}, kExitBadUse, "key");
  ExpectFailure({"prune", "a", "--max-age", "-1"}, kExitBadUse, "--max-age");
  ExpectFailure({"prune", "a", "--size-limit", "much"}, kExitBadUse, "--size-limit");
  ExpectFailure({"build", "--cache", "c"}, kExitBadUse, "models");
  ExpectFailure({"build", "model.pb"}, kExitBadUse, "--cache");
  ExpectFailure({"build", "model.pb", "--cache", "none"}, kExitBadUse, "--cache");
  ExpectFailure({"build", "model.pb", "--cache", "c", "--device", "cpu"}, kExitBadUse, "--device");
}

TEST_F(CacheCommand, AMissingOrBadFileIsCodeThree) {
  const std::string none = Path("none"), text = Path("text");
  WriteText(text, "no cache at all");
  for (const char* command : {"info", "verify", "prune", "import"}) {
    ExpectFailure({command, none}, kExitBadModelOrInput, none);
    ExpectFailure({command, text}, kExitBadModelOrInput, text);
    ExpectFailure({command, folder_}, kExitBadModelOrInput, folder_);
  }
  ExpectFailure({"hexdump", none}, kExitBadModelOrInput, none);
  ExpectFailure({"extract", text, "--output", Path("out")}, kExitBadModelOrInput, text);
  ExpectFailure({"merge", none, "--output", Path("out")}, kExitBadModelOrInput, none);
  ExpectFailure({"sign", text, "--key", none}, kExitBadModelOrInput, none);
  EXPECT_FALSE(FileExists(Path("out")));
}

TEST_F(CacheCommand, InfoAndVerify) {
  const std::string cache = MakeCache("cache", {1, 2});
  EXPECT_NE(RunWell({"info", cache}).find("2 kernels in 2 programs"), std::string::npos);
  EXPECT_EQ(RunWell({"verify", cache}), cache + ": good, not signed\n");
  const Json json = RunMace({"cache", "info", cache, "--json", "-"}).OutJson();
  EXPECT_EQ(json["version"], "1.0");
  EXPECT_TRUE(json["public_key"].is_null());
  ASSERT_EQ(json["tuning"].size(), 1u);
  EXPECT_EQ(json["tuning"][0]["key"], "conv");
  EXPECT_EQ(json["tuning"][0]["value_hex"], "6101");
  std::string damaged = ReadText(cache);
  damaged[5000] = static_cast<char>(damaged[5000] ^ 1);  // Padding, which only verify reads.
  WriteText(cache, damaged);
  ExpectFailure({"verify", cache}, kExitBadModelOrInput, "hash mismatch over the whole file");
}

TEST_F(CacheCommand, KeygenSignVerify) {
  const std::string cache = MakeCache("cache", {1}), key = Path("key"), other = Path("other");
  RunWell({"keygen", key});
  RunWell({"keygen", other});
  struct stat info;
  ASSERT_EQ(stat(key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  ExpectFailure({"keygen", key}, kExitBadModelOrInput, "exists already");
  const std::string secret = ReadText(key);

  ExpectFailure({"verify", cache, "--public-key", key + ".pub"}, kExitBadModelOrInput,
                "not signed");
  EXPECT_NE(RunWell({"sign", cache, "--key", key}).find(", signed"), std::string::npos);
  const std::string digits = ReadText(key + ".pub").substr(0, 64);
  const std::string nobody_asked = RunWell({"verify", cache});
  for (const char* part : {"signed with", "generation 2", digits.c_str(), "is not checked"}) {
    EXPECT_NE(nobody_asked.find(part), std::string::npos) << nobody_asked;
  }
  const std::string asked = RunWell({"verify", cache, "--public-key", key + ".pub"});
  EXPECT_NE(asked.find(digits + ", the key of " + key + ".pub"), std::string::npos) << asked;
  ExpectFailure({"verify", cache, "--public-key", other + ".pub"}, kExitBadModelOrInput,
                "another key");
  ExpectFailure({"verify", cache, "--public-key", cache}, kExitBadModelOrInput, cache);
  ExpectFailure({"sign", cache, "--key", key + ".pub"}, kExitBadModelOrInput, "key.pub");
  EXPECT_EQ(
      RunMace({"cache", "info", cache, "--json", "-"}).OutJson()["public_key"].get<std::string>() +
          "\n",
      ReadText(key + ".pub"));
  EXPECT_EQ(ReadText(key), secret);
}

TEST_F(CacheCommand, MergeAndPrune) {
  const std::string a = MakeCache("a", {1, 2}), b = MakeCache("b", {2, 3}), all = Path("all");
  EXPECT_NE(RunWell({"merge", a, b, "--output", all}).find("3 programs"), std::string::npos);
  RunWell({"verify", all});
  EXPECT_EQ(Programs(all), 3u);
  ASSERT_EQ(chmod(b.c_str(), 0666), 0);
  ExpectFailure({"merge", b, "--output", all}, kExitBadModelOrInput, "others may write");
  RunWell({"merge", b, "--output", all, "--allow-shared"});
  ExpectFailure({"merge", a, "--output", folder_}, kExitBadModelOrInput, folder_);

  EXPECT_NE(RunWell({"prune", all}).find("0 programs and tuning records dropped"),
            std::string::npos);
  EXPECT_NE(RunWell({"prune", all, "--size-limit", "13000"}).find("dropped"), std::string::npos);
  EXPECT_LT(Programs(all), 3u);
  RunWell({"verify", all});
  RunWell({"prune", all, "--max-age", "0"});
  EXPECT_EQ(Programs(all), 0u);

  RunWell({"keygen", Path("key")});
  RunWell({"merge", a, "--output", all, "--key", Path("key")});
  RunWell({"verify", all, "--public-key", Path("key.pub")});
  RunWell({"prune", all, "--key", Path("key")});
  RunWell({"verify", all, "--public-key", Path("key.pub")});
}

TEST_F(CacheCommand, ASignedFileKeepsItsSignature) {
  const std::string plain = MakeCache("plain", {2}), file = MakeCache("signed", {1});
  const std::string key = Path("key");
  RunWell({"keygen", key});
  RunWell({"sign", file, "--key", key, "--generation", "7"});
  const std::string before = ReadText(file);
  ExpectFailure({"merge", plain, "--output", file}, kExitBadModelOrInput, "is signed with");
  ExpectFailure({"prune", file}, kExitBadModelOrInput, "--unsigned");
  ExpectFailure({"build", "model.pb", "--cache", file}, kExitBadModelOrInput, "--key");
  ExpectFailure({"merge", plain, "--output", file, "--key", key, "--unsigned"},
                kExitBadModelOrInput, "--unsigned");
  ExpectFailure({"sign", file, "--key", key, "--generation", "7"}, kExitBadModelOrInput,
                "is of generation 7");
  EXPECT_EQ(ReadText(file), before);
  RunWell({"merge", plain, "--output", file, "--key", key});
  EXPECT_NE(RunWell({"verify", file, "--public-key", key + ".pub"}).find("generation 8"),
            std::string::npos);
  EXPECT_NE(RunWell({"prune", file, "--unsigned"}).find("not signed"), std::string::npos);
}

TEST_F(CacheCommand, Quarantine) {
  const std::string path = MakeCache("c", {1, 2});
  EXPECT_EQ(RunWell({"quarantine", "list", path}), "0 programs in quarantine\n");
  {
    auto store = CacheStore::Open(path);
    AddDriverRecord(store.get(), SampleDevice(), SampleProgram(1).key,
                    {DriverVerdict::kBuildCrashed, "compiling kernel add"});
    AddDriverRecord(store.get(), SampleDevice(), SampleProgram(2).key,
                    {DriverVerdict::kProven, ""});
    ASSERT_TRUE(store->Flush().ok());
  }
  const std::string key = ToHex(DigestBytes(SampleProgram(1).key));
  const std::string text = RunWell({"quarantine", "list", path});
  EXPECT_NE(text.find(key.substr(0, 16) + "  GPU, driver 1.0: build crashed: compiling kernel add"),
            std::string::npos)
      << text;
  const Json list = RunMace({"cache", "quarantine", "list", path, "--json", "-"}).OutJson();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["program"], key);
  EXPECT_EQ(list[0]["verdict"], "build crashed");
  EXPECT_EQ(RunWell({"quarantine", "clear", path}), "1 records removed\n");
  EXPECT_EQ(RunWell({"quarantine", "list", path}), "0 programs in quarantine\n");
  EXPECT_EQ(Programs(path), 2u);
  ExpectFailure({"quarantine"}, kExitBadUse, "subcommand");
  ExpectFailure({"quarantine", "list", Path("none")}, kExitBadModelOrInput, Path("none"));
}

TEST_F(CacheCommand, Extract) {
  const std::string one = MakeCache("one", {1}), two = MakeCache("two", {1, 2}), out = Path("out");
  RunWell({"extract", one, "--output", out});
  EXPECT_EQ(AsStringView(Bytes(*SampleProgram(1).bytes)), ReadText(out));
  ExpectFailure({"extract", two, "--output", out}, kExitBadModelOrInput, "several programs");
  const std::string key = ToHex(DigestBytes(SampleProgram(2).key));
  RunWell({"extract", two, "--program", key.substr(0, 12), "--output", out});
  EXPECT_EQ(AsStringView(Bytes(*SampleProgram(2).bytes)), ReadText(out));
  ExpectFailure({"extract", two, "--program", "zz", "--output", out}, kExitBadModelOrInput,
                "no program");
}

// An upstream key-value file with one program and its hash.
std::string UpstreamSample() {
  const auto field = [](char tag, const std::string& text) {
    return std::string(1, tag) + static_cast<char>(text.size()) + text;
  };
  std::string file =
      field('\x0A', field('\x0A', "conv_2d -DBIAS") + field('\x12', "poclbin-code")) +
      field('\x0A', field('\x0A', "program_hash_ conv_2d -DBIAS") + field('\x12', "0123456789"));
  PutFixed32(&file, Crc32(AsBytes(file)));
  return file;
}

TEST_F(CacheCommand, ImportShowsUpstreamsPrograms) {
  const std::string file = Path("upstream.bin"), folder = Path("binaries");
  WriteText(file, UpstreamSample());
  const std::string out = RunWell({"import", file, "--output-dir", folder});
  for (const char* part : {"conv_2d -DBIAS", "PoCL binary, 12 bytes", "0123456789", "not used: "}) {
    EXPECT_NE(out.find(part), std::string::npos) << out;
  }
  EXPECT_EQ(ReadText(JoinPath(folder, "0_conv_2d.bin")), "poclbin-code");
  const Json json = RunMace({"cache", "import", file, "--json", "-"}).OutJson();
  ASSERT_EQ(json["programs"].size(), 1u);
  EXPECT_EQ(json["programs"][0]["used"], false);
  EXPECT_EQ(json["programs"][0]["source_hash"], "0123456789");
  EXPECT_TRUE(json["programs"][0]["file"].is_null());
  std::string bad = UpstreamSample();
  bad[3] = 'X';
  WriteText(file, bad);
  ExpectFailure({"import", file}, kExitBadModelOrInput, "CRC-32");
}

TEST_F(CacheCommand, ImportReadsAGenuineFile) {
  const std::string file = JoinPath(SharedFolder(), "upstream_cache/kws_DS_CNN_S.bin");
  if (SharedFolder().empty() || !FileExists(file)) GTEST_SKIP() << "no upstream file here";
  const Json json = RunMace({"cache", "import", file, "--json", "-"}).OutJson();
  EXPECT_EQ(json["device"], "pthread-skylake-avx512-AMD EPYC");
  ASSERT_EQ(json["programs"].size(), 10u);
  for (const Json& program : json["programs"]) {
    EXPECT_EQ(program["kind"], "PoCL binary");
    EXPECT_EQ(program["source_hash"].get<std::string>().size(), 20u);
    EXPECT_GT(program["size"].get<int>(), 90000);
  }
  EXPECT_TRUE(json["other_keys"].empty());
}

}  // namespace
}  // namespace mace
