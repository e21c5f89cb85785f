#include "mace/engine/planned_model.h"

#include <algorithm>
#include <optional>

#include "mace/base/clock.h"
#include "mace/base/start_trace.h"
#include "mace/engine/memory_limits.h"
#include "mace/execute/cpu_executor.h"
#include "mace/execute/io_shapes.h"
#include "mace/execute/io_types.h"
#include "mace/graph/constant_pins.h"
#include "mace/passes/device/batch_slices.h"
#include "mace/passes/device/fuse_attention.h"
#include "mace/passes/device/fuse_depthwise_pointwise.h"
#include "mace/passes/device/fuse_squeeze_excite.h"
#include "mace/tune/planning_limits.h"
#include "mace/tune/tuned_plan.h"

namespace mace {
namespace {

// On GPUs integer kernels are only tried if the tuner measures them, because for many shapes they
// are slower than the best float kernel.
bool UsesIntegerKernels(const CompileOptions& options, Runtime* runtime) {
  if (runtime == nullptr) return false;
  const DeviceInfo& device = runtime->device_info();
  return device.byte_products != ByteProducts::kNone &&
         (device.kind == DeviceKind::kCpu || options.tuning != CompileOptions::Tuning::kNone);
}

std::vector<bool> NodesWithLaunches(const Plan& plan) {
  std::vector<bool> launched(plan.bound.graph->nodes.size(), false);
  for (const PlannedLaunch& launch : plan.launches) {
    if (launch.node >= 0) launched[static_cast<size_t>(launch.node)] = true;
  }
  return launched;
}

std::vector<std::vector<int64_t>> DimsOf(const std::vector<TensorInfo>& infos) {
  std::vector<std::vector<int64_t>> dims;
  for (const TensorInfo& info : infos) dims.push_back(info.shape.dims());
  return dims;
}

void AddPlacements(const PlannedModel& model, Statistics* stats) {
  const Plan& plan = *model.plan;
  const std::vector<bool> launched = NodesWithLaunches(plan);
  size_t folded = 0;
  for (size_t n = 0; n < plan.placements.size(); ++n) {
    const NodePlacement& placement = plan.placements[n];
    const Node& node = plan.bound.graph->nodes[n];
    if (placement.place == NodePlacement::Place::kCpu) {
      ++stats->cpu_nodes;
      stats->cpu_node_list.push_back({node.name, node.type, placement.why});
    } else if (!launched[n]) {
      ++folded;
    } else if (placement.place == NodePlacement::Place::kGpuImage) {
      ++stats->gpu_image_nodes;
    } else {
      ++stats->gpu_buffer_nodes;
    }
  }
  const size_t before = model.imported->nodes.size(), after = plan.bound.graph->nodes.size();
  stats->folded_nodes = folded + (before > after ? before - after : 0);
}

// The graph to be planned.
struct PreparedGraph {
  std::shared_ptr<Graph> whole;   // The graph with the requested shapes.
  std::shared_ptr<Graph> sliced;  // The graph of one slice of the batch; `whole` without slices.
  int64_t batch_slices = 1;
};

StatusOr<PreparedGraph> PrepareGraph(const GraphToPlan& to_plan, const CompileOptions& options,
                                     Runtime* runtime) {
  std::optional<ScopedStartPart> part;
  if (to_plan.passed == nullptr) part.emplace("passes");
  const Graph& imported = *to_plan.imported;
  const bool integer_kernels = UsesIntegerKernels(options, runtime);
  PreparedGraph prepared;
  if (to_plan.passed != nullptr) {
    prepared.whole = to_plan.passed->graph;
  } else {
    MACE_ASSIGN_OR_RETURN(prepared.whole,
                          InferAndPass(imported, to_plan.input_shapes, integer_kernels));
  }
  prepared.sliced = prepared.whole;
  if (runtime == nullptr || !options.split_batch) return prepared;
  const Graph& whole = *prepared.whole;
  const int64_t slices = ChooseBatchSlices(whole, runtime->device_info());
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
  StatusOr<std::shared_ptr<Graph>> sliced = InferAndPass(imported, slice_shapes, integer_kernels);
  if (!sliced.ok() || SeparableBatch(**sliced) != entries) return prepared;
  prepared.sliced = *std::move(sliced);
  prepared.batch_slices = slices;
  return prepared;
}

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

PlanOptions PlanOptionsOf(const CompileOptions& options) {
  PlanOptions plan;
  plan.memory = MemoryOf(options.storage);
  const bool is_half = options.precision == CompileOptions::Precision::kFloat16;
  plan.precision = is_half ? Precision::kFloat16 : Precision::kFloat32;
  // Half precision has no more bits of mantissa than TF32.
  plan.allow_tf32 = is_half || options.precision == CompileOptions::Precision::kTf32;
  plan.allow_fallback = options.allow_cpu_fallback;
  plan.use_persistent_kernel = !options.separate_launches;
  plan.use_spare_memory = options.limits.device_bytes == 0;
  return plan;
}

// Called while the constants can still be read, because some identities are hashes of the elements.
void NameWeights(Plan* plan) {
  plan->weight_identities.clear();
  for (const PackedWeights& weights : plan->weights) {
    plan->weight_identities.push_back(weights.identity ? weights.identity() : "");
  }
}

// Makes the plan of a model.
class ModelPlanner {
 public:
  // `runtime` and `weights` are those of PlanModel.
  ModelPlanner(const CompileOptions& options, Runtime* runtime, const WeightStore* weights)
      : options_(options), runtime_(runtime), weights_(weights) {}

