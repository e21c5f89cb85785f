// Which nodes become an Attention on which device, and what it computes; no device.
#include "mace/passes/device/fuse_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mace/ops/elementwise/eltwise.h"
#include "mace/testing/fake_gpu.h"
#include "mace/testing/test_graph.h"

namespace mace {
namespace {

using Ints = std::vector<int64_t>;
constexpr int64_t kBatch = 2, kTime = 24, kHeads = 3, kDepth = 16, kWidth = kHeads * kDepth;

// A block as exporters write it: one product makes q, k and v, which are split, reshaped and
// transposed; the result goes back to [batch, time, width] and into another product.
struct Block : TestGraph {
  explicit Block(int64_t time = kTime) : TestGraph({kBatch, time, kWidth}), time(time) {}

  ValueId Number(ValueId x, EltwiseType type, double number) {
    return Append("Eltwise", {x}, {{"type", static_cast<int64_t>(type)}, {"scalar_input", number}});
  }
  ValueId Transpose(ValueId x, Ints dims) { return Append("Transpose", {x}, {{"dims", dims}}); }
  ValueId Reshape(ValueId x, Ints dims) { return Append("Reshape", {x}, {{"dim", dims}}); }
  // Part `part` of the product, as [batch, heads, time, depth].
  ValueId Part(ValueId qkv, int64_t part) {
    const ValueId slice = Append(
        "Slice", {qkv},
        {{"starts", Ints{part * kWidth}}, {"ends", Ints{(part + 1) * kWidth}}, {"axes", Ints{2}}});
    return Transpose(Reshape(slice, {kBatch, time, kHeads, kDepth}), {0, 2, 1, 3});
  }
  ValueId Product() { return Append("MatMul", {x(), Constant("w", {kWidth, 3 * kWidth})}); }
  void Finish(ValueId weighted) {
    const ValueId merged = Reshape(Transpose(weighted, {0, 2, 1, 3}), {kBatch, time, kWidth});
    Output("y", Append("MatMul", {merged, Constant("o", {kWidth, kWidth})}));
  }
  // With scores that `change` makes of q k^T.
  template <typename Change>
  void Build(Change change) {
    const ValueId qkv = Product();
    const ValueId q = Part(qkv, 0), k = Transpose(Part(qkv, 1), {0, 1, 3, 2}), v = Part(qkv, 2);
    const ValueId scores = change(Append("MatMul", {q, k}));
    Finish(Append("MatMul", {Append("Softmax", {scores}, {{"axis", int64_t{3}}}), v}));
  }

  std::vector<std::string> FusedFor(const DeviceInfo& device,
                                    Precision precision = Precision::kFloat16) {
    PlanOptions options;
    options.memory = MemoryChoice::kBuffer;
    options.precision = precision;
    StatusOr<OpList> ops = BindNodes(graph);
    EXPECT_TRUE(ops.ok()) << ops.status().message();
    if (!ops.ok()) return {};
    FuseAttention(device, options, &graph, &*ops);
    EXPECT_EQ(ops->size(), graph.nodes.size());
    EXPECT_TRUE(ValidateGraph(graph).ok());
    return Types();
  }

