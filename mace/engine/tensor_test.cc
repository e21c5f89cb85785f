// Tensors of the API: converting them to other dtypes.
#include "mace/api/tensor.h"

#include <gtest/gtest.h>

#include <vector>

namespace mace {
namespace {

TEST(TensorConversion, GivesTheElementsAsAnotherType) {
  const std::vector<float> numbers = {1.75f, -2.5f, 300};
  const Tensor floats = Tensor::View(numbers.data(), {3});
  const StatusOr<Tensor> integers = floats.ConvertTo(DType::kInt32);
  ASSERT_TRUE(integers.ok()) << integers.status().message();
  ASSERT_NE(nullptr, integers->data<int32_t>());
  EXPECT_EQ(1, integers->data<int32_t>()[0]);
  EXPECT_EQ(-2, integers->data<int32_t>()[1]);
  EXPECT_EQ((std::vector<int64_t>{3}), integers->dims());
  const StatusOr<Tensor> halves = floats.ConvertTo(DType::kFloat16);
  ASSERT_TRUE(halves.ok()) << halves.status().message();
  EXPECT_EQ(6u, halves->bytes());
  const StatusOr<Tensor> doubles = halves->ConvertTo(DType::kFloat64);
  ASSERT_TRUE(doubles.ok()) << doubles.status().message();
  EXPECT_EQ(-2.5, doubles->data<double>()[1]);
}

TEST(TensorConversion, SharesElementsThatHaveTheTypeAlready) {
  StatusOr<Tensor> tensor = Tensor::Allocate(DType::kFloat32, {2});
  ASSERT_TRUE(tensor.ok());
  EXPECT_NE(nullptr, tensor->mutable_data());
  {
    StatusOr<Tensor> same = tensor->ConvertTo(DType::kFloat32);
    ASSERT_TRUE(same.ok());
    EXPECT_EQ(tensor->data(), same->data());
    // Both share the elements, so neither may be written.
    EXPECT_EQ(nullptr, same->mutable_data());
    EXPECT_EQ(nullptr, tensor->mutable_data());
  }
  EXPECT_NE(nullptr, tensor->mutable_data());
  // At an address that does not suit the type the elements are copied.
  alignas(float) const char bytes[9] = {};
  const Tensor odd = Tensor::View(DType::kFloat32, bytes + 1, {2});
  EXPECT_EQ(nullptr, odd.data<float>());
  const StatusOr<Tensor> aligned = odd.ConvertTo(DType::kFloat32);
  ASSERT_TRUE(aligned.ok());
  EXPECT_NE(nullptr, aligned->data<float>());
  // Without elements there is nothing to share.
  const StatusOr<Tensor> none = Tensor::Allocate(DType::kFloat32, {0})->ConvertTo(DType::kInt8);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(DType::kInt8, none->dtype());
}

TEST(TensorConversion, RefusesWhatIsNoTensor) {
  const float number = 1;
  const Tensor scalar = Tensor::View(&number, {});
  EXPECT_EQ(StatusCode::kInvalidArgument, Tensor().ConvertTo(DType::kInt8).status().code());
  EXPECT_EQ(StatusCode::kInvalidArgument, scalar.ConvertTo(DType::kInvalid).status().code());
  EXPECT_EQ(StatusCode::kInvalidArgument,
            Tensor::View(&number, {-1}).ConvertTo(DType::kInt8).status().code());
}

}  // namespace
}  // namespace mace