  // Sets all members of `model` except `executor` and `session`.
  Status Plan(const GraphToPlan& to_plan, PlannedModel* model) const;

 private:
  Status MakePlan(const PreparedGraph& prepared, PlannedModel* model) const;
  Status CheckMemory(const MemoryNeed& need) const;

  const CompileOptions& options_;
  Runtime* const runtime_;
  const WeightStore* const weights_;
};

// Called before any of the memory that is needed is allocated.
Status ModelPlanner::CheckMemory(const MemoryNeed& need) const {
  const uint64_t host_limit = options_.limits.host_bytes;
  MACE_RETURN_IF_ERROR(CheckHostMemory(need, *HostMemoryBudget(host_limit), host_limit));
  if (runtime_ == nullptr) return Status();
  const ByteCount* const in_use = weights_ == nullptr ? nullptr : weights_->device_bytes().get();
  return CheckDeviceMemory(
      need, in_use == nullptr ? 0 : in_use->now(),
      DeviceMemoryLimit(options_.limits.device_bytes, runtime_->device_info()));
}

Status ModelPlanner::MakePlan(const PreparedGraph& prepared, PlannedModel* model) const {
  ScopedStartPart part("plan");
  const std::shared_ptr<Graph>& graph = prepared.sliced;
  PlanOptions plan_options = PlanOptionsOf(options_);
  plan_options.wide_integers = model->wide_integers;
  TuningOptions tuning;
  tuning.level = options_.tuning;
  tuning.progress = options_.tuning_progress;
  std::unique_ptr<mace::Plan> plan;
  if (runtime_ == nullptr) {
    MACE_ASSIGN_OR_RETURN(plan, mace::MakePlan(graph, nullptr, plan_options));
  } else {
    SetPlanningLimits(*graph, runtime_->compiler(), &tuning, &plan_options);
    const DeviceInfo device = WithMeasuredRoofline(runtime_->device_info(), plan_options);
    MACE_ASSIGN_OR_RETURN(OpList ops, BindNodes(*graph));
    FuseAttention(device, plan_options, graph.get(), &ops);
    FuseDepthwisePointwise(device, plan_options, graph.get(), &ops);
    FuseSqueezeExcite(device, plan_options, graph.get(), &ops);
    MACE_ASSIGN_OR_RETURN(plan, MakeTunedPlan({graph, std::move(ops)}, plan_options, tuning,
                                              runtime_->compiler(), &model->tuning));
  }
  plan->batch_slices = prepared.batch_slices;
  if (weights_ != nullptr) NameWeights(plan.get());
  model->plan = std::move(plan);
  return Status();
}

void DescribeIo(const Graph& graph, PlannedModel* model) {
  for (const IoInfo& io : graph.inputs) {
    TensorInfo info = graph.value(io.value).info;
    info.dtype = ShownType(io, info.dtype);
    model->inputs.push_back(std::move(info));
  }
  for (const IoInfo& io : graph.outputs) {
    TensorInfo info = graph.value(io.value).info;
    info.dtype = ShownType(io, info.dtype);
    info.shape = ShownShape(io, info.shape);
    model->outputs.push_back(std::move(info));
  }
}

Status ModelPlanner::Plan(const GraphToPlan& to_plan, PlannedModel* model) const {
  MACE_ASSIGN_OR_RETURN(const PreparedGraph prepared, PrepareGraph(to_plan, options_, runtime_));
  MACE_RETURN_IF_ERROR(CheckMemory(MemoryNeedOfIo(*prepared.whole)));
  MACE_RETURN_IF_ERROR(MakePlan(prepared, model));
  DescribeIo(*prepared.whole, model);
  const DeviceInfo* const device = runtime_ == nullptr ? nullptr : &runtime_->device_info();
  MemoryNeed need = MemoryNeedOf(*model->plan, device);
  // Other plans of the model have already uploaded these weights.
  if (weights_ != nullptr) need.device -= std::min(need.device, weights_->BytesOf(*model->plan));
  return CheckMemory(need);
}

}  // namespace

bool PlannedModel::Accepts(const std::vector<TensorInfo>& given) const { return given == inputs; }

bool PlannedModel::Accepts(const std::vector<HostTensor>& given) const {
  return std::equal(given.begin(), given.end(), inputs.begin(), inputs.end(),
                    [](const HostTensor& tensor, const TensorInfo& info) {
                      return TakesType(info.dtype, tensor.dtype()) && tensor.shape() == info.shape;
                    });
}

StatusOr<std::unique_ptr<Executor>> PlannedModel::WithTypes(
    std::unique_ptr<Executor> another) const {
  return WithIoTypes(std::move(another), plan->bound.graph, inputs, outputs);
}

StatusOr<std::unique_ptr<PlannedModel>> PlanModel(GraphToPlan to_plan,
                                                  const CompileOptions& options, Runtime* runtime,
                                                  WeightStore* weights) {
  auto model = std::make_unique<PlannedModel>();
  model->imported = to_plan.imported;
  model->wide_integers = to_plan.wide_integers;
  {
    // Passes and planning read constants. Afterwards the memory of packed constants may be freed.
    const ConstantPins constants = ConstantPins::KeepAll(*to_plan.imported);
    const Status planned = ModelPlanner(options, runtime, weights).Plan(to_plan, model.get());
    // These checks come before that of `planned`: if elements could not be read, the error of a
    // plan that was made from wrong elements would mislead.
    if (to_plan.passed != nullptr) MACE_RETURN_IF_ERROR(to_plan.passed->constants.CheckReads());
    MACE_RETURN_IF_ERROR(constants.CheckReads());
    MACE_RETURN_IF_ERROR(planned);
    to_plan.passed.reset();
  }
  if (runtime == nullptr) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> executor, CpuExecutor::Create(model->plan));
    MACE_ASSIGN_OR_RETURN(model->executor, model->WithTypes(std::move(executor)));
    return model;
  }
  MACE_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::Create(model->plan, runtime->compiler(), {}, SessionUse::kModel, weights));
  if (weights != nullptr) session->CountBytes(weights->device_bytes());
  model->session = session.get();
  MACE_ASSIGN_OR_RETURN(model->executor, model->WithTypes(std::move(session)));
  return model;
}

