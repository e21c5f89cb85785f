// A Plan: everything Run needs, decided beforehand. Plain data, no OpenCL; the session makes the
// device objects of it.
//
// Thread contract: thread-compatible; functions are thread-safe.
#ifndef MACE_PLAN_PLAN_H_
#define MACE_PLAN_PLAN_H_

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

// A region of device memory: one buffer or image of the arena, or an image of its own. Tensors
// whose lifetimes do not overlap share a region.
struct MemoryRegion {
  Storage storage = Storage::kBuffer;
  Precision precision = Precision::kFloat32;  // Images: of their texels.
  size_t offset_bytes = 0;                    // In the arena, aligned for sub-buffers.
  size_t bytes = 0;
  size_t image_width = 0;  // Images: in texels.
  size_t image_height = 0;
  // For an image that is a part of the arena, at offset_bytes: the bytes from one row to the next.
  // 0: the image has memory of its own.
  size_t image_pitch_bytes = 0;
  // True where nothing else ever lies in the region, so that its content outlasts a run. It is zero
  // before the first run.
  bool persistent = false;

  bool in_arena() const { return storage == Storage::kBuffer || image_pitch_bytes != 0; }
};

// A tensor in device memory: a graph value in one format. A value may have several (before and
// after a conversion).
struct DeviceTensor {
  ValueId value = kNoValue;
  TensorInfo info;
  TensorFormat format;
  int region = -1;    // Index into Plan::regions.
  int64_t pitch = 0;  // channels4 buffers: elements between neighbours in w.
  // channels4: elements, a multiple of 4; not 0 for a slice of a concatenation.
  int64_t offset = 0;
};

// A launch whose arguments are numbered by the plan instead of by the op: kInput, kOutput,
// kRawInput, kRawOutput index Plan::tensors, kWeights indexes Plan::weights, kScratch indexes
// Plan::regions.
struct PlannedLaunch {
  int node = -1;  // Index into the graph's nodes, for messages and profiles; -1: a conversion.
  Launch launch;
  // The index in Plan::persistent_functions of the function that a persistent launch calls for this
  // launch; -1: the launch is enqueued by itself.
  int persistent_function = -1;

  bool is_persistent() const { return persistent_function >= 0; }
};

// Launches that one persistent kernel runs one after the other (persistent_kernel.h).
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

// A variant that a node could run as, and its time by itself in milliseconds: measured, or
// estimated for comparing variants.
struct ConsideredVariant {
  std::string variant;
  double ms = 0;
  bool measured = false;
  std::string id{};  // VariantId (signature.h) of one that was measured.
};

// Why and how a node runs, for --stage=plan and for the `ops` of the JSON.
struct NodePlacement {
  enum class Place : uint8_t { kGpuImage, kGpuBuffer, kCpu, kFolded };
  Place place = Place::kFolded;
  std::string variant;                        // "" where not on the GPU.
  std::string variant_id;                     // VariantId (signature.h); "" on the CPU.
  Precision precision = Precision::kFloat32;  // Its kernels read and write it.
  std::string why;                            // For the CPU: the reason. For a device limit: which.
  ConsideredVariant chosen;                   // On the device.
  // Cheapest first. A variant that is cheaper than the chosen one may stand here, because
  // conversions cost too. Empty where the choice was given.
  std::vector<ConsideredVariant> rejected;
};

struct Plan {
  BoundGraph bound;  // After passes; every shape known.
  std::vector<NodePlacement> placements;
  PlanOptions options;

  std::vector<DeviceTensor> tensors;
  std::vector<MemoryRegion> regions;
  size_t arena_bytes = 0;
  std::vector<PackedWeights> weights;
  std::vector<int> weight_nodes;  // For each of them the index of its node.
  // For each of them PackedWeights::identity; none at all where this plan shares no weights.
  std::vector<std::string> weight_identities;
  std::vector<PlannedLaunch> launches;
  std::vector<PersistentLaunch> persistent_launches;
  std::vector<int>
      persistent_functions;  // A launch of each function that persistent launches call, by its name.
  std::vector<Step>
      setup_steps;  // Once, when the session is made: constants that kernels read as activations.
  std::vector<Step> steps;  // Each run.

  // The distinct kernels composed into program texts, normally one, and for each launch its
  // program; -1 for a library's call.
  std::vector<std::string> program_sources;
  std::vector<int> launch_program;

  // How many runs of the plan, each on an equal slice of axis 0 of every input and output, make one
  // run of the model (batch_slices.h).
  int64_t batch_slices = 1;

  // The largest sum of activations alive at once, as they lie on the device; scratch is not
  // counted.
  size_t live_bytes = 0;
};

// The last stage: the plan of a graph whose shapes are all known (InferShapes), with each node as
// chosen among `variants`. `options` are those that the variants were found with. kInvalidArgument
// names a node and the part of its choice that is not offered. kUnsupported names the op that has
// no variant, where allow_fallback is false.
StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const GraphVariants& variants,
                                         const Choice& choice, const PlanOptions& options);

// All stages at once, for callers that measure nothing: FindVariants, ChooseByCost, MakePlan.
// `device` null: everything on the CPU.
StatusOr<std::unique_ptr<Plan>> MakePlan(BoundGraph bound, const DeviceInfo* device,
                                         const PlanOptions& options);
StatusOr<std::unique_ptr<Plan>> MakePlan(std::shared_ptr<const Graph> graph,
                                         const DeviceInfo* device, const PlanOptions& options);

// The text of one program that holds the given kernels: common header, then for each instance its
// macros, the prologue and its file. kInternal where a file or an #include is not among the
// embedded ones. The kernels of `functions` are plain functions, which the persistent kernel calls.
StatusOr<std::string> ComposeProgram(const std::vector<KernelInstance>& kernels,
                                     const std::vector<KernelInstance>& functions = {});

// One line a node and a step, for `mace inspect --stage=plan`.
std::string DumpPlan(const Plan& plan);

// One line a node, and below it one a variant, the one that the plan runs with a '*': for `mace
// inspect --stage=variants`. REQUIRES: `variants` are those of the plan's graph.
std::string DumpVariants(const Plan& plan, const GraphVariants& variants);

}  // namespace mace

#endif  // MACE_PLAN_PLAN_H_
