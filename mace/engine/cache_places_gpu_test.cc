// A cache in memory and a cache by descriptor: a second start compiles nothing, and damaged bytes
// are judged like those of a file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

using Bytes = std::vector<uint8_t>;

StatusOr<CompiledModel> Compile(const CompileOptions& options) {
  return CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()), options);
}

CompileOptions OfBytes(const Bytes& bytes) {
  CompileOptions options;
  options.cache.memory.data = bytes.data();
  options.cache.memory.size = bytes.size();
  options.cache.in_memory = true;
  return options;
}

Bytes Fill() {
  StatusOr<CompiledModel> compiled = Compile(OfBytes({}));
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  EXPECT_EQ("cold", compiled->statistics().cache.status);
  StatusOr<Bytes> bytes = compiled->SaveCacheToBytes();
  EXPECT_TRUE(bytes.ok()) << bytes.status().message();
  return bytes.ok() ? *bytes : Bytes();
}

CacheStatistics StatisticsOf(const CompileOptions& options) {
  const StatusOr<CompiledModel> compiled = Compile(options);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return compiled.ok() ? compiled->statistics().cache : CacheStatistics();
}

void ExpectWarm(const CacheStatistics& cache) {
  EXPECT_EQ("warm", cache.status) << cache.reason;
  EXPECT_EQ(0u, cache.built_from_source);
  EXPECT_GT(cache.hits, 0u);
}

