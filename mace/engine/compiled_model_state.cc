#include "mace/engine/compiled_model_state.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/cl/opencl_process.h"
#include "mace/engine/fp16_overflow.h"
#include "mace/engine/memory_limits.h"
#include "mace/engine/planned_model.h"
#include "mace/execute/on_threads.h"
#include "mace/plan/integer_kernels.h"

namespace mace {
namespace {

// The default limit: a quarter of the memory that holds the plans.
uint64_t DefaultBytesOfPlans(const Runtime* runtime) {
  const uint64_t all = runtime != nullptr ? runtime->device_info().global_memory_bytes
                                          : static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                                                static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return all == 0 ? UINT64_MAX : all / 4;
}

PlanTable::InputDims DimsOf(const Graph& graph) {
  PlanTable::InputDims dims;
  for (const IoInfo& io : graph.inputs) {
    const Value& value = graph.value(io.value);
    if (value.shape_known || !io.declared_dims.has_value()) {
      dims.push_back(value.info.shape.dims());
      continue;
    }
    // The graph was made in code, and its shapes are not inferred yet.
    dims.push_back(*io.declared_dims);
    for (int64_t& dim : dims.back()) dim = dim < 0 ? 1 : dim;
  }
  return dims;
}

StatusOr<ShapesByInput> ShapesOf(const Model::State& model, const PlanTable::InputDims& dims) {
  ShapesByInput shapes;
  for (size_t i = 0; i < dims.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(shapes[model.inputs[i].name], Shape::Make(dims[i]));
  }
  return shapes;
}

// Whether an int64 is beyond int32, as which devices compute.
bool HasWideIntegers(const std::vector<HostTensor>& tensors) {
  const auto is_wide = [](int64_t value) { return value != static_cast<int32_t>(value); };
  return std::any_of(tensors.begin(), tensors.end(), [&](const HostTensor& tensor) {
    if (tensor.dtype() != DType::kInt64 || tensor.data<int64_t>() == nullptr) return false;
    const int64_t* const values = tensor.data<int64_t>();
    return std::any_of(values, values + tensor.shape().elements(), is_wide);
  });
}

std::string KeyText(const Model::State& model, const PlanTable::Key& key) {
  std::string text;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    if (!text.empty()) text += "; ";
    text += "input '" + model.inputs[i].name + "' " + Shape(key.dims[i]).ToString();
  }
  if (key.wide_integers) text += "; int64 beyond int32";
  if (key.outputs.empty()) return text;
  for (const size_t i : IndicesOf(key.outputs, model.outputs.size())) {
    text += "; output '" + model.outputs[i].name + "'";
  }
  return text;
}

// Runs the passes of a model whose device is not known yet, or makes its plan if the cache file has
// a record of the device. `store` is null without a cache.
void PrepareAhead(const Model::State& model, const CompileOptions& options, CacheStore* store,
                  std::shared_ptr<PassedGraph>* passed, std::shared_ptr<PlanAhead>* ahead) {
  if (model.run_values != nullptr) return;
  const Graph& graph = *model.graph;
  const StatusOr<ShapesByInput> shapes = ShapesOf(model, DimsOf(graph));
  if (!shapes.ok()) return;
  const bool may_plan = store != nullptr && options.opencl.context == nullptr;
  if (may_plan) *ahead = MakePlanAhead(graph, *shapes, options, store);
  if (*ahead == nullptr) *passed = PassAhead(graph, *shapes);
}

// Packs the weights until `stop` is set. One processor is left to the thread that opens the device.
// Null if there is nothing to pack.
ModelLoader::Rest PackingOf(const std::shared_ptr<PlanAhead>& ahead,
                            const std::atomic<bool>* stop) {
  if (ahead == nullptr || ahead->packing == nullptr) return nullptr;
  // The packing refers to the plan.
  return [plan = ahead->made.plan, packing = ahead->packing, stop] {
    RunOnThreads(std::max<size_t>(2, MaxPackingThreads()) - 1, [&] { packing->Work(stop); });
  };
}

// Sets the flag when it is destroyed.
class ScopedStop {
 public:
  explicit ScopedStop(std::atomic<bool>* stop) : stop_(stop) {}
  ~ScopedStop() { *stop_ = true; }
  ScopedStop(const ScopedStop&) = delete;
  ScopedStop& operator=(const ScopedStop&) = delete;

