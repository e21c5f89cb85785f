#include "mace/passes/pack_weights.h"

#include "mace/graph/integer_type.h"
#include "mace/testing/passes/pass_tester.h"

namespace mace {
namespace {

using Attributes = TestGraphBuilder::Attributes;

constexpr int64_t kRows = 512, kColumns = 520;

// Integers of the whole range of the type.
HostTensor Integers(DType dtype, const Shape& shape) {
  const IntegerType type = IntegerTypeOf(dtype);
  HostTensor tensor = *HostTensor::Allocate({dtype, shape});
  std::mt19937 random(5);
  uint8_t* const to = tensor.mutable_data<uint8_t>();
  for (int64_t i = 0; i < shape.elements(); ++i) {
    to[i] = static_cast<uint8_t>(WrapInteger(type, static_cast<int64_t>(random() & 255)));
  }
  return tensor;
}

// The weights of a Dequantize. Places: the shape of scale and zero point.
struct Weights {
  DType dtype = DType::kInt8;
  Shape places;
  int64_t axis = 0, block_size = 0;
};

ValueId AddWeights(const Weights& weights, TestGraphBuilder* builder) {
  const ValueId x = builder->Constant(Integers(weights.dtype, {kRows, kColumns}));
  const ValueId scale = builder->Constant(weights.places, 0.01f, 0.1f);
  const ValueId zero = builder->Constant(Integers(weights.dtype, weights.places));
  return builder->Add("Dequantize", {x, scale, zero},
                      {{"axis", weights.axis}, {"block_size", weights.block_size}});
}

// y = x * w, or x * w^T, with a bias.
Graph Product(const Weights& weights, bool transposed) {
  TestGraphBuilder builder;
  const int64_t depth = transposed ? kColumns : kRows, width = transposed ? kRows : kColumns;
  const ValueId x = builder.Input({3, depth});
  builder.Output(builder.Add("MatMul",
                             {x, AddWeights(weights, &builder), builder.Constant({width})},
                             {{"transpose_b", int64_t{transposed}}}));
  return builder.Build();
}

TEST(PackWeights, EveryTypeInBothDirections) {
  for (DType dtype :
       {DType::kInt8, DType::kUInt8, DType::kInt4, DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    SCOPED_TRACE(DTypeName(dtype));
    const Graph plain = ExpectKeepsMeaning(Product({dtype, {kColumns}, 1, 0}, false), PackWeights);
    EXPECT_EQ(CountNodes(plain, "MatMulBits"), 1);
    EXPECT_EQ(plain.nodes.size(), 1u);
    const Graph turned = ExpectKeepsMeaning(Product({dtype, {kRows, 9}, 1, 64}, true), PackWeights);
    EXPECT_EQ(CountNodes(turned, "MatMulBits"), 1);
  }
}

// Numbers that a block of neighbours of a row does not have in common need floats.
TEST(PackWeights, OtherBlocksAreEvaluated) {
  const Weights one_of_all = {DType::kInt8, {}, 0, 0};
  EXPECT_EQ(CountNodes(ExpectKeepsMeaning(Product(one_of_all, false), PackWeights), "MatMulBits"),
            1);
  EXPECT_EQ(CountNodes(ExpectKeepsMeaning(Product(one_of_all, true), PackWeights), "MatMulBits"),
            1);
  for (const Weights& weights :
       {Weights{DType::kInt8, {kRows}, 0, 0}, Weights{DType::kInt4, {kRows, 65}, 1, 8},
        Weights{DType::kUInt8, {43, kColumns}, 0, 12}}) {
    const Graph after = ExpectKeepsMeaning(Product(weights, false), PackWeights);
    ASSERT_EQ(after.nodes.size(), 1u);
    EXPECT_EQ(after.nodes[0].type, "MatMul");
    EXPECT_TRUE(after.IsConstant(after.nodes[0].inputs[1]));
  }
}

TEST(PackWeights, ReadersShareOneConstantInEachDirection) {
  TestGraphBuilder builder;
  const ValueId w = AddWeights({DType::kInt4, {}, 0, 0}, &builder);
  const ValueId turned = builder.Add("Transpose", {w}, {{"dims", std::vector<int64_t>{1, 0}}});
  const Attributes kTransposed = {{"transpose_b", int64_t{1}}};
  builder.Output(builder.Add("MatMul", {builder.Input({2, kRows}), w}));
  builder.Output(builder.Add("MatMul", {builder.Input({2, 3, kRows}), turned}, kTransposed));
  builder.Output(builder.Add("MatMul", {builder.Input({kColumns}), turned}));
  const ValueId scaled =
      builder.Add("Eltwise", {builder.Input({5})}, {{"type", int64_t{2}}, {"scalar_input", 200.0}});
  const ValueId indices = builder.Add("Cast", {scaled}, {{"dtype", std::string("int32")}});
  builder.Output(builder.Add("Gather", {w, indices}, {{"axis", int64_t{0}}}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), PackWeights);
  ASSERT_EQ(CountNodes(after, "MatMulBits"), 3);
  ASSERT_EQ(CountNodes(after, "GatherBits"), 1);
  EXPECT_EQ(CountNodes(after, "Transpose") + CountNodes(after, "Dequantize"), 0);
  std::vector<ValueId> packed;
  for (const Node& node : after.nodes) {
    if (node.type == "MatMulBits" || node.type == "GatherBits") packed.push_back(node.inputs[1]);
  }
  EXPECT_EQ(packed[0], packed[1]);
  EXPECT_EQ(packed[2], packed[3]);
  EXPECT_NE(packed[0], packed[2]);
}

TEST(PackWeights, AReaderOfFloatsGivesAllReadersFloats) {
  TestGraphBuilder builder;
  const ValueId w = AddWeights({DType::kInt8, {kColumns}, 1, 0}, &builder);
  builder.Output(builder.Add("MatMul", {builder.Input({2, kRows}), w}));
  builder.Output(
      builder.Add("Eltwise", {builder.Input({kRows, kColumns}), w}, {{"type", int64_t{0}}}));
  builder.Output(w);
  const Graph after = ExpectKeepsMeaning(builder.Build(), PackWeights);
  EXPECT_EQ(CountNodes(after, "MatMulBits") + CountNodes(after, "Dequantize"), 0);
  EXPECT_EQ(CountNodes(after, "Identity"), 1);
}

TEST(PackWeights, ManyRowsTakeFloats) {
  for (int64_t rows : {16, 17}) {
    TestGraphBuilder builder;
    const ValueId w = AddWeights({DType::kInt8, {kColumns}, 1, 0}, &builder);
    builder.Output(builder.Add("MatMul", {builder.Input({rows, kRows}), w}));
    const Graph after = ExpectKeepsMeaning(builder.Build(), PackWeights);
    EXPECT_EQ(CountNodes(after, "MatMulBits"), rows == 16 ? 1 : 0);
  }
}

TEST(PackWeights, ProductsOfAnotherKindStay) {
  TestGraphBuilder builder;
  const Weights weights = {DType::kInt8, {}, 0, 0};
  const Attributes kTransposed = {{"transpose_a", int64_t{1}}};
  builder.Output(builder.Add("MatMul", {builder.Input({kRows, 2}), AddWeights(weights, &builder)},
                             kTransposed));
  builder.Output(
      builder.Add("MatMul", {AddWeights(weights, &builder), builder.Input({kColumns, 2})}));
  builder.Output(builder.Add("MatMul", {builder.Input({2, kRows}), AddWeights(weights, &builder),
                                        builder.Constant({2, kColumns})}));
  const Graph after = ExpectKeepsMeaning(builder.Build(), PackWeights);
  EXPECT_EQ(CountNodes(after, "MatMul"), 3);
  EXPECT_EQ(after.nodes.size(), 3u);
}

}  // namespace
}  // namespace mace
