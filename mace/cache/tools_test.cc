// The parts behind `mace cache`: info, verify, hexdump, merge, prune, sign, extract.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/encoder.h"
#include "mace/cache/hexdump.h"
#include "mace/cache/info.h"
#include "mace/cache/maintain.h"
#include "mace/cache/verify.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

class ToolsTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.At(name); }

  std::string Write(const std::string& name, const CacheContents& contents) const {
    auto encoded = EncodedCacheFile::Encode(contents, std::nullopt);
    EXPECT_TRUE(encoded.ok());
    EXPECT_TRUE(WriteFileAtomic(Path(name), encoded->Pieces(), 0600).ok());
    return Path(name);
  }

  static bool HasLine(const std::vector<std::string>& lines, const std::string& line) {
    for (const std::string& candidate : lines) {
      if (candidate == line) return true;
    }
    return false;
  }

  const TemporaryFolder folder_;
};

CacheContents Programs(std::vector<int> numbers) {
  CacheContents contents;
  contents.generation = 1;
  for (int number : numbers) contents.programs.push_back(SampleProgram(number));
  return contents;
}

TEST_F(ToolsTest, InfoTellsWhatTheFileHolds) {
  const std::string path = Write("cache", ExampleContents());
  auto info = ReadCacheFileInfo(path);
  ASSERT_TRUE(info.ok()) << info.status().message();
  EXPECT_EQ("1.0", VersionText(info->header.version));
  EXPECT_EQ("", info->distrust);
  EXPECT_EQ(1u, info->sections);
  ASSERT_EQ(1u, info->devices.size());
  EXPECT_EQ("GPU", info->devices[0].device.name);
  EXPECT_EQ(1u, info->devices[0].programs);
  EXPECT_EQ(1u, info->devices[0].kernels);
  EXPECT_EQ(1u, info->devices[0].tuning_records);
  EXPECT_EQ(6u, info->devices[0].binary_bytes);
  ASSERT_EQ(1u, info->programs.size());
  EXPECT_EQ("add", info->programs[0].kernels[0].name);
  EXPECT_EQ("conv", info->tuning[0].key);
  ASSERT_EQ(0, chmod(path.c_str(), 0666));
  EXPECT_NE("", ReadCacheFileInfo(path)->distrust);
  EXPECT_EQ(StatusCode::kNotFound, ReadCacheFileInfo(Path("none")).status().code());
}

TEST_F(ToolsTest, HexdumpNamesEveryField) {
  auto lines = HexdumpCacheFile(Write("cache", ExampleContents()));
  ASSERT_TRUE(lines.ok());
  const std::string all = Join(*lines, "\n");
  EXPECT_TRUE(HasLine(*lines,
                      "00000000  4d 43 4c 50                                       |MCLP|"
                      "              magic"))
      << all;
  EXPECT_TRUE(HasLine(*lines,
                      "00000004  00 00 01 00                                       |....|"
                      "              version = 1.0"))
      << all;
  EXPECT_TRUE(HasLine(*lines,
                      "00001000  42 49 4e 41 52 59                                 |BINARY|"
                      "            section: driver binary, 6 bytes"))
      << all;
  EXPECT_TRUE(
      HasLine(*lines,
              "0000100a  11 11 11 11 11 11 11 11  11 11 11 11 11 11 11 11  |................|"
              "  kernel 0 program key"))
      << all;
  for (const char* name : {"offset of the kernel table = 0x1006", "device 0 driver version",
                           "kernel 0 program key", "tuning 0 value", "SHA-256 of the file"}) {
    EXPECT_NE(std::string::npos, all.find(name)) << name;
  }
}

TEST_F(ToolsTest, HexdumpOfADamagedFileSaysSo) {
  const std::string path = Write("cache", ExampleContents());
  const std::string good = *ReadFile(path, 1 << 20);
  for (size_t length : {size_t{0}, size_t{3}, size_t{10}, size_t{0x38}, size_t{0x1010}}) {
    ASSERT_TRUE(WriteFileAtomic(path, AsBytes(good.substr(0, length)), 0600).ok());
    auto lines = HexdumpCacheFile(path);
    ASSERT_TRUE(lines.ok()) << length;
    EXPECT_TRUE(StartsWith(lines->back(), "not a good cache file")) << length;
  }
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(std::string(100, '\xFF')), 0600).ok());
  EXPECT_TRUE(HexdumpCacheFile(path).ok());
}

