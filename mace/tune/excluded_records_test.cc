#include "mace/tune/excluded_records.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

class ExcludedRecordsTest : public testing::Test {
 protected:
  ExcludedRecordsTest() : device_(FakeH100()), store_(CacheStore::Open(path())) {}

  static std::string path() {
    const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
    return testing::TempDir() + "excluded_" + test->name() + ".bin";
  }
  TuningRecords records() { return TuningRecords(&device_, store_.get()); }
  Status Exclude(const std::string& kind, const std::string& reason) {
    return AddExclusion({kind, reason}, records());
  }

  DeviceInfo device_;
  std::unique_ptr<CacheStore> store_;
};

TEST_F(ExcludedRecordsTest, AreThereAtTheNextStart) {
  EXPECT_TRUE(FindExclusions(records()).empty());
  ASSERT_TRUE(Exclude("softmax buffer f32", "wrong by 0.3 of the range").ok());
  ASSERT_TRUE(Exclude("conv2d_1x1 image f16", "crashed").ok());
  ASSERT_TRUE(store_->Flush().ok());
  store_ = CacheStore::Open(path());
  const std::vector<Exclusion> found = FindExclusions(records());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, "conv2d_1x1 image f16");
  EXPECT_EQ(found[0].reason, "crashed");
  EXPECT_EQ(found[1].kind, "softmax buffer f32");
  EXPECT_EQ(found[1].reason, "wrong by 0.3 of the range");
  EXPECT_EQ(FindExcludedVariants(records()).kinds().size(), 2u);
}

TEST_F(ExcludedRecordsTest, AreThoseOfOneDriver) {
  ASSERT_TRUE(Exclude("softmax buffer f32", "crashed").ok());
  device_.driver_version += " and newer";
  EXPECT_TRUE(FindExclusions(records()).empty());
}

TEST_F(ExcludedRecordsTest, TheLastReasonStands) {
  ASSERT_TRUE(Exclude("softmax buffer f32", "crashed").ok());
  ASSERT_TRUE(Exclude("softmax buffer f32", "wrong").ok());
  const std::vector<Exclusion> found = FindExclusions(records());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].reason, "wrong");
}

TEST_F(ExcludedRecordsTest, MayBeTakenBack) {
  ASSERT_TRUE(Exclude("softmax buffer f32", "crashed").ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(ClearExclusions(records()).ok());
  EXPECT_TRUE(FindExclusions(records()).empty());
  ASSERT_TRUE(store_->Flush().ok());
  store_ = CacheStore::Open(path());
  EXPECT_TRUE(FindExcludedVariants(records()).empty());
}

TEST_F(ExcludedRecordsTest, RefuseTextsThatWouldNotBeReadBack) {
  EXPECT_EQ(Exclude("", "crashed").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Exclude("softmax\tbuffer", "crashed").code(), StatusCode::kInvalidArgument);
  const Status two_lines = Exclude("softmax buffer f32", "crashed\nsoftmax image f32");
  EXPECT_EQ(two_lines.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(two_lines.message().find('\n'), std::string::npos) << two_lines.message();
  EXPECT_TRUE(FindExclusions(records()).empty());
}

TEST_F(ExcludedRecordsTest, ADamagedRecordHoldsNone) {
  for (const char* const text : {"", "no tab", "\treason", "\n\n"}) {
    ASSERT_TRUE(store_->AddTuning(device_, ExclusionsKey(), text).ok());
    EXPECT_TRUE(FindExclusions(records()).empty()) << text;
  }
}

TEST_F(ExcludedRecordsTest, NothingIsKeptWithoutAStore) {
  const TuningRecords none(&device_, nullptr);
  EXPECT_TRUE(AddExclusion({"softmax buffer f32", "crashed"}, none).ok());
  EXPECT_TRUE(FindExcludedVariants(none).empty());
  EXPECT_TRUE(ClearExclusions(none).ok());
}

}  // namespace
}  // namespace mace
