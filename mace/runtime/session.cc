#include "mace/runtime/session.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include "mace/base/clock.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/ops/batch.h"
#include "mace/plan/chain.h"
#include "mace/runtime/device_elements.h"

namespace mace {
namespace {

WorkSize RoundUp(const WorkSize& global, const WorkSize& local) {
  WorkSize rounded = global;
  for (size_t i = 0; i < rounded.size(); ++i) {
    rounded[i] = (global[i] + local[i] - 1) / local[i] * local[i];
  }
  return rounded;
}

// What PoCL specialises a kernel for besides its code: the local size, and whether the grid has
// fewer than 65,535 groups along each axis.
std::string LaunchShape(const Launch& launch) {
  constexpr size_t kLargeGrid = 65535;
  bool large = false;
  for (size_t i = 0; i < 3; ++i) {
    large = large || RoundUp(launch.global, launch.local)[i] / launch.local[i] >= kLargeGrid;
  }
  return std::to_string(launch.local[0]) + "x" + std::to_string(launch.local[1]) + "x" +
         std::to_string(launch.local[2]) + (large ? " large" : "");
}

// The distinct kernels that the launches take from a program, by name.
std::vector<CachedKernel> KernelsOf(const Plan& plan, int program) {
  std::map<std::string, std::set<std::string>> shapes;
  for (size_t i = 0; i < plan.launches.size(); ++i) {
    if (plan.launch_program[i] != program) continue;
    const Launch& launch = plan.launches[i].launch;
    if (plan.launches[i].is_chained()) continue;
    shapes[launch.kernel.function_name()].insert(LaunchShape(launch));
  }
  std::vector<CachedKernel> kernels;
  if (!plan.chains.empty()) kernels.push_back({kChainKernel, "1x1x1"});
  for (const auto& [name, set] : shapes) {
    kernels.push_back({name, Join(std::vector<std::string>(set.begin(), set.end()), ", ")});
  }
  return kernels;
}

// Of a row-major buffer that is sent or received.
size_t DeviceBytes(const DeviceTensor& tensor) {
  return static_cast<size_t>(tensor.info.shape.elements()) * sizeof(float);
}

Status CheckSizes(const Launch& launch, const ClDevice& device, const ClKernel& kernel) {
  size_t group = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (launch.global[i] == 0 || launch.local[i] == 0) {
      return Internal("kernel " + kernel.name() + ": an empty work size");
    }
    group *= launch.local[i];
  }
  MACE_ASSIGN_OR_RETURN(const size_t most, kernel.MaxWorkGroupSize(device));
  if (group <= most) return Status();
  return DeviceError("kernel " + kernel.name() + ": a work-group of " + std::to_string(group) +
                     " where the device allows " + std::to_string(most));
}

}  // namespace

Session::Session(std::shared_ptr<const Plan> plan, ClQueue queue)
    : plan_(std::move(plan)), queue_(std::move(queue)), values_(*plan_->graph) {}

Session::~Session() { static_cast<void>(queue_.Finish()); }

StatusOr<std::unique_ptr<Session>> Session::Create(
    std::shared_ptr<const Plan> plan, ProgramCompiler* compiler,
    std::vector<std::shared_ptr<const BuiltProgram>> programs, SessionUse use) {
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(compiler->device(), false));
  std::unique_ptr<Session> session(new Session(std::move(plan), std::move(queue)));
  session->programs_ = std::move(programs);
  session->weights_ = std::make_shared<DeviceWeights>();
  {
    ScopedStartPart part("regions");
    MACE_RETURN_IF_ERROR(session->memory_.CreateRegions(*session->plan_, &session->queue_));
  }
  // Packing needs no program, and a driver compiles on one thread: both at once.
  Status packed;
  auto pack = [&] {
    ScopedStartPart part("weights");
    packed = session->weights_->Create(*session->plan_, &session->queue_);
  };
  std::thread packer;
  try {
    packer = std::thread(pack);
  } catch (const std::system_error&) {
    pack();
  }
  const double begin = MonotonicMilliseconds();
  Status built = session->BuildPrograms(compiler);
  session->program_ms_ = MonotonicMilliseconds() - begin;
  if (packer.joinable()) packer.join();
  MACE_RETURN_IF_ERROR(built);
  MACE_RETURN_IF_ERROR(packed);
  MACE_RETURN_IF_ERROR(session->Finish({compiler->store(), use == SessionUse::kModel}));
  return session;
}

