// The functions of the C++ API that give no Status: each allocation of theirs fails in turn, and no
// exception leaves them.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mace/mace.h"
#include "mace/testing/failing_allocator/failing_allocator.h"

namespace mace {
namespace {

class PublicApiAllocations : public testing::TestWithParam<Failures> {
 protected:
  void SetUp() override {
    StatusOr<Model> model = Model::Load("models/digits/digits.pb");
    ASSERT_TRUE(model.ok()) << model.status().message();
    CompileOptions options;
    options.device = "cpu";
    StatusOr<CompiledModel> compiled = CompiledModel::Compile(*model, options);
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    compiled_ = *std::move(compiled);
  }

  // Calls it until none of its allocations is left to fail; `least`: how many it has at least.
  void FailEach(uint64_t least, const std::function<void()>& call) {
    uint64_t total = 1;
    for (uint64_t n = 1; n <= total; ++n) {
      const FailingAllocation failing(n, GetParam());
      call();
      total = FailingAllocation::count();
    }
    EXPECT_GE(total, least);
  }

  CompiledModel compiled_;
};

TEST_P(PublicApiAllocations, OfViewsMakeATensorThatSaysSo) {
  const float pixels[64] = {};
  int released = 0, made = 0, failed = 0;
  bool other_code = false;
  // Dims of its own for each, made while there is memory.
  std::vector<std::vector<int64_t>> dims(1000, {1, 8, 8, 1});
  size_t next = 0;
  std::function<void()> release = [&released] { ++released; };
  FailEach(2, [&] {
    const Tensor tensor = Tensor::View(DType::kFloat32, pixels, std::move(dims[next++]), release);
    if (tensor.status().ok()) {
      ++made;
    } else {
      ++failed;
      other_code |= tensor.status().code() != StatusCode::kResourceExhausted;
    }
  });
  EXPECT_GT(failed, 0);
  EXPECT_FALSE(other_code);
  // Given back whether a tensor was made or not.
  EXPECT_EQ(made + failed, released);
}

TEST_P(PublicApiAllocations, OfTextsAndNumbers) {
  TensorSpec spec;
  spec.dims = {1000000000000, -1, 1000000000000, 1000000000000};
  const std::string whole = spec.ToString();
  ASSERT_FALSE(whole.empty());
  bool other = false;
  FailEach(2, [&] {
    const std::string text = spec.ToString();
    other |= !text.empty() && text != whole;
  });
  EXPECT_FALSE(other);
  const std::string device = compiled_.statistics().device;
  ASSERT_FALSE(device.empty());
  FailEach(1, [&] {
    const Statistics statistics = compiled_.statistics();
    other |= !statistics.device.empty() && statistics.device != device;
  });
  EXPECT_FALSE(other);
  FailEach(0, [&] { static_cast<void>(compiled_.note()); });
  FailEach(0, [&] { static_cast<void>(Tensor().dims().size() + Model().outputs().size()); });
}

INSTANTIATE_TEST_SUITE_P(Failures, PublicApiAllocations,
                         testing::Values(Failures::kOne, Failures::kFromThereOn));

}  // namespace
}  // namespace mace
