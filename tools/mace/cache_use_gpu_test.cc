// A cache file made in advance, and the options that limit which file may be used, on the device at
// hand. Each start is a process of its own.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class CacheUse : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }

  // A start that may not compile gets a driver with an empty cache. Starts that may compile share
  // one driver cache, because compiling takes most of the time.
  static Environment Driver(bool require_cache) {
    static const std::string* const shared = new std::string(FreshFolder("driver_cache"));
    if (!require_cache) return {{"POCL_CACHE_DIR", *shared}};
    return {{"POCL_CACHE_DIR", FreshFolder("driver_cache")},
            {"CUDA_CACHE_DISABLE", "1"},
            {"MACE_REQUIRE_CACHE", "1"}};
  }

  CommandResult Run(const std::string& model, const std::vector<std::string>& more,
                    bool require_cache) const {
    std::vector<std::string> words = {"run", model, "--cache", cache_, "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    return RunMace(words, Driver(require_cache));
  }

  std::string Status(const std::string& model, const std::vector<std::string>& more = {},
                     bool require_cache = false) const {
    const CommandResult result = Run(model, more, require_cache);
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    return result.exit_code == kExitDone ? result.OutJson()["cache"]["status"] : "failed";
  }

  // Copies the file of `cache build`, which is made once for all tests.
  void PutDigitsCache() const {
    static const std::string* const good = [] {
      const std::string file = FreshFolder("good_cache") + "/cache.bin";
      const CommandResult result =
          RunMace({"cache", "build", ProjectFile("models/digits/digits.pb"), "--cache", file},
                  Driver(false));
      EXPECT_EQ(result.exit_code, kExitDone) << result.err;
      return new std::string(ReadText(file));
    }();
    WriteText(cache_, *good);
    ASSERT_EQ(chmod(cache_.c_str(), 0600), 0);
  }

  const std::string digits_ = ProjectFile("models/digits/digits.pb");
  const std::string folder_ = FreshFolder("cache_use");
  const std::string cache_ = JoinPath(folder_, "mace-cl-compiled-program.bin");
};

TEST_F(CacheUse, BuildMakesEveryFirstStartWarm) {
  const std::string squeezenet = MadeModel("squeezenet.pb");
  const CommandResult built = RunMace(
      {"cache", "build", digits_, squeezenet, "--cache", cache_, "--json", "-"}, Driver(false));
  ASSERT_EQ(built.exit_code, kExitDone) << built.err;
  const Json json = built.OutJson();
  ASSERT_EQ(json["models"].size(), 2u);
  for (const Json& model : json["models"]) {
    EXPECT_GE(model["built_from_source"].get<int>(), 1) << model;
    EXPECT_EQ(model["hits"], 0) << model;
  }
  EXPECT_EQ(Status(digits_, {}, true), "warm");
  EXPECT_EQ(Status(squeezenet, {}, true), "warm");

  // The second build has nothing to do and does not change the file.
  const std::string before = ReadText(cache_);
  const CommandResult again =
      RunMace({"cache", "build", digits_, "--cache", cache_, "--json", "-"}, Driver(true));
  ASSERT_EQ(again.exit_code, kExitDone) << again.err;
  EXPECT_EQ(again.OutJson()["models"][0]["built_from_source"], 0);
  EXPECT_EQ(ReadText(cache_), before);
}

TEST_F(CacheUse, BuildSaysWhatItCannotDo) {
  ExpectRefused(RunMace({"cache", "build", folder_ + "/none.pb", "--cache", cache_}),
                kExitBadModelOrInput, "none.pb");
  ASSERT_TRUE(MakeDirectories(cache_).ok());
  const CommandResult result = RunMace({"cache", "build", digits_, "--cache", cache_});
  EXPECT_EQ(result.exit_code, kExitBadModelOrInput) << result.err;
  EXPECT_NE(result.err.find(cache_), std::string::npos) << result.err;
}

TEST_F(CacheUse, AShippedFileWorksAsItIs) {
  PutDigitsCache();
  ASSERT_EQ(chmod(cache_.c_str(), 0444), 0);
  const std::string before = ReadText(cache_);
  EXPECT_EQ(Status(digits_, {"--cache-read-only"}, true), "warm");
  // Another model is compiled and run without changing the file.
  EXPECT_EQ(Status(MadeModel("squeezenet.pb"), {"--cache-read-only"}), "cold");
  EXPECT_EQ(ReadText(cache_), before);
}

