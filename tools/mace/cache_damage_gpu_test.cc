// Damaged cache files under the whole engine, with one process for each start. Whichever bytes are
// flipped or cut, the answer is right and the next start is warm again.
//
// MACE_DAMAGE_ROUNDS=300 in the environment runs more than the default few rounds.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <random>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/store.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

struct Region {
  std::string name;
  size_t begin = 0;
  size_t end = 0;
};

class CacheDamage : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
    // Two programs, of which the later starts use one, and a tuning record.
    Run({"--memory", "image"}, false);
    const Json cold = Run({}, false);
    ASSERT_GE(cold["cache"]["built_from_source"].get<int>(), 1) << cold["cache"];
    answer_ = ReadText(JoinPath(folder_, "output.npy"));
    auto file = CacheFile::Open(cache_, CacheTrust());
    ASSERT_TRUE(file.ok()) << file.status().message();
    const DeviceIdentity device = (*file)->index().devices[0];
    auto store = CacheStore::Open(cache_);
    ASSERT_TRUE(store->AddTuning(device, "a record", "its choice").ok());
    ASSERT_TRUE(store->Flush().ok());
    good_ = ReadText(cache_);
    ListRegions();
  }

  // One start. If it must not compile, its driver has an empty cache. The others share a driver
  // cache, so that hundreds of rounds take a minute instead of an hour.
  Json Run(const std::vector<std::string>& more, bool require_cache) {
    static const std::string* const shared = new std::string(FreshFolder("driver_cache"));
    Environment environment = {{"POCL_CACHE_DIR", *shared}};
    if (require_cache) {
      environment = {{"POCL_CACHE_DIR", FreshFolder("driver_cache")},
                     {"CUDA_CACHE_DISABLE", "1"},
                     {"MACE_REQUIRE_CACHE", "1"}};
    }
    std::vector<std::string> words = {
        "run",          ProjectFile("models/digits/digits.pb"),
        "--input",      "input=" + ProjectFile("models/digits/samples/digit_7.npy"),
        "--cache",      cache_,
        "--json",       "-",
        "--output-dir", folder_};
    words.insert(words.end(), more.begin(), more.end());
    const CommandResult result = RunMace(words, environment);
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    return result.exit_code == kExitDone ? result.OutJson() : Json::object();
  }

  void ListRegions() {
    auto file = CacheFile::Open(cache_, CacheTrust());
    ASSERT_TRUE(file.ok()) << file.status().message();
    const CacheIndex& index = (*file)->index();
    const CacheFileHeader& header = index.header;
    const size_t table_end = size_t{header.table_offset} + header.table_size;
    const size_t tuning_end = table_end + header.tuning_size;
    regions_ = {{"fixed header", 0, kFixedHeaderSize},
                {"vendor header", kFixedHeaderSize, kMinimumHeaderSize},
                {"device", kMinimumHeaderSize, header.header_size},
                {"padding", header.header_size, kSectionAlignment},
                {"kernel table", header.table_offset, table_end},
                {"tuning records", table_end, tuning_end},
                {"index digest", tuning_end, tuning_end + 32},
                {"file digest", tuning_end + 32, good_.size()}};
    for (const KernelEntry* section : DistinctSections(index.kernels)) {
      const size_t begin = static_cast<size_t>(section->section_offset);
      const size_t end = begin + static_cast<size_t>(section->section_size);
      regions_.push_back({"section's begin", begin, begin + 64});
      regions_.push_back({"section", begin, end});
      regions_.push_back({"section's end", end - 64, end});
    }
    for (const Region& region : regions_) ASSERT_LT(region.begin, region.end) << region.name;
  }

  const std::string folder_ = FreshFolder("cache_damage");
  const std::string cache_ = JoinPath(folder_, "cache.bin");
  std::string answer_, good_;
  std::vector<Region> regions_;
};

TEST_F(CacheDamage, RightAnswersAndWarmAgain) {
  const char* asked = std::getenv("MACE_DAMAGE_ROUNDS");
  const int rounds = asked != nullptr ? std::atoi(asked) : 28;
  ASSERT_GE(rounds, static_cast<int>(regions_.size()));
  std::mt19937 random(20240607);
  std::map<std::string, int> statuses;
  for (int round = 0; round < rounds; ++round) {
    const Region& region = regions_[static_cast<size_t>(round) % regions_.size()];
    const size_t at = region.begin + random() % (region.end - region.begin);
    std::string bad = good_;
    // In turn, a byte of each region is flipped, and then the file is cut in each region.
    const bool cut = static_cast<size_t>(round) / regions_.size() % 2 == 1;
    if (cut) {
      bad.resize(at);
    } else {
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    }
    SCOPED_TRACE((cut ? "cut at " : "flip at ") + std::to_string(at) + ": " + region.name);
    ASSERT_TRUE(WriteFileAtomic(cache_, AsBytes(bad), 0600).ok());
    const Json damaged = Run({}, false);
    ASSERT_TRUE(damaged.contains("cache"));
    ++statuses[damaged["cache"]["status"]];
    ASSERT_EQ(ReadText(JoinPath(folder_, "output.npy")), answer_);
    if (cut) {
      ASSERT_EQ(damaged["cache"]["status"], "rejected") << damaged["cache"];
      ASSERT_TRUE(damaged["cache"]["reason"].is_string());
    }
    const Json next = Run({}, true);
    ASSERT_EQ(next["cache"]["status"], "warm") << next["cache"];
    ASSERT_EQ(ReadText(JoinPath(folder_, "output.npy")), answer_);
  }
  for (const auto& [status, count] : statuses) std::printf("%s: %d\n", status.c_str(), count);
  EXPECT_GT(statuses["rejected"], 0);
  EXPECT_GT(statuses["warm"], 0);  // Padding, or the unused program's section.
  EXPECT_GT(statuses["cold"], 0);  // The used program's section.
}

}  // namespace
}  // namespace mace
