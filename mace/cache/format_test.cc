#include "mace/cache/format.h"

#include <gtest/gtest.h>

#include "mace/cache/encoder.h"
#include "mace/cache/index.h"
#include "mace/testing/cache/sample.h"

namespace mace {
namespace {

// FORMAT.md's worked example, byte for byte: the headers, and all from offset 0x1000 on. Zeros
// stand between.
constexpr char kExampleHead[] =
    "4d434c5000000100010000000600000006100000700000000000000001000000"
    "ec100000000000008d0000001900000001000000010000003400000003000000"
    "47505501000000560a0000004f70656e434c20332e3003000000312e30010000"
    "00500a0000004f70656e434c20332e30";
constexpr char kExampleTail[] =
    "42494e4152598900000011111111111111111111111111111111111111111111"
    "1111111111111111111122222222222222222222222222222222222222222222"
    "222222222222222222224c77b56b7cf3077c725c2f433eb76156bd231c23b568"
    "05f5a06fc06b87450a4300100000000000000600000000000000010000000000"
    "0000010000000300000061646402000000363415000000000000000100000004"
    "000000636f6e760100000061e035c582d57faa18ed4b4abcd1d908229cec4370"
    "40f76248e01b6fbf479c24d836a3b283e847550fc1dfd9769c28ff0c15eee86b"
    "9f08541870c664340d8aca61";
constexpr size_t kExampleTailOffset = 0x1000;
constexpr size_t kExampleSize = 0x10EC;

std::string FromHex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string ExampleFile() {
  std::string file = FromHex(kExampleHead);
  file.resize(kExampleTailOffset, '\0');
  return file + FromHex(kExampleTail);
}

std::string Encode(const CacheContents& contents) {
  StatusOr<EncodedCacheFile> encoded = EncodedCacheFile::Encode(contents, std::nullopt);
  if (!encoded.ok()) return encoded.status().message();
  std::string file;
  for (const Bytes& piece : encoded->Pieces()) PutBytes(&file, piece);
  return file;
}

// The result of opening a file with these bytes.
Status Decode(const std::string& file, CacheIndex* index) {
  CacheFileHeader header;
  ByteReader reader(AsBytes(file));
  MACE_RETURN_IF_ERROR(header.DecodeFrom(&reader));
  MACE_RETURN_IF_ERROR(header.Validate(file.size()));
  const std::string_view view = file;
  return index->DecodeFrom(header, AsBytes(view.substr(0, header.header_size)),
                           AsBytes(view.substr(header.table_offset)));
}

// Makes the index digest of a changed example right again.
void FitDigest(std::string* file) {
  const std::string_view view = *file;
  const Sha256Digest digest =
      IndexDigest(AsBytes(view.substr(0, 0x70)), AsBytes(view.substr(0x1006, 0x8D + 0x19)));
  file->replace(kExampleSize - kTrailerSize, digest.size(),
                std::string(digest.begin(), digest.end()));
}

// A file of the example's size whose header was changed and whose index digest fits again.
std::string WithHeader(const CacheFileHeader& header) {
  std::string file = ExampleFile();
  std::string bytes;
  header.EncodeTo(&bytes);
  file.replace(0, bytes.size(), bytes);
  FitDigest(&file);
  return file;
}

CacheFileHeader ExampleHeader() {
  CacheFileHeader header;
  const std::string file = ExampleFile();
  ByteReader reader(AsBytes(file));
  EXPECT_TRUE(header.DecodeFrom(&reader).ok());
  return header;
}

TEST(FormatTest, TheExampleIsEncodedByteForByte) {
  ASSERT_EQ(kExampleSize, ExampleFile().size());
  EXPECT_EQ(ExampleFile(), Encode(ExampleContents()));
}

TEST(FormatTest, TheExampleIsDecoded) {
  CacheIndex index;
  const Status status = Decode(ExampleFile(), &index);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(1u, index.header.generation);
  ASSERT_EQ(1u, index.devices.size());
  EXPECT_EQ(SampleDevice(), index.devices[0]);
  ASSERT_EQ(1u, index.kernels.size());
  EXPECT_EQ("add", index.kernels[0].name);
  EXPECT_EQ("64", index.kernels[0].launch_shapes);
  EXPECT_EQ(0x1000u, index.kernels[0].section_offset);
  EXPECT_EQ(6u, index.kernels[0].section_size);
  EXPECT_EQ(SectionKind::kDriverBinary, index.kernels[0].kind);
  EXPECT_EQ(Sha256(AsBytes("BINARY")), index.kernels[0].section_digest);
  ASSERT_EQ(1u, index.tuning.size());
  EXPECT_EQ("conv", index.tuning[0].key);
  EXPECT_EQ("a", index.tuning[0].value);
}

TEST(FormatTest, EveryTruncationIsRefused) {
  const std::string file = ExampleFile();
  CacheIndex index;
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(Decode(file.substr(0, length), &index).ok()) << length;
  }
  EXPECT_FALSE(Decode(file + "x", &index).ok());
}

TEST(FormatTest, EveryFlippedBitOfTheIndexIsRefused) {
  const std::string good = ExampleFile();
  CacheIndex index;
  for (size_t i = 0; i < good.size(); ++i) {
    const bool in_index = i < 0x70 || (i >= 0x1006 && i < kExampleSize - sizeof(Sha256Digest));
    for (int bit = 0; bit < 8; ++bit) {
      std::string file = good;
      file[i] = static_cast<char>(file[i] ^ (1 << bit));
      ASSERT_EQ(!in_index, Decode(file, &index).ok()) << i << " bit " << bit;
    }
  }
}

TEST(FormatTest, AnyMinorIsTakenAnotherMajorRefused) {
  CacheIndex index;
  CacheFileHeader header = ExampleHeader();
  header.version = 0x0001FFFF;
  EXPECT_TRUE(Decode(WithHeader(header), &index).ok());
  header.version = 0x00020000;
  EXPECT_EQ(StatusCode::kUnsupported, Decode(WithHeader(header), &index).code());
  header.version = 0;
  EXPECT_EQ(StatusCode::kUnsupported, Decode(WithHeader(header), &index).code());
}

TEST(FormatTest, TheOtherMagicIsTaken) {
  CacheIndex index;
  CacheFileHeader header = ExampleHeader();
  header.magic = kCacheMagicAlternative;
  const std::string file = WithHeader(header);
  EXPECT_EQ("MACE", file.substr(0, 4));
  EXPECT_TRUE(Decode(file, &index).ok());
  header.magic += 1;
  EXPECT_EQ(StatusCode::kCorruption, Decode(WithHeader(header), &index).code());
}

TEST(FormatTest, OptionalFlagsAreIgnoredOthersRefused) {
  CacheIndex index;
  CacheFileHeader header = ExampleHeader();
  header.flags = 1 << 15;
  EXPECT_TRUE(Decode(WithHeader(header), &index).ok());
  header.flags = 1 << 16;
  EXPECT_EQ(StatusCode::kUnsupported, Decode(WithHeader(header), &index).code());
}

// Sizes that lie, in a file whose digest is right: the digest is no protection against who can
// compute it.
TEST(FormatTest, HostileHeadersAreRefused) {
  constexpr uint32_t kHostile[] = {0,      1,      0x6F,       0x71,      0x1005,
                                   0x1007, 0x10EC, 0x7FFFFFFF, 0xFFFFFFFF};
  CacheIndex index;
  for (uint32_t CacheFileHeader::*field :
       {&CacheFileHeader::kernel_count, &CacheFileHeader::total_binary_size,
        &CacheFileHeader::table_offset, &CacheFileHeader::header_size, &CacheFileHeader::table_size,
        &CacheFileHeader::tuning_size, &CacheFileHeader::tuning_count,
        &CacheFileHeader::device_count}) {
    for (uint32_t value : kHostile) {
      CacheFileHeader header = ExampleHeader();
      if (header.*field == value) continue;
      header.*field = value;
      EXPECT_FALSE(Decode(WithHeader(header), &index).ok()) << value;
    }
  }
  for (uint64_t value : {uint64_t{0}, UINT64_MAX, uint64_t{1} << 32}) {
    CacheFileHeader header = ExampleHeader();
    header.file_size = value;
    EXPECT_FALSE(Decode(WithHeader(header), &index).ok()) << value;
  }
  // Two lies that cancel out in the sum.
  CacheFileHeader header = ExampleHeader();
  header.table_size += 25;
  header.tuning_size -= 25;
  EXPECT_FALSE(Decode(WithHeader(header), &index).ok());
}

// The example's table entry, changed, in a file that is right otherwise.
Status DecodeWithKernel(const KernelEntry& kernel) {
  std::string file = ExampleFile();
  std::string entry;
  kernel.EncodeTo(&entry);
  if (entry.size() != 0x8D) return Internal("the entry changed its size");
  file.replace(0x1006, entry.size(), entry);
  FitDigest(&file);
  CacheIndex index;
  return Decode(file, &index);
}

TEST(FormatTest, HostileSectionsAreRefused) {
  CacheIndex index;
  ASSERT_TRUE(Decode(ExampleFile(), &index).ok());
  const KernelEntry good = index.kernels[0];
  EXPECT_TRUE(DecodeWithKernel(good).ok());
  for (uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{0x70}, uint64_t{0xFFF},
                          uint64_t{0x2000}, uint64_t{0} - 4096, UINT64_MAX}) {
    KernelEntry kernel = good;
    kernel.section_offset = offset;
    EXPECT_EQ(StatusCode::kCorruption, DecodeWithKernel(kernel).code()) << offset;
  }
  for (uint64_t size : {uint64_t{0}, uint64_t{5}, uint64_t{7}, uint64_t{0} - 4096, UINT64_MAX}) {
    KernelEntry kernel = good;
    kernel.section_size = size;
    EXPECT_EQ(StatusCode::kCorruption, DecodeWithKernel(kernel).code()) << size;
  }
  KernelEntry kernel = good;
  kernel.device = 1;
  EXPECT_EQ(StatusCode::kCorruption, DecodeWithKernel(kernel).code());
  kernel = good;
  kernel.kind = static_cast<SectionKind>(77);  // Not used, yet no reason to refuse the file.
  EXPECT_TRUE(DecodeWithKernel(kernel).ok());
}