StatusOr<std::unique_ptr<Session>> Session::CreateTwin(ProgramCompiler* compiler) const {
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(compiler->device(), false));
  std::unique_ptr<Session> session(new Session(plan_, std::move(queue)));
  session->programs_ = programs_;
  session->weights_ = weights_;
  MACE_RETURN_IF_ERROR(session->memory_.CreateRegions(*plan_, &session->queue_));
  MACE_RETURN_IF_ERROR(session->Finish({compiler->store(), true}));
  return session;
}

Status Session::Finish(const LibraryCache& cache) {
  MACE_RETURN_IF_ERROR(BindLaunches(cache));
  PrepareHost();
  return RunSetup();
}

Status Session::BuildPrograms(ProgramCompiler* compiler) {
  ScopedStartPart part("programs");
  if (plan_->launch_program.size() != plan_->launches.size()) {
    return Internal("plan: a launch has no program");
  }
  if (!programs_.empty()) return Status();
  for (size_t i = 0; i < plan_->program_sources.size(); ++i) {
    ProgramRequest request;
    request.source = plan_->program_sources[i];
    request.kernels = KernelsOf(*plan_, static_cast<int>(i));
    bool reused = false;
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<const BuiltProgram> program,
                          compiler->Build(request, &reused));
    if (reused) ++reused_programs_;
    programs_.push_back(std::move(program));
  }
  return Status();
}

Status Session::BindLaunches(const LibraryCache& cache) {
  ScopedStartPart part("kernels");
  const double begin = MonotonicMilliseconds();
  launches_.reserve(plan_->launches.size());
  for (size_t i = 0; i < plan_->launches.size(); ++i) {
    const PlannedLaunch& planned = plan_->launches[i];
    if (planned.is_chained()) {
      launches_.emplace_back();
      continue;
    }
    const size_t program = static_cast<size_t>(plan_->launch_program[i]);
    const bool is_call = planned.launch.call.has_value();
    if (!is_call && program >= programs_.size()) return Internal("plan: a launch names no program");
    StatusOr<BoundLaunch> bound =
        is_call ? BindCall(planned, cache) : BindLaunch(planned, *programs_[program]->program);
    if (!bound.ok()) return bound.status().WithPrefix(NodeName(planned.node));
    launches_.push_back(*std::move(bound));
  }
  MACE_RETURN_IF_ERROR(BindChains());
  for (const Step& step : plan_->steps) {
    if (step.is_launch()) ++launches_per_run_;
  }
  program_ms_ += MonotonicMilliseconds() - begin;
  return Status();
}

StatusOr<Session::BoundLaunch> Session::BindLaunch(const PlannedLaunch& planned,
                                                   const ClProgram& program) const {
  const mace::Launch& launch = planned.launch;
  BoundLaunch bound;
  MACE_ASSIGN_OR_RETURN(bound.kernel,
                        ClKernel::Create(program.get(), launch.kernel.function_name()));
  for (const KernelArgument& argument : launch.arguments) {
    MACE_RETURN_IF_ERROR(BindArgument(argument, &bound.kernel));
  }
  MACE_RETURN_IF_ERROR(bound.kernel.CheckComplete());
  MACE_RETURN_IF_ERROR(CheckSizes(launch, *queue_.device(), bound.kernel));
  bound.global = RoundUp(launch.global, launch.local);
  bound.local = launch.local;
  bound.node = planned.node;
  return bound;
}

StatusOr<Session::BoundLaunch> Session::BindCall(const PlannedLaunch& planned,
                                                 const LibraryCache& cache) {
  std::vector<const ClMemory*> operands;
  for (const KernelArgument& argument : planned.launch.arguments) {
    const auto* named = std::get_if<TensorArgument>(&argument);
    if (named == nullptr) return Internal("plan: a library's call takes tensors alone");
    if (named->kind == TensorArgument::Kind::kWeights) {
      operands.push_back(&weights_->at(named->index));
    } else if (named->kind == TensorArgument::Kind::kScratch) {
      operands.push_back(&memory_.region(named->index));
    } else {
      const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(named->index)];
      operands.push_back(&memory_.region(tensor.region));
    }
  }
  const NodePlacement& placement = plan_->placements[static_cast<size_t>(planned.node)];
  BoundLaunch bound;
  MACE_ASSIGN_OR_RETURN(bound.call, ClLibraryCall::Create(planned.launch, operands,
                                                          placement.variant, cache, &queue_));
  const CacheLayerScope::Counts& built = bound.call->programs();
  library_programs_.hits += built.hits;
  library_programs_.compiled += built.compiled;
  library_programs_.loaded_bytes += built.loaded_bytes;
  bound.node = planned.node;
  return bound;
}

