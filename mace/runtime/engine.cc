#include "mace/runtime/engine.h"

#include <algorithm>
#include <map>
#include <optional>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/import/import.h"
#include "mace/plan/integer_kernels.h"
#include "mace/runtime/cpu_executor.h"
#include "mace/runtime/half_range.h"
#include "mace/runtime/model_reader.h"
#include "mace/runtime/planned_model.h"
#include "mace/runtime/runtime.h"

namespace mace {
namespace {

// Plans that an engine keeps, one for each set of input shapes; the oldest goes first.
constexpr size_t kMostPlans = 16;

Status CheckShapes(const std::map<std::string, std::vector<int64_t>>& given,
                   std::map<std::string, Shape>* shapes) {
  for (const auto& [name, dims] : given) {
    StatusOr<Shape> shape = Shape::Make(dims);
    if (!shape.ok()) return shape.status().WithPrefix("shape of input '" + Printable(name) + "'");
    (*shapes)[name] = *shape;
  }
  return Status();
}

std::string Describe(const TensorInfo& info) {
  return std::string(DTypeName(info.dtype)) + " " + info.shape.ToString();
}

bool SameInfo(const TensorInfo& a, const TensorInfo& b) {
  return a.dtype == b.dtype && a.shape == b.shape;
}

}  // namespace

struct Engine::Impl {
  Options options;
  std::string model_path;  // Empty: the graph was given.
  std::shared_ptr<const Graph> given;
  std::shared_ptr<Runtime> runtime;  // Null: on the CPU.
  std::vector<std::unique_ptr<PlannedModel>> models;
  PlannedModel* current = nullptr;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  RunStats stats;

  Status Start();
  Status OpenRuntime(double begin);
  ImportOptions ImportWith(const std::map<std::string, std::vector<int64_t>>& shapes) const;
  StatusOr<std::shared_ptr<const Graph>> Import(
      const std::map<std::string, std::vector<int64_t>>& shapes) const;
  Status AddModel(std::shared_ptr<const Graph> imported,
                  const std::map<std::string, std::vector<int64_t>>& shapes);
  Status ModelFor(const std::vector<HostTensor>& tensors);
  Status CheckInputs(const std::vector<HostTensor>& tensors) const;
  // The model of the shapes that `inputs` and `outputs` list; null where it is not kept any more.
  const PlannedModel* ModelOfPorts() const;
  // The model for these inputs as `current`, and room for its outputs.
  Status Prepare(const std::vector<HostTensor>& tensors, std::vector<HostTensor>* results);
  // After a first run.
  void WarnOfHalf(const std::vector<HostTensor>& tensors,
                  const std::vector<HostTensor>& results) const;
  void ListPorts();
  void SetCacheStatus();
};

// The five calls: import, graph, passes, plan, session; the last four are PlanModel's.
Status Engine::Impl::Start() {
  const double begin = MonotonicMilliseconds();
  std::map<std::string, Shape> checked;
  MACE_RETURN_IF_ERROR(CheckShapes(options.input_shapes, &checked));
  std::optional<ModelReader> reader;
  if (!model_path.empty()) reader.emplace(model_path, ImportWith(options.input_shapes));
  MACE_RETURN_IF_ERROR(OpenRuntime(begin));
  std::shared_ptr<const Graph> imported = given;
  if (reader.has_value()) {
    MACE_ASSIGN_OR_RETURN(imported, reader->Take());
  }
  MACE_RETURN_IF_ERROR(AddModel(std::move(imported), options.input_shapes));
  ListPorts();
  stats.init_ms = MonotonicMilliseconds() - begin;
  return Status();
}

Status Engine::Impl::OpenRuntime(double begin) {
  constexpr char kNoTf32[] = "the device has no units for TF32: products are those of float32";
  stats.device = "cpu reference";
  if (options.device == "cpu") {
    if (options.allow_tf32) Log(LogLevel::kWarning, kNoTf32);
    return Status();
  }
  MACE_ASSIGN_OR_RETURN(runtime, Runtime::Get(options));
  stats.device_open_ms = MonotonicMilliseconds() - begin;
  stats.device = runtime->device_info().name;
  stats.driver = runtime->device_info().driver_version;
  stats.cache.file = options.cache_path;
  if (options.allow_tf32 && !HasTensorCores(runtime->device_info())) {
    Log(LogLevel::kWarning, kNoTf32);
    options.allow_tf32 = false;  // The plans and measurements are those of float32.
  }
  if (options.precision == Precision::kFloat16 && options.memory != MemoryChoice::kBuffer &&
      runtime->device_info().images && !runtime->device_info().half_images) {
    Log(LogLevel::kWarning, "the device has no half images: buffers only");
    options.memory = MemoryChoice::kBuffer;
  }
  return Status();
}

ImportOptions Engine::Impl::ImportWith(
    const std::map<std::string, std::vector<int64_t>>& shapes) const {
  ImportOptions import;
  import.data_path = options.data_path;
  import.input_shapes = shapes;
  import.open_shapes = options.open_shapes;
  import.inputs = options.inputs;
  import.outputs = options.outputs;
  import.input_values = options.input_values;
  return import;
}

StatusOr<std::shared_ptr<const Graph>> Engine::Impl::Import(
    const std::map<std::string, std::vector<int64_t>>& shapes) const {
  if (model_path.empty()) return given;
  MACE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, ImportModel(model_path, ImportWith(shapes)));
  return std::shared_ptr<const Graph>(std::move(graph));
}

