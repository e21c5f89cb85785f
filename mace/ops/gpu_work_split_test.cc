// The variants that a GPU is given (one block of channels a work-item, reductions by a tree in
// local memory) on whatever device is at hand: where that is a CPU the other tests see the CPU's
// variants only.
#include <gtest/gtest.h>

#include <cmath>

#include "mace/ops/op.h"
#include "mace/testing/op_tester.h"
#include "mace/testing/test_device.h"
#include "mace/testing/variant_runner.h"

namespace mace {
namespace {

// Relative to the largest magnitude; sums over some hundred elements in float.
constexpr double kTolerance = 1e-5;

void ExpectNear(const HostTensor& expected, const HostTensor& found) {
  ASSERT_EQ(expected.shape(), found.shape());
  double largest = 1e-30, worst = 0;
  for (int64_t i = 0; i < expected.shape().elements(); ++i) {
    largest = std::max(largest, std::fabs(double{expected.f32()[i]}));
    const double error = std::fabs(double{expected.f32()[i]} - found.f32()[i]);
    worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
  }
  EXPECT_LE(worst / largest, kTolerance);
}

struct Case {
  std::string type;
  std::vector<std::pair<std::string, Attribute>> attributes;
  std::vector<Shape> shapes;
  bool tree = false;              // Whether a group is expected to share a result.
  size_t activations = SIZE_MAX;  // The inputs behind them are constants.
};

void RunAsGpu(const Case& c, Storage storage) {
  Node node;
  node.name = "tested";
  node.type = c.type;
  for (const auto& [name, value] : c.attributes) node.attributes.Set(name, value);
  LoweringRequest request;
  VariantRun run;
  std::vector<HostTensor> constants(c.shapes.size());
  for (size_t i = 0; i < c.shapes.size(); ++i) {
    node.inputs.push_back(static_cast<ValueId>(i));
    run.inputs.push_back(RandomTensor(c.shapes[i], static_cast<uint32_t>(i) + 1, 0.25f, 1.5f));
    constants[i] = run.inputs.back();
    OpInput input;
    input.info = run.inputs.back().info();
    if (i >= c.activations) input.constant = &constants[i];
    request.inputs.push_back(input);
  }
  StatusOr<std::shared_ptr<const Op>> op = OpOf(node);
  ASSERT_TRUE(op.ok()) << op.status().message();
  Status status = (*op)->Infer(request.inputs, &request.outputs);
  ASSERT_TRUE(status.ok()) << status.message();
  std::vector<HostTensor> expected;
  for (const TensorInfo& output : request.outputs) {
    node.outputs.push_back(static_cast<ValueId>(c.shapes.size() + node.outputs.size()));
    expected.push_back(*HostTensor::Allocate(output));
  }
  status = (*op)->Reference(run.inputs, &expected);
  ASSERT_TRUE(status.ok()) << status.message();
  expected[0] = *expected[0].ConvertTo(DType::kFloat32);

  StatusOr<const DeviceInfo*> device = TestDeviceInfo();
  ASSERT_TRUE(device.ok()) << device.status().message();
  if (storage == Storage::kImage && !(*device)->images) return;
  DeviceInfo gpu = **device;
  gpu.kind = DeviceKind::kGpu;
  gpu.local_memory_is_emulated = false;
  request.device = &gpu;
  request.storage = storage;
  const std::vector<KernelVariant> variants = (*op)->Lower(request);
  ASSERT_FALSE(variants.empty());
  for (const KernelVariant& variant : variants) {
    if (!IsWanted(variant)) continue;
    SCOPED_TRACE(variant.name);
    const Launch& launch = variant.launches[0];
    if (c.tree) {
      ASSERT_EQ(1u, launch.kernel.macros.count("GROUP"));
      EXPECT_GT(std::stoi(launch.kernel.macros.at("GROUP")), 1);
      EXPECT_EQ(0u, launch.global[0] % launch.local[0]) << "an item would be missing at a barrier";
    }
    run.variant = &variant;
    run.request = &request;
    for (bool slices : {false, true}) {
      run.slices = slices;
      StatusOr<std::vector<HostTensor>> found = RunVariant(run);
      ASSERT_TRUE(found.ok()) << found.status().message();
      ExpectNear(expected[0], (*found)[0]);
    }
  }
}

TEST(GpuWorkSplit, MatchesReference) {
  const std::string relu = "RELU";
  const std::vector<int64_t> spatial = {1, 2}, last = {-1};
  const Case cases[] = {
      {"Unary", {{"function", std::string("sqrt")}}, {{2, 3, 8}}, false},
      {"Activation", {{"activation", relu}}, {{2, 3, 6}}, false},
      {"Activation", {{"activation", std::string("PRELU")}}, {{2, 3, 6}, {6}}, false},
      {"BiasAdd", {}, {{2, 3, 6}, {6}}, false},
      {"BatchNorm", {}, {{2, 3, 6}, {6}, {6}}, false},
      {"Eltwise", {{"type", int64_t{0}}}, {{2, 3, 8}, {2, 3, 8}}, false},
      {"Eltwise", {{"type", int64_t{1}}}, {{2, 3, 6}, {3, 1}}, false},
      {"AddN", {}, {{2, 3, 6}, {2, 3, 6}, {2, 3, 6}}, false},
      {"Pooling", {{"kernels", std::vector<int64_t>{2, 2}}}, {{1, 3, 4, 6}}, false},
      {"ResizeBilinear", {{"size", std::vector<int64_t>{5, 3}}}, {{1, 3, 4, 6}}, false},
      {"ResizeNearestNeighbor", {{"size", std::vector<int64_t>{5, 3}}}, {{1, 3, 4, 6}}, false},
      {"Softmax", {}, {{3, 331}}, true},
      {"Softmax", {{"use_log", int64_t{1}}}, {{3, 330}}, true},
      {"Softmax", {{"axis", int64_t{1}}}, {{2, 5, 6}}, false},
      {"Reduce", {{"axis", spatial}}, {{2, 7, 9, 6}}, true},
      {"Reduce", {{"axis", spatial}, {"reduce_type", int64_t{1}}}, {{2, 7, 9, 5}}, true},
      {"Reduce", {{"axis", last}, {"reduce_type", int64_t{4}}}, {{2, 3, 203}}, true},
      {"Reduce",
       {{"axis", last}, {"reduce_type", int64_t{1}}, {"keepdims", int64_t{1}}},
       {{2, 3, 202}},
       true},
      {"Reduce", {{"axis", std::vector<int64_t>{1}}}, {{2, 3, 2, 2, 5}}, false},
      {"InstanceNorm", {}, {{2, 7, 9, 6}}, true},
      {"InstanceNorm", {{"activation", relu}}, {{2, 70, 5}, {5}, {5}}, true},
      {"SqrDiffMean", {}, {{2, 7, 9, 6}, {2, 1, 1, 6}}, true},
      {"ArgMax", {{"axis", int64_t{-1}}}, {{3, 331}}, true},
      {"ArgMax", {{"axis", int64_t{1}}, {"argmin", int64_t{1}}}, {{2, 70, 5}}, true},
      {"MatMul", {}, {{2, 5, 7}, {2, 7, 18}, {18}}, false},
      {"MatMul", {}, {{2, 5, 7}, {7, 18}, {18}}, false, 1},
      {"MatMul", {}, {{2, 2, 67, 35}, {2, 1, 35, 131}}, false},
      {"MatMul", {{"transpose_b", int64_t{1}}}, {{3, 70, 33}, {3, 66, 33}, {66}}, false},
      {"MatMul", {{"transpose_a", int64_t{1}}}, {{2, 17, 65}, {2, 17, 3}}, false},
      {"Recurrent",
       {{"cell", std::string("GRU")}, {"hidden", int64_t{5}}},
       {{4, 2, 3}, {1, 15, 3}, {1, 15, 5}, {1, 30}},
       false,
       1},
      {"Recurrent",
       {{"cell", std::string("LSTM")},
        {"hidden", int64_t{5}},
        {"direction", std::string("bidirectional")}},
       {{4, 2, 3}, {2, 20, 3}, {2, 20, 5}, {2, 40}},
       false,
       1},
      {"FullyConnected", {}, {{2, 6, 7}, {9, 7, 3, 2}, {9}}, false, 1},
      {"FullyConnected", {{"activation", relu}}, {{2, 3, 2, 4, 5}, {9, 5, 6, 4}}, false, 1},
  };
  for (const Case& c : cases) {
    for (Storage storage : {Storage::kBuffer, Storage::kImage}) {
      SCOPED_TRACE(c.type + " " + c.shapes[0].ToString() + " " + StorageName(storage));
      RunAsGpu(c, storage);
    }
  }
}

}  // namespace
}  // namespace mace
