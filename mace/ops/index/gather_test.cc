#include <gtest/gtest.h>

#include <cmath>

#include "mace/testing/element_mover.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

void ExpectGathered(DType dtype, const Shape& shape, int axis, const HostTensor& indices) {
  SCOPED_TRACE(shape.ToString() + " along " + std::to_string(axis) + ", " + DTypeName(dtype));
  const HostTensor x = CountingTensor(dtype, shape);
  const std::vector<int64_t> values = ToInt64Vector(indices);
  const size_t rank = indices.shape().dims().size(), at_axis = static_cast<size_t>(axis);
  std::vector<int64_t> dims = shape.dims();
  dims.erase(dims.begin() + axis);
  dims.insert(dims.begin() + axis, indices.shape().dims().begin(), indices.shape().dims().end());
  const HostTensor y = MoveElements(x, Shape(dims), [&](const Position& at) {
    int64_t index = 0;
    for (size_t i = 0; i < rank; ++i) index = index * indices.shape().dims()[i] + at[at_axis + i];
    Position from(at.begin(), at.begin() + axis);
    const int64_t value = values[static_cast<size_t>(index)];
    from.push_back(value < 0 ? value + shape[axis] : value);
    from.insert(from.end(), at.begin() + axis + static_cast<int>(rank), at.end());
    return from;
  });
  OpTester tester("Gather");
  tester.Set("axis", int64_t{axis}).Input(x).Constant(indices);
  if (DeviceElementOf(dtype) == DeviceElement::kNone) tester.CpuOnly();
  ExpectOutputs(tester, {y});
  for (DType other : {dtype, indices.dtype()}) {
    if (DeviceElementOf(other) == DeviceElement::kNone) return;
  }
  OpTester("Gather").Set("axis", int64_t{axis}).Input(x).Input(indices).Run();
  OpTester("Gather").Set("axis", int64_t{axis}).Constant(x).Input(indices).Run();
}

const HostTensor kMatrix =
    HostTensor::FromVector<int32_t>(DType::kInt32, {2, 3}, {2, 0, -1, 1, 1, -3});
const HostTensor kVector = HostTensor::FromVector<int64_t>(DType::kInt64, {4}, {0, 2, 2, -2});
const HostTensor kScalar = HostTensor::FromVector<int8_t>(DType::kInt8, Shape{}, {1});

TEST(Gather, AxesAndIndices) {
  ExpectGathered(DType::kFloat32, {3, 2, 5, 6}, 0, kVector);
  ExpectGathered(DType::kFloat32, {2, 3, 5, 6}, 1, kScalar);
  ExpectGathered(DType::kFloat32, {2, 3, 5, 4}, 2, kVector);
  ExpectGathered(DType::kFloat32, {2, 5, 3}, 2, kVector);
  ExpectGathered(DType::kFloat32, {3, 7}, 0, kMatrix);
  ExpectGathered(DType::kFloat32, {3}, 0, kMatrix);
}

TEST(Gather, EveryDType) {
  for (DType dtype : {DType::kInt32, DType::kInt64, DType::kUInt8, DType::kInt8}) {
    ExpectGathered(dtype, {2, 3, 2}, 1, kMatrix);
    ExpectGathered(dtype, {4}, 0, kScalar);
  }
}

// Slices 0, `wrong` and 1 of x: NaN in the middle, each of its lanes. The reference refuses.
void ExpectNaNBetween(const HostTensor& x, int32_t wrong) {
  const HostTensor indices = HostTensor::FromVector<int32_t>(DType::kInt32, {3}, {0, wrong, 1});
  Node node;
  node.type = "Gather";
  node.inputs = {0, 1};
  node.outputs = {2};
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  ASSERT_TRUE(op.ok()) << op.status().message();
  const StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  LoweringRequest request;
  request.inputs = {{x.info()}, {indices.info()}};
  request.outputs = {x.info()};
  request.device = *device;
  for (KernelVariant& variant : (*op)->Lower(request)) {
    if (!IsWanted(variant)) continue;
    SetPrecision(request, &variant);
    VariantRun run;
    run.variant = &variant;
    run.request = &request;
    run.inputs = {x, *indices.ConvertTo(DType::kFloat32)};
    const StatusOr<std::vector<HostTensor>> y = RunVariant(run);
    ASSERT_TRUE(y.ok()) << y.status().message();
    const int64_t slice = x.shape().elements() / 3;
    for (int64_t i = 0; i < 3 * slice; ++i) {
      EXPECT_EQ(i / slice == 1, std::isnan((*y)[0].f32()[i])) << variant.name << " at " << i;
    }
  }
}

TEST(Gather, AnIndexOutsideIsNaNOnTheDevice) {
  for (int32_t wrong : {3, -4, 2147483647}) {
    for (const Shape& shape : {Shape({3}), Shape({3, 5})}) {
      ExpectNaNBetween(CountingTensor(DType::kFloat32, shape), wrong);
    }
  }
}

TEST(Gather, IndicesComputedAtRunTime) {
  const HostTensor x = CountingTensor(DType::kFloat32, {3});
  OpTester tester("Gather");
  tester.Input(x).Input(kScalar).CpuOnly();
  ExpectOutputs(tester, {HostTensor::FromVector<float>(DType::kFloat32, Shape{}, {2})});
  OpTester outside("Gather");
  outside.Input(x).Input(HostTensor::FromVector<int32_t>(DType::kInt32, {1}, {3})).CpuOnly();
  const StatusOr<std::vector<HostTensor>> y = outside.Reference();
  ASSERT_FALSE(y.ok());
  EXPECT_NE(std::string::npos, y.status().message().find("index 3 is outside"));
}

TEST(Gather, Refuses) {
  const HostTensor below = HostTensor::FromVector<int32_t>(DType::kInt32, {1}, {-4});
  OpTester("Gather").Input({3}).Constant(below).ExpectRefused("index -4 is outside");
  OpTester("Gather").Input({3}).Constant({2}).ExpectRefused("expected integers");
  OpTester("Gather").Set("axis", int64_t{1}).Input({3}).Constant(kScalar).ExpectRefused("axis 1");
  OpTester("Gather")
      .Set("batch_dims", int64_t{1})
      .Input({3})
      .Constant(kScalar)
      .ExpectRefused("batch_dims");
}

}  // namespace
}  // namespace mace
