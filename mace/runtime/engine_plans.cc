// How an engine comes to a plan for the shapes of its inputs, and which plans it keeps.
#include <unistd.h>

#include <algorithm>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/plan/integer_kernels.h"
#include "mace/runtime/engine_impl.h"
#include "mace/runtime/port_types.h"

namespace mace {
namespace {

// Programs of plans that had to go wait in memory for the file up to so many bytes.
constexpr size_t kMostUnsavedBytes = size_t{16} << 20;

StatusOr<std::map<std::string, Shape>> CheckShapes(const ShapesByName& given) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, dims] : given) {
    StatusOr<Shape> shape = Shape::Make(dims);
    if (!shape.ok()) return shape.status().WithPrefix("shape of input '" + Printable(name) + "'");
    shapes[name] = *shape;
  }
  return shapes;
}

// A quarter of the memory that the plans lie in.
uint64_t DefaultBytesOfPlans(const Runtime* runtime) {
  const uint64_t all = runtime != nullptr ? runtime->device_info().global_memory_bytes
                                          : static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                                                static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return all == 0 ? UINT64_MAX : all / 4;
}

PlanLimits LimitsOf(const Options& options, const Runtime* runtime) {
  PlanLimits limits;
  limits.most_plans = std::max<size_t>(options.kept_plans, 1);
  limits.most_bytes =
      options.kept_plan_bytes > 0 ? options.kept_plan_bytes : DefaultBytesOfPlans(runtime);
  return limits;
}

uint64_t ConstantBytes(const Graph& graph) {
  uint64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += value.constant->info().bytes();
  }
  return bytes;
}

}  // namespace

StatusOr<std::shared_ptr<const Graph>> Engine::Impl::Import(const ShapesByName& shapes) const {
  if (files == nullptr) return given;
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(files, ImportWith(shapes)));
  return std::shared_ptr<const Graph>(std::move(graph));
}

StatusOr<std::unique_ptr<PlannedModel>> Engine::Impl::MakePlanFor(
    std::shared_ptr<const Graph> imported, const std::map<std::string, Shape>& shapes) {
  StatusOr<std::unique_ptr<PlannedModel>> plan =
      PlanModel(imported, shapes, options, runtime.get(), device_bytes);
  if (plan.status().code() != StatusCode::kResourceExhausted || plans.all().size() < 2) return plan;
  // Plans that nobody uses at this moment make room for one that somebody wants.
  Retire(plans.TakeOthers());
  return PlanModel(std::move(imported), shapes, options, runtime.get(), device_bytes);
}

Status Engine::Impl::AddPlan(std::shared_ptr<const Graph> imported, const ShapesByName& shapes) {
  MACE_ASSIGN_OR_RETURN(const auto checked, CheckShapes(shapes));
  plans.set_limits(LimitsOf(options, runtime.get()));
  Retire(plans.TakeSurplus(1));
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<PlannedModel> plan,
                        MakePlanFor(std::move(imported), checked));
  if (given == nullptr && runtime == nullptr) plan->host_bytes = ConstantBytes(*plan->imported);
  ReportPlan(*plan);
  save_failed = false;
  plans.Add(std::move(plan));
  Retire(plans.TakeSurplus(0));
  return Status();
}

void Engine::Impl::ReportPlan(const PlannedModel& plan) {
  const std::string integers = DescribeIntegerKernels(*plan.plan);
  std::lock_guard<std::mutex> lock(report_mutex);
  AddPlanStats(plan, &stats);
  SetCacheStatus();
  note = integers.empty() ? plan.imported->note : integers;
}

void Engine::Impl::Retire(const KeptPlans::Plans& retired) {
  if (runtime == nullptr || runtime->store() == nullptr) return;
  ProgramCompiler* const compiler = runtime->compiler();
  for (const std::unique_ptr<PlannedModel>& plan : retired) {
    if (!plan->has_run()) continue;
    const Status kept = compiler->Keep(plan->session->programs());
    if (!kept.ok()) Log(LogLevel::kWarning, "cache: a program is lost: " + kept.message());
  }
  if (runtime->store()->unwritten_bytes() <= kMostUnsavedBytes) return;
  const Status saved = runtime->store()->TryFlush();
  if (!saved.ok()) Log(LogLevel::kInfo, "cache: programs are written later: " + saved.message());
}

void Engine::Impl::SetCacheStatus() {
  CacheStats& cache = stats.cache;
  if (runtime == nullptr || runtime->store() == nullptr) return;
  const CacheStore& store = *runtime->store();
  if (store.status() == CacheFileStatus::kRejected) {
    cache.status = "rejected";
    cache.reason = store.reason();
  } else if (cache.built_from_source == 0 &&
             (cache.hits > 0 || store.status() == CacheFileStatus::kWarm)) {
    cache.status = "warm";
  } else {
    cache.status = cache.hits > 0 ? "partial" : "cold";
  }
}

Status Engine::Impl::CheckInputs(const std::vector<HostTensor>& tensors) const {
  if (tensors.size() != inputs.size()) {
    return InvalidArgument("expected " + std::to_string(inputs.size()) + " inputs, found " +
                           std::to_string(tensors.size()));
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& expected = inputs[i].info;
    const TensorInfo& found = tensors[i].info();
    const bool fits = TakesType(expected.dtype, found.dtype) &&
                      found.shape.rank() == expected.shape.rank() && tensors[i].has_data();
    if (fits) continue;
    return InvalidArgument("input '" + inputs[i].name + "': expected " + expected.ToString() +
                           ", found " + found.ToString() +
                           (tensors[i].has_data() ? "" : " without elements"));
  }
  return Status();
}

Status Engine::Impl::PlanFor(const std::vector<HostTensor>& tensors) {
  if (plans.Use(tensors) != nullptr) return Status();
  MACE_RETURN_IF_ERROR(CheckInputs(tensors));
  ShapesByName shapes;
  std::vector<std::string> changes;
  for (size_t i = 0; i < tensors.size(); ++i) {
    shapes[inputs[i].name] = tensors[i].shape().dims();
    if (inputs[i].info == tensors[i].info()) continue;
    changes.push_back("input '" + inputs[i].name + "': expected " + inputs[i].info.ToString() +
                      ", found " + tensors[i].info().ToString());
  }
  Log(LogLevel::kInfo, "a new plan: " + Join(changes, "; "));
  StatusOr<std::shared_ptr<const Graph>> imported = Import(shapes);
  if (!imported.ok()) return imported.status().WithPrefix(Join(changes, "; "));
  Status status = AddPlan(*std::move(imported), shapes);
  if (!status.ok()) return status.WithPrefix(Join(changes, "; "));
  // What the model does with another shape must be of that shape, or the next look-up would plan
  // again and again.
  if (!plans.current()->Accepts(tensors)) {
    return Internal("a plan for other shapes than those given");
  }
  return Status();
}

Status Engine::Impl::PlanForPorts() {
  std::vector<TensorInfo> infos;
  for (const Port& port : inputs) infos.push_back(port.info);
  if (plans.Use(infos) != nullptr) return Status();
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<const Graph> imported, Import(options.input_shapes));
  return AddPlan(std::move(imported), options.input_shapes);
}

}  // namespace mace
