#include "mace/runtime/planned_model.h"

#include "mace/base/clock.h"
#include "mace/base/start_trace.h"
#include "mace/passes/infer_shapes.h"
#include "mace/passes/pass.h"
#include "mace/plan/join_depthwise.h"
#include "mace/plan/join_excitation.h"
#include "mace/runtime/cpu_executor.h"
#include "mace/runtime/tuned_plan.h"

namespace mace {
namespace {

// The op's shape, or the declared one where it has as many elements.
Shape ShownShape(const GraphPort& port, const Shape& shape) {
  if (!port.declared_dims.has_value()) return shape;
  StatusOr<Shape> declared = Shape::Make(*port.declared_dims);
  return declared.ok() && declared->elements() == shape.elements() ? *declared : shape;
}

// On GPUs they are tried where the tuner measures them: they are slower than the best of floats for
// many a shape.
bool UsesIntegerKernels(const Options& options, Runtime* runtime) {
  if (runtime == nullptr) return false;
  const DeviceInfo& device = runtime->device_info();
  return device.byte_products != ByteProducts::kNone &&
         (device.kind == DeviceKind::kCpu || options.tuning.level != TuningLevel::kNone);
}

std::vector<bool> NodesWithLaunches(const Plan& plan) {
  std::vector<bool> launched(plan.graph->nodes.size(), false);
  for (const PlannedLaunch& launch : plan.launches) {
    if (launch.node >= 0) launched[static_cast<size_t>(launch.node)] = true;
  }
  return launched;
}

void AddPlacements(const PlannedModel& model, RunStats* stats) {
  const Plan& plan = *model.plan;
  const std::vector<bool> launched = NodesWithLaunches(plan);
  size_t folded = 0;
  for (size_t n = 0; n < plan.placements.size(); ++n) {
    const NodePlacement& placement = plan.placements[n];
    const Node& node = plan.graph->nodes[n];
    if (placement.place == NodePlacement::Place::kCpu) {
      ++stats->cpu_ops;
      stats->cpu_op_list.push_back({node.name, node.type, placement.why});
    } else if (!launched[n]) {
      ++folded;
    } else if (placement.place == NodePlacement::Place::kGpuImage) {
      ++stats->gpu_image_ops;
    } else {
      ++stats->gpu_buffer_ops;
    }
  }
  const size_t before = model.imported->nodes.size(), after = plan.graph->nodes.size();
  stats->folded_ops = folded + (before > after ? before - after : 0);
}

}  // namespace

bool PlannedModel::Accepts(const std::vector<HostTensor>& given) const {
  if (given.size() != inputs.size()) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (given[i].dtype() != inputs[i].dtype || given[i].shape() != inputs[i].shape) return false;
  }
  return true;
}

StatusOr<std::unique_ptr<PlannedModel>> PlanModel(std::shared_ptr<const Graph> imported,
                                                  const std::map<std::string, Shape>& input_shapes,
                                                  const Options& options, Runtime* runtime) {
  auto model = std::make_unique<PlannedModel>();
  model->imported = imported;
  auto graph = std::make_shared<Graph>(*imported);  // Shares the constants.
  {
    ScopedStartPart part("passes");
    MACE_RETURN_IF_ERROR(InferShapes(graph.get(), input_shapes));
    MACE_RETURN_IF_ERROR(RunPasses(graph.get(), UsesIntegerKernels(options, runtime)));
  }
  PlanOptions plan_options;
  plan_options.memory = options.memory;
  plan_options.precision = options.precision;
  plan_options.allow_tf32 = options.allow_tf32 || options.precision == Precision::kFloat16;
  plan_options.allow_fallback = options.allow_fallback;
  plan_options.chain_launches = !options.separate_launches;
  const double begin = MonotonicMilliseconds();
  if (runtime != nullptr) {
    MACE_RETURN_IF_ERROR(JoinDepthwise(runtime->device_info(), plan_options, graph.get()));
    MACE_RETURN_IF_ERROR(JoinExcitation(runtime->device_info(), plan_options, graph.get()));
  }
  StatusOr<std::unique_ptr<Plan>> plan =
      runtime == nullptr
          ? MakePlan(graph, nullptr, plan_options)
          : MakeTunedPlan(graph, plan_options, options.tuning, runtime->compiler(), &model->tuning);
  RecordStartPart("plan", begin, MonotonicMilliseconds());
  if (!plan.ok()) return plan.status();
  model->plan = *std::move(plan);
  for (const GraphPort& port : graph->inputs) {
    model->inputs.push_back(graph->value(port.value).info);
  }
  for (const GraphPort& port : graph->outputs) {
    TensorInfo info = graph->value(port.value).info;
    // What a constant of another float kind becomes on the host.
    if (IsFloat(info.dtype)) info.dtype = DType::kFloat32;
    info.shape = ShownShape(port, info.shape);
    model->outputs.push_back(std::move(info));
  }
  if (runtime == nullptr) {
    model->executor = std::make_unique<CpuExecutor>(model->plan);
    return model;
  }
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                        Session::Create(model->plan, runtime->compiler()));
  model->session = session.get();
  model->executor = std::move(session);
  return model;
}

void AddPlanStats(const PlannedModel& model, RunStats* stats) {
  stats->gpu_image_ops = stats->gpu_buffer_ops = stats->cpu_ops = 0;
  stats->cpu_op_list.clear();
  AddPlacements(model, stats);
  if (model.session == nullptr) return;
  stats->tuning = model.tuning;
  const Session& session = *model.session;
  stats->program_ms += session.program_ms();
  stats->launches_per_run = session.launches_per_run();
  stats->peak_device_bytes += session.device_bytes();
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
  // Programs that another session had built were neither compiled nor looked up for this one.
  if (session.reused_programs() > 0) return;
  stats->cache.built_from_source += from_source;
  if (stats->cache.file.empty()) return;
  stats->cache.hits += loaded;
  stats->cache.misses += from_source;
}

}  // namespace mace