void AddPlanStats(const PlannedModel& model, Statistics* stats) {
  stats->input_dims = DimsOf(model.inputs);
  stats->output_dims = DimsOf(model.outputs);
  stats->gpu_image_nodes = stats->gpu_buffer_nodes = stats->cpu_nodes = 0;
  stats->cpu_node_list.clear();
  AddPlacements(model, stats);
  if (model.session == nullptr) return;
  stats->tuning = model.tuning;
  const Session& session = *model.session;
  stats->program_ms += session.program_ms();
  stats->batch_slices = static_cast<size_t>(model.plan->batch_slices);
  stats->launches_per_run = session.launches_per_run() * stats->batch_slices;
  size_t from_source = 0, loaded = 0;
  for (const std::shared_ptr<const BuiltProgram>& program : session.programs()) {
    (program->from_source ? from_source : loaded) += 1;
    stats->cache.loaded_bytes += session.reused_programs() == 0 ? program->loaded_bytes : 0;
  }
  const CacheLayerScope::Counts& library = session.library_programs();
  stats->cache.built_from_source += library.compiled;
  stats->cache.loaded_bytes += library.loaded_bytes;
  if (!stats->cache.file.empty()) {
    stats->cache.hits += library.hits;
    stats->cache.misses += library.compiled;
  }
  // A program that this session took from another session was neither compiled nor looked up.
  if (session.reused_programs() > 0) return;
  stats->cache.built_from_source += from_source;
  if (stats->cache.file.empty()) return;
  stats->cache.hits += loaded;
  stats->cache.misses += from_source;
}

}  // namespace mace
