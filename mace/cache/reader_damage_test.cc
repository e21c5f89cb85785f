// The reader alone, against every kind of damage: never a crash, never a wrong section handed out,
// never more memory asked for than the file's own size explains.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "mace/testing/cache/decode_all.h"
#include "mace/testing/cache/sample.h"

namespace mace {
namespace {

std::atomic<size_t> largest_allocation{0};

class ReaderDamageTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    CacheContents contents;
    contents.generation = 3;
    contents.programs = {SampleProgram(1), SampleProgram(2, 5000), SampleProgram(3, 9000),
                         SampleProgram(4)};
    contents.programs[3].device = SampleDevice("2.0");
    contents.programs[1].kernels.push_back({"a second kernel", "64x1x1"});
    contents.programs.push_back(SampleProgram(5));
    contents.programs.back().bytes = contents.programs[0].bytes;  // They share a section.
    contents.tuning.push_back(TuningEntry{SampleDevice(), "conv", "a", 3});
    contents.tuning.push_back(TuningEntry{SampleDevice("2.0"), "pool", "bb", 2});
    programs_ = contents.programs;
    std::optional<SigningKey> key;
    if (GetParam()) {
      std::array<uint8_t, 32> seed = {};
      key = SigningKeyFromSeed(seed);
      trust_.public_key = key->public_key();
    }
    auto encoded = EncodedCacheFile::Encode(contents, key);
    ASSERT_TRUE(encoded.ok());
    for (const Bytes& piece : encoded->Pieces()) PutBytes(&good_, piece);
    ByteReader reader(AsBytes(good_));
    ASSERT_TRUE(header_.DecodeFrom(&reader).ok());
    ASSERT_TRUE(file_.Put(AsBytes(good_)));
    auto cache = CacheFile::Open(file_.path(), trust_);
    ASSERT_TRUE(cache.ok()) << cache.status().message();
    for (const KernelEntry* section : DistinctSections((*cache)->index().kernels)) {
      sections_.push_back(*section);
    }
    ASSERT_EQ(4u, sections_.size());
  }

  // How many of the programs are found; each found one must be the right one.
  int Found() const {
    CacheStoreOptions options;
    options.trust = trust_;
    auto store = CacheStore::Open(file_.path(), options);
    int found = 0;
    for (const ProgramRecord& program : programs_) {
      auto cached = store->FindProgram(program.key);
      if (!cached.ok()) continue;
      EXPECT_EQ(*program.bytes, cached->bytes);
      ++found;
    }
    return found;
  }

  // Flips a bit, looks, and flips it back.
  int FoundWithFlip(size_t offset, int bit) {
    uint8_t byte = static_cast<uint8_t>(good_[offset] ^ (1 << bit));
    EXPECT_TRUE(file_.PutAt(offset, Bytes(&byte, 1)));
    const int found = Found();
    byte = static_cast<uint8_t>(good_[offset]);
    EXPECT_TRUE(file_.PutAt(offset, Bytes(&byte, 1)));
    return found;
  }

  int Programs() const { return static_cast<int>(programs_.size()); }

  std::string good_;
  CacheFileHeader header_;
  CacheTrust trust_;
  std::vector<ProgramRecord> programs_;
  std::vector<KernelEntry> sections_;
  MemoryFile file_;
};

TEST_P(ReaderDamageTest, EveryBitOfTheIndex) {
  const size_t tables_end = size_t{header_.table_offset} + header_.table_size + header_.tuning_size;
  const size_t file_digest = tables_end + sizeof(Sha256Digest);
  for (size_t offset = 0; offset < good_.size(); ++offset) {
    if (offset == header_.header_size) offset = header_.table_offset;
    // Nothing that runs depends on the digest over the file: only `verify` looks at it.
    const bool unused = offset >= file_digest && offset < file_digest + sizeof(Sha256Digest);
    for (int bit = 0; bit < 8; ++bit) {
      ASSERT_EQ(unused ? Programs() : 0, FoundWithFlip(offset, bit)) << offset << " bit " << bit;
    }
  }
  EXPECT_EQ(Programs(), Found());
}

TEST_P(ReaderDamageTest, EveryBitOfTheSectionsEnds) {
  constexpr uint64_t kEnds = 64;
  for (const KernelEntry& section : sections_) {
    // The first section is two programs'.
    const int left = Programs() - (section.section_offset == sections_[0].section_offset ? 2 : 1);
    for (uint64_t i = 0; i < section.section_size; ++i) {
      const bool at_an_end = i < kEnds || i + kEnds >= section.section_size;
      if (!at_an_end && i % kEnds != 0) continue;
      for (int bit = 0; bit < 8; ++bit) {
        if (!at_an_end && bit != static_cast<int>(i / kEnds % 8)) continue;
        ASSERT_EQ(left, FoundWithFlip(static_cast<size_t>(section.section_offset + i), bit)) << i;
      }
    }
  }
}

TEST_P(ReaderDamageTest, OneBitInEvery64BytesElsewhere) {
  for (size_t offset = header_.header_size; offset < header_.table_offset; offset += 64) {
    const bool in_section =
        std::any_of(sections_.begin(), sections_.end(), [&](const KernelEntry& section) {
          return offset >= section.section_offset &&
                 offset < section.section_offset + section.section_size;
        });
    if (in_section) continue;  // The test above.
    ASSERT_EQ(Programs(), FoundWithFlip(offset, static_cast<int>(offset / 64 % 8))) << offset;
  }
}