 private:
  std::atomic<bool>* const stop_;
};

Status CheckCallerContext(const CompileOptions& options) {
  const CompileOptions::OpenCl& caller = options.opencl;
  if (caller.context != nullptr) {
    if (options.device == "gpu") return Status();
    return InvalidArgument("device: expected \"gpu\" with an OpenCL context of the app, found \"" +
                           Printable(options.device) + "\"");
  }
  if (caller.device == nullptr && caller.queue == nullptr) return Status();
  return InvalidArgument(std::string("OpenCL context of the app: expected one with its ") +
                         (caller.queue != nullptr ? "queue" : "device") + ", found null");
}

}  // namespace

uint64_t OwnConstantBytes(const Graph& graph) {
  uint64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (!value.constant.has_value() || value.constant->is_part_of_file()) continue;
    if (!value.constant->identity().is_known()) bytes += value.constant->info().bytes();
  }
  return bytes;
}

CacheStatistics CacheWithStatus(CacheStatistics cache, const CacheStore& store) {
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

Status CompiledModel::State::CheckProcess() const {
  return runtime == nullptr ? Status() : CheckOpenClProcess();
}

StatusOr<std::shared_ptr<CacheStore>> CompiledModel::State::OpenCache() const {
  MACE_RETURN_IF_ERROR(CheckCallerContext(options));
  if (options.device == "cpu") return std::shared_ptr<CacheStore>();
  return Runtime::OpenCache(options, cache_place);
}

Status CompiledModel::State::OpenRuntime(const std::shared_ptr<CacheStore>& store, double begin) {
  constexpr char kNoTf32[] = "the device has no units for TF32: products are those of float32";
  stats.device = "cpu reference";
  if (options.device == "cpu") {
    if (options.precision == CompileOptions::Precision::kTf32) Log(LogLevel::kWarning, kNoTf32);
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(runtime, Runtime::Get(options, store));
  const DeviceInfo& device = runtime->device_info();
  stats.device_open_ms = MonotonicMilliseconds() - begin;
  stats.device = device.name;
  stats.driver = device.driver_version;
  if (store != nullptr) {
    stats.cache.file = store->path();
    saver.emplace(runtime, &plans);
    if (options.opencl.context == nullptr) KeepOpenedDevice(options.device, device, store.get());
  }
  const CompileOptions asked = options;
  options = OptionsForDevice(asked, device);
  if (options.precision != asked.precision) Log(LogLevel::kWarning, kNoTf32);
  if (options.storage != asked.storage) {
    Log(LogLevel::kWarning, "the device has no half images: buffers only");
  }
  return Status();
}

Status CompiledModel::State::Start(const ModelLoader::Load& load) {
  const double begin = MonotonicMilliseconds();
  host_budget = HostMemoryBudget(options.limits.host_bytes);
  const ScopedMemoryBudget scope(host_budget);
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<CacheStore> store, OpenCache());
  // The loading thread also runs the passes, and makes the plan and packs weights if the cache file
  // says for which device, while this thread opens the device. It has options of its own, because
  // opening the device changes them. The loader, whose end waits for that thread, goes before what
  // the thread uses.
  std::shared_ptr<PassedGraph> passed;
  std::shared_ptr<PlanAhead> ahead;
  std::atomic<bool> stop_packing{false};
  ModelLoader loader(load, [&, asked = options](const std::shared_ptr<const Model::State>& loaded) {
    PrepareAhead(*loaded, asked, store.get(), &passed, &ahead);
    return PackingOf(ahead, &stop_packing);
  });
  const ScopedStop stop_at_end(&stop_packing);
  MACE_RETURN_IF_ERROR(OpenRuntime(store, begin));
  MACE_ASSIGN_OR_RETURN(model, loader.Take());
  passed_ = std::move(passed);
  if (ahead != nullptr && IsFor(*ahead, runtime->device_info(), store.get())) {
    ahead_ = std::move(ahead);
  } else {
    stop_packing = true;
    ahead.reset();
  }
  const CompileOptions::Limits& limits = options.limits;
  const uint64_t max_bytes =
      limits.kept_plan_bytes > 0 ? limits.kept_plan_bytes : DefaultBytesOfPlans(runtime.get());
  // A run of a model in stages needs a plan for each.
  const size_t stages = model->run_values == nullptr ? 1 : model->run_values->stage_count;
  plans.SetLimits(limits.kept_plans * stages, max_bytes,
                  [store = weights] { return store->bytes(); });
  compiled_dims = DimsOf(*model->graph);
  MACE_RETURN_IF_ERROR(PlanAtStart());
  std::lock_guard<std::mutex> lock(report_mutex);
  stats.compile_ms = MonotonicMilliseconds() - begin;
  return Status();
}

Status CompiledModel::State::PlanAtStart() {
  if (model->run_values == nullptr) return PlanFor({compiled_dims, OutputSet(), {}}).status();
  // If inputs decide shapes, nothing can be planned before a run gives them.
  if (!model->run_values->inputs.empty()) return Status();
  RunValues known;
  known.one_by_one = model->run_values->one_by_one;
  return StageFor(compiled_dims, known).status();
}

StatusOr<PlanTable::Found> CompiledModel::State::PlanFor(const PlanTable::Key& key) {
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found, plans.Get(key, [&] { return MakePlan(key); }));
  Retire(found.retired);
  found.retired.clear();
  return found;
}

