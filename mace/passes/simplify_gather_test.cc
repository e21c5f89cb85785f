#include "mace/passes/simplify_gather.h"

#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

// The type of the node that a Gather of [3, 4, 5] becomes, which means the same.
std::string Simplified(const HostTensor& indices, int64_t axis) {
  TestGraphBuilder builder;
  const ValueId x = builder.Input({3, 4, 5});
  builder.Output(builder.Add("Gather", {x, builder.Constant(indices)}, {{"axis", axis}}));
  return ExpectKeepsMeaning(builder.Build(), SimplifyGather).nodes[0].type;
}

HostTensor Indices(Shape shape, std::vector<int64_t> values) {
  return HostTensor::FromVector<int64_t>(DType::kInt64, std::move(shape), std::move(values));
}

TEST(SimplifyGather, OneIndexIsASlice) {
  EXPECT_EQ("StridedSlice", Simplified(Indices(Shape(), {2}), 0));
  EXPECT_EQ("StridedSlice", Simplified(Indices(Shape(), {-1}), 1));
  EXPECT_EQ("StridedSlice", Simplified(Indices({1}, {3}), -1));
}

TEST(SimplifyGather, OthersStay) {
  EXPECT_EQ("Gather", Simplified(Indices({2}, {0, 2}), 0));
  EXPECT_EQ("Gather", Simplified(Indices({1, 1}, {1}), 0));
}

}  // namespace
}  // namespace mace