class OpenFile {
 public:
  explicit OpenFile(int flags, const Bytes& content = {}) {
    path_ = testing::TempDir() + "cache_places." + std::to_string(getpid());
    const int made = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT_EQ(static_cast<ssize_t>(content.size()), write(made, content.data(), content.size()));
    close(made);
    descriptor_ = open(path_.c_str(), flags);
    EXPECT_GE(descriptor_, 0);
  }
  ~OpenFile() {
    close(descriptor_);
    std::remove(path_.c_str());
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

TEST(CachePlaces, BytesMakeASecondStartWarm) {
  const Bytes bytes = Fill();
  ASSERT_FALSE(bytes.empty());
  ExpectWarm(StatisticsOf(OfBytes(bytes)));
  // Nothing is new, so the programs are the same again.
  StatusOr<CompiledModel> warm = Compile(OfBytes(bytes));
  ASSERT_TRUE(warm.ok());
  const StatusOr<Bytes> again = warm->SaveCacheToBytes();
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(bytes, *again);
}

TEST(CachePlaces, BorrowedBytesAreHeldAsLongAsTheModelIs) {
  std::atomic<int> released{0};
  CompileOptions options;
  {
    auto* const bytes = new Bytes(Fill());
    options.cache.memory.data = bytes->data();
    options.cache.memory.size = bytes->size();
    options.cache.memory.owner = std::shared_ptr<const Bytes>(bytes, [&](const Bytes* mine) {
      delete mine;
      ++released;
    });
  }
  {
    StatusOr<CompiledModel> compiled = Compile(options);
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    ExpectWarm(compiled->statistics().cache);
    options = CompileOptions();
    EXPECT_EQ(0, released);
    // A plan for another shape adds programs.
    ASSERT_TRUE(compiled->Prepare({{"x", {3, 4, 4, 8}}}).ok());
    ASSERT_TRUE(compiled->SaveCacheToBytes().ok());
  }
  EXPECT_EQ(1, released);
}

TEST(CachePlaces, DamageIsJudgedAsInAFile) {
  const Bytes bytes = Fill();
  ASSERT_GT(bytes.size(), 100u);
  Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
  EXPECT_EQ("rejected", StatisticsOf(OfBytes(cut)).status);
  Bytes no_cache(4096, 'x');
  const CacheStatistics rejected = StatisticsOf(OfBytes(no_cache));
  EXPECT_EQ("rejected", rejected.status);
  EXPECT_EQ(0u, rejected.reason.find("cache in memory: ")) << rejected.reason;
  // A rejected cache is replaced by a valid one.
  StatusOr<CompiledModel> compiled = Compile(OfBytes(no_cache));
  ASSERT_TRUE(compiled.ok());
  const StatusOr<Bytes> saved = compiled->SaveCacheToBytes();
  ASSERT_TRUE(saved.ok()) << saved.status().message();
  ExpectWarm(StatisticsOf(OfBytes(*saved)));
  // A signature is required, and the cache has none.
  CompileOptions with_key = OfBytes(bytes);
  with_key.cache.public_key = std::string(64, '1');
  const CacheStatistics unsigned_one = StatisticsOf(with_key);
  EXPECT_EQ("rejected", unsigned_one.status);
  EXPECT_NE(std::string::npos, unsigned_one.reason.find("not signed")) << unsigned_one.reason;
  // The cache is of an older generation than required.
  CompileOptions newer = OfBytes(bytes);
  newer.cache.min_generation = 1000;
  EXPECT_EQ("rejected", StatisticsOf(newer).status);
}

TEST(CachePlaces, ADescriptorIsReadAndWritten) {
  const OpenFile file(O_RDWR);
  CompileOptions options;
  options.cache.file.descriptor = file.get();
  {
    StatusOr<CompiledModel> cold = Compile(options);
    ASSERT_TRUE(cold.ok()) << cold.status().message();
    EXPECT_EQ("cold", cold->statistics().cache.status);
    const Status saved = cold->SaveCache();
    ASSERT_TRUE(saved.ok()) << saved.message();
  }
  EXPECT_GT(lseek(file.get(), 0, SEEK_END), 0);
  ExpectWarm(StatisticsOf(options));
}

TEST(CachePlaces, ADescriptorForReadingAloneIsNotWritten) {
  const Bytes bytes = Fill();
  const OpenFile full(O_RDONLY, bytes);
  CompileOptions options;
  options.cache.file.descriptor = full.get();
  ExpectWarm(StatisticsOf(options));
  const OpenFile empty(O_RDONLY);
  options.cache.file.descriptor = empty.get();
  options.cache.save_after_first_run = false;
  StatusOr<CompiledModel> cold = Compile(options);
  ASSERT_TRUE(cold.ok()) << cold.status().message();
  const Status saved = cold->SaveCache();
  EXPECT_EQ(StatusCode::kIoError, saved.code());
  EXPECT_NE(std::string::npos, saved.message().find("for reading alone")) << saved.message();
}

TEST(CachePlaces, APartOfAFileIsRead) {
  const Bytes bytes = Fill();
  Bytes packed(10, 'p');
  packed.insert(packed.end(), bytes.begin(), bytes.end());
  packed.insert(packed.end(), 7, 'q');
  const OpenFile file(O_RDWR, packed);
  CompileOptions options;
  options.cache.file = {file.get(), 10, bytes.size()};
  ExpectWarm(StatisticsOf(options));
  options.cache.file.size = packed.size();
  const Status beyond = Compile(options).status();
  EXPECT_EQ(StatusCode::kInvalidArgument, beyond.code());
  EXPECT_NE(std::string::npos, beyond.message().find("at offset 10")) << beyond.message();
}

TEST(CachePlaces, OnlyOneCanBeGiven) {
  const Bytes bytes = {1, 2, 3};
  CompileOptions options = OfBytes(bytes);
  options.cache.path = testing::TempDir() + "no such cache";
  EXPECT_EQ(StatusCode::kInvalidArgument, Compile(options).status().code());
  options.cache.path.clear();
  options.cache.file.descriptor = 0;
  EXPECT_EQ(StatusCode::kInvalidArgument, Compile(options).status().code());
  options = CompileOptions();
  options.cache.memory.size = 4;
  EXPECT_EQ(StatusCode::kInvalidArgument, Compile(options).status().code());
  options = CompileOptions();
  options.cache.file.descriptor = 100000;
  EXPECT_EQ(StatusCode::kInvalidArgument, Compile(options).status().code());
  StatusOr<CompiledModel> without = Compile(CompileOptions());
  ASSERT_TRUE(without.ok());
  EXPECT_EQ(StatusCode::kFailedPrecondition, without->SaveCacheToBytes().status().code());
}

}  // namespace
}  // namespace mace
