#include "mace/cache/upstream_file.h"

#include <gtest/gtest.h>

#include <random>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/hash.h"
#include "mace/base/strings.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

std::string Varint(size_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Field(int number, const std::string& bytes) {
  return Varint(static_cast<size_t>(number << 3 | 2)) + Varint(bytes.size()) + bytes;
}

std::string Pair(const std::string& key, const std::string& value) {
  return Field(1, Field(1, key) + Field(2, value));
}

std::string WithChecksum(std::string container) {
  PutFixed32(&container, Crc32(AsBytes(container)));
  return container;
}

// The form that upstream writes: ascending keys, a program's hash under a key of its own.
std::string Sample() {
  return WithChecksum(Pair("conv_2d -DBIAS -Dconv_2d=c44", "poclbin" + std::string(300, '\1')) +
                      Pair("mace_opencl_precompiled_device_name_key", "Mali-G76") +
                      Pair("mace_opencl_precompiled_platform_info_key",
                           "ARM Platform, FULL_PROFILE, OpenCL 2.0, 1") +
                      Pair("program_hash_ conv_2d -DBIAS -Dconv_2d=c44", "5d04a691d6b74d35d186") +
                      Pair("program_hash_ softmax", "0123456789abcdef0123"));
}

StatusOr<UpstreamCacheFile> Parse(const std::string& file) {
  return ParseUpstreamCacheFile(AsBytes(file));
}

TEST(UpstreamFileTest, ProgramsWithTheirHashesAndWhyNot) {
  auto file = Parse(Sample());
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ("Mali-G76", file->device_name);
  EXPECT_EQ("ARM Platform, FULL_PROFILE, OpenCL 2.0, 1", file->platform_info);
  ASSERT_EQ(2u, file->programs.size());
  const UpstreamProgram& program = file->programs[0];
  EXPECT_EQ("conv_2d", program.name);
  EXPECT_EQ("-DBIAS -Dconv_2d=c44", program.options);
  EXPECT_EQ("conv_2d -DBIAS -Dconv_2d=c44", program.Key());
  EXPECT_EQ(307u, program.binary.size());
  EXPECT_EQ("5d04a691d6b74d35d186", program.source_hash);
  EXPECT_NE(std::string::npos, program.why.find("no program key"));
  EXPECT_NE(std::string::npos, program.why.find("5d04a691d6"));
  EXPECT_EQ("a hash without a binary", file->programs[1].why);
  EXPECT_EQ("none", std::string(BinaryKindName(file->programs[1].binary)));
}

TEST(UpstreamFileTest, FieldsOfOtherKindsAreSkipped) {
  const std::string other = std::string(
                                "\x18\x05\x25"
                                "abcd\x29"
                                "12345678",
                                2 + 5 + 9) +
                            Field(7, "x");
  auto file =
      Parse(WithChecksum(other + Field(1, other + Field(1, "a b") + Field(2, "c") + other)));
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_EQ(1u, file->programs.size());
  EXPECT_EQ("c", file->programs[0].binary);
}

TEST(UpstreamFileTest, AnEmptyContainerHasNoPrograms) {
  auto file = Parse(WithChecksum(""));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->programs.empty());
}

TEST(UpstreamFileTest, KindsByTheirFirstBytes) {
  EXPECT_STREQ("PoCL binary", BinaryKindName("poclbin..."));
  EXPECT_STREQ("ELF", BinaryKindName("\x7F"
                                     "ELF\2"));
  EXPECT_STREQ("PTX", BinaryKindName("//\n// Generated\n.version 8.0\n"));
  EXPECT_STREQ("LLVM bitcode", BinaryKindName("BC\xC0\xDE"));
  EXPECT_STREQ("unknown", BinaryKindName("?"));
}

TEST(UpstreamFileTest, DamageIsACorruption) {
  const std::string good = Sample();
  for (size_t length = 0; length < good.size(); ++length) {
    ASSERT_EQ(StatusCode::kCorruption, Parse(good.substr(0, length)).status().code()) << length;
  }
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_EQ(StatusCode::kCorruption, Parse(bad).status().code()) << bit;
  }
}

// With a checksum that fits: whatever the pairs say, an answer or one line why not.
TEST(UpstreamFileTest, HostilePairsAreSurvived) {
  const std::string good = Sample();
  const std::string container = good.substr(0, good.size() - 4);
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bad = container;
    for (uint32_t change = random() % 3; change < 3; ++change) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    auto file = Parse(WithChecksum(bad));
    if (file.ok()) continue;
    ++refused;
    ASSERT_EQ(StatusCode::kCorruption, file.status().code());
    ASSERT_EQ(std::string::npos, file.status().message().find('\n'));
  }
  EXPECT_GT(refused, 100);
  EXPECT_FALSE(Parse(WithChecksum("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F")).ok());
  EXPECT_FALSE(Parse(WithChecksum(std::string(20, '\xFF'))).ok());
}

TEST(UpstreamFileTest, FilesAreNamedInErrors) {
  const TemporaryFolder folder;
  const std::string path = folder.At("upstream.bin");
  EXPECT_EQ(StatusCode::kNotFound, ReadUpstreamCacheFile(path).status().code());
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes("no such file")).ok());
  auto bad = ReadUpstreamCacheFile(path);
  EXPECT_EQ(StatusCode::kCorruption, bad.status().code());
  EXPECT_TRUE(StartsWith(bad.status().message(), path)) << bad.status().message();
  ASSERT_TRUE(WriteFileAtomic(path, AsBytes(Sample())).ok());
  EXPECT_TRUE(ReadUpstreamCacheFile(path).ok());
}

}  // namespace
}  // namespace mace
