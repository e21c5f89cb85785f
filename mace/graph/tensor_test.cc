#include "mace/graph/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "mace/base/memory_budget.h"

namespace mace {
namespace {

TEST(HostTensor, AllocateIsZeroed) {
  const HostTensor tensor = *HostTensor::Allocate({DType::kFloat32, {3, 5}});
  ASSERT_TRUE(tensor.has_data());
  ASSERT_EQ(tensor.bytes().size(), 60u);
  for (uint8_t byte : tensor.bytes()) EXPECT_EQ(byte, 0);
}

TEST(HostTensor, AllocateBeyondMemoryIsRefused) {
  const StatusOr<HostTensor> tensor =
      HostTensor::Allocate({DType::kInt64, {Shape::kMaxElements, 1 << 20}});
  EXPECT_EQ(tensor.status().code(), StatusCode::kResourceExhausted);
}

TEST(HostTensor, AllocationsCountAgainstTheThreadsBudget) {
  auto budget = std::make_shared<MemoryBudget>(100);
  StatusOr<HostTensor> kept = HostTensor();
  {
    ScopedMemoryBudget scope(budget);
    kept = HostTensor::Allocate({DType::kFloat32, {20}});
    ASSERT_TRUE(kept.ok());
    const StatusOr<HostTensor> refused = HostTensor::Allocate({DType::kFloat32, {6}});
    EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(kept->ConvertTo(DType::kInt64).status().code(), StatusCode::kResourceExhausted);
    EXPECT_THROW(ToInt64Vector(*kept), std::bad_alloc);
    EXPECT_EQ(budget->used(), 80u);
  }
  const HostTensor copy = *kept;
  kept = HostTensor();
  EXPECT_EQ(budget->used(), 80u);  // The copy keeps the elements.
  EXPECT_TRUE(HostTensor::Allocate({DType::kFloat32, {1000}}).ok());  // No budget any more.
}

TEST(HostTensor, SaysWhetherItsElementsMayBeWritten) {
  std::vector<uint8_t> bytes(4);
  const TensorInfo info{DType::kUInt8, {4}};
  EXPECT_FALSE(HostTensor::View(info, bytes, nullptr).is_writable());
  EXPECT_TRUE(HostTensor::MutableView(info, bytes, nullptr).is_writable());
  const HostTensor tensor = *HostTensor::Allocate(info);
  EXPECT_TRUE(tensor.is_writable());
  EXPECT_FALSE(tensor.is_shared());
  const HostTensor copy = tensor;
  EXPECT_TRUE(tensor.is_shared());
}

TEST(HostTensor, ScalarHasOneElement) {
  const HostTensor tensor = HostTensor::FromVector<float>(DType::kFloat32, Shape(), {2.5f});
  EXPECT_EQ(tensor.bytes().size(), 4u);
  EXPECT_EQ(tensor.f32()[0], 2.5f);
}

TEST(HostTensor, CopiesShareElements) {
  const HostTensor tensor =
      HostTensor::FromVector<float>(DType::kFloat32, {2, 3}, {1, 2, 3, 4, 5, 6});
  const HostTensor seen = tensor.Reshaped({3, 2});
  EXPECT_EQ(seen.bytes().data(), tensor.bytes().data());
  EXPECT_EQ(seen.shape(), (Shape{3, 2}));
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor.ConvertTo(DType::kFloat32)->bytes().data(), tensor.bytes().data());
}

TEST(HostTensor, ViewKeepsItsOwnerAlive) {
  auto block = std::make_shared<std::vector<float>>(std::vector<float>{1, 2});
  std::weak_ptr<std::vector<float>> watch = block;
  const Bytes bytes(reinterpret_cast<const uint8_t*>(block->data()), 8);
  {
    const HostTensor view = HostTensor::View({DType::kFloat32, {2}}, bytes, block);
    block.reset();
    EXPECT_FALSE(watch.expired());
    EXPECT_EQ(view.f32()[1], 2);
  }
  EXPECT_TRUE(watch.expired());
}

// Weights in a file begin anywhere.
TEST(HostTensor, UnalignedViewsConvert) {
  alignas(8) uint8_t buffer[40];
  const float values[] = {1.5f, -2.0f, 1e6f};
  std::memcpy(buffer + 1, values, sizeof(values));
  const HostTensor view =
      HostTensor::View({DType::kFloat32, {3}}, Bytes(buffer + 1, sizeof(values)), nullptr);
  const HostTensor aligned = *view.ToAligned();
  EXPECT_NE(aligned.bytes().data(), view.bytes().data());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(aligned.bytes().data()) % 4, 0u);
  EXPECT_EQ(aligned.f32()[2], 1e6f);
  EXPECT_EQ(ToInt64Vector(view), (std::vector<int64_t>{1, -2, 1000000}));
  const uint16_t halves[] = {0x3c00, 0xc000, 0x7c00};
  std::memcpy(buffer + 3, halves, sizeof(halves));
  const HostTensor half =
      HostTensor::View({DType::kFloat16, {3}}, Bytes(buffer + 3, sizeof(halves)), nullptr);
  const HostTensor floats = *half.ConvertTo(DType::kFloat32);
  EXPECT_EQ(floats.f32()[0], 1);
  EXPECT_EQ(floats.f32()[1], -2);
  EXPECT_EQ(floats.f32()[2], std::numeric_limits<float>::infinity());
}