TEST(FormatTest, WhatANewerMinorAppendsIsSkipped) {
  std::string longer, plain;
  KernelEntry kernel;
  kernel.name = "add";
  kernel.EncodeTo(&plain);
  PutFixed32(&longer, GetFixed32(AsBytes(plain).data()) + 5);
  longer += plain.substr(4) + "12345";
  KernelEntry read;
  ByteReader reader(AsBytes(longer));
  ASSERT_TRUE(read.DecodeFrom(&reader).ok());
  EXPECT_EQ("add", read.name);
  EXPECT_TRUE(reader.empty());
}

TEST(FormatTest, NoProgramIsAFileToo) {
  CacheContents contents;
  contents.generation = 7;
  contents.tuning.push_back(TuningEntry{SampleDevice(), "key", "value", 7});
  const std::string file = Encode(contents);
  CacheIndex index;
  ASSERT_TRUE(Decode(file, &index).ok());
  EXPECT_EQ(index.header.header_size, index.header.table_offset);
  EXPECT_EQ("value", index.tuning[0].value);
  EXPECT_TRUE(Decode(Encode(CacheContents()), &index).ok());
}

TEST(FormatTest, EqualBytesStandOnce) {
  CacheContents contents;
  contents.programs = {SampleProgram(1), SampleProgram(2), SampleProgram(3, 5000)};
  contents.programs[1].bytes = SampleBytes(
      std::string(contents.programs[0].bytes->begin(), contents.programs[0].bytes->end()));
  contents.programs[2].kernels.push_back(CachedKernel{"second", "shapes"});
  CacheIndex index;
  const std::string file = Encode(contents);
  const Status status = Decode(file, &index);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(4u, index.header.kernel_count);
  EXPECT_EQ(5100u, index.header.total_binary_size);
  EXPECT_EQ(3u, index.programs.size());
  EXPECT_EQ(2u, DistinctSections(index.kernels).size());
  for (const KernelEntry& kernel : index.kernels) EXPECT_EQ(0u, kernel.section_offset % 4096);
}

}  // namespace
}  // namespace mace
