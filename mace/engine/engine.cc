#include "mace/engine/engine.h"

#include <atomic>
#include <utility>

#include "mace/base/absolute_path.h"
#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/cl/opencl_process.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/graph/constant_pins.h"
#include "mace/runtime/measurements.h"
#include "mace/runtime/port_types.h"

namespace mace {

struct Engine::Impl {
  std::shared_ptr<CompiledModel::State> state;
  CompiledModel compiled;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::shared_ptr<SharedPlan> current;  // Of the last run, at first of the declared dims.
  std::weak_ptr<SharedPlan> last;       // The same.
  std::atomic<bool> in_use{false};
  bool has_run = false;
  bool save_failed = false;

  Status Start(const ModelLoader::Load& load);
  void ListPorts();
  Status CheckInputs(const std::vector<HostTensor>& tensors) const;
  Status CheckOutputs(const std::vector<HostTensor>& results) const;
  // The plan for these inputs as `current`.
  Status PlanFor(const std::vector<HostTensor>& tensors);
  Status PlaceResults(std::vector<HostTensor>* results) const;
  // `times` null: they are not wanted.
  Status Run(const std::vector<HostTensor>& tensors, std::vector<HostTensor>* results,
             RunTimes* times);
};

namespace {

// The right to use an engine, for the length of one call, whose tensors count against the engine's
// memory budget.
class EngineTurn {
 public:
  EngineTurn(const CompiledModel::State& state, std::atomic<bool>* in_use)
      : budget_(state.host_budget) {
    // First: a child finds the parent's turns as they were at the fork.
    status_ = state.CheckProcess();
    if (!status_.ok()) return;
    if (in_use->exchange(true, std::memory_order_acquire)) {
      status_ = FailedPrecondition(
          "engine: another thread is using it: an engine does one thing at a time, so that each "
          "thread needs an engine of its own, or a request");
      return;
    }
    in_use_ = in_use;
  }
  ~EngineTurn() {
    if (in_use_ != nullptr) in_use_->store(false, std::memory_order_release);
  }
  EngineTurn(const EngineTurn&) = delete;
  EngineTurn& operator=(const EngineTurn&) = delete;

  const Status& status() const { return status_; }

 private:
  std::atomic<bool>* in_use_ = nullptr;  // Null: it is not ours.
  const ScopedMemoryBudget budget_;
  Status status_;
};

LoadOptions LoadOptionsOf(const Options& options) {
  LoadOptions load;
  load.data_path = options.data_path;
  load.input_dims = options.input_shapes;
  load.dynamic_dims = options.open_shapes;
  load.inputs = options.inputs;
  load.outputs = options.outputs;
  load.host_memory_limit = options.host_memory_limit;
  for (const auto& [name, tensor] : options.input_values) {
    load.values.emplace(name, TensorAccess::FromHost(tensor));
  }
  return load;
}

RunStats RunStatsOf(const Statistics& statistics) {
  RunStats stats;
  stats.device = statistics.device;
  stats.driver = statistics.driver;
  stats.init_ms = statistics.compile_ms;
  stats.device_open_ms = statistics.device_open_ms;
  stats.program_ms = statistics.program_ms;
  stats.batch_slices = statistics.batch_slices;
  stats.launches_per_run = statistics.launches_per_run;
  stats.gpu_image_ops = statistics.gpu_image_nodes;
  stats.gpu_buffer_ops = statistics.gpu_buffer_nodes;
  stats.cpu_ops = statistics.cpu_nodes;
  stats.folded_ops = statistics.folded_nodes;
  for (const CpuNode& node : statistics.cpu_node_list) {
    stats.cpu_op_list.push_back({node.name, node.type, node.why});
  }
  const CacheStatistics& cache = statistics.cache;
  stats.cache = {cache.file,         cache.status,    cache.reason,
                 cache.hits,         cache.misses,    cache.built_from_source,
                 cache.loaded_bytes, cache.written_ms};
  const TuningStatistics& tuning = statistics.tuning;
  stats.tuning = {tuning.plan, tuning.level, tuning.measured, tuning.found, tuning.left, tuning.ms};
  stats.peak_device_bytes = statistics.peak_device_bytes;
  return stats;
}

bool IsAligned(const HostTensor& tensor) {
  const size_t size = DTypeSize(tensor.dtype());
  return size == 0 || reinterpret_cast<uintptr_t>(tensor.bytes().data()) % size == 0;
}

}  // namespace

void Engine::Impl::ListPorts() {
  const PlannedModel& plan = current->model();
  const Graph& graph = *plan.plan->bound.graph;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    inputs.push_back({graph.inputs[i].name, plan.inputs[i], graph.inputs[i].layout});
  }
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    outputs.push_back({graph.outputs[i].name, plan.outputs[i], graph.outputs[i].layout});
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

Status Engine::Impl::CheckOutputs(const std::vector<HostTensor>& results) const {
  for (size_t i = 0; i < results.size() && i < outputs.size(); ++i) {
    const HostTensor& result = results[i];
    if (result.bytes().empty() || !result.has_data()) continue;
    if (!result.is_writable()) {
      return InvalidArgument("output '" + outputs[i].name +
                             "': expected a tensor that may be written, found a view of memory "
                             "that is somebody else's");
    }
    if (!IsAligned(result)) {
      return InvalidArgument("output '" + outputs[i].name + "': expected memory aligned for " +
                             DTypeName(result.dtype()) + ", found an address that is not");
    }
  }
  return Status();
}

Status Engine::Impl::PlanFor(const std::vector<HostTensor>& tensors) {
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found, state->PlanFor(tensors, &last));
  current = std::move(found.plan);
  return Status();
}