StatusOr<PlanTable::Found> CompiledModel::State::PlanFor(const std::vector<HostTensor>& tensors,
                                                         const OutputSet& outputs,
                                                         std::weak_ptr<SharedPlan>* last) {
  PlanTable::Found found;
  found.plan = last->lock();
  const bool wide = runtime != nullptr && options.allow_cpu_fallback &&
                    (wide_integers.load() || HasWideIntegers(tensors));
  if (found.plan != nullptr && found.plan->model().wide_integers == wide &&
      found.plan->model().Accepts(tensors)) {
    plans.Touch(found.plan.get());
    return found;
  }
  PlanTable::Key key;
  for (const HostTensor& tensor : tensors) key.dims.push_back(tensor.shape().dims());
  key.outputs = outputs;
  key.wide_integers = wide;
  MACE_ASSIGN_OR_RETURN(found, PlanFor(key));
  *last = found.plan;
  return found;
}

bool CompiledModel::State::NeedsWideIntegers(const SharedPlan& plan) {
  const PlannedModel& planned = plan.model();
  if (!options.allow_cpu_fallback || planned.plan == nullptr || planned.wide_integers) return false;
  if (!*planned.plan->beyond_int32) return false;
  wide_integers = true;
  return true;
}

StatusOr<std::shared_ptr<SharedPlan>> CompiledModel::State::MakePlan(const PlanTable::Key& key) {
  std::shared_ptr<const Graph> graph = model->graph;
  const PlanTable::InputDims& dims = key.dims;
  const std::string text = KeyText(*model, key);
  const bool has_other_dims = dims != compiled_dims;
  if (has_other_dims || !key.outputs.empty()) Log(LogLevel::kInfo, "a new plan: " + text);
  if (has_other_dims) {
    DimsByName by_name;
    for (size_t i = 0; i < dims.size(); ++i) by_name[model->inputs[i].name] = dims[i];
    StatusOr<std::shared_ptr<const Graph>> imported = ImportWithDims(*model, by_name);
    if (!imported.ok()) return imported.status().WithPrefix(text);
    graph = *std::move(imported);
    // The model must use exactly these dims, or the table would never find the plan again.
    const bool is_of_file = model->files != nullptr;
    if (is_of_file && DimsOf(*graph) != dims)
      return Internal(text + ": the model has other dims then");
  }
  if (!key.outputs.empty()) {
    MACE_ASSIGN_OR_RETURN(graph, WithOutputs(*graph, key.outputs));
  }
  StatusOr<std::unique_ptr<PlannedModel>> plan = PlanGraph(graph, key);
  if (plan.status().code() == StatusCode::kResourceExhausted && MakeRoom()) {
    plan = PlanGraph(graph, key);
  }
  MACE_RETURN_IF_ERROR(plan.status());
  if ((*plan)->session == nullptr) (*plan)->host_bytes = OwnConstantBytes(*graph);
  ReportPlan(**plan, key.outputs);
  return std::make_shared<SharedPlan>(*std::move(plan), runtime, device_bytes);
}