TEST_P(ReaderDamageTest, EveryTruncation) {
  for (size_t length = good_.size(); length-- > 0;) {
    ASSERT_TRUE(file_.Cut(length));
    auto store = CacheStore::Open(file_.path(), CacheStoreOptions());
    ASSERT_EQ(CacheFileStatus::kRejected, store->status()) << length;
    ASSERT_FALSE(store->reason().empty());
    ASSERT_EQ(std::string::npos, store->reason().find('\n'));
  }
}

// Changes of the kinds that a careless writer or a hostile one would make.
class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(const std::string& good, const CacheFileHeader& header) {
    std::string file = good;
    for (uint32_t change = 0; change <= Below(3); ++change) {
      switch (Below(7)) {
        case 0:  // A header field.
          Set(&file, 4 * Below(14));
          break;
        case 1:
        case 2:  // A number anywhere in table, tuning records or trailer.
          Set(&file, InIndex(file, header));
          break;
        case 3:  // A piece twice.
          file.insert(InIndex(file, header), file.substr(InIndex(file, header), Below(300)));
          break;
        case 4:  // A piece lost.
          file.erase(InIndex(file, header), Below(300));
          break;
        case 5: {  // A piece over another.
          const std::string piece = file.substr(InIndex(file, header), 1 + Below(200));
          file.replace(InIndex(file, header), piece.size(), piece);
          break;
        }
        case 6:  // Noise.
          file[Below(static_cast<uint32_t>(file.size()))] = static_cast<char>(random_());
          break;
      }
    }
    if (Below(8) == 0) file.resize(Below(static_cast<uint32_t>(file.size() * 2)));
    if (Below(4) != 0) FixSizeAndDigest(&file);
    return file;
  }

 private:
  uint32_t Below(uint32_t limit) {
    return limit == 0 ? 0 : static_cast<uint32_t>(random_() % limit);
  }

  size_t InIndex(const std::string& file, const CacheFileHeader& header) {
    const size_t begin = Below(4) == 0 ? 0 : std::min<size_t>(header.table_offset, file.size());
    return begin + Below(static_cast<uint32_t>(file.size() - begin));
  }

  void Set(std::string* file, size_t offset) {
    if (offset + 4 > file->size()) return;
    const uint32_t old = GetFixed32(AsBytes(*file).data() + offset);
    const uint32_t values[] = {0,         1,          old + 1,    old - 1,
                               old * 2,   UINT32_MAX, 0x80000000, 1 << 16,
                               old ^ 256, old + 4096, old - 4096, Below(UINT32_MAX)};
    std::string bytes;
    PutFixed32(&bytes, values[Below(sizeof(values) / sizeof(values[0]))]);
    file->replace(offset, 4, bytes);
  }

  std::mt19937 random_;
};

TEST_P(ReaderDamageTest, TenThousandStructuredMutations) {
  Mutator mutator(GetParam() ? 1 : 2);
  int opened = 0;
  size_t largest_file = 0;
  largest_allocation = 0;
  for (int round = 0; round < 10000; ++round) {
    const std::string file = mutator.Mutate(good_, header_);
    largest_file = std::max(largest_file, file.size());
    ASSERT_TRUE(file_.Put(AsBytes(file)));
    const std::string broken = DecodeAll(file_.path());
    ASSERT_EQ("", broken) << "mutation " << round;
    opened += CacheFile::Open(file_.path(), CacheTrust()).ok() ? 1 : 0;
  }
  // There are many cases on both sides.
  EXPECT_GT(opened, 300);
  EXPECT_LT(opened, 9700);
  // The buffer in which `verify` reads pieces, and vectors of entries that grow by doubling.
  EXPECT_LE(largest_allocation, 16 * largest_file + (size_t{1} << 20));
}

TEST_P(ReaderDamageTest, HostileSizesAskForNoMemory) {
  largest_allocation = 0;
  for (size_t offset = 0; offset + 4 <= good_.size(); ++offset) {
    if (offset == header_.header_size) offset = header_.table_offset;
    for (uint32_t value : {UINT32_MAX, 0x7FFFFFFFu, 0x10000000u, 0x00FFFFFFu}) {
      std::string file = good_, bytes;
      PutFixed32(&bytes, value);
      file.replace(offset, 4, bytes);
      FixSizeAndDigest(&file);
      ASSERT_TRUE(file_.Put(AsBytes(file)));
      auto store = CacheStore::Open(file_.path());
      for (const ProgramRecord& program : programs_) store->FindProgram(program.key).ok();
    }
  }
  EXPECT_LE(largest_allocation, 16 * good_.size());
}

INSTANTIATE_TEST_SUITE_P(Signed, ReaderDamageTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Signed" : "Plain"; });

}  // namespace
}  // namespace mace

// Notes the largest piece of memory that anything in this program asks for.
void* operator new(size_t size) {
  std::atomic<size_t>& largest = mace::largest_allocation;
  size_t known = largest;
  while (size > known && !largest.compare_exchange_weak(known, size)) {
  }
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