Status Session::BindArgument(const KernelArgument& argument, ClKernel* kernel) const {
  if (const auto* number = std::get_if<int32_t>(&argument)) return kernel->AddInt(*number);
  if (const auto* number = std::get_if<float>(&argument)) return kernel->AddFloat(*number);
  using Kind = TensorArgument::Kind;
  const auto& named = std::get<TensorArgument>(argument);
  if (named.kind == Kind::kWeights) return kernel->AddMemory(weights_->at(named.index));
  if (named.kind == Kind::kScratch) return kernel->AddMemory(memory_.region(named.index));
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(named.index)];
  MACE_RETURN_IF_ERROR(kernel->AddMemory(memory_.region(tensor.region)));
  if (named.kind == Kind::kRawInput || named.kind == Kind::kRawOutput) return Status();
  // As TENSOR_IN and TENSOR_OUT of kernel_prologue.clh declare them.
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.pitch)));
  MACE_RETURN_IF_ERROR(kernel->AddInt(static_cast<int32_t>(tensor.offset)));
  return kernel->AddInt(static_cast<int32_t>(AsNhwc(tensor.info.shape).w));
}

void Session::PrepareHost() {
  const Graph& graph = *plan_->graph;
  std::vector<bool> downloaded(graph.values.size(), false), read_here(graph.values.size(), false);
  for (const std::vector<Step>* steps : {&plan_->setup_steps, &plan_->steps}) {
    for (const Step& step : *steps) {
      if (step.is_launch()) continue;
      if (step.kind == Step::Kind::kCpu) {
        const Node& node = graph.nodes[static_cast<size_t>(step.index)];
        values_.PrepareConstants(node);
        for (ValueId id : node.inputs) {
          if (id != kNoValue) read_here[static_cast<size_t>(id)] = true;
        }
        continue;
      }
      const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(step.index)];
      if (!LiesAsOnDevice(tensor.info.dtype)) {
        staging_.resize(std::max(staging_.size(), DeviceBytes(tensor)));
      }
      if (step.kind == Step::Kind::kDownload) downloaded[static_cast<size_t>(tensor.value)] = true;
    }
  }
  direct_output_.assign(graph.values.size(), -1);
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const size_t value = static_cast<size_t>(graph.outputs[i].value);
    values_.PrepareConstant(graph.outputs[i].value);
    if (downloaded[value] && !read_here[value] && direct_output_[value] < 0) {
      direct_output_[value] = static_cast<int>(i);
    } else {
      // What is on the host anyway, or wanted twice.
      host_outputs_.push_back(static_cast<int>(i));
      if (direct_output_[value] >= 0) host_outputs_.push_back(direct_output_[value]);
      read_here[value] = true;
      direct_output_[value] = -1;
    }
  }
  for (size_t value = 0; value < downloaded.size(); ++value) {
    if (!downloaded[value] || direct_output_[value] >= 0) continue;
    values_.Set(static_cast<ValueId>(value), HostTensor::Allocate(graph.values[value].info));
  }
}

Status Session::RunSetup() {
  ScopedStartPart part("constants");
  const Graph& graph = *plan_->graph;
  for (const Step& step : plan_->setup_steps) {
    if (step.kind == Step::Kind::kUpload) {
      values_.PrepareConstant(plan_->tensors[static_cast<size_t>(step.index)].value);
    }
    MACE_RETURN_IF_ERROR(RunStep(step, nullptr, {&queue_, nullptr}));
  }
  // The device has them now; those that nodes on the CPU read stay.
  std::vector<bool> needed(graph.values.size(), false);
  for (const Step& step : plan_->steps) {
    if (step.kind != Step::Kind::kCpu) continue;
    for (ValueId id : graph.nodes[static_cast<size_t>(step.index)].inputs) {
      if (id != kNoValue) needed[static_cast<size_t>(id)] = true;
    }
  }
  for (const GraphPort& port : graph.outputs) needed[static_cast<size_t>(port.value)] = true;
  for (const Step& step : plan_->setup_steps) {
    if (step.kind != Step::Kind::kUpload) continue;
    const ValueId value = plan_->tensors[static_cast<size_t>(step.index)].value;
    if (!needed[static_cast<size_t>(value)]) values_.Drop(value);
  }
  return queue_.Finish();
}

Status Session::Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  return ForEachSlice(inputs, outputs, [&](std::vector<HostTensor>* of_slice) {
    const Lane lane = {&queue_, nullptr};
    for (const Step& step : plan_->steps) MACE_RETURN_IF_ERROR(RunStep(step, of_slice, lane));
    return Status();
  });
}

