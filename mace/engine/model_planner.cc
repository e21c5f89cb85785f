#include "mace/engine/model_planner.h"

#include <optional>
#include <utility>

#include "mace/base/start_trace.h"
#include "mace/passes/device/batch_slices.h"
#include "mace/passes/device/fuse_attention.h"
#include "mace/passes/device/fuse_depthwise_pointwise.h"
#include "mace/passes/device/fuse_squeeze_excite.h"
#include "mace/tune/excluded_records.h"
#include "mace/tune/planning_limits.h"
#include "mace/tune/tuned_plan.h"

namespace mace {
namespace {

MemoryChoice MemoryOf(CompileOptions::Storage storage) {
  switch (storage) {
    case CompileOptions::Storage::kAuto:
      break;
    case CompileOptions::Storage::kImage:
      return MemoryChoice::kImage;
    case CompileOptions::Storage::kBuffer:
      return MemoryChoice::kBuffer;
  }
  return MemoryChoice::kAuto;
}

PlanOptions PlanOptionsOf(const CompileOptions& options, const PlanRequest& request) {
  PlanOptions plan;
  plan.memory = MemoryOf(options.storage);
  const bool is_half = options.precision == CompileOptions::Precision::kFloat16;
  plan.precision = is_half ? Precision::kFloat16 : Precision::kFloat32;
  // Half precision has no more bits of mantissa than TF32.
  plan.allow_tf32 = is_half || options.precision == CompileOptions::Precision::kTf32;
  plan.allow_fallback = options.allow_cpu_fallback;
  plan.use_persistent_kernel = !options.separate_launches;
  plan.use_spare_memory = options.limits.device_bytes == 0;
  plan.wide_integers = request.wide_integers;
  plan.excluded = request.excluded;
  return plan;
}

// Called while the constants can still be read, because some identities are hashes of the elements.
void NameWeights(Plan* plan) {
  plan->weight_identities.clear();
  for (const PackedWeights& weights : plan->weights) {
    plan->weight_identities.push_back(weights.identity ? weights.identity() : "");
  }
}

// Binds the nodes of the graph, after fusions that depend on the device have replaced some.
StatusOr<BoundGraph> BindForDevice(const std::shared_ptr<Graph>& graph, const DeviceInfo& device,
                                   const PlanOptions& options) {
  const DeviceInfo measured = WithMeasuredRoofline(device, options);
  MACE_ASSIGN_OR_RETURN(OpList ops, BindNodes(*graph));
  FuseAttention(measured, options, graph.get(), &ops);
  FuseDepthwisePointwise(measured, options, graph.get(), &ops);
  FuseSqueezeExcite(measured, options, graph.get(), &ops);
  return BoundGraph{graph, std::move(ops)};
}

void Complete(const PreparedGraph& prepared, const PlanRequest& request, std::unique_ptr<Plan> plan,
              MadePlan* made) {
  plan->batch_slices = prepared.batch_slices;
  if (request.name_weights) NameWeights(plan.get());
  made->plan = std::move(plan);
}

}  // namespace

CompileOptions OptionsForDevice(CompileOptions options, const DeviceInfo& device) {
  if (options.precision == CompileOptions::Precision::kTf32 && !HasTensorCores(device)) {
    // With this precision, the plans and measurements of float32 in the cache file are used.
    options.precision = CompileOptions::Precision::kFloat32;
  }
  if (options.precision == CompileOptions::Precision::kFloat16 &&
      options.storage != CompileOptions::Storage::kBuffer && device.images && !device.half_images) {
    options.storage = CompileOptions::Storage::kBuffer;
  }
  return options;
}

// On GPUs integer kernels are only tried if the tuner measures them, because for many shapes they
// are slower than the best float kernel.
bool UsesIntegerKernels(const CompileOptions& options, const DeviceInfo* device) {
  return device != nullptr && device->byte_products != ByteProducts::kNone &&
         (device->kind == DeviceKind::kCpu || options.tuning != CompileOptions::Tuning::kNone);
}

PreparedGraph PrepareGraph(const Graph& imported, std::shared_ptr<Graph> passed,
                           const CompileOptions& options, const DeviceInfo* device) {
  PreparedGraph prepared;
  prepared.whole = std::move(passed);
  prepared.sliced = prepared.whole;
  if (device == nullptr || !options.split_batch) return prepared;
  const Graph& whole = *prepared.whole;
  const int64_t slices = ChooseBatchSlices(whole, *device);
  if (slices == 1) return prepared;
  int64_t entries = 0;
  ShapesByInput slice_shapes;
  for (const IoInfo& input : whole.inputs) {
    std::vector<int64_t> dims = whole.value(input.value).info.shape.dims();
    dims[0] /= slices;
    entries = dims[0];
    slice_shapes[input.name] = Shape(std::move(dims));
  }
  // A model may have constants whose shapes fit the whole batch only.
  StatusOr<std::shared_ptr<Graph>> sliced =
      InferAndPass(imported, slice_shapes, UsesIntegerKernels(options, device));
  if (!sliced.ok() || SeparableBatch(**sliced) != entries) return prepared;
  prepared.sliced = *std::move(sliced);
  prepared.batch_slices = slices;
  return prepared;
}

StatusOr<MadePlan> MakeModelPlan(const PreparedGraph& prepared, const CompileOptions& options,
                                 const PlanRequest& request, ProgramCompiler* compiler) {
  ScopedStartPart part("plan");
  PlanOptions plan_options = PlanOptionsOf(options, request);
  std::unique_ptr<Plan> plan;
  MadePlan made;
  if (compiler == nullptr) {
    MACE_ASSIGN_OR_RETURN(plan, MakePlan(prepared.sliced, nullptr, plan_options));
  } else {
    TuningOptions tuning;
    tuning.level = options.tuning;
    tuning.progress = options.tuning_progress;
    plan_options.excluded.Add(FindExcludedVariants(TuningRecords(*compiler)));
    SetPlanningLimits(*prepared.sliced, compiler, &tuning, &plan_options);
    MACE_ASSIGN_OR_RETURN(BoundGraph bound,
                          BindForDevice(prepared.sliced, compiler->device()->info(), plan_options));
    MACE_ASSIGN_OR_RETURN(
        plan, MakeTunedPlan(std::move(bound), plan_options, tuning, compiler, &made.tuning));
  }
  Complete(prepared, request, std::move(plan), &made);
  return made;
}

StatusOr<MadePlan> MakeModelPlanWithoutDevice(const PreparedGraph& prepared,
                                              const CompileOptions& options,
                                              const PlanRequest& request, const DeviceInfo& device,
                                              CacheStore* store) {
  ScopedStartPart part("plan");
  PlanOptions plan_options = PlanOptionsOf(options, request);
  const TuningRecords records(&device, store);
  plan_options.excluded.Add(FindExcludedVariants(records));
  MadePlan made;
  if (HoldsPlanWithLibraryCalls(*store)) return made;
  if (!SetRecordedPlanningLimits(*prepared.sliced, records, &plan_options)) return made;
  MACE_ASSIGN_OR_RETURN(BoundGraph bound, BindForDevice(prepared.sliced, device, plan_options));
  MACE_ASSIGN_OR_RETURN(
      std::unique_ptr<Plan> plan,
      MakePlanWithoutDevice(std::move(bound), plan_options, options.tuning, records, &made.tuning));
  if (plan != nullptr) Complete(prepared, request, std::move(plan), &made);
  return made;
}

}  // namespace mace
