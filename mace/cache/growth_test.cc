// Cache files of many entries, chosen to make a table slow.
#include <gtest/gtest.h>

#include "mace/base/coding.h"
#include "mace/cache/contents.h"
#include "mace/cache/encoder.h"
#include "mace/cache/index.h"

namespace mace {
namespace {

ProgramRecord MakeProgram(uint32_t number) {
  static const auto bytes = std::make_shared<const std::vector<uint8_t>>(16, uint8_t{7});
  ProgramRecord program;
  // Keys that are equal in their first eight bytes and in their last.
  for (size_t i = 0; i < 4; ++i) program.key[8 + i] = static_cast<uint8_t>(number >> (8 * i));
  program.source_hash[0] = 1;  // One source for all of them.
  program.device.name = "device";
  program.bytes = bytes;
  return program;
}

CacheContents MakeContents(uint32_t count) {
  CacheContents contents;
  for (uint32_t i = 0; i < count; ++i) {
    contents.programs.push_back(MakeProgram(i));
    TuningEntry entry;
    entry.device.name = "device";
    entry.key = "key " + std::to_string(i);
    contents.tuning.push_back(entry);
  }
  return contents;
}

// Going along all keys before each would take 2 * 10^10 steps.
TEST(Growth, ChosenKeys) {
  constexpr uint32_t kMany = 200000;
  const CacheContents contents = MakeContents(kMany);
  const StatusOr<EncodedCacheFile> encoded = EncodedCacheFile::Encode(contents, std::nullopt);
  ASSERT_TRUE(encoded.ok()) << encoded.status().message();
  std::string file;
  for (const Bytes& piece : encoded->Pieces()) file.append(piece.begin(), piece.end());
  const Bytes whole = AsBytes(file);
  CacheFileHeader header;
  ByteReader reader(whole);
  ASSERT_TRUE(header.DecodeFrom(&reader).ok());
  CacheIndex index;
  const Status status = index.DecodeFrom(
      header, Bytes(whole.data(), header.header_size),
      Bytes(whole.data() + header.table_offset, whole.size() - header.table_offset));
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(index.programs.size(), kMany);
  EXPECT_EQ(index.programs.count(MakeProgram(12345).key), 1u);
}

// Each old entry looks for new ones of its source, of its key and of its device.
TEST(Growth, MergeOfManyWithMany) {
  constexpr uint32_t kMany = 100000;
  CacheContents contents = MakeContents(kMany);
  CacheContents newer = MakeContents(kMany);
  for (ProgramRecord& program : newer.programs) program.key[31] = 1;
  EXPECT_EQ(contents.Merge(newer.programs, newer.tuning), 0u);
  EXPECT_EQ(contents.programs.size(), 2u * kMany);
  EXPECT_EQ(contents.tuning.size(), size_t{kMany});
  contents.Union(newer);
  EXPECT_EQ(contents.programs.size(), 2u * kMany);
  EXPECT_EQ(contents.tuning.size(), size_t{kMany});
}

TEST(Growth, MergeDropsWhatAnotherVersionReplaced) {
  CacheContents contents = MakeContents(3);
  CacheContents newer = MakeContents(1);
  newer.programs[0].key[31] = 1;
  newer.programs[0].device.driver_version = "2";
  newer.tuning[0].device.driver_version = "2";
  EXPECT_EQ(contents.Merge(newer.programs, newer.tuning), 3u);
  EXPECT_EQ(contents.programs.size(), 1u);
  EXPECT_EQ(contents.tuning.size(), 3u);
}

}  // namespace
}  // namespace mace