TEST_F(ToolsTest, HexdumpIsAPreview) {
  CacheContents contents;
  for (int i = 0; i < 20; ++i) contents.programs.push_back(SampleProgram(i, 1000));
  auto lines = HexdumpCacheFile(Write("cache", contents), HexdumpOptions{2, 1});
  ASSERT_TRUE(lines.ok());
  EXPECT_TRUE(HasLine(*lines, "*         18 more kernels"));
  EXPECT_LT(lines->size(), 80u);
}

TEST_F(ToolsTest, MergeKeepsEverything) {
  const std::string a = Write("a", Programs({1, 2})), b = Write("b", Programs({2, 3}));
  const std::string output = Path("output");
  ASSERT_TRUE(MergeCacheFiles({a, b}, output).ok());
  EXPECT_EQ(3u, ReadCacheFileInfo(output)->programs.size());
  EXPECT_TRUE(VerifyCacheFile(output).ok());
  // A program of the same source for another driver stays: a merged file may serve several
  // machines.
  CacheContents other_driver = Programs({1});
  other_driver.programs[0].device = SampleDevice("2.0");
  other_driver.programs[0].key.fill(5);
  ASSERT_TRUE(MergeCacheFiles({Write("c", other_driver)}, output).ok());
  EXPECT_EQ(4u, ReadCacheFileInfo(output)->programs.size());
  EXPECT_EQ(2u, ReadCacheFileInfo(output)->devices.size());

  ASSERT_TRUE(WriteFileAtomic(b, AsBytes("no cache"), 0600).ok());
  EXPECT_FALSE(MergeCacheFiles({a, b}, output).ok());
  EXPECT_FALSE(MergeCacheFiles({a}, b).ok());  // An output that cannot be read is not overwritten.
  EXPECT_EQ("no cache", *ReadFile(b, 100));
}

TEST_F(ToolsTest, PruneDropsTheOldAndTheDamaged) {
  CacheContents contents = Programs({1, 2, 3});
  contents.generation = 10;
  contents.programs[0].last_used = 10;
  contents.programs[1].last_used = 3;
  contents.programs[2].last_used = 9;
  const std::string path = Write("cache", contents);
  std::string bytes = *ReadFile(path, 1 << 20);
  bytes[bytes.find("program 3")] = 'X';
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(bytes), 0600).ok());
  PruneOptions prune;
  prune.largest_age = 5;
  auto dropped = PruneCacheFile(path, prune);
  ASSERT_TRUE(dropped.ok()) << dropped.status().message();
  EXPECT_EQ(2u, *dropped);
  auto info = ReadCacheFileInfo(path);
  ASSERT_EQ(1u, info->programs.size());
  EXPECT_EQ(SampleProgram(1).key, info->programs[0].key);
  prune.size_limit = 100;
  EXPECT_EQ(1u, *PruneCacheFile(path, prune));
  EXPECT_TRUE(VerifyCacheFile(path).ok());
}

TEST_F(ToolsTest, ASectionOfManyPiecesIsExtractedWhole) {
  CacheContents contents;
  contents.programs.push_back(SampleProgram(1, (size_t{5} << 20) + 77));
  ASSERT_TRUE(ExtractProgram(Write("large", contents), "", Path("section")).ok());
  const std::vector<uint8_t>& bytes = *contents.programs[0].bytes;
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), *ReadFile(Path("section"), 1 << 25));
}

TEST_F(ToolsTest, SignAndExtract) {
  const std::string path = Write("cache", ExampleContents());
  std::array<uint8_t, 32> seed = {};
  const SigningKey key = SigningKeyFromSeed(seed);
  ASSERT_TRUE(SignCacheFile(path, key).ok());
  EXPECT_TRUE(VerifyCacheFile(path, key.public_key()).ok());
  EXPECT_NE(std::string::npos, Join(*HexdumpCacheFile(path), "\n").find("Ed25519 signature"));

  ASSERT_TRUE(ExtractProgram(path, "1111", Path("section")).ok());
  EXPECT_EQ("BINARY", *ReadFile(Path("section"), 100));
  EXPECT_EQ(StatusCode::kNotFound, ExtractProgram(path, "22", Path("section")).code());
  // A damaged one leaves what was there, and no temporary file.
  std::string damaged = *ReadFile(path, 1 << 20);
  damaged[damaged.find("BINARY")] = 'X';
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(damaged), 0600).ok());
  EXPECT_EQ(StatusCode::kCorruption, ExtractProgram(path, "1111", Path("section")).code());
  EXPECT_EQ("BINARY", *ReadFile(Path("section"), 100));
  const std::string two = Write("two", Programs({1, 2}));
  EXPECT_EQ(StatusCode::kInvalidArgument, ExtractProgram(two, "", Path("section")).code());
}

}  // namespace
}  // namespace mace
