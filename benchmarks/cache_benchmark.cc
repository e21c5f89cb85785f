// The cost of the cache file: opening a file of a thousand programs, looking one up, reading one,
// adding one. The page cache is warm. A counter gives the file's bytes outside of its sections,
// without alignment, as a percentage of the sections.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/cache/encoder.h"
#include "mace/cache/store.h"
#include "mace/testing/cache/sample.h"

namespace mace {
namespace {

constexpr size_t kSectionSize = 20000;  // Typical of a small program; a thousand take 20 MB.

CacheContents Contents(int programs) {
  CacheContents contents;
  contents.generation = 1;
  for (int i = 0; i < programs; ++i) {
    contents.programs.push_back(SampleProgram(i, kSectionSize));
    contents.programs.back().kernels[0].launch_shapes = "112x112x8 of 8x8x1";
  }
  return contents;
}

// A file with so many programs, removed at exit.
class CacheFixture {
 public:
  explicit CacheFixture(int programs) : contents_(Contents(programs)) {
    folder_ = JoinPath(std::getenv("TEST_TMPDIR") ? std::getenv("TEST_TMPDIR") : "/tmp",
                       "cache_benchmark.XXXXXX");
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    path_ = JoinPath(folder_, kCacheFileName);
    const auto encoded = EncodedCacheFile::Encode(contents_, std::nullopt);
    if (!encoded.ok() || !WriteFileAtomic(path_, encoded->Pieces(), 0600).ok()) std::abort();
    size_ = encoded->size();
  }
  ~CacheFixture() {
    unlink(path_.c_str());
    unlink((path_ + ".lock").c_str());
    rmdir(folder_.c_str());
  }

  const std::string& path() const { return path_; }
  const Sha256Digest& Key(size_t i) const {
    return contents_.programs[i % contents_.programs.size()].key;
  }
  double OverheadPercent() const {
    const double aligned =
        static_cast<double>(contents_.programs.size() * AlignSection(kSectionSize));
    return 100 * (static_cast<double>(size_) - aligned) / aligned;
  }

 private:
  CacheContents contents_;
  std::string folder_, path_;
  uint64_t size_ = 0;
};

void CacheOpen(benchmark::State& state) {
  const CacheFixture fixture(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto store = CacheStore::Open(fixture.path());
    if (store->status() != CacheFileStatus::kWarm) state.SkipWithError(store->reason().c_str());
  }
  state.counters["overhead_percent"] = fixture.OverheadPercent();
}
BENCHMARK(CacheOpen)->Name("cache_open")->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);

void CacheLookUp(benchmark::State& state) {
  const CacheFixture fixture(1000);
  auto store = CacheStore::Open(fixture.path());
  size_t i = 0;
  for (auto _ : state) {
    if (!store->HasProgram(fixture.Key(i++ * 37))) state.SkipWithError("a program is missing");
  }
}
BENCHMARK(CacheLookUp)->Name("cache_look_up")->Unit(benchmark::kMicrosecond);

// Looks up a section of 20,000 bytes, reads it and checks its hash.
void CacheFind(benchmark::State& state) {
  const CacheFixture fixture(1000);
  auto store = CacheStore::Open(fixture.path());
  size_t i = 0;
  for (auto _ : state) {
    auto found = store->FindProgram(fixture.Key(i++ * 37));
    if (!found.ok()) state.SkipWithError(found.status().message().c_str());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kSectionSize));
}
BENCHMARK(CacheFind)->Name("cache_find_program")->Unit(benchmark::kMicrosecond);

void CacheFindTuning(benchmark::State& state) {
  const CacheFixture fixture(1);
  auto store = CacheStore::Open(fixture.path());
  for (int i = 0; i < 1000; ++i) {
    if (!store->AddTuning(SampleDevice(), "conv " + std::to_string(i), "tile 8x8").ok()) return;
  }
  if (!store->Flush().ok()) state.SkipWithError("not written");
  store = CacheStore::Open(fixture.path());
  for (auto _ : state) {
    if (!store->FindTuning(SampleDevice(), "conv 617")) state.SkipWithError("a record is missing");
  }
}
BENCHMARK(CacheFindTuning)->Name("cache_find_tuning")->Unit(benchmark::kMicrosecond);

// Adds one program: the whole file is read, checked and written to the disk again.
void CacheAdd(benchmark::State& state) {
  const CacheFixture fixture(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto store = CacheStore::Open(fixture.path());
    if (!store->AddProgram(SampleProgram(1000000, kSectionSize)).ok() || !store->Flush().ok()) {
      state.SkipWithError("not written");
    }
  }
}
BENCHMARK(CacheAdd)->Name("cache_add")->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mace

BENCHMARK_MAIN();