  const int64_t time;
};

const std::vector<std::string> kFused = {"MatMul", "Attention", "MatMul"};

bool IsFused(const std::vector<std::string>& types) {
  return std::count(types.begin(), types.end(), "Attention") > 0;
}

// The graph means the same before and after.
void ExpectFused(Block* block, const std::vector<std::string>& types = kFused) {
  const HostTensor before = Evaluate(block->graph);
  ASSERT_EQ(types, block->FusedFor(FakeH100()));
  EXPECT_LE(WorstError(before, Evaluate(block->graph)), 1e-5);
}

TEST(FuseAttentionTest, WithTheCopiesAroundIt) {
  Block block;
  block.Build([&](ValueId scores) { return block.Number(scores, EltwiseType::kDiv, 4); });
  ExpectFused(&block);
}

TEST(FuseAttentionTest, ScalesOfQAndK) {
  Block block;
  const ValueId qkv = block.Product();
  const ValueId q = block.Number(block.Part(qkv, 0), EltwiseType::kProd, 0.5);
  const ValueId k = block.Number(block.Part(qkv, 1), EltwiseType::kProd, 0.25);
  const ValueId scores = block.Append("MatMul", {q, k}, {{"transpose_b", int64_t{1}}});
  block.Finish(block.Append("MatMul", {block.Append("Softmax", {scores}), block.Part(qkv, 2)}));
  ExpectFused(&block);
}

TEST(FuseAttentionTest, Masks) {
  for (const Shape& shape :
       {Shape({kTime, kTime}), Shape({kBatch, 1, 1, kTime}), Shape({kHeads, kTime, kTime})}) {
    Block block;
    block.Build([&](ValueId scores) {
      const ValueId scaled = block.Number(scores, EltwiseType::kProd, 0.3);
      return block.Append("Eltwise", {scaled, block.Constant("mask", shape)},
                          {{"type", static_cast<int64_t>(EltwiseType::kSum)}});
    });
    ExpectFused(&block);
  }
}

TEST(FuseAttentionTest, AMaskThatIsScaledStaysApart) {
  Block block;
  block.Build([&](ValueId scores) {
    const ValueId masked = block.Append("Eltwise", {scores, block.Constant("mask", {kTime, kTime})},
                                        {{"type", static_cast<int64_t>(EltwiseType::kSum)}});
    return block.Number(masked, EltwiseType::kProd, 0.3);
  });
  EXPECT_FALSE(IsFused(block.FusedFor(FakeH100())));
}

TEST(FuseAttentionTest, ScoresThatOthersReadStay) {
  Block block;
  ValueId scores = kNoValue;
  block.Build([&](ValueId made) { return scores = made; });
  block.Output("scores", scores);
  EXPECT_FALSE(IsFused(block.FusedFor(FakeH100())));
}

TEST(FuseAttentionTest, ThreeProductsOfOneTensor) {
  Block block;
  const auto part = [&](const char* matrix, const char* bias) {
    std::vector<ValueId> inputs = {block.x(), block.Constant(matrix, {kWidth, kWidth})};
    if (bias != nullptr) inputs.push_back(block.Constant(bias, {kWidth}));
    const ValueId product = block.Append("MatMul", inputs);
    return block.Transpose(block.Reshape(product, {kBatch, kTime, kHeads, kDepth}), {0, 2, 1, 3});
  };
  const ValueId q = part("wq", "bq"), k = part("wk", nullptr), v = part("wv", "bv");
  const ValueId scores = block.Append("MatMul", {q, k}, {{"transpose_b", int64_t{1}}});
  block.Finish(block.Append("MatMul", {block.Append("Softmax", {scores}), v}));
  ExpectFused(&block, {"MergedMatMul", "Attention", "MatMul"});
}

TEST(FuseAttentionTest, OnTensorCoresAlone) {
  const auto types = [](const DeviceInfo& device, Precision precision) {
    Block block;
    block.Build([](ValueId scores) { return scores; });
    return block.FusedFor(device, precision);
  };
  EXPECT_TRUE(IsFused(types(FakeH100(), Precision::kFloat16)));
  EXPECT_FALSE(IsFused(types(FakeH100(), Precision::kFloat32)));
  DeviceInfo other = FakeH100();
  other.vendor = DeviceVendor::kAmd;
  EXPECT_FALSE(IsFused(types(other, Precision::kFloat16)));
  other.kind = DeviceKind::kCpu;
  EXPECT_FALSE(IsFused(types(other, Precision::kFloat16)));
}

// The product that makes v has another reader, which keeps the copies of v.
TEST(FuseAttentionTest, ReadersOfWhatIsBeforeItKeepTheirNodes) {
  Block block;
  const ValueId qkv = block.Product();
  const ValueId v = block.Part(qkv, 2);
  const ValueId scores = block.Append("MatMul", {block.Part(qkv, 0), block.Part(qkv, 1)},
                                      {{"transpose_b", int64_t{1}}});
  block.Finish(block.Append("MatMul", {block.Append("Softmax", {scores}), v}));
  block.Output("v", v);
  const std::vector<std::string> types = block.FusedFor(FakeH100());
  EXPECT_EQ(
      (std::vector<std::string>{"MatMul", "Slice", "Reshape", "Transpose", "Attention", "MatMul"}),
      types);
}

}  // namespace
}  // namespace mace
