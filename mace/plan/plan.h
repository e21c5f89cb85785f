// A Plan holds everything that a run needs, decided in advance. It is plain data without OpenCL; a
// session makes the device objects for it.
//
// Thread contract: thread-compatible; functions are thread-safe.
#ifndef MACE_PLAN_PLAN_H_
#define MACE_PLAN_PLAN_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/kernel/kernel.h"
#include "mace/ops/op.h"
#include "mace/plan/bound_graph.h"
#include "mace/plan/choice.h"
#include "mace/plan/plan_options.h"
#include "mace/plan/variants.h"

namespace mace {

// A region of device memory: a buffer or image in the arena, or one with memory of its own.
// Tensors whose lifetimes do not overlap share a region.
struct MemoryRegion {
  Storage storage = Storage::kBuffer;
  Precision precision = Precision::kFloat32;  // Images: the precision of texels.
  size_t offset_bytes = 0;                    // Offset in the arena, aligned for sub-buffers.
  size_t bytes = 0;
  size_t image_width = 0;  // Images: width in texels.
  size_t image_height = 0;
  // Images in the arena, at offset_bytes: bytes from one row to the next. 0: the image has its own
  // memory.
  size_t image_pitch_bytes = 0;
  // True if the region is never shared, so that its content survives a run. It is zero before the
  // first run.
  bool persistent = false;

  // Buffers: the region has memory of its own, or none (0 bytes) if another region stands for it.
  bool separate = false;

  bool in_arena() const { return storage == Storage::kBuffer ? !separate : image_pitch_bytes != 0; }
};

// A tensor in device memory: a value of the graph in one format. A value may have several tensors,
// for example before and after a conversion.
struct DeviceTensor {
  ValueId value = kNoValue;
  TensorInfo info;
  TensorFormat format;
  int region = -1;    // Index into Plan::regions.
  int64_t pitch = 0;  // channels4 buffers: elements between neighbours in w.
  // channels4: offset in elements, a multiple of 4. Not 0 for a slice of a concatenation.
  int64_t offset = 0;
};

// A launch whose arguments have indices of the plan instead of the op: kInput, kOutput, kRawInput
// and kRawOutput are indices into Plan::tensors, kWeights into Plan::weights, kScratch into
// Plan::regions.
struct PlannedLaunch {
  int node = -1;  // Index into the graph's nodes; -1: a conversion.
  Launch launch;
  // Index into Plan::persistent_functions of the function that a persistent launch calls for this
  // launch; -1: the launch is enqueued by itself.
  int persistent_function = -1;

  bool is_persistent() const { return persistent_function >= 0; }
};

// Launches that one persistent launch runs in order (persistent_kernel.h).
struct PersistentLaunch {
  std::vector<int> launches;  // Indices into Plan::launches, in order.
  int units = 1;              // Work-groups: the device's compute units.
};

struct Step {
  enum class Kind : uint8_t {
    kLaunch,      // Enqueue launches[index].
    kPersistent,  // Enqueue the persistent kernel for persistent_launches[index].
    kCpu,         // Run the reference of nodes[index]: host tensors in, host tensors out.
    kUpload,      // Host value -> device tensors[index] (row-major buffer).
    kDownload,    // Device tensors[index] (row-major buffer) -> host value.
  };
  Kind kind;
  int index = 0;

  bool is_launch() const { return kind == Kind::kLaunch || kind == Kind::kPersistent; }
};

// A variant that a node could run as, and its own time in milliseconds: measured, or an estimate
// that is only good for comparing variants.
struct ConsideredVariant {
  std::string variant;
  double ms = 0;
  bool measured = false;
  std::string id{};  // VariantId (signature.h) if it was measured.
};

// How a node runs and why, for `mace inspect --stage=plan` and the `ops` of the JSON.
struct NodePlacement {
  enum class Place : uint8_t { kGpuImage, kGpuBuffer, kCpu, kFolded };
  Place place = Place::kFolded;
  std::string variant;                        // "" where no kernel runs.
  std::string variant_id;                     // VariantId (signature.h); "" on the CPU.
  Precision precision = Precision::kFloat32;  // Of the tensors that its kernels read and write.
  std::string why;                            // Why it runs on the CPU, or the device limit.
  ConsideredVariant chosen;                   // Only on the device.
  // Cheapest first. A variant cheaper than the chosen one may be listed, because conversions cost
  // time too. Empty if the choice was given.
  std::vector<ConsideredVariant> rejected;
};

struct Plan {
  BoundGraph bound;  // The graph after the passes; every shape is known.
  std::vector<NodePlacement> placements;
  PlanOptions options;

  std::vector<DeviceTensor> tensors;
  std::vector<MemoryRegion> regions;
  size_t arena_bytes = 0;
  std::vector<PackedWeights> weights;
  std::vector<int> weight_nodes;  // By weight: index of its node.
  // By weight: PackedWeights::identity. Empty if this plan shares no weights.
  std::vector<std::string> weight_identities;
  std::vector<PlannedLaunch> launches;
  std::vector<PersistentLaunch> persistent_launches;
  // The index of one launch for each function that persistent launches call, sorted by name.
  std::vector<int> persistent_functions;
  // Run once, when the session is made: constants that kernels read as activations.
  std::vector<Step> setup_steps;
  std::vector<Step> steps;  // Executed in every run.

  // The program texts made of the distinct kernels (normally one text), and by launch the index of
  // its program; -1: a library call.
  std::vector<std::string> program_sources;
  std::vector<int> launch_program;

  // The number of runs of the plan that make one run of the model, each on an equal slice of axis 0
  // of every input and output (batch_slices.h).
  int64_t batch_slices = 1;

  // The largest sum of activations alive at once, in bytes on the device; scratch is not counted.
  size_t live_bytes = 0;
  // Set by a run in which a kernel met an int64 beyond int32.
  std::shared_ptr<std::atomic<bool>> beyond_int32 = std::make_shared<std::atomic<bool>>(false);
  // MemoryRules::spare_bytes of the device.
  size_t spare_bytes = 0;
};

// The last planning stage: the plan of a graph whose shapes are all known (InferShapes), with the
// chosen one of each node's `variants`. `options`: those with which the variants were found.
// kInvalidArgument names a node and the part of its choice that is not offered. kUnsupported names
// an op without a variant if allow_fallback is false.
StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const GraphVariants& variants,
                                         const Choice& choice, const PlanOptions& options);

// All planning stages without measurements: FindVariants, ChooseByCost, MakePlan. `device` null:
// everything on the CPU.
StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const DeviceInfo* device,
                                         const PlanOptions& options);
StatusOr<std::unique_ptr<Plan>> MakePlan(std::shared_ptr<const Graph> graph,
                                         const DeviceInfo* device, const PlanOptions& options);

// The text of one program with the given kernels: the common header, then for each kernel its
// macros, the prologue and its file. The kernels of `functions` become plain functions that the
// persistent kernel calls. kInternal if a file or an #include is not embedded.
StatusOr<std::string> ComposeProgram(const std::vector<KernelInstance>& kernels,
                                     const std::vector<KernelInstance>& functions = {});

// A line for each node and each step, for `mace inspect --stage=plan`.
std::string DumpPlan(const Plan& plan);

// A line for each node, then a line for each of its variants; '*' marks the one that the plan runs.
// For `mace inspect --stage=variants`. REQUIRES: `variants` are those of the plan's graph.
std::string DumpVariants(const Plan& plan, const GraphVariants& variants);

}  // namespace mace

#endif  // MACE_PLAN_PLAN_H_