Status Engine::Impl::PlaceResults(std::vector<HostTensor>* results) const {
  const std::vector<TensorInfo>& wanted = current->model().outputs;
  results->resize(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    HostTensor& result = (*results)[i];
    const bool fits = result.info() == wanted[i] && result.has_data();
    // A copy of the tensor that the caller kept shows the answer that it showed before.
    if (fits && !result.is_shared()) continue;
    MACE_ASSIGN_OR_RETURN(result, HostTensor::Allocate(wanted[i]));
  }
  return Status();
}

Status Engine::Impl::Run(const std::vector<HostTensor>& tensors, std::vector<HostTensor>* results,
                         RunTimes* times) {
  MACE_RETURN_IF_ERROR(CheckInputs(tensors));
  MACE_RETURN_IF_ERROR(CheckOutputs(*results));
  MACE_RETURN_IF_ERROR(PlanFor(tensors));
  MACE_RETURN_IF_ERROR(PlaceResults(results));
  MACE_RETURN_IF_ERROR(state->Run(current.get(), tensors, results, times));
  has_run = true;
  save_failed = false;
  return Status();
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// What was compiled is saved by FinishCache and the destructor, and not behind the first answer.
Status Engine::Impl::Start(const ModelLoader::Load& load) {
  state->save_after_first_run = false;
  state->options.cache_path = AbsolutePath(state->options.cache_path);
  MACE_RETURN_IF_ERROR(state->Start(load));
  compiled = CompiledModelAccess::FromState(state);
  const ScopedMemoryBudget scope(state->host_budget);
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found, state->PlanFor(state->compiled_dims));
  current = std::move(found.plan);
  ListPorts();
  return Status();
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(const std::string& model_path,
                                                 const Options& options) {
  return CatchExhaustion([&]() -> StatusOr<std::unique_ptr<Engine>> {
    auto impl = std::make_unique<Impl>();
    impl->state = std::make_shared<CompiledModel::State>();
    impl->state->options = options;
    MACE_RETURN_IF_ERROR(
        impl->Start([&] { return LoadModelState(model_path, LoadOptionsOf(options)); }));
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
  });
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Graph> imported,
                                                 const Options& options) {
  if (imported == nullptr) return InvalidArgument("model: expected a graph, found none");
  return CatchExhaustion([&]() -> StatusOr<std::unique_ptr<Engine>> {
    auto impl = std::make_unique<Impl>();
    impl->state = std::make_shared<CompiledModel::State>();
    impl->state->options = options;
    impl->state->model = ModelAccess::StateOf(ModelAccess::FromGraph(std::move(imported)));
    MACE_RETURN_IF_ERROR(impl->Start(nullptr));
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
  });
}

Engine::~Engine() {
  // A forked child leaves its parent's device and file alone.
  if (impl_->state->runtime == nullptr || OpenClIsOfParentProcess()) return;
  const bool was_used =
      impl_->has_run || impl_->state->runs > 0 || impl_->state->Report().tuning.measured > 0;
  if (!impl_->state->saver.has_value() || impl_->save_failed || !was_used) return;
  const ScopedMemoryBudget scope(impl_->state->host_budget);
  const Status status = impl_->state->saver->Save(/*run_unused=*/impl_->has_run);
  // Several engines of one file have one store, and say once what is wrong with it.
  if (status.ok() || !impl_->state->runtime->store()->IsNews(status)) return;
  Log(LogLevel::kWarning, "the cache file is not written: " + status.message());
}

const std::vector<Port>& Engine::inputs() const { return impl_->inputs; }
const std::vector<Port>& Engine::outputs() const { return impl_->outputs; }
const CompiledModel& Engine::compiled_model() const { return impl_->compiled; }

StatusOr<std::vector<HostTensor>> Engine::Run(const std::vector<HostTensor>& inputs) {
  std::vector<HostTensor> outputs;
  MACE_RETURN_IF_ERROR(RunInto(inputs, &outputs));
  return outputs;
}

Status Engine::RunInto(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  EngineTurn turn(*impl_->state, &impl_->in_use);
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] { return impl_->Run(inputs, outputs, nullptr); });
}

