// The op Attention: its reference against sums by hand, and every tile of its kernel: on NVIDIA's
// tensor cores, on other devices the same kernel in plain OpenCL C.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mace/ops/attention/attention.h"
#include "mace/testing/conv_tester.h"
#include "mace/testing/test_device.h"
#include "mace/testing/test_tensors.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

// q, k and v side by side in one tensor [batch, time, 3, heads, depth], as a product makes them; y
// as [batch, rows, heads, depth].
struct Case {
  int64_t batch = 1, heads = 1, rows = 1, columns = 1, depth = 16;
  bool masked = false;
  Precision precision = Precision::kFloat32;
};

struct Bound {
  Attention attention;
  LoweringRequest request;
  std::vector<HostTensor> inputs;
  HostTensor expected;
};

Attention ViewsOf(const Case& given) {
  const int64_t pitch = 3 * given.heads * given.depth;
  const int64_t time = std::max(given.rows, given.columns);
  Attention p;
  p.batch = given.batch, p.heads = given.heads, p.rows = given.rows, p.columns = given.columns;
  p.depth = p.value_depth = given.depth;
  p.scale = 0.7f;
  p.q = {0, {time * pitch, given.depth, pitch, 1}};
  p.k = {given.heads * given.depth, p.q.strides};
  p.v = {2 * given.heads * given.depth, p.q.strides};
  p.mask = {0, {0, given.rows * given.columns, given.columns, 1}};
  p.y = {0, {given.rows * given.heads * given.depth, given.depth, given.heads * given.depth, 1}};
  p.shape = Shape({given.batch, given.rows, given.heads, given.depth});
  return p;
}

// Masks hide the first key of every query, and all keys of the first query of the first head but
// one. The lowest number hides all keys of the last query: they weigh the same then.
HostTensor Mask(const Case& given) {
  HostTensor mask = RandomTensor({given.heads, given.rows, given.columns}, 3);
  for (int64_t i = 0; i < given.heads * given.rows; ++i) mask.f32()[i * given.columns] = -INFINITY;
  for (int64_t c = 0; c + 1 < given.columns; ++c) mask.f32()[c] = -INFINITY;
  float* const last = mask.f32() + (given.heads * given.rows - 1) * given.columns;
  const bool half = given.precision == Precision::kFloat16;
  std::fill_n(last, given.columns, half ? -65504.0f : std::numeric_limits<float>::lowest());
  return mask;
}

Status Bind(const Case& given, const DeviceInfo* device, Bound* bound) {
  bound->attention = ViewsOf(given);
  const int64_t time = std::max(given.rows, given.columns);
  const HostTensor x = TensorCoreOperand(
      RandomTensor({given.batch, time, 3 * given.heads * given.depth}, 1, -2, 2), given.precision);
  bound->inputs = {x, x, x};
  if (given.masked) bound->inputs.push_back(Mask(given));
  Node node;
  node.name = "attention";
  node.type = "Attention";
  node.inputs.resize(bound->inputs.size());
  node.outputs.resize(1);
  SetAttention(bound->attention, &node.attributes);
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Op> op, OpOf(node));
  LoweringRequest& request = bound->request;
  for (const HostTensor& input : bound->inputs) {
    request.inputs.emplace_back();
    request.inputs.back().info = input.info();
  }
  MACE_RETURN_IF_ERROR(op->Infer(request.inputs, &request.outputs));
  request.device = device;
  request.precision = given.precision;
  request.allow_tf32 = true;
  MACE_ASSIGN_OR_RETURN(bound->expected, HostTensor::Allocate(request.outputs[0]));
  std::vector<HostTensor> outputs = {bound->expected};
  MACE_RETURN_IF_ERROR(op->Reference(bound->inputs, &outputs));
  bound->expected = outputs[0];
  return Status();
}

// The weights are rounded to TF32 or to half before they multiply the values.
double Tolerance(Precision precision) { return precision == Precision::kFloat16 ? 2e-3 : 1e-3; }

