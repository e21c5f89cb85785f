// Which quantized convolutions kernels in integers take, on a device that nobody has to have.
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

std::vector<KernelVariant> VariantsOf(const Case& given) {
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
  Int8Convolution bits;
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
  return op.ok() ? (*op)->Lower(request) : std::vector<KernelVariant>();
}

const KernelVariant* FindInt8(const std::vector<KernelVariant>& variants) {
  for (const KernelVariant& variant : variants) {
    if (variant.name.find("_int8") != std::string::npos) return &variant;
  }
  return nullptr;
}

TEST(Int8Variant, ReadsAndWritesBytes) {
  const std::vector<KernelVariant> variants = VariantsOf({});
  const KernelVariant* variant = FindInt8(variants);
  ASSERT_NE(variant, nullptr);
  EXPECT_EQ(variant->inputs[0], Int8Format({0.5f, 128}));
  EXPECT_EQ(variant->outputs[0], Int8Format({8, 0}));
  EXPECT_FALSE(variant->needs_measurement);
}

TEST(Int8Variant, IsEstimatedFasterThanFloats) {
  Case given;
  given.x = given.y = {1, 14, 14, 64};
  given.filter = {64, 64, 1, 1};
  const std::vector<KernelVariant> variants = VariantsOf(given);
  const KernelVariant* variant = FindInt8(variants);
  ASSERT_NE(variant, nullptr);
  for (const KernelVariant& other : variants) {
    if (&other == variant) continue;
    EXPECT_LT(variant->estimate_ms, other.estimate_ms) << other.name;
  }
}

TEST(Int8Variant, VariantsInFloatsRoundTheirResult) {
  size_t floats = 0;
  for (const KernelVariant& variant : VariantsOf({})) {
    if (variant.name.find("_int8") != std::string::npos) continue;
    ++floats;
    EXPECT_EQ(variant.launches.back().kernel.base_name, "unary") << variant.name;
  }
  EXPECT_GT(floats, 0u);
}

TEST(Int8Variant, OnGpusOnlyWhereItWasMeasured) {
  Case given;
  given.gpu = true;
  given.byte_products = ByteProducts::kNvidia;
  const std::vector<KernelVariant> variants = VariantsOf(given);
  const KernelVariant* variant = FindInt8(variants);
  ASSERT_NE(variant, nullptr);
  EXPECT_TRUE(variant->needs_measurement);
}

TEST(Int8Variant, NotWhereTheDeviceIsNoFaster) {
  Case given;
  given.byte_products = ByteProducts::kNone;
  EXPECT_EQ(FindInt8(VariantsOf(given)), nullptr);
}

TEST(Int8Variant, NotInGroups) {
  Case given;
  given.group = 2;
  given.filter = {6, 4, 1, 1};
  EXPECT_EQ(FindInt8(VariantsOf(given)), nullptr);
}

TEST(Int8Variant, NotWithActivationsOtherThanClamps) {
  Case given;
  given.activation = "TANH";
  EXPECT_EQ(FindInt8(VariantsOf(given)), nullptr);
}

// The filter as it is after folding a factor for each channel.
TEST(Int8Variant, NotWhereTheFilterIsNoMultipleOfItsScale) {
  Case given;
  given.filter_value = 0.3f;
  EXPECT_EQ(FindInt8(VariantsOf(given)), nullptr);
  given.filter_value = 64;  // 256 steps.
  EXPECT_EQ(FindInt8(VariantsOf(given)), nullptr);
}

TEST(Int8Variant, NotWhereSumsMightOverflow) {
  Case given;
  for (const auto& [channels, fits] : {std::pair(16512, true), std::pair(16513, false)}) {
    given.x = {1, 1, 1, channels};
    given.filter = {1, channels, 1, 1};
    given.y = {1, 1, 1, 1};
    EXPECT_EQ(FindInt8(VariantsOf(given)) != nullptr, fits) << channels;
  }
}

TEST(Int8Variant, DepthwiseUpToSumsThatFloatsHold) {
  Case given;
  given.type = "DepthwiseConv2d";
  for (const auto& [width, fits] : {std::pair(129, true), std::pair(130, false)}) {
    given.x = {1, 1, width, 8};
    given.filter = {1, 8, 1, width};
    given.y = {1, 1, width, 8};
    EXPECT_EQ(FindInt8(VariantsOf(given)) != nullptr, fits) << width;
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
