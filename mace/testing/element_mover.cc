#include "mace/testing/element_mover.h"

#include <gtest/gtest.h>

#include <cstring>

namespace mace {

HostTensor CountingTensor(DType dtype, Shape shape) {
  HostTensor tensor = *HostTensor::Allocate({DType::kInt64, std::move(shape)});
  for (int64_t i = 0; i < tensor.shape().elements(); ++i) {
    tensor.mutable_data<int64_t>()[i] = 1 + i % 100;
  }
  return *tensor.ConvertTo(dtype);
}

HostTensor MoveElements(const HostTensor& x, const Shape& shape, const SourceOf& source,
                        double fill) {
  const size_t size = DTypeSize(x.dtype());
  const HostTensor filled =
      *HostTensor::FromVector<float>(DType::kFloat32, Shape{}, {static_cast<float>(fill)})
           .ConvertTo(x.dtype());
  HostTensor y = *HostTensor::Allocate({x.dtype(), shape});
  Position at(shape.dims().size(), 0);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    int64_t rest = i;
    for (size_t axis = at.size(); axis-- > 0; rest /= shape.dims()[axis]) {
      at[axis] = rest % shape.dims()[axis];
    }
    const Position from = source(at);
    const uint8_t* element = filled.data<uint8_t>();
    if (from.size() == x.shape().dims().size()) {
      int64_t index = 0;
      for (size_t axis = 0; axis < from.size(); ++axis) {
        EXPECT_GE(from[axis], 0);
        EXPECT_LT(from[axis], x.shape().dims()[axis]);
        index = index * x.shape().dims()[axis] + from[axis];
      }
      element = x.data<uint8_t>() + static_cast<size_t>(index) * size;
    }
    std::memcpy(y.mutable_data<uint8_t>() + static_cast<size_t>(i) * size, element, size);
  }
  return y;
}

std::string DescribeDifference(const HostTensor& expected, const HostTensor& found) {
  if (expected.dtype() != found.dtype()) {
    return std::string("expected ") + DTypeName(expected.dtype()) + ", found " +
           DTypeName(found.dtype());
  }
  if (expected.shape() != found.shape()) {
    return "expected shape " + expected.shape().ToString() + ", found " + found.shape().ToString();
  }
  const size_t size = DTypeSize(expected.dtype());
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    const size_t at = static_cast<size_t>(i) * size;
    if (std::memcmp(expected.bytes().data() + at, found.bytes().data() + at, size) != 0) {
      return "element " + std::to_string(i) + " of " + std::to_string(expected.shape().elements()) +
             " differs";
    }
  }
  return "";
}

void ExpectOutputs(OpTester tester, const std::vector<HostTensor>& expected) {
  StatusOr<std::vector<HostTensor>> found = tester.Reference();
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(expected.size(), found->size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ("", DescribeDifference(expected[i], (*found)[i])) << "output " << i;
  }
  tester.Run();
}

}  // namespace mace