void RunTiles(Case given) {
  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    SCOPED_TRACE(precision == Precision::kFloat16 ? "half" : "tf32");
    given.precision = precision;
    Bound bound;
    const Status status = Bind(given, *device, &bound);
    ASSERT_TRUE(status.ok()) << status.message();
    // A driver without tensor cores compiles each tile for a long time.
    const std::vector<AttentionTile> tiles =
        HasTensorCores(**device) ? AttentionTiles() : std::vector<AttentionTile>{{2, 2}};
    for (const AttentionTile& tile : tiles) {
      ASSERT_TRUE(FitsAttentionTile(bound.attention, bound.request, tile));
      KernelVariant variant = LowerAttentionTile(bound.attention, bound.request, tile);
      SetPrecision(bound.request, &variant);
      if (!IsWanted(variant)) continue;
      SCOPED_TRACE(variant.name);
      VariantRun run;
      run.variant = &variant;
      run.request = &bound.request;
      run.inputs = bound.inputs;
      StatusOr<std::vector<HostTensor>> found = RunVariant(run);
      ASSERT_TRUE(found.ok()) << found.status().message();
      EXPECT_LE(WorstError(bound.expected, (*found)[0]), Tolerance(precision));
    }
  }
}

// One query of one element, the first of a tensor; two keys, which are the values too, begin at
// element `keys`.
Node TwoKeys(int64_t keys) {
  Attention p;
  p.columns = 2;
  p.q = p.mask = p.y = {0, {0, 0, 1, 1}};
  p.k = p.v = {keys, {0, 0, 1, 1}};
  p.scale = 2;
  p.shape = Shape({1});
  Node node;
  node.type = "Attention";
  node.inputs.resize(3);
  node.outputs.resize(1);
  SetAttention(p, &node.attributes);
  return node;
}

TEST(AttentionTest, ReferenceByHand) {
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(TwoKeys(1));
  ASSERT_TRUE(op.ok()) << op.status().message();
  HostTensor x = *HostTensor::Allocate({DType::kFloat32, Shape({3})});
  x.f32()[0] = 0.5f, x.f32()[1] = 1, x.f32()[2] = 3;
  std::vector<HostTensor> y = {*HostTensor::Allocate({DType::kFloat32, Shape({1})})};
  ASSERT_TRUE((*op)->Reference({x, x, x}, &y).ok());
  // Scores 1 and 3, values 1 and 3.
  EXPECT_FLOAT_EQ((std::exp(1.0) + 3 * std::exp(3.0)) / (std::exp(1.0) + std::exp(3.0)),
                  y[0].f32()[0]);
}

TEST(AttentionTest, RefusesViewsThatLeaveTheirTensor) {
  Node node = TwoKeys(2);
  const StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  ASSERT_TRUE(op.ok()) << op.status().message();
  std::vector<OpInput> inputs(3);
  for (OpInput& input : inputs) input.info = {DType::kFloat32, Shape({3})};
  std::vector<TensorInfo> outputs;
  const Status status = (*op)->Infer(inputs, &outputs);
  EXPECT_EQ(StatusCode::kInvalidArgument, status.code());
  EXPECT_NE(std::string::npos, status.message().find("k: expected a view inside"))
      << status.message();
  node.attributes.Set("k", std::vector<int64_t>{0, 1});
  EXPECT_FALSE(OpOf(node).ok());
}

TEST(AttentionTest, ShortAndLong) {
  RunTiles({1, 1, 5, 7, 16});
  RunTiles({2, 3, 37, 150, 32});
}

TEST(AttentionTest, Masked) { RunTiles({1, 2, 19, 41, 32, true}); }

// Values of 48 elements are loaded in pairs.
TEST(AttentionTest, Pairs) { RunTiles({1, 2, 16, 33, 48, true}); }

}  // namespace
}  // namespace mace