Status Session::ForEachSlice(const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs, const SliceRun& run) {
  if (plan_->batch_slices == 1) return RunSlice(inputs, outputs, run);
  const Graph& graph = *plan_->graph;
  for (int64_t slice = 0; slice < plan_->batch_slices; ++slice) {
    const auto view = [&](const std::vector<HostTensor>& whole,
                          const std::vector<GraphPort>& ports) {
      std::vector<HostTensor> views;
      for (size_t i = 0; i < whole.size(); ++i) {
        const Shape& shape = graph.value(ports[i].value).info.shape;
        views.push_back(ViewBatchSlice(whole[i], shape, slice));
      }
      return views;
    };
    std::vector<HostTensor> of_slice = view(*outputs, graph.outputs);
    MACE_RETURN_IF_ERROR(RunSlice(view(inputs, graph.inputs), &of_slice, run));
  }
  return Status();
}

Status Session::RunSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                         const SliceRun& run) {
  const Graph& graph = *plan_->graph;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    values_.Share(graph.inputs[i].value, inputs[i]);
  }
  MACE_RETURN_IF_ERROR(run(outputs));
  CopyHostOutputs(outputs);
  return Status();
}

Status Session::RunStep(const Step& step, std::vector<HostTensor>* outputs, const Lane& lane) {
  switch (step.kind) {
    case Step::Kind::kLaunch:
      return Enqueue(launches_[static_cast<size_t>(step.index)], lane);
    case Step::Kind::kChain:
      return EnqueueChain(static_cast<size_t>(step.index), lane);
    case Step::Kind::kUpload:
      return Upload(step.index, lane);
    case Step::Kind::kDownload:
      return DownloadTensor(step.index, outputs, lane);
    case Step::Kind::kCpu: {
      const size_t node = static_cast<size_t>(step.index);
      return values_.RunNode(plan_->graph->nodes[node], *plan_->ops[node]);
    }
  }
  return Internal("plan: an unknown step");
}

Status Session::Enqueue(const BoundLaunch& launch, const Lane& lane) const {
  Status status = launch.call.has_value()
                      ? launch.call->Enqueue(lane.queue, lane.event)
                      : lane.queue->Launch(launch.kernel, launch.global, launch.local, lane.event);
  return status.ok() ? status : status.WithPrefix(NodeName(launch.node));
}

Status Session::Upload(int index, const Lane& lane) {
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(index)];
  const HostTensor& host = values_.Get(tensor.value);
  const std::string& name = plan_->graph->value(tensor.value).name;
  const ClMemory& memory = memory_.region(tensor.region);
  if (LiesAsOnDevice(host.dtype()))
    return lane.queue->Write(memory, host.bytes(), name, lane.event);
  const MutableBytes elements(staging_.data(), DeviceBytes(tensor));
  ToDeviceElements(host, elements);
  return lane.queue->Write(memory, elements, name, lane.event);
}

Status Session::DownloadTensor(int index, std::vector<HostTensor>* outputs, const Lane& lane) {
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(index)];
  const std::string& name = plan_->graph->value(tensor.value).name;
  const int output = direct_output_[static_cast<size_t>(tensor.value)];
  HostTensor* host =
      output >= 0 ? &(*outputs)[static_cast<size_t>(output)] : values_.GetMutable(tensor.value);
  const ClMemory& memory = memory_.region(tensor.region);
  const size_t bytes = DeviceBytes(tensor);
  if (LiesAsOnDevice(tensor.info.dtype)) {
    return lane.queue->Read(memory, MutableBytes(host->mutable_data<uint8_t>(), bytes), name,
                            lane.event);
  }
  MACE_RETURN_IF_ERROR(
      lane.queue->Read(memory, MutableBytes(staging_.data(), bytes), name, lane.event));
  FromDeviceElements(Bytes(staging_.data(), bytes), host);
  return Status();
}

void Session::CopyHostOutputs(std::vector<HostTensor>* outputs) const {
  for (int index : host_outputs_) {
    const size_t i = static_cast<size_t>(index);
    const Bytes from = values_.Get(plan_->graph->outputs[i].value).bytes();
    if (!from.empty()) std::memcpy((*outputs)[i].mutable_data<uint8_t>(), from.data(), from.size());
  }
}

std::string Session::NodeName(int node) const {
  if (node < 0) return "layout conversion";
  const Node& named = plan_->graph->nodes[static_cast<size_t>(node)];
  return "node '" + named.name + "' (" + named.type + ")";
}

}  // namespace mace
