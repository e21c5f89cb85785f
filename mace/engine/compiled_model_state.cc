#include "mace/engine/compiled_model_state.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/cl/opencl_process.h"
#include "mace/plan/integer_kernels.h"
#include "mace/runtime/memory_limits.h"
#include "mace/runtime/planned_model.h"

namespace mace {
namespace {

uint64_t ConstantBytes(const Graph& graph) {
  uint64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.has_value()) bytes += value.constant->info().bytes();
  }
  return bytes;
}

// A quarter of the memory that the plans lie in.
uint64_t DefaultBytesOfPlans(const Runtime* runtime) {
  const uint64_t all = runtime != nullptr ? runtime->device_info().global_memory_bytes
                                          : static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                                                static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return all == 0 ? UINT64_MAX : all / 4;
}

PlanTable::InputDims DimsOf(const Graph& graph) {
  PlanTable::InputDims dims;
  for (const GraphPort& port : graph.inputs) {
    dims.push_back(graph.value(port.value).info.shape.dims());
  }
  return dims;
}

std::string DimsText(const std::vector<TensorSpec>& inputs, const PlanTable::InputDims& dims) {
  std::string text;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!text.empty()) text += "; ";
    text += "input '" + inputs[i].name + "' " + Shape(dims[i]).ToString();
  }
  return text;
}

CacheStats WithStatus(CacheStats cache, const CacheStore& store) {
  if (store.status() == CacheFileStatus::kRejected) {
    cache.status = "rejected";
    cache.reason = store.reason();
  } else if (cache.built_from_source == 0 &&
             (cache.hits > 0 || store.status() == CacheFileStatus::kWarm)) {
    cache.status = "warm";
  } else {
    cache.status = cache.hits > 0 ? "partial" : "cold";
  }
  return cache;
}

}  // namespace

Status CompiledModel::State::CheckProcess() const {
  return runtime == nullptr ? Status() : CheckOpenClProcess();
}

Status CompiledModel::State::OpenRuntime(double begin) {
  constexpr char kNoTf32[] = "the device has no units for TF32: products are those of float32";
  stats.device = "cpu reference";
  if (options.device == "cpu") {
    if (options.allow_tf32) Log(LogLevel::kWarning, kNoTf32);
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(runtime, Runtime::Get(options));
  const DeviceInfo& device = runtime->device_info();
  stats.device_open_ms = MonotonicMilliseconds() - begin;
  stats.device = device.name;
  stats.driver = device.driver_version;
  stats.cache.file = options.cache_path;
  if (runtime->store() != nullptr) saver.emplace(runtime, &plans);
  if (options.allow_tf32 && !HasTensorCores(device)) {
    Log(LogLevel::kWarning, kNoTf32);
    options.allow_tf32 = false;  // The plans and measurements are those of float32.
  }
  if (options.precision == Precision::kFloat16 && options.memory != MemoryChoice::kBuffer &&
      device.images && !device.half_images) {
    Log(LogLevel::kWarning, "the device has no half images: buffers only");
    options.memory = MemoryChoice::kBuffer;
  }
  return Status();
}

Status CompiledModel::State::Start() {
  const double begin = MonotonicMilliseconds();
  host_budget = HostMemoryBudget(options);
  const ScopedMemoryBudget scope(host_budget);
  MACE_RETURN_IF_ERROR(OpenRuntime(begin));
  const uint64_t max_bytes =
      options.kept_plan_bytes > 0 ? options.kept_plan_bytes : DefaultBytesOfPlans(runtime.get());
  plans.SetLimits(options.kept_plans, max_bytes);
  compiled_dims = DimsOf(*model->graph);
  MACE_RETURN_IF_ERROR(PlanFor(compiled_dims).status());
  std::lock_guard<std::mutex> lock(report_mutex);
  stats.init_ms = MonotonicMilliseconds() - begin;
  return Status();
}

StatusOr<PlanTable::Found> CompiledModel::State::PlanFor(const PlanTable::InputDims& dims) {
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found, plans.Get(dims, [&] { return MakePlan(dims); }));
  Retire(found.retired);
  found.retired.clear();
  return found;
}

StatusOr<std::shared_ptr<SharedPlan>> CompiledModel::State::MakePlan(
    const PlanTable::InputDims& dims) {
  std::shared_ptr<const Graph> graph = model->graph;
  if (dims != compiled_dims) {
    const std::string text = DimsText(model->inputs, dims);
    Log(LogLevel::kInfo, "a new plan: " + text);
    DimsByName by_name;
    for (size_t i = 0; i < dims.size(); ++i) by_name[model->inputs[i].name] = dims[i];
    StatusOr<std::shared_ptr<const Graph>> imported = ImportWithDims(*model, by_name);
    if (!imported.ok()) return imported.status().WithPrefix(text);
    graph = *std::move(imported);
    // What the model makes of the dims must be these, or the plan would be looked for in vain.
    const bool is_of_file = model->files != nullptr;
    if (is_of_file && DimsOf(*graph) != dims)
      return Internal(text + ": the model has other dims then");
  }
  StatusOr<std::unique_ptr<PlannedModel>> plan = PlanGraph(graph, dims);
  if (plan.status().code() == StatusCode::kResourceExhausted && MakeRoom()) {
    plan = PlanGraph(graph, dims);
  }
  MACE_RETURN_IF_ERROR(plan.status());
  if (runtime == nullptr) (*plan)->host_bytes = ConstantBytes(*graph);
  ReportPlan(**plan);
  return std::make_shared<SharedPlan>(*std::move(plan), runtime, device_bytes);
}

bool CompiledModel::State::MakeRoom() {
  const PlanTable::Plans others = plans.TakeAll();
  Retire(others);
  return !others.empty();
}

StatusOr<std::unique_ptr<PlannedModel>> CompiledModel::State::PlanGraph(
    std::shared_ptr<const Graph> graph, const PlanTable::InputDims& dims) {
  std::map<std::string, Shape> shapes;
  for (size_t i = 0; i < dims.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(shapes[model->inputs[i].name], Shape::Make(dims[i]));
  }
  return PlanModel(std::move(graph), shapes, options, runtime.get(), device_bytes);
}

void CompiledModel::State::ReportPlan(const PlannedModel& plan) {
  const std::string integers = DescribeIntegerKernels(*plan.plan);
  std::lock_guard<std::mutex> lock(report_mutex);
  AddPlanStats(plan, &stats);
  if (runtime != nullptr && runtime->store() != nullptr) {
    stats.cache = WithStatus(std::move(stats.cache), *runtime->store());
  }
  note = integers.empty() ? plan.imported->note : integers;
}

void CompiledModel::State::Retire(const PlanTable::Plans& retired) {
  if (saver.has_value() && !retired.empty()) saver->Retire(retired);
}

void CompiledModel::State::AfterRun(bool is_first) {
  ++runs;
  if (is_first && saver.has_value() && save_after_first_run && !options.cache_read_only) {
    saver->SaveInBackground();
  }
}

}  // namespace mace
