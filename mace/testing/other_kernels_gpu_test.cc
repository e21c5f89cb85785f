// Kernels that no op launches by itself: conversions between layouts, which the planner puts
// between ops, and what follows a library's product. Placed and compared as OpTester does it.
#include <gtest/gtest.h>

#include <algorithm>

#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/move/convert.h"
#include "mace/ops/op.h"
#include "mace/testing/device_placement.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

// Values that a half holds exactly, so that every precision must give them back.
HostTensor Eighths(const Shape& shape) {
  HostTensor tensor = RandomTensor(shape, 3, -99.0f, 99.0f);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    tensor.f32()[i] = static_cast<float>(static_cast<int>(tensor.f32()[i] * 8)) / 8;
  }
  return tensor;
}

std::string NameOf(const TensorFormat& format) {
  return std::string(LayoutName(format.layout)) + " " + StorageName(format.storage) +
         (format.precision == Precision::kFloat16 ? " float16" : " float32");
}

std::vector<TensorFormat> AllFormats() {
  std::vector<TensorFormat> formats;
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    formats.push_back({Layout::kRowMajor, Storage::kBuffer, precision});
    formats.push_back({Layout::kChannels4, Storage::kBuffer, precision});
    formats.push_back({Layout::kChannels4, Storage::kImage, precision});
  }
  formats.push_back({Layout::kBlocks8, Storage::kBuffer, Precision::kFloat32});
  formats.push_back({Layout::kBlocks16, Storage::kBuffer, Precision::kFloat32});
  return formats;
}

// Expects that `lowering` makes `expected` of `input`.
void ExpectOutput(const KernelVariant& variant, const HostTensor& input, const HostTensor& expected,
                  bool slices) {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  LoweringRequest request;
  request.device = *device;
  OpInput seen;
  seen.info = input.info();
  request.inputs = {seen};
  request.outputs = {expected.info()};
  VariantRun run;
  run.variant = &variant;
  run.request = &request;
  run.inputs = {input};
  run.slices = slices;
  const StatusOr<std::vector<HostTensor>> found = RunVariant(run);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ((*found)[0].shape(), expected.shape());
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    ASSERT_EQ((*found)[0].f32()[i], expected.f32()[i]) << "element " << i;
  }
}

KernelVariant Conversion(const Shape& shape, const TensorFormat& from, const TensorFormat& to,
                         bool slices) {
  const DevicePlacement in = DevicePlacement::Make(shape, from, slices);
  const DevicePlacement out = DevicePlacement::Make(shape, to, slices);
  KernelVariant variant;
  variant.name = "conversion";
  variant.inputs = {from};
  variant.outputs = {to};
  variant.launches = {
      MakeConversion(shape, {from, in.pitch, in.offset}, {to, out.pitch, out.offset})};
  return variant;
}

void Convert(const Shape& shape, const TensorFormat& from, const TensorFormat& to, bool slices) {
  const HostTensor tensor = Eighths(shape);
  ExpectOutput(Conversion(shape, from, to, slices), tensor, tensor, slices);
}

// One of the two formats is int8. Some of the numbers are cut off, and some are ties.
void ConvertRounded(const Shape& shape, const TensorFormat& from, const TensorFormat& to,
                    const Quantization& quantization, bool slices) {
  const HostTensor tensor = Eighths(shape);
  HostTensor rounded = *HostTensor::Allocate(tensor.info());
  for (int64_t i = 0; i < shape.elements(); ++i) {
    rounded.f32()[i] = static_cast<float>(
        RoundToInt8(tensor.f32()[i], quantization.scale, -quantization.zero_point));
  }
  const bool from_bytes = from.precision == Precision::kInt8;
  ExpectOutput(Conversion(shape, from, to, slices), from_bytes ? rounded : tensor, rounded, slices);
}

TEST(ConversionTest, BetweenAllFormats) {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  for (const TensorFormat& from : AllFormats()) {
    for (const TensorFormat& to : AllFormats()) {
      const bool image = from.storage == Storage::kImage || to.storage == Storage::kImage;
      if (image && !(*device)->half_images) continue;
      if (from == to && from.layout == Layout::kRowMajor) continue;  // There is nothing to convert.
      SCOPED_TRACE(NameOf(from) + " to " + NameOf(to));
      for (const bool slices : {false, true}) {
        Convert({2, 3, 5, 7}, from, to, slices);
        Convert({1, 2, 9, 8}, from, to, slices);
        Convert({3, 6}, from, to, slices);
      }
    }
  }
}

TEST(ConversionTest, ToInt8AndBack) {
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  for (const Quantization& quantization :
       {Quantization{0.125f, 100}, Quantization{0.125f, 0}, Quantization{8, 255}}) {
    const TensorFormat bytes = Int8Format(quantization);
    for (const TensorFormat& floats : AllFormats()) {
      if (floats.storage == Storage::kImage && !(*device)->half_images) continue;
      SCOPED_TRACE(NameOf(floats) + ", zero point " + std::to_string(quantization.zero_point));
      for (const bool slices : {false, true}) {
        for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{1, 2, 9, 40}, Shape{3, 6}}) {
          ConvertRounded(shape, floats, bytes, quantization, slices);
          ConvertRounded(shape, bytes, floats, quantization, slices);
        }
      }
    }
  }
}

// A row-major product is put in place by a conversion instead of a library's call.
TEST(ProductFinishTest, AddsTheBiasAndActivates) {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    const TensorFormat from = {Layout::kChannels4, Storage::kBuffer, precision};
    const TensorFormat to = {Layout::kRowMajor, Storage::kBuffer, precision};
    SCOPED_TRACE(NameOf(to));
    const Shape shape = {5, 6};
    const DevicePlacement in = DevicePlacement::Make(shape, from, false);
    const DevicePlacement out = DevicePlacement::Make(shape, to, false);
    KernelVariant variant;
    variant.name = "finish";
    variant.precision = precision;
    variant.inputs = {from};
    variant.outputs = {to};
    PackedWeights bias;
    bias.name = "bias";
    bias.elements = 6;
    bias.keep_float32 = true;
    bias.pack = [](float* destination) -> Status {
      for (int i = 0; i < 6; ++i) destination[i] = static_cast<float>(8 * i - 20);
      return Status();
    };
    variant.weights = {bias};
    Launch finish;
    finish.kernel.source = "matmul.cl";
    finish.kernel.base_name = "matmul_finish";
    finish.kernel.macros = {{"BIAS", "1"}};
    finish.kernel.precision = precision;
    FusedActivation activation;
    activation.kind = FusedActivation::Kind::kRelu;
    activation.SetMacros(&finish.kernel.macros);
    finish.arguments = {RawOutputArgument(0), WeightsArgument(0), int32_t{1}, int32_t{6},
                        int32_t{30}};
    activation.AppendArguments(&finish.arguments);
    finish.global = {30, 1, 1};
    finish.local = {8, 1, 1};
    variant.launches = {
        MakeConversion(shape, {from, in.pitch, in.offset}, {to, out.pitch, out.offset}), finish};
    const HostTensor product = Eighths(shape);
    HostTensor expected = Eighths(shape);
    for (int64_t i = 0; i < 30; ++i) {
      expected.f32()[i] = std::max(0.0f, product.f32()[i] + static_cast<float>(8 * (i % 6) - 20));
    }
    ExpectOutput(variant, product, expected, false);
  }
}

}  // namespace
}  // namespace mace
