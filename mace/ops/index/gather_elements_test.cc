#include <gtest/gtest.h>

#include "mace/testing/element_mover.h"

namespace mace {
namespace {

// Indices of all values in [-extent, extent), in no order.
HostTensor Indices(DType dtype, const Shape& shape, int64_t extent) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < shape.elements(); ++i) values.push_back(i * 7 % (2 * extent) - extent);
  return *HostTensor::FromVector(DType::kInt64, shape, values).ConvertTo(dtype);
}

TEST(GatherElements, AlongEveryAxis) {
  struct Case {
    Shape x, indices;
    int axis;
  };
  const Case cases[] = {{{5}, {7}, 0},
                        {{3, 4}, {2, 4}, 0},
                        {{3, 4}, {3, 9}, 1},
                        {{2, 3, 4, 5}, {2, 6, 3, 5}, 1},
                        {{2, 3, 4, 5}, {1, 3, 4, 2}, 3}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.x.ToString() + " along " + std::to_string(c.axis));
    const HostTensor x = CountingTensor(DType::kFloat32, c.x);
    for (DType dtype : {DType::kInt32, DType::kInt64}) {
      const HostTensor indices = Indices(dtype, c.indices, c.x[c.axis]);
      const std::vector<int64_t> values = ToInt64Vector(indices);
      const HostTensor y = MoveElements(x, c.indices, [&](Position at) {
        int64_t flat = 0;
        for (size_t k = 0; k < at.size(); ++k) flat = flat * c.indices.dims()[k] + at[k];
        const int64_t index = values[static_cast<size_t>(flat)];
        at[static_cast<size_t>(c.axis)] = index < 0 ? index + c.x[c.axis] : index;
        return at;
      });
      OpTester tester("GatherElements");
      tester.Set("axis", int64_t{c.axis}).Input(x).Input(indices);
      ExpectOutputs(tester, {y});
    }
  }
}

TEST(GatherElements, OfIntegers) {
  OpTester tester("GatherElements");
  tester.Input(CountingTensor(DType::kInt64, {3}))
      .Input(HostTensor::FromVector<int64_t>(DType::kInt64, {2}, {2, -3}));
  ExpectOutputs(tester, {HostTensor::FromVector<int64_t>(DType::kInt64, {2}, {3, 1})});
  OpTester("GatherElements")
      .Constant(CountingTensor(DType::kInt64, {3}))
      .Input(HostTensor::FromVector<int64_t>(DType::kInt64, {2}, {2, -3}))
      .Run();
}

TEST(GatherElements, Refuses) {
  const HostTensor index = HostTensor::FromVector<int32_t>(DType::kInt32, {1}, {3});
  OpTester outside("GatherElements");
  const StatusOr<std::vector<HostTensor>> y = outside.Input({3}).Input(index).Reference();
  ASSERT_FALSE(y.ok());
  EXPECT_NE(std::string::npos, y.status().message().find("index 3 is outside"));
  OpTester("GatherElements").Input({3}).Input({1}).ExpectRefused("expected integers");
  OpTester("GatherElements").Input({3, 3}).Input(index).ExpectRefused("do not fit [3, 3]");
  OpTester("GatherElements").Set("axis", int64_t{1}).Input({3}).Input(index).ExpectRefused("axis");
}

}  // namespace
}  // namespace mace
