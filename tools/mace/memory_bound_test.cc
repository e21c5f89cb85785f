// Every sample model's plan keeps the bound on device memory: packed weights plus 1.3 times the
// largest sum of activations alive at once. Plans need no device.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mace/formats/import_model.h"
#include "mace/passes/infer_shapes.h"
#include "mace/passes/pass.h"
#include "mace/plan/memory.h"
#include "mace/plan/plan.h"
#include "mace/plan/tensor_formats.h"
#include "mace/testing/fake_gpu.h"
#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

// Images over buffers only. Separate images share no memory with buffers, and an image reused for
// another shape grows, so plans with a pool of images report the bound without keeping it.
struct Mode {
  const char* name;
  DeviceKind kind;
  MemoryChoice memory;
  Precision precision;
  bool wide = false;  // Like NVIDIA's H100: many work-groups share a sum by scratch memory.
  bool tf32 = false;
};

constexpr Mode kModes[] = {
    {"H100", DeviceKind::kGpu, MemoryChoice::kAuto, Precision::kFloat32, true},
    {"H100, tf32", DeviceKind::kGpu, MemoryChoice::kAuto, Precision::kFloat32, true, true},
    {"H100, fp16", DeviceKind::kGpu, MemoryChoice::kAuto, Precision::kFloat16, true, true},
    {"CPU, buffers", DeviceKind::kCpu, MemoryChoice::kBuffer, Precision::kFloat32},
    {"CPU, auto, fp16", DeviceKind::kCpu, MemoryChoice::kAuto, Precision::kFloat16},
    {"GPU, buffers", DeviceKind::kGpu, MemoryChoice::kBuffer, Precision::kFloat32},
    {"GPU, buffers, fp16", DeviceKind::kGpu, MemoryChoice::kBuffer, Precision::kFloat16},
    {"GPU, auto", DeviceKind::kGpu, MemoryChoice::kAuto, Precision::kFloat32},
    {"GPU, images", DeviceKind::kGpu, MemoryChoice::kImage, Precision::kFloat32},
    {"GPU, images, fp16", DeviceKind::kGpu, MemoryChoice::kImage, Precision::kFloat16},
    {"CPU, images", DeviceKind::kCpu, MemoryChoice::kImage, Precision::kFloat32},
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
  // Intel's runtime has this alignment; no other driver has a larger one.
  device.image_pitch_alignment = 64;
  device.image_base_alignment = 64;
  device.host_unified_memory = kind == DeviceKind::kCpu;
  device.local_memory_is_emulated = kind == DeviceKind::kCpu;
  return device;
}

DeviceInfo MakeWideDevice() {
  DeviceInfo device = FakeH100();
  device.global_memory_bytes = uint64_t{80} << 30;
  device.max_allocation_bytes = uint64_t{20} << 30;
  return device;
}

StatusOr<std::shared_ptr<const Graph>> Prepare(const std::string& model) {
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(model, ImportOptions()));
  MACE_RETURN_IF_ERROR(InferShapes(graph.get(), {}));
  MACE_RETURN_IF_ERROR(RunPasses(graph.get()));
  return std::shared_ptr<const Graph>(std::move(graph));
}

// Whether images with more than a quarter of padding take a relevant share of the memory. The bound
// does not hold for such plans.
bool HasNarrowImages(const Plan& plan, const DeviceInfo& device) {
  // Nor does it hold where an image's alignment, 64 texels, is a large part of the memory.
  if (plan.live_bytes < (size_t{16} << 10)) return true;
  // By region: a slice is as wide as its concatenation.
  std::map<int, ImageExtent> extents;
  std::map<int, size_t> bytes;
  for (const DeviceTensor& tensor : plan.tensors) {
    if (tensor.format.storage != Storage::kImage) continue;
    const ImageExtent extent = ImageExtentOf(tensor.info.shape);
    ImageExtent& widest = extents[tensor.region];
    widest.width = std::max(widest.width, extent.width);
    widest.height = std::max(widest.height, extent.height);
    bytes[tensor.region] = widest.width * widest.height * 4 * ElementBytes(tensor.format.precision);
  }
  const size_t step = device.image_pitch_alignment;
  return std::any_of(extents.begin(), extents.end(), [&](const auto& entry) {
    const size_t width = entry.second.width, padded = (width + step - 1) / step * step;
    return padded * 4 > width * 5 && bytes[entry.first] * 8 > plan.live_bytes;
  });
}

// Counts in `held` the plans with images that keep the bound.
void CheckBound(std::shared_ptr<const Graph> graph, const Mode& mode, int* held) {
  SCOPED_TRACE(mode.name);
  const DeviceInfo device = mode.wide ? MakeWideDevice() : MakeDevice(mode.kind);
  PlanOptions options;
  options.allow_tf32 = mode.tf32;
  options.memory = mode.memory;
  options.precision = mode.precision;
  options.use_persistent_kernel = true;
  StatusOr<std::unique_ptr<Plan>> plan = MakePlan(std::move(graph), &device, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const MemoryUse use = MemoryUseOf(**plan);
  if (mode.memory == MemoryChoice::kImage && HasNarrowImages(**plan, device)) return;
  *held += mode.memory == MemoryChoice::kImage ? 1 : 0;
  EXPECT_LE(use.peak_bytes(), use.bound_bytes())
      << "weights " << use.weight_bytes << ", activations " << use.activation_bytes
      << " where at most " << use.live_bytes << " are alive";
}

TEST(MemoryBound, HoldsForEverySampleModel) {
  std::set<std::string> models;
  for (const ReferenceCase& reference : OwnCases()) models.insert(reference.model);
  ASSERT_GE(models.size(), 10u);
  int held = 0;
  for (const std::string& model : models) {
    SCOPED_TRACE(model);
    StatusOr<std::shared_ptr<const Graph>> graph = Prepare(model);
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    for (const Mode& mode : kModes) CheckBound(*graph, mode, &held);
  }
  EXPECT_GE(held, 15);
}

TEST(MemoryBound, HoldsForTheReferenceModels) {
  const std::vector<ReferenceCase> cases = SharedCases();
  if (cases.empty()) GTEST_SKIP() << "no reference models at hand";
  int held = 0;
  for (const ReferenceCase& reference : cases) {
    SCOPED_TRACE(reference.model);
    // Some models have inputs without a shape, which need the inputs' files to be planned.
    StatusOr<std::shared_ptr<const Graph>> graph = Prepare(reference.model);
    if (!graph.ok()) continue;
    for (const Mode& mode : kModes) CheckBound(*graph, mode, &held);
  }
  EXPECT_GE(held, 30);
}

}  // namespace
}  // namespace mace
