#include "mace/runtime/engine.h"

#include <algorithm>
#include <optional>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/cl/opencl_process.h"
#include "mace/graph/constant_pins.h"
#include "mace/runtime/cpu_executor.h"
#include "mace/runtime/engine_impl.h"
#include "mace/runtime/measurements.h"
#include "mace/runtime/memory_limits.h"
#include "mace/runtime/model_reader.h"

namespace mace {

EngineTurn::EngineTurn(Engine::Impl* impl) : budget_(impl->host_budget) {
  // First: a child finds the parent's turns as they were at the fork.
  if (impl->runtime != nullptr) status_ = CheckOpenClProcess();
  if (!status_.ok()) return;
  if (impl->in_use.exchange(true, std::memory_order_acquire)) {
    status_ = FailedPrecondition(
        "engine: another thread is using it: an engine does one thing at a time, so that each "
        "thread needs an engine of its own, or a Pipeline");
    return;
  }
  impl_ = impl;
}

// Import, then AddPlan: graph, passes, plan, session.
Status Engine::Impl::Start() {
  const double begin = MonotonicMilliseconds();
  host_budget = HostMemoryBudget(options);
  const ScopedMemoryBudget scope(host_budget);
  std::optional<ModelReader> reader;
  if (!model_path.empty()) reader.emplace(model_path, ImportWith(options.input_shapes));
  MACE_RETURN_IF_ERROR(OpenRuntime(begin));
  std::shared_ptr<const Graph> imported = given;
  if (reader.has_value()) {
    MACE_ASSIGN_OR_RETURN(imported, reader->Take());
    files = reader->files();
  }
  MACE_RETURN_IF_ERROR(AddPlan(std::move(imported), options.input_shapes));
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
  const DeviceInfo& device = runtime->device_info();
  stats.device_open_ms = MonotonicMilliseconds() - begin;
  stats.device = device.name;
  stats.driver = device.driver_version;
  stats.cache.file = options.cache_path;
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

ImportOptions Engine::Impl::ImportWith(const ShapesByName& shapes) const {
  ImportOptions import;
  import.data_path = options.data_path;
  import.input_shapes = shapes;
  import.open_shapes = options.open_shapes;
  import.inputs = options.inputs;
  import.outputs = options.outputs;
  import.input_values = options.input_values;
  import.read_weights_later = true;
  return import;
}

void Engine::Impl::ListPorts() {
  const PlannedModel& plan = *plans.current();
  const Graph& graph = *plan.plan->bound.graph;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    inputs.push_back({graph.inputs[i].name, plan.inputs[i], graph.inputs[i].layout});
  }
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    outputs.push_back({graph.outputs[i].name, plan.outputs[i], graph.outputs[i].layout});
  }
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<Engine>> Engine::Start(std::unique_ptr<Impl> impl) {
  MACE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(const std::string& model_path,
                                                 const Options& options) {
  if (model_path.empty()) return InvalidArgument("model: expected a file, found an empty name");
  return CatchExhaustion([&] {
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    impl->model_path = model_path;
    return Start(std::move(impl));
  });
}

StatusOr<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Graph> imported,
                                                 const Options& options) {
  if (imported == nullptr) return InvalidArgument("model: expected a graph, found none");
  return CatchExhaustion([&] {
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    impl->given = std::move(imported);
    return Start(std::move(impl));
  });
}

const std::vector<Port>& Engine::inputs() const { return impl_->inputs; }
const std::vector<Port>& Engine::outputs() const { return impl_->outputs; }

StatusOr<std::unique_ptr<Executor>> Engine::NewExecutor() {
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&]() -> StatusOr<std::unique_ptr<Executor>> {
    MACE_RETURN_IF_ERROR(impl_->PlanForPorts());
    const PlannedModel& model = *impl_->plans.current();
    if (model.session == nullptr) {
      MACE_ASSIGN_OR_RETURN(std::unique_ptr<Executor> another, CpuExecutor::Create(model.plan));
      return model.WithTypes(std::move(another));
    }
    MACE_ASSIGN_OR_RETURN(std::unique_ptr<Session> twin,
                          model.session->CreateTwin(impl_->runtime->compiler()));
    twin->CountBytes(impl_->device_bytes);
    return model.WithTypes(std::move(twin));
  });
}

StatusOr<DevicePeaks> Engine::FindPeaks() {
  if (impl_->runtime == nullptr) return Unsupported("the reference on the CPU has no peaks");
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&] { return FindDevicePeaks(impl_->runtime->compiler()); });
}

StatusOr<GraphVariants> Engine::FindVariants() {
  EngineTurn turn(impl_.get());
  MACE_RETURN_IF_ERROR(turn.status());
  return CatchExhaustion([&]() -> StatusOr<GraphVariants> {
    MACE_ASSIGN_OR_RETURN(const ConstantPins constants, ConstantPins::HoldAll(graph()));
    return FindVariantsOf(plan(), impl_->runtime == nullptr ? nullptr : impl_->runtime->compiler());
  });
}

RunStats Engine::stats() const {
  std::lock_guard<std::mutex> lock(impl_->report_mutex);
  RunStats stats = impl_->stats;
  stats.peak_device_bytes = impl_->device_bytes->peak();
  return stats;
}

std::string Engine::note() const {
  std::lock_guard<std::mutex> lock(impl_->report_mutex);
  return impl_->note;
}

const Graph& Engine::imported_graph() const { return *impl_->plans.current()->imported; }
const Graph& Engine::graph() const { return *impl_->plans.current()->plan->bound.graph; }
const Plan& Engine::plan() const { return *impl_->plans.current()->plan; }

}  // namespace mace
