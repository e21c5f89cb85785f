// The tester itself: what is right passes, and each breach of the contract is found.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mace/base/half.h"
#include "mace/ops/move/convert.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

constexpr TensorFormat kRaw = {Layout::kRowMajor, Storage::kBuffer};
constexpr TensorFormat kBlocked = {Layout::kChannels4, Storage::kBuffer};
constexpr TensorFormat kImage = {Layout::kChannels4, Storage::kImage};
constexpr TensorFormat kHalfRaw = {Layout::kRowMajor, Storage::kBuffer, Precision::kFloat16};
constexpr TensorFormat kHalfBlocked = {Layout::kChannels4, Storage::kBuffer, Precision::kFloat16};
constexpr TensorFormat kHalfImage = {Layout::kChannels4, Storage::kImage, Precision::kFloat16};

// A conversion of [2, 3, 5, 6] as a variant, whose last argument a test may falsify.
class VariantRunnerTest : public testing::Test {
 protected:
  StatusOr<HostTensor> Convert(TensorFormat from, TensorFormat to, bool slices) {
    const int64_t pitch = 6;
    variant_.inputs = {from};
    variant_.outputs = {to};
    const ConvertEnd from_end = {from, from.layout == Layout::kRowMajor ? pitch : 8, 0};
    const ConvertEnd to_end = {to, to.layout == Layout::kRowMajor ? pitch : 8, 0};
    Launch launch = MakeConversion(shape_, from_end, to_end);
    if (falsify_) falsify_(&launch);
    variant_.launches = {launch};
    StatusOr<const DeviceInfo*> device = TestDeviceInfo();
    if (!device.ok()) return device.status();
    LoweringRequest request;
    request.inputs.resize(1);
    request.inputs[0].info = input_.info();
    request.outputs = {input_.info()};
    request.device = *device;
    VariantRun run;
    run.variant = &variant_;
    run.request = &request;
    run.inputs = {input_};
    run.slices = slices;
    StatusOr<std::vector<HostTensor>> outputs = RunVariant(run);
    if (!outputs.ok()) return outputs.status();
    return (*outputs)[0];
  }

  void ExpectSame(const StatusOr<HostTensor>& found) {
    ASSERT_TRUE(found.ok()) << found.status().message();
    ASSERT_EQ(shape_, found->shape());
    for (int64_t i = 0; i < shape_.elements(); ++i) ASSERT_EQ(input_.f32()[i], found->f32()[i]);
  }

  Shape shape_ = {2, 3, 5, 6};
  HostTensor input_ = RandomTensor({2, 3, 5, 6}, 7);
  KernelVariant variant_;
  std::function<void(Launch*)> falsify_;
};

TEST_F(VariantRunnerTest, RightConversionsPass) {
  ExpectSame(Convert(kRaw, kBlocked, false));
  ExpectSame(Convert(kBlocked, kRaw, false));
  ExpectSame(Convert(kBlocked, kRaw, true));
  ExpectSame(Convert(kRaw, kBlocked, true));
  ExpectSame(Convert(kBlocked, kBlocked, true));
  ExpectSame(Convert(kRaw, kImage, true));
  ExpectSame(Convert(kImage, kRaw, true));
}

TEST_F(VariantRunnerTest, ConversionsBetweenPrecisionsRoundOnce) {
  for (int64_t i = 0; i < shape_.elements(); ++i) {
    input_.f32()[i] = HalfToFloat(FloatToHalf(input_.f32()[i]));
  }
  const std::vector<TensorFormat> floats = {kRaw, kBlocked, kImage};
  const std::vector<TensorFormat> halves = {kHalfRaw, kHalfBlocked, kHalfImage};
  for (const TensorFormat& single : floats) {
    for (const TensorFormat& half : halves) {
      ExpectSame(Convert(single, half, false));
      ExpectSame(Convert(half, single, false));
    }
  }
}

// Buffers and images alike: a driver's own rounding of image writes may cut off.
TEST_F(VariantRunnerTest, HalvesAreRoundedToTheNearest) {
  input_.f32()[0] = std::numeric_limits<float>::quiet_NaN();
  input_.f32()[1] = std::numeric_limits<float>::infinity();
  input_.f32()[2] = 1.0f + 1.0f / 2048;  // A tie: to the even neighbour below,
  input_.f32()[3] = 1.0f + 3.0f / 2048;  // and above.
  for (const TensorFormat& half : {kHalfBlocked, kHalfImage}) {
    StatusOr<HostTensor> found = Convert(kRaw, half, false);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_TRUE(std::isnan(found->f32()[0]));
    for (int64_t i = 1; i < shape_.elements(); ++i) {
      const float expected = HalfToFloat(FloatToHalf(input_.f32()[i]));
      ASSERT_EQ(found->f32()[i], expected) << StorageName(half.storage) << ", element " << i;
    }
  }
}

TEST_F(VariantRunnerTest, WritingGarbageIntoAPaddingLaneIsFound) {
  // The channel count is the last argument: 8 where there are 6 fills the padding from memory.
  falsify_ = [](Launch* launch) { launch->arguments.back() = int32_t{8}; };
  StatusOr<HostTensor> found = Convert(kRaw, kBlocked, false);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(std::string::npos, found.status().message().find("padding lane"))
      << found.status().message();
}

TEST_F(VariantRunnerTest, WritingBehindABufferIsFound) {
  // One more row than there is.
  falsify_ = [](Launch* launch) {
    launch->arguments[launch->arguments.size() - 3] = int32_t{7};
    launch->global[2] += 1;
  };
  StatusOr<HostTensor> found = Convert(kRaw, kBlocked, false);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(std::string::npos, found.status().message().find("after its end"))
      << found.status().message();
}

TEST_F(VariantRunnerTest, AMissingArgumentIsFound) {
  falsify_ = [](Launch* launch) { launch->arguments.pop_back(); };
  StatusOr<HostTensor> found = Convert(kRaw, kBlocked, false);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(std::string::npos, found.status().message().find("arguments"));
}

TEST_F(VariantRunnerTest, WeightsThatPackLeavesUnsetAreFound) {
  PackedWeights weights;
  weights.name = "half filled";
  weights.elements = 4;
  weights.pack = [](float* destination) -> Status {
    destination[0] = destination[1] = 0;
    return Status();
  };
  variant_.weights = {weights};
  StatusOr<HostTensor> found = Convert(kRaw, kBlocked, false);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(std::string::npos, found.status().message().find("left element 2 of 4"))
      << found.status().message();
}

TEST(OpTesterTest, PassesARightOp) {
  OpTester("Activation").Set("activation", std::string("RELU")).Input({2, 5, 7, 6}).Run();
}

TEST(OpTesterTest, ATooTightToleranceFails) {
  auto run = [] {
    // A sum so long that no device rounds it as the reference does.
    OpTester("Softmax").Input({3, 997}).Tolerance(-1.0f, -1.0f).Run();
  };
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    run();
  }
  EXPECT_GT(failures.size(), 0);
}

TEST(OpTesterTest, RandomTensorsAreSeeded) {
  const HostTensor a = RandomTensor({100}, 3, -2, 5), b = RandomTensor({100}, 3, -2, 5);
  const HostTensor other = RandomTensor({100}, 4, -2, 5);
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a.f32()[i], b.f32()[i]);
    EXPECT_GE(a.f32()[i], -2.0f);
    EXPECT_LT(a.f32()[i], 5.0f);
    same += a.f32()[i] == other.f32()[i] ? 1 : 0;
  }
  EXPECT_LT(same, 10);
}

}  // namespace
}  // namespace mace
