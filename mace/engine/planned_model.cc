#include "mace/engine/planned_model.h"

#include <algorithm>
#include <optional>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/engine/memory_limits.h"
#include "mace/engine/model_planner.h"
#include "mace/engine/refused_variants.h"
#include "mace/execute/cpu_executor.h"
#include "mace/execute/io_shapes.h"
#include "mace/execute/io_types.h"
#include "mace/graph/constant_pins.h"

namespace mace {
namespace {

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

// Makes the plan of a model, within its memory limits.
class LimitedPlanner {
 public:
  // `runtime` and `weights` are those of PlanModel.
  LimitedPlanner(const CompileOptions& options, Runtime* runtime, const WeightStore* weights)
      : options_(options), runtime_(runtime), weights_(weights) {}

  // Sets all members of `model` except `executor` and `session`.
  Status Plan(const GraphToPlan& to_plan, PlannedModel* model) const;

 private:
  const DeviceInfo* device() const {
    return runtime_ == nullptr ? nullptr : &runtime_->device_info();
  }
  StatusOr<PreparedGraph> Prepare(const GraphToPlan& to_plan) const;
  StatusOr<MadePlan> MakePlan(const GraphToPlan& to_plan, const PreparedGraph& prepared) const;
  Status Check(const MemoryNeed& need) const;

  const CompileOptions& options_;
  Runtime* const runtime_;
  const WeightStore* const weights_;
};

StatusOr<PreparedGraph> LimitedPlanner::Prepare(const GraphToPlan& to_plan) const {
  if (to_plan.ahead != nullptr) return to_plan.ahead->prepared;
  std::optional<ScopedStartPart> part;
  std::shared_ptr<Graph> passed;
  if (to_plan.passed != nullptr) {
    passed = to_plan.passed->graph;
  } else {
    part.emplace("passes");
    MACE_ASSIGN_OR_RETURN(passed, InferAndPass(*to_plan.imported, to_plan.input_shapes,
                                               UsesIntegerKernels(options_, device())));
  }
  return PrepareGraph(*to_plan.imported, std::move(passed), options_, device());
}

StatusOr<MadePlan> LimitedPlanner::MakePlan(const GraphToPlan& to_plan,
                                            const PreparedGraph& prepared) const {
  if (to_plan.ahead != nullptr) return to_plan.ahead->made;
  PlanRequest request;
  request.wide_integers = to_plan.wide_integers;
  request.name_weights = weights_ != nullptr;
  return MakeModelPlan(prepared, options_, request,
                       runtime_ == nullptr ? nullptr : runtime_->compiler());
}

// Called before any of the memory that is needed is allocated.
Status LimitedPlanner::Check(const MemoryNeed& need) const {
  const ByteCount* const in_use = weights_ == nullptr ? nullptr : weights_->device_bytes().get();
  return CheckMemory(need, options_.limits, device(), in_use == nullptr ? 0 : in_use->now());
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

Status LimitedPlanner::Plan(const GraphToPlan& to_plan, PlannedModel* model) const {
  MACE_ASSIGN_OR_RETURN(const PreparedGraph prepared, Prepare(to_plan));
  // Weights that are being packed already were checked with all the rest.
  const bool is_checked = to_plan.ahead != nullptr && to_plan.ahead->packing != nullptr;
  if (!is_checked) MACE_RETURN_IF_ERROR(Check(MemoryNeedOfIo(*prepared.whole)));
  MACE_ASSIGN_OR_RETURN(MadePlan made, MakePlan(to_plan, prepared));
  model->plan = std::move(made.plan);
  model->tuning = std::move(made.tuning);
  DescribeIo(*prepared.whole, model);
  if (is_checked) return Status();
  MemoryNeed need = MemoryNeedOf(*model->plan, device());
  // Other plans of the model have already uploaded these weights.
  if (weights_ != nullptr) need.device -= std::min(need.device, weights_->BytesOf(*model->plan));
  return Check(need);
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

namespace {

// As PlanModel. `refused` becomes the plan if the driver refuses a program of it, or has crashed with
// it before.
StatusOr<std::unique_ptr<PlannedModel>> TryPlanModel(GraphToPlan to_plan,
                                                     const CompileOptions& options,
                                                     Runtime* runtime, WeightStore* weights,
                                                     std::shared_ptr<const Plan>* refused) {
  auto model = std::make_unique<PlannedModel>();
  model->imported = to_plan.imported;
  model->wide_integers = to_plan.wide_integers;
  {
    // Passes and planning read constants. Afterwards the memory of packed constants may be freed.
    const ConstantPins constants = ConstantPins::KeepAll(*to_plan.imported);
    const Status planned = LimitedPlanner(options, runtime, weights).Plan(to_plan, model.get());
    // These checks come before that of `planned`: if elements could not be read, the error of a
    // plan that was made from wrong elements would mislead.
    if (to_plan.passed != nullptr) MACE_RETURN_IF_ERROR(to_plan.passed->constants.CheckReads());
    MACE_RETURN_IF_ERROR(constants.CheckReads());
    MACE_RETURN_IF_ERROR(planned);
    to_plan.passed.reset();
  }
  if (to_plan.ahead != nullptr && weights != nullptr) {
    weights->OfferPacking(std::move(to_plan.ahead->packing));
  }
  if (runtime == nullptr) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> executor, CpuExecutor::Create(model->plan));
    MACE_ASSIGN_OR_RETURN(model->executor, model->WithTypes(std::move(executor)));
    return model;
  }
  StatusOr<std::unique_ptr<Session>> created =
      Session::Create(model->plan, runtime->compiler(), {}, SessionUse::kModel, weights);
  if (created.status().code() == StatusCode::kUnsupported) *refused = model->plan;
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, std::move(created));
  if (weights != nullptr) session->CountBytes(weights->device_bytes());
  model->session = session.get();
  MACE_ASSIGN_OR_RETURN(model->executor, model->WithTypes(std::move(session)));
  return model;
}

}  // namespace

StatusOr<std::unique_ptr<PlannedModel>> PlanModel(GraphToPlan to_plan,
                                                  const CompileOptions& options, Runtime* runtime,
                                                  WeightStore* weights) {
  GraphToPlan again;
  again.imported = to_plan.imported;
  again.input_shapes = to_plan.input_shapes;
  again.wide_integers = to_plan.wide_integers;
  std::shared_ptr<const Plan> refused;
  StatusOr<std::unique_ptr<PlannedModel>> model =
      TryPlanModel(std::move(to_plan), options, runtime, weights, &refused);
  CompileOptions separate = options;
  separate.separate_launches = true;
  if (refused != nullptr && !options.separate_launches) {
    // Without the persistent kernel the programs are others, and can be built in parts.
    refused = nullptr;
    model = TryPlanModel(again, separate, runtime, weights, &refused);
  }
  // Each time a variant more is excluded.
  while (refused != nullptr && ExcludeRefusedVariants(*refused, runtime)) {
    refused = nullptr;
    model = TryPlanModel(again, separate, runtime, weights, &refused);
  }
  if (refused == nullptr) return model;
  if (!options.allow_cpu_fallback) return DeviceError(model.status().message());
  Log(LogLevel::kWarning, "the model runs on the CPU: " + model.status().message());
  return TryPlanModel(std::move(again), options, nullptr, weights, &refused);
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