Status Engine::RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                        RunTimes* times) {
  EngineTurn turn(*impl_->state, &impl_->in_use);
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] { return impl_->Run(inputs, outputs, times); });
}

StatusOr<double> Engine::Replay() {
  EngineTurn turn(*impl_->state, &impl_->in_use);
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&]() -> StatusOr<double> {
    MACE_ASSIGN_OR_RETURN(const SharedPlan::Lease executor, impl_->current->Take());
    return executor->Replay();
  });
}

StatusOr<DevicePeaks> Engine::FindPeaks() {
  if (impl_->state->runtime == nullptr) {
    return Unsupported("the reference on the CPU has no peaks");
  }
  EngineTurn turn(*impl_->state, &impl_->in_use);
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] { return FindDevicePeaks(impl_->state->runtime->compiler()); });
}

StatusOr<GraphVariants> Engine::FindVariants() {
  EngineTurn turn(*impl_->state, &impl_->in_use);
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&]() -> StatusOr<GraphVariants> {
    MACE_ASSIGN_OR_RETURN(const ConstantPins constants, ConstantPins::HoldAll(graph()));
    Runtime* const runtime = impl_->state->runtime.get();
    return FindVariantsOf(plan(), runtime == nullptr ? nullptr : runtime->compiler());
  });
}

Status Engine::FinishCache() {
  if (!impl_->state->saver.has_value()) return Status();
  {
    const EngineTurn turn(*impl_->state, &impl_->in_use);
    MACE_RETURN_IF_ERROR(turn.status());
  }
  // The engine may run again while its programs are written.
  const ScopedMemoryBudget scope(impl_->state->host_budget);
  const Status saved = impl_->state->saver->Save(/*run_unused=*/true);
  impl_->save_failed = !saved.ok();
  return saved;
}

RunStats Engine::stats() const { return RunStatsOf(impl_->state->Report()); }

std::string Engine::note() const { return impl_->compiled.note(); }

const Graph& Engine::imported_graph() const { return *impl_->current->model().imported; }
const Graph& Engine::graph() const { return *impl_->current->model().plan->bound.graph; }
const Plan& Engine::plan() const { return *impl_->current->model().plan; }

}  // namespace mace