TEST_F(CacheUse, WithAKeyOnlyASignedFileIsUsed) {
  PutDigitsCache();
  const std::string key = JoinPath(folder_, "key");
  for (const char* name : {"key", "other"}) {
    ASSERT_EQ(RunMace({"cache", "keygen", JoinPath(folder_, name)}).exit_code, kExitDone);
  }
  const std::vector<std::string> trust = {"--cache-public-key", key + ".pub"};
  CommandResult unsigned_file = Run(digits_, trust, false);
  EXPECT_EQ(unsigned_file.exit_code, kExitDone) << unsigned_file.err;
  EXPECT_EQ(unsigned_file.OutJson()["cache"]["status"], "rejected");
  EXPECT_NE(unsigned_file.err.find("not signed"), std::string::npos) << unsigned_file.err;

  ASSERT_EQ(RunMace({"cache", "sign", cache_, "--key", key}).exit_code, kExitDone);
  EXPECT_EQ(Status(digits_, trust, true), "warm");
  EXPECT_EQ(Status(digits_, {}, true), "warm");
  const CommandResult wrong =
      Run(digits_, {"--cache-public-key", JoinPath(folder_, "other.pub")}, true);
  EXPECT_NE(wrong.exit_code, kExitDone) << "a program signed with another key was run";
  EXPECT_NE(wrong.err.find("another key"), std::string::npos) << wrong.err;
  ExpectRefused(RunMace({"run", digits_, "--cache-public-key", cache_}), kExitBadUse,
                "--cache-public-key");
}

TEST_F(CacheUse, BuildIntoASignedFileNeedsTheKey) {
  PutDigitsCache();
  const std::string key = JoinPath(folder_, "key");
  ASSERT_EQ(RunMace({"cache", "keygen", key}).exit_code, kExitDone);
  ASSERT_EQ(RunMace({"cache", "sign", cache_, "--key", key}).exit_code, kExitDone);
  const std::string before = ReadText(cache_), squeezenet = MadeModel("squeezenet.pb");
  std::vector<std::string> build = {"cache", "build", squeezenet, "--cache", cache_};
  ExpectRefused(RunMace(build, Driver(false)), kExitBadModelOrInput, "--unsigned");
  EXPECT_EQ(ReadText(cache_), before);
  build.insert(build.end(), {"--key", key});
  const CommandResult built = RunMace(build, Driver(false));
  ASSERT_EQ(built.exit_code, kExitDone) << built.err;
  for (const std::string& model : {digits_, squeezenet}) {
    EXPECT_EQ(Status(model, {"--cache-public-key", key + ".pub"}, true), "warm") << model;
  }
}

TEST_F(CacheUse, AnOlderSignedFileIsAMissWhereAskedFor) {
  PutDigitsCache();
  const std::string key = JoinPath(folder_, "key");
  ASSERT_EQ(RunMace({"cache", "keygen", key}).exit_code, kExitDone);
  ASSERT_EQ(RunMace({"cache", "sign", cache_, "--key", key, "--generation", "5"}).exit_code,
            kExitDone);
  const std::vector<std::string> trust = {"--cache-public-key", key + ".pub",
                                          "--cache-min-generation"};
  std::vector<std::string> enough = trust, more = trust;
  enough.push_back("5");
  more.push_back("6");
  EXPECT_EQ(Status(digits_, enough, true), "warm");
  const CommandResult older = Run(digits_, more, false);
  ASSERT_EQ(older.exit_code, kExitDone) << older.err;
  EXPECT_EQ(older.OutJson()["cache"]["status"], "rejected");
  EXPECT_EQ(older.OutJson()["cache"]["hits"], 0);
  EXPECT_NE(older.err.find("generation 5, expected at least 6"), std::string::npos) << older.err;
}

TEST_F(CacheUse, ASharedFileOnlyWhereAskedFor) {
  PutDigitsCache();
  ASSERT_EQ(chmod(cache_.c_str(), 0666), 0);
  EXPECT_EQ(Status(digits_, {"--cache-allow-shared"}, true), "warm");
  EXPECT_NE(Run(digits_, {}, true).exit_code, kExitDone);
  // A refused file is not changed, and one line says what to do.
  const std::string before = ReadText(cache_);
  const CommandResult refused = Run(digits_, {}, false);
  EXPECT_EQ(refused.exit_code, kExitDone) << refused.err;
  EXPECT_NE(refused.err.find("--cache-allow-shared"), std::string::npos) << refused.err;
  EXPECT_EQ(ReadText(cache_), before);
}

TEST_F(CacheUse, TheFileKeepsItsLimit) {
  PutDigitsCache();
  struct stat one;
  ASSERT_EQ(stat(cache_.c_str(), &one), 0);
  const std::string limit = std::to_string(one.st_size + 8192);
  EXPECT_EQ(Status(digits_, {"--cache-size-limit", limit, "--memory", "image"}), "cold");
  struct stat two;
  ASSERT_EQ(stat(cache_.c_str(), &two), 0);
  EXPECT_LE(two.st_size, one.st_size + 8192);
}

}  // namespace
}  // namespace mace