TEST(HostTensor, HalvesRoundToNearestEven) {
  // 1 + 2^-11 lies between 1 and the next half, and goes to the even one; a little more does not.
  const HostTensor floats = HostTensor::FromVector<float>(
      DType::kFloat32, {4}, {1 + 1.0f / 2048, 1 + 1.1f / 2048, 65520, 1e-9f});
  const HostTensor half = *floats.ConvertTo(DType::kFloat16);
  EXPECT_EQ(half.data<uint16_t>()[0], 0x3c00);
  EXPECT_EQ(half.data<uint16_t>()[1], 0x3c01);
  EXPECT_EQ(half.data<uint16_t>()[2], 0x7c00);
  EXPECT_EQ(half.data<uint16_t>()[3], 0);
}

TEST(HostTensor, BrainFloats) {
  const HostTensor brain =
      HostTensor::FromVector<uint16_t>(DType::kBFloat16, {3}, {0x3f80, 0xc000, 0x4049});
  const HostTensor floats = *brain.ConvertTo(DType::kFloat32);
  EXPECT_EQ(floats.f32()[0], 1);
  EXPECT_EQ(floats.f32()[1], -2);
  EXPECT_EQ(floats.f32()[2], 3.140625f);
  EXPECT_EQ(ToInt64Vector(brain), (std::vector<int64_t>{1, -2, 3}));
  EXPECT_EQ(floats.ConvertTo(DType::kBFloat16)->data<uint16_t>()[2], 0x4049);
  EXPECT_EQ(brain.ConvertTo(DType::kFloat16)->data<uint16_t>()[1], 0xc000);
}

TEST(HostTensor, FloatsTruncateAndSaturate) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const HostTensor floats = HostTensor::FromVector<float>(
      DType::kFloat32, {7}, {1.9f, -1.9f, 300, -300, 1e30f, -1e30f, nan});
  const HostTensor bytes = *floats.ConvertTo(DType::kUInt8);
  const std::vector<uint8_t> unsigned_bytes(bytes.data<uint8_t>(), bytes.data<uint8_t>() + 7);
  EXPECT_EQ(unsigned_bytes, (std::vector<uint8_t>{1, 0, 255, 0, 255, 0, 0}));
  EXPECT_EQ(ToInt64Vector(*floats.ConvertTo(DType::kInt8)),
            (std::vector<int64_t>{1, -1, 127, -128, 127, -128, 0}));
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(ToInt64Vector(floats), (std::vector<int64_t>{1, -1, 300, -300, kMax, kLeast, 0}));
}

// An ONNX Slice says "to the end" with the largest int64.
TEST(HostTensor, WideIntegersSaturateAndKeepTheirDigits) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const HostTensor wide = HostTensor::FromVector<int64_t>(DType::kInt64, {3}, {kMax, -kMax, 7});
  EXPECT_EQ(ToInt64Vector(wide), (std::vector<int64_t>{kMax, -kMax, 7}));
  const HostTensor narrow = *wide.ConvertTo(DType::kInt32);
  EXPECT_EQ(narrow.data<int32_t>()[0], std::numeric_limits<int32_t>::max());
  EXPECT_EQ(narrow.data<int32_t>()[1], std::numeric_limits<int32_t>::min());
  EXPECT_EQ(narrow.data<int32_t>()[2], 7);
}

TEST(HostTensor, DoublesConvertToAndFromEveryKind) {
  const HostTensor doubles =
      HostTensor::FromVector(DType::kFloat64, Shape{3}, std::vector<double>{0.1, -2.5, 1e300});
  EXPECT_EQ(doubles.info().bytes(), 24u);
  const HostTensor floats = *doubles.ConvertTo(DType::kFloat32);
  EXPECT_EQ(floats.f32()[0], 0.1f);
  EXPECT_EQ(floats.f32()[1], -2.5f);
  EXPECT_TRUE(std::isinf(floats.f32()[2]));
  EXPECT_EQ(floats.ConvertTo(DType::kFloat64)->data<double>()[0], double{0.1f});
  EXPECT_EQ(doubles.ConvertTo(DType::kFloat16)->data<uint16_t>()[1], 0xc100);
  EXPECT_EQ(ToInt64Vector(*doubles.ConvertTo(DType::kInt8)), (std::vector<int64_t>{0, -2, 127}));
  EXPECT_EQ(doubles.ToReferenceOperand()->dtype(), DType::kFloat32);
}

TEST(HostTensor, Booleans) {
  const HostTensor floats = HostTensor::FromVector<float>(DType::kFloat32, {3}, {0, 0.25f, -3});
  const HostTensor flags = *floats.ConvertTo(DType::kBool);
  EXPECT_EQ(ToInt64Vector(flags), (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(flags.ConvertTo(DType::kFloat32)->f32()[2], 1);
}

}  // namespace
}  // namespace mace