Status Engine::Impl::AddModel(std::shared_ptr<const Graph> imported,
                              const std::map<std::string, std::vector<int64_t>>& shapes) {
  std::map<std::string, Shape> checked;
  MACE_RETURN_IF_ERROR(CheckShapes(shapes, &checked));
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<PlannedModel> model,
                        PlanModel(std::move(imported), checked, options, runtime.get()));
  AddPlanStats(*model, &stats);
  SetCacheStatus();
  if (models.size() >= kMostPlans) models.erase(models.begin());
  current = model.get();
  models.push_back(std::move(model));
  return Status();
}

void Engine::Impl::ListPorts() {
  const Graph& graph = *current->plan->graph;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    inputs.push_back({graph.inputs[i].name, current->inputs[i], graph.inputs[i].layout});
  }
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    outputs.push_back({graph.outputs[i].name, current->outputs[i], graph.outputs[i].layout});
  }
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

const PlannedModel* Engine::Impl::ModelOfPorts() const {
  for (const std::unique_ptr<PlannedModel>& model : models) {
    const bool same = std::equal(
        inputs.begin(), inputs.end(), model->inputs.begin(), model->inputs.end(),
        [](const Port& port, const TensorInfo& info) { return SameInfo(port.info, info); });
    if (same) return model.get();
  }
  return nullptr;
}

Status Engine::Impl::CheckInputs(const std::vector<HostTensor>& tensors) const {
  if (tensors.size() != inputs.size()) {
    return InvalidArgument("expected " + std::to_string(inputs.size()) + " inputs, found " +
                           std::to_string(tensors.size()));
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& expected = inputs[i].info;
    const TensorInfo& found = tensors[i].info();
    const bool fits = found.dtype == expected.dtype &&
                      found.shape.rank() == expected.shape.rank() && tensors[i].has_data();
    if (fits) continue;
    return InvalidArgument("input '" + inputs[i].name + "': expected " + Describe(expected) +
                           ", found " + Describe(found) +
                           (tensors[i].has_data() ? "" : " without elements"));
  }
  return Status();
}