bool CompiledModel::State::MakeRoom() {
  const PlanTable::Plans others = plans.TakeAll();
  Retire(others);
  return !others.empty();
}

StatusOr<std::unique_ptr<PlannedModel>> CompiledModel::State::PlanGraph(
    std::shared_ptr<const Graph> graph, const PlanTable::Key& key) {
  GraphToPlan to_plan;
  MACE_ASSIGN_OR_RETURN(to_plan.input_shapes, ShapesOf(*model, key.dims));
  to_plan.wide_integers = key.wide_integers;
  to_plan.imported = std::move(graph);
  // Only the first plan finds something here. Start makes that plan before any request can run, so
  // no lock is needed.
  to_plan.passed = std::move(passed_);
  to_plan.ahead = std::move(ahead_);
  return PlanModel(std::move(to_plan), options, runtime.get(), weights.get());
}

void CompiledModel::State::ReportPlan(const PlannedModel& plan, const OutputSet& outputs) {
  const std::string integers = DescribeIntegerKernels(*plan.plan);
  std::lock_guard<std::mutex> lock(report_mutex);
  AddPlanStats(plan, &stats);
  std::vector<std::vector<int64_t>> output_dims(model->outputs.size());
  const std::vector<size_t> indices = IndicesOf(outputs, output_dims.size());
  for (size_t k = 0; k < indices.size(); ++k) {
    output_dims[indices[k]] = std::move(stats.output_dims[k]);
  }
  stats.output_dims = std::move(output_dims);
  if (runtime != nullptr && runtime->store() != nullptr) {
    stats.cache = CacheWithStatus(std::move(stats.cache), *runtime->store());
  }
  note = integers.empty() ? plan.imported->note : integers;
}

void CompiledModel::State::Retire(const PlanTable::Plans& retired) {
  if (saver.has_value() && !retired.empty()) saver->Retire(retired);
}

Statistics CompiledModel::State::Report() const {
  Statistics report;
  {
    std::lock_guard<std::mutex> lock(report_mutex);
    report = stats;
  }
  if (saver.has_value()) report.cache.written_ms = saver->written_ms();
  report.peak_device_bytes = device_bytes->peak();
  return report;
}

void CompiledModel::State::WarnOfHalf(const PlannedModel& plan,
                                      const std::vector<HostTensor>& inputs,
                                      const std::vector<HostTensor>& outputs) const {
  if (options.precision != CompileOptions::Precision::kFloat16 || runtime == nullptr) return;
  std::vector<std::string> names;
  for (const IoInfo& io : plan.plan->bound.graph->outputs) names.push_back(io.name);
  const std::string line = DescribeHalfOverflow(names, inputs, outputs);
  if (!line.empty()) Log(LogLevel::kWarning, line);
}

Status CompiledModel::State::Run(SharedPlan* plan, const std::vector<HostTensor>& inputs,
                                 std::vector<HostTensor>* outputs, RunTimes* times,
                                 const RunBindings* bindings) {
  MACE_ASSIGN_OR_RETURN(const SharedPlan::Lease executor, plan->Take());
  const bool is_first = plan->IsFirstRun();
  {
    std::optional<ScopedStartPart> part;
    if (is_first) part.emplace("first run");
    MACE_RETURN_IF_ERROR(bindings != nullptr ? executor->RunWith(*bindings, inputs, outputs)
                         : times != nullptr  ? executor->RunTimed(inputs, outputs, times)
                                             : executor->Run(inputs, outputs));
  }
  if (is_first) WarnOfHalf(plan->model(), inputs, *outputs);
  ++runs;
  if (is_first && saver.has_value() && options.cache.save_after_first_run &&
      !options.cache.read_only && !runtime->store()->is_memory()) {
    saver->SaveInBackground();
  }
  return Status();
}

}  // namespace mace
