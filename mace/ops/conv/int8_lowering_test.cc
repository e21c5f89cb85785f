// Which convolutions of 8 bits kernels in integers take, on a device that nobody has to have.
#include "mace/ops/conv/int8_lowering.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

struct Case {
  std::string type = "Conv2D";
  Shape x = {1, 4, 9, 8}, filter = {6, 8, 1, 1}, y = {1, 4, 9, 6};
  float filter_value = 0.5f, filter_scale = 0.25f;
  std::string activation = "RELU";
  int64_t group = 1;
  ByteProducts byte_products = ByteProducts::kVnni;
  bool gpu = false;
};

std::vector<Lowering> WaysOf(const Case& given) {
  DeviceInfo device;
  device.kind = given.gpu ? DeviceKind::kGpu : DeviceKind::kCpu;
  device.preferred_float_width = 16;
  device.max_work_group_size = 256;
  device.byte_products = given.byte_products;
  Node node;
  node.name = node.type = given.type;
  node.inputs = {0, 1};
  node.attributes.Set("group", given.group);
  node.attributes.Set("activation", given.activation);
  EightBits bits;
  bits.x = {0.5f, 128};
  bits.y = {8, 0};
  bits.filter_scale = given.filter_scale;
  bits.SetAttributes(&node.attributes);
  HostTensor filter = *HostTensor::Allocate({DType::kFloat32, given.filter});
  std::fill_n(filter.f32(), given.filter.elements(), given.filter_value);
  LoweringRequest request;
  request.inputs.resize(2);
  request.inputs[0].info = {DType::kFloat32, given.x};
  request.inputs[1].info = filter.info();
  request.inputs[1].constant = &filter;
  request.outputs = {{DType::kFloat32, given.y}};
  request.device = &device;
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  EXPECT_TRUE(op.ok()) << op.status().message();
  return op.ok() ? (*op)->Lower(request) : std::vector<Lowering>();
}

const Lowering* FindInt8(const std::vector<Lowering>& ways) {
  for (const Lowering& way : ways) {
    if (way.variant.find("_int8") != std::string::npos) return &way;
  }
  return nullptr;
}

TEST(Int8Lowering, ReadsAndWritesBytes) {
  const std::vector<Lowering> ways = WaysOf({});
  const Lowering* way = FindInt8(ways);
  ASSERT_NE(way, nullptr);
  EXPECT_EQ(way->inputs[0], FormatOf8Bits({0.5f, 128}));
  EXPECT_EQ(way->outputs[0], FormatOf8Bits({8, 0}));
  EXPECT_FALSE(way->needs_measurement);
}

TEST(Int8Lowering, IsEstimatedFasterThanFloats) {
  Case given;
  given.x = given.y = {1, 14, 14, 64};
  given.filter = {64, 64, 1, 1};
  const std::vector<Lowering> ways = WaysOf(given);
  const Lowering* way = FindInt8(ways);
  ASSERT_NE(way, nullptr);
  for (const Lowering& other : ways) {
    if (&other == way) continue;
    EXPECT_LT(way->estimate_ms, other.estimate_ms) << other.variant;
  }
}

TEST(Int8Lowering, WaysInFloatsRoundTheirResult) {
  size_t floats = 0;
  for (const Lowering& way : WaysOf({})) {
    if (way.variant.find("_int8") != std::string::npos) continue;
    ++floats;
    EXPECT_EQ(way.launches.back().kernel.base_name, "unary") << way.variant;
  }
  EXPECT_GT(floats, 0u);
}

TEST(Int8Lowering, OnGpusOnlyWhereItWasMeasured) {
  Case given;
  given.gpu = true;
  given.byte_products = ByteProducts::kNvidia;
  const std::vector<Lowering> ways = WaysOf(given);
  const Lowering* way = FindInt8(ways);
  ASSERT_NE(way, nullptr);
  EXPECT_TRUE(way->needs_measurement);
}

TEST(Int8Lowering, NotWhereTheDeviceIsNoFaster) {
  Case given;
  given.byte_products = ByteProducts::kNone;
  EXPECT_EQ(FindInt8(WaysOf(given)), nullptr);
}

TEST(Int8Lowering, NotInGroups) {
  Case given;
  given.group = 2;
  given.filter = {6, 4, 1, 1};
  EXPECT_EQ(FindInt8(WaysOf(given)), nullptr);
}

TEST(Int8Lowering, NotWithActivationsOtherThanClamps) {
  Case given;
  given.activation = "TANH";
  EXPECT_EQ(FindInt8(WaysOf(given)), nullptr);
}

// The filter as it is after folding a factor for each channel.
TEST(Int8Lowering, NotWhereTheFilterIsNoMultipleOfItsScale) {
  Case given;
  given.filter_value = 0.3f;
  EXPECT_EQ(FindInt8(WaysOf(given)), nullptr);
  given.filter_value = 64;  // 256 steps.
  EXPECT_EQ(FindInt8(WaysOf(given)), nullptr);
}

TEST(Int8Lowering, NotWhereSumsMightOverflow) {
  Case given;
  for (const auto& [channels, fits] : {std::pair(16512, true), std::pair(16513, false)}) {
    given.x = {1, 1, 1, channels};
    given.filter = {1, channels, 1, 1};
    given.y = {1, 1, 1, 1};
    EXPECT_EQ(FindInt8(WaysOf(given)) != nullptr, fits) << channels;
  }
}

TEST(Int8Lowering, DepthwiseUpToSumsThatFloatsHold) {
  Case given;
  given.type = "DepthwiseConv2d";
  for (const auto& [width, fits] : {std::pair(129, true), std::pair(130, false)}) {
    given.x = {1, 1, width, 8};
    given.filter = {1, 8, 1, width};
    given.y = {1, 1, width, 8};
    EXPECT_EQ(FindInt8(WaysOf(given)) != nullptr, fits) << width;
  }
}

TEST(FilterRange, BecomesSignedBytes) {
  EXPECT_EQ((FilterRange{-128, 127}.offset()), 0);
  EXPECT_EQ((FilterRange{0, 255}.offset()), -128);
  EXPECT_EQ((FilterRange{-255, 0}.offset()), 127);
  EXPECT_EQ((FilterRange{-120, 135}.offset()), -8);
}

}  // namespace
}  // namespace mace