Status Engine::Impl::ModelFor(const std::vector<HostTensor>& tensors) {
  if (current->Accepts(tensors)) return Status();
  for (const std::unique_ptr<PlannedModel>& model : models) {
    if (!model->Accepts(tensors)) continue;
    current = model.get();
    return Status();
  }
  MACE_RETURN_IF_ERROR(CheckInputs(tensors));
  std::map<std::string, std::vector<int64_t>> shapes;
  std::vector<std::string> changes;
  for (size_t i = 0; i < tensors.size(); ++i) {
    shapes[inputs[i].name] = tensors[i].shape().dims();
    if (SameInfo(inputs[i].info, tensors[i].info())) continue;
    changes.push_back("input '" + inputs[i].name + "': expected " + Describe(inputs[i].info) +
                      ", found " + Describe(tensors[i].info()));
  }
  Log(LogLevel::kInfo, "a new plan: " + Join(changes, "; "));
  StatusOr<std::shared_ptr<const Graph>> imported = Import(shapes);
  if (!imported.ok()) return imported.status().WithPrefix(Join(changes, "; "));
  Status status = AddModel(*std::move(imported), shapes);
  if (!status.ok()) return status.WithPrefix(Join(changes, "; "));
  // What the model does with another shape must be of that shape, or the next look-up would plan
  // again and again.
  if (!current->Accepts(tensors)) return Internal("a plan for other shapes than those given");
  return Status();
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  const Status status = FinishCache();
  if (!status.ok()) Log(LogLevel::kWarning, "the cache file is not written: " + status.message());
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(const std::string& model_path,
                                                 const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->model_path = model_path;
  if (model_path.empty()) return InvalidArgument("model: expected a file, found an empty name");
  MACE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Graph> imported,
                                                 const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->given = std::move(imported);
  if (impl->given == nullptr) return InvalidArgument("model: expected a graph, found none");
  MACE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

const std::vector<Port>& Engine::inputs() const { return impl_->inputs; }
const std::vector<Port>& Engine::outputs() const { return impl_->outputs; }

StatusOr<std::vector<HostTensor>> Engine::Run(const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> outputs;
  MACE_RETURN_IF_ERROR(RunInto(inputs, &outputs));
  return outputs;
}

Status Engine::Impl::Prepare(const std::vector<HostTensor>& tensors,
                             std::vector<HostTensor>* results) {
  for (const HostTensor& tensor : tensors) {
    if (!tensor.has_data()) return CheckInputs(tensors);
  }
  MACE_RETURN_IF_ERROR(ModelFor(tensors));
  results->resize(current->outputs.size());
  for (size_t i = 0; i < results->size(); ++i) {
    HostTensor& result = (*results)[i];
    if (!SameInfo(result.info(), current->outputs[i]) || !result.has_data()) {
      MACE_ASSIGN_OR_RETURN(result, HostTensor::Allocate(current->outputs[i]));
    }
  }
  return Status();
}

void Engine::Impl::WarnOfHalf(const std::vector<HostTensor>& tensors,
                              const std::vector<HostTensor>& results) const {
  if (options.precision != Precision::kFloat16 || runtime == nullptr) return;
  std::vector<std::string> names;
  for (const Port& port : outputs) names.push_back(port.name);
  const std::string line = DescribeHalfOverflow(names, tensors, results);
  if (!line.empty()) Log(LogLevel::kWarning, line);
}

Status Engine::RunInto(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  MACE_RETURN_IF_ERROR(impl_->Prepare(inputs, outputs));
  PlannedModel& model = *impl_->current;
  std::optional<ScopedStartPart> part;
  if (!model.has_run) part.emplace("first run");
  MACE_RETURN_IF_ERROR(model.executor->Run(inputs, outputs));
  if (!model.has_run) impl_->WarnOfHalf(inputs, *outputs);
  model.has_run = true;
  return Status();
}

Status Engine::RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                        RunTimes* times) {
  MACE_RETURN_IF_ERROR(impl_->Prepare(inputs, outputs));
  MACE_RETURN_IF_ERROR(impl_->current->executor->RunTimed(inputs, outputs, times));
  impl_->current->has_run = true;
  return Status();
}

StatusOr<std::unique_ptr<Executor>> Engine::NewExecutor() {
  const PlannedModel* const model = impl_->ModelOfPorts();
  if (model == nullptr) {
    return Unsupported("the plan for the model's own shapes is gone: too many others were made");
  }
  if (model->session == nullptr) {
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> another, CpuExecutor::Create(model->plan));
    return another;
  }
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> twin,
                        model->session->CreateTwin(impl_->runtime->compiler()));
  return std::unique_ptr<Executor>(std::move(twin));
}

StatusOr<double> Engine::Replay() { return impl_->current->executor->Replay(); }

StatusOr<DevicePeaks> Engine::FindPeaks() {
  if (impl_->runtime == nullptr) return Unsupported("the reference on the CPU has no peaks");
  return FindDevicePeaks(impl_->runtime->compiler());
}

Status Engine::FinishCache() {
  if (impl_->runtime == nullptr || impl_->runtime->store() == nullptr) return Status();
  const double begin = MonotonicMilliseconds();
  bool wrote = false;
  for (const std::unique_ptr<PlannedModel>& model : impl_->models) {
    // A driver that is asked before the first use gives a binary without the code for it.
    if (!model->has_run || model->session == nullptr) continue;
    for (const std::shared_ptr<const BuiltProgram>& program : model->session->programs()) {
      wrote = wrote || program->from_source;
    }
    MACE_RETURN_IF_ERROR(
        impl_->runtime->compiler()->StoreAfterFirstUse(model->session->programs()));
  }
  if (wrote && impl_->stats.cache.written_ms == 0) {
    impl_->stats.cache.written_ms = MonotonicMilliseconds() - begin;
  }
  return Status();
}

const RunStats& Engine::stats() const { return impl_->stats; }
std::string Engine::note() const {
  const std::string integers = DescribeIntegerKernels(plan());
  return integers.empty() ? imported_graph().note : integers;
}
const Graph& Engine::imported_graph() const { return *impl_->current->imported; }
const Graph& Engine::graph() const { return *impl_->current->plan->graph; }
const Plan& Engine::plan() const { return *impl_->current->plan; }

}  // namespace mace
