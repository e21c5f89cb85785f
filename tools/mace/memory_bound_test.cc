// Every sample model's plan keeps to the bound on device memory: packed weights and 1.3 times the
// largest sum of activations that are alive at once. Plans need no device.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "mace/import/import.h"
#include "mace/passes/infer_shapes.h"
#include "mace/passes/pass.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"
#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// Without images: those share no memory with buffers, and one of another shape than the last is
// larger than either, so that their pool is reported beside the bound and not held to it.
struct Mode {
  const char* name;
  DeviceKind kind;
  MemoryChoice memory;
  Precision precision;
};

constexpr Mode kModes[] = {
    {"CPU, buffers", DeviceKind::kCpu, MemoryChoice::kBuffer, Precision::kFloat32},
    {"CPU, auto, fp16", DeviceKind::kCpu, MemoryChoice::kAuto, Precision::kFloat16},
    {"GPU, buffers", DeviceKind::kGpu, MemoryChoice::kBuffer, Precision::kFloat32},
    {"GPU, buffers, fp16", DeviceKind::kGpu, MemoryChoice::kBuffer, Precision::kFloat16},
    {"GPU, auto", DeviceKind::kGpu, MemoryChoice::kAuto, Precision::kFloat32},
};

DeviceInfo MakeDevice(DeviceKind kind) {
  DeviceInfo device;
  device.name = "a device";
  device.kind = kind;
  device.compute_units = kind == DeviceKind::kCpu ? 2 : 16;
  device.global_memory_bytes = uint64_t{8} << 30;
  device.max_allocation_bytes = uint64_t{2} << 30;
  device.local_memory_bytes = 32 << 10;
  device.max_work_group_size = 256;
  for (size_t& size : device.max_work_item_sizes) size = 256;
  device.images = true;
  device.image2d_max_width = device.image2d_max_height = 16384;
  device.host_unified_memory = kind == DeviceKind::kCpu;
  device.local_memory_is_emulated = kind == DeviceKind::kCpu;
  return device;
}

StatusOr<std::shared_ptr<const Graph>> Prepare(const std::string& model) {
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(model, ImportOptions()));
  MACE_RETURN_IF_ERROR(InferShapes(graph.get(), {}));
  MACE_RETURN_IF_ERROR(RunPasses(graph.get()));
  return std::shared_ptr<const Graph>(std::move(graph));
}

void CheckBound(std::shared_ptr<const Graph> graph, const Mode& mode) {
  SCOPED_TRACE(mode.name);
  const DeviceInfo device = MakeDevice(mode.kind);
  PlanOptions options;
  options.memory = mode.memory;
  options.precision = mode.precision;
  options.chain_launches = true;
  StatusOr<std::unique_ptr<Plan>> plan = MakePlan(std::move(graph), &device, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const MemoryUse use = MemoryUseOf(**plan);
  EXPECT_LE(use.peak_bytes(), use.bound_bytes())
      << "weights " << use.weight_bytes << ", activations " << use.activation_bytes
      << " where at most " << use.live_bytes << " are alive";
}

TEST(MemoryBound, HoldsForEverySampleModel) {
  std::set<std::string> models;
  for (const ReferenceCase& reference : OwnCases()) models.insert(reference.model);
  ASSERT_GE(models.size(), 10u);
  for (const std::string& model : models) {
    SCOPED_TRACE(model);
    StatusOr<std::shared_ptr<const Graph>> graph = Prepare(model);
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    for (const Mode& mode : kModes) CheckBound(*graph, mode);
  }
}

TEST(MemoryBound, HoldsForTheReferenceModels) {
  const std::vector<ReferenceCase> cases = SharedCases();
  if (cases.empty()) GTEST_SKIP() << "no reference models at hand";
  for (const ReferenceCase& reference : cases) {
    SCOPED_TRACE(reference.model);
    // Some have inputs without a shape, which cannot be planned without the inputs' files.
    StatusOr<std::shared_ptr<const Graph>> graph = Prepare(reference.model);
    if (!graph.ok()) continue;
    for (const Mode& mode : kModes) CheckBound(*graph, mode);
  }
}

}  // namespace
}  // namespace mace
