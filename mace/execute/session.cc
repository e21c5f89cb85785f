#include "mace/execute/session.h"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>

#include "mace/base/cancellation.h"
#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/base/memory_budget.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/cl/opencl_process.h"
#include "mace/execute/device_elements.h"
#include "mace/graph/describe.h"
#include "mace/ops/batch.h"

namespace mace {
namespace {

// The bytes of a row-major buffer that is uploaded or downloaded.
size_t DeviceBytes(const DeviceTensor& tensor) {
  return static_cast<size_t>(tensor.info.shape.elements()) * sizeof(float);
}

}  // namespace

Session::Session(std::shared_ptr<const Plan> plan, ClQueue queue)
    : plan_(std::move(plan)), queue_(std::move(queue)), values_(*plan_->bound.graph) {}

Session::~Session() {
  if (OpenClIsOfParentProcess()) return;
  static_cast<void>(queue_.Finish());
  if (timing_queue_.has_value()) static_cast<void>(timing_queue_->Finish());
}

void Session::CountBytes(std::shared_ptr<ByteCount> count) {
  counted_bytes_ = CountedBytes(std::move(count), memory_.bytes());
}

StatusOr<std::unique_ptr<Session>> Session::Create(
    std::shared_ptr<const Plan> plan, ProgramCompiler* compiler,
    std::vector<std::shared_ptr<const BuiltProgram>> programs, SessionUse use, WeightStore* store) {
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(compiler->device(), false));
  std::unique_ptr<Session> session(new Session(std::move(plan), std::move(queue)));
  session->programs_ = std::move(programs);
  session->weights_ = std::make_shared<DeviceWeights>();
  {
    ScopedStartPart part("regions");
    MACE_RETURN_IF_ERROR(session->memory_.CreateRegions(*session->plan_, &session->queue_));
  }
  WeightStore own;
  // Packing needs no program, and a driver compiles on one thread, so both happen at once.
  Status packed;
  auto pack = [&, budget = ScopedMemoryBudget::Current()] {
    const ScopedMemoryBudget scope(budget);
    packed = CatchExhaustion([&] {
      ScopedStartPart part("weights");
      return session->weights_->Create(*session->plan_, &session->queue_,
                                       store != nullptr ? store : &own);
    });
  };
  std::thread packer;
  try {
    packer = std::thread(pack);
  } catch (const std::system_error&) {
    pack();
  }
  const double begin = MonotonicMilliseconds();
  // CatchExhaustion makes sure that the other thread is joined on every path.
  const Status built = CatchExhaustion([&] { return session->BuildPrograms(compiler); });
  session->program_ms_ = MonotonicMilliseconds() - begin;
  if (packer.joinable()) packer.join();
  MACE_RETURN_IF_ERROR(built);
  MACE_RETURN_IF_ERROR(packed);
  session->first_use_ = compiler->FirstUseOf(session->programs_, use == SessionUse::kModel);
  MACE_RETURN_IF_ERROR(session->Finish({compiler->store(), use == SessionUse::kModel}));
  return session;
}

StatusOr<std::unique_ptr<Session>> Session::CloneForConcurrentRun(ProgramCompiler* compiler) const {
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(compiler->device(), false));
  std::unique_ptr<Session> session(new Session(plan_, std::move(queue)));
  session->programs_ = programs_;
  session->launch_program_ = launch_program_;
  if (first_use_ != nullptr) session->first_use_ = first_use_->ForAnotherSession();
  session->weights_ = weights_;
  session->has_run_ = has_run_;
  MACE_RETURN_IF_ERROR(session->memory_.CreateRegions(*plan_, &session->queue_));
  MACE_RETURN_IF_ERROR(session->Finish({compiler->store(), true}));
  return session;
}

Status Session::Finish(const LibraryCache& cache) {
  const FirstUseScope announced(this);
  MACE_RETURN_IF_ERROR(BindLaunches(cache));
  MACE_RETURN_IF_ERROR(PrepareHost());
  FindWaits();
  FindBindable();
  faults_.Find(*plan_);
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    if (plan_->steps[i].is_launch()) after_launches_ = i + 1;
  }
  return RunSetup();
}

size_t Session::StagingBytes() const {
  size_t largest = 0;
  for (const std::vector<Step>* steps : {&plan_->setup_steps, &plan_->steps}) {
    for (const Step& step : *steps) {
      if (step.is_launch() || step.kind == Step::Kind::kCpu) continue;
      const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(step.index)];
      if (!LiesAsOnDevice(tensor.info.dtype)) largest = std::max(largest, DeviceBytes(tensor));
    }
  }
  return largest;
}

Status Session::PrepareHost() {
  const Graph& graph = *plan_->bound.graph;
  lifetimes_ = FindHostLifetimes(*plan_);
  for (const Step& step : plan_->steps) {
    if (step.kind != Step::Kind::kCpu) continue;
    MACE_RETURN_IF_ERROR(values_.PrepareConstants(graph.nodes[static_cast<size_t>(step.index)]));
  }
  for (const IoInfo& output : graph.outputs) {
    MACE_RETURN_IF_ERROR(values_.PrepareConstant(output.value));
  }
  for (ValueId id : lifetimes_.kept_downloads) {
    MACE_ASSIGN_OR_RETURN(HostTensor kept, HostTensor::Allocate(graph.value(id).info));
    values_.Set(id, std::move(kept));
  }
  staging_.resize(StagingBytes());
  return Status();
}

void Session::FindWaits() {
  const Graph& graph = *plan_->bound.graph;
  std::vector<bool> is_input(graph.values.size(), false);
  for (const IoInfo& input : graph.inputs) is_input[static_cast<size_t>(input.value)] = true;
  for (const Step& step : plan_->steps) {
    const bool sends = step.kind == Step::Kind::kUpload;
    waits_.push_back(false);
    if (!sends && step.kind != Step::Kind::kDownload) continue;
    const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(step.index)];
    if (DeviceBytes(tensor) == 0) continue;  // No command is needed.
    const size_t value = static_cast<size_t>(tensor.value);
    // The caller's memory stays unchanged during a run. Staging memory and the host's own values
    // are soon overwritten or read, so their transfers must be waited for.
    const bool callers = sends ? bool{is_input[value]} : lifetimes_.direct_output[value] >= 0;
    // A blocking transfer at the end waits for everything.
    const bool is_last = plan_->batch_slices == 1 && waits_.size() == plan_->steps.size();
    waits_.back() = is_last || !callers || !LiesAsOnDevice(tensor.info.dtype);
  }
}

Status Session::RunSetup() {
  ScopedStartPart part("constants");
  const Graph& graph = *plan_->bound.graph;
  for (const Step& step : plan_->setup_steps) {
    if (step.kind == Step::Kind::kUpload) {
      MACE_RETURN_IF_ERROR(
          values_.PrepareConstant(plan_->tensors[static_cast<size_t>(step.index)].value));
    }
    MACE_RETURN_IF_ERROR(RunStep(step, nullptr, {&queue_}));
  }
  // The device has the constants now; only those that nodes on the CPU read are kept.
  std::vector<bool> needed(graph.values.size(), false);
  for (const Step& step : plan_->steps) {
    if (step.kind != Step::Kind::kCpu) continue;
    for (ValueId id : graph.nodes[static_cast<size_t>(step.index)].inputs) {
      if (id != kNoValue) needed[static_cast<size_t>(id)] = true;
    }
  }
  for (const IoInfo& io : graph.outputs) needed[static_cast<size_t>(io.value)] = true;
  for (const Step& step : plan_->setup_steps) {
    if (step.kind != Step::Kind::kUpload) continue;
    const ValueId value = plan_->tensors[static_cast<size_t>(step.index)].value;
    if (!needed[static_cast<size_t>(value)]) values_.Drop(value);
  }
  return queue_.Finish();
}

Status Session::Run(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs) {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  const FirstUseScope announced(this);
  const Status status = CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(faults_.Begin(memory_, &queue_));
    return ForEachSlice(inputs, outputs,
                        [&](std::vector<HostTensor>* of_slice) { return RunSteps(of_slice); });
  });
  // Transfers may still use the caller's memory.
  const bool done = bindings_ == nullptr && status.ok() && plan_->batch_slices == 1 &&
                    !waits_.empty() && waits_.back();
  return EndRun(status, done ? nullptr : &queue_);
}

Status Session::EndRun(const Status& status, ClQueue* queue) {
  const Status finished = queue == nullptr ? Status() : queue->Finish();
  ReleaseTensors();
  if (status.code() == StatusCode::kDeviceError && finished.code() == StatusCode::kDeviceLost) {
    return DeviceLost(status.message() + "; " + finished.message());
  }
  MACE_RETURN_IF_ERROR(status);
  MACE_RETURN_IF_ERROR(finished);
  MACE_RETURN_IF_ERROR(faults_.Check(*plan_));
  *has_run_ = true;
  if (first_use_ != nullptr) first_use_->Succeed();
  return Status();
}

Status Session::RunSteps(std::vector<HostTensor>* outputs) {
  for (size_t i = 0; i < waits_.size(); ++i) {
    MACE_RETURN_IF_ERROR(CheckCancelled());
    // A later transfer that is waited for ends these reads too.
    if (i == after_launches_) MACE_RETURN_IF_ERROR(faults_.Enqueue(memory_, &queue_));
    // A copied input is released when the next slice's inputs are shared.
    const bool wait = waits_[i] || values_.has_copied_inputs();
    MACE_RETURN_IF_ERROR(RunStep(plan_->steps[i], outputs, {&queue_, nullptr, wait}));
    DropDead(i);
  }
  if (after_launches_ < waits_.size()) return Status();
  return faults_.Enqueue(memory_, &queue_);
}

Status Session::ForEachSlice(const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs, const SliceRun& run) {
  if (plan_->batch_slices == 1) return RunSlice(inputs, outputs, run);
  const Graph& graph = *plan_->bound.graph;
  for (int64_t slice = 0; slice < plan_->batch_slices; ++slice) {
    const auto view = [&](const std::vector<HostTensor>& whole, const std::vector<IoInfo>& infos) {
      std::vector<HostTensor> views;
      for (size_t i = 0; i < whole.size(); ++i) {
        const Shape& shape = graph.value(infos[i].value).info.shape;
        views.push_back(ViewBatchSlice(whole[i], shape, slice));
      }
      return views;
    };
    slice_ = static_cast<size_t>(slice);
    std::vector<HostTensor> of_slice = view(*outputs, graph.outputs);
    MACE_RETURN_IF_ERROR(RunSlice(view(inputs, graph.inputs), &of_slice, run));
  }
  return Status();
}

Status Session::RunSlice(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                         const SliceRun& run) {
  MACE_RETURN_IF_ERROR(values_.ShareInputs(inputs));
  if (lifetimes_.has_cpu_nodes) values_.PlaceOutputs(lifetimes_, *outputs);
  MACE_RETURN_IF_ERROR(run(outputs));
  values_.CopyOutputs(lifetimes_, outputs);
  if (lifetimes_.has_cpu_nodes) values_.ReleaseOutputs(lifetimes_);
  return Status();
}

void Session::DropDead(size_t index) {
  for (ValueId id : lifetimes_.dead_after[index]) values_.Drop(id);
}

void Session::ReleaseTensors() {
  if (lifetimes_.has_cpu_nodes) values_.ReleaseOutputs(lifetimes_);
  values_.ReleaseInputs();
}

Status Session::RunStep(const Step& step, std::vector<HostTensor>* outputs,
                        const CommandTarget& target) {
  switch (step.kind) {
    case Step::Kind::kLaunch:
      return Enqueue(launches_[static_cast<size_t>(step.index)], target);
    case Step::Kind::kPersistent:
      return EnqueuePersistentLaunch(static_cast<size_t>(step.index), target);
    case Step::Kind::kUpload:
      return Upload(step.index, target);
    case Step::Kind::kDownload:
      return DownloadTensor(step.index, outputs, target);
    case Step::Kind::kCpu: {
      const size_t node = static_cast<size_t>(step.index);
      return values_.RunNode(plan_->bound.graph->nodes[node], *plan_->bound.ops[node]);
    }
  }
  return Internal("plan: an unknown step");
}

Status Session::Enqueue(const BoundLaunch& launch, const CommandTarget& target) const {
  NoteFirstUse(launch.program, "launch", launch.kernel.name());
  Status status = launch.call.has_value() ? launch.call->Enqueue(target.queue, target.event)
                                          : target.queue->Launch(launch.kernel, launch.global,
                                                                 launch.local, target.event);
  if (status.ok()) status = FinishLaunch(target.queue);
  return status.ok() ? status : status.WithPrefix(NodeName(launch.node));
}

Status Session::Upload(int index, const CommandTarget& target) {
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(index)];
  const HostTensor& host = values_.Get(tensor.value);
  const std::string& name = plan_->bound.graph->value(tensor.value).name;
  const ClMemory& memory = memory_.region(tensor.region);
  NoteFirstUse(0, "write", name);
  const ClBufferPart buffer = InputBuffer(tensor.value, DeviceBytes(tensor));
  if (!buffer.empty()) return target.queue->CopyFrom(buffer, memory, name, target.event);
  if (LiesAsOnDevice(host.dtype()))
    return target.queue->Write(memory, host.bytes(), name, {target.wait, target.event});
  const MutableBytes elements(staging_.data(), DeviceBytes(tensor));
  const int64_t beyond = ToDeviceElements(host, elements);
  if (beyond >= 0) return BeyondInt32(tensor.value, beyond);
  return target.queue->Write(memory, elements, name, {target.wait, target.event});
}

Status Session::BeyondInt32(ValueId value, int64_t index) const {
  const Graph& graph = *plan_->bound.graph;
  const int input = input_of_value_.empty() ? -1 : input_of_value_[static_cast<size_t>(value)];
  const std::string who =
      input < 0 ? "value '" + Printable(graph.value(value).name)
                : "input '" + Printable(graph.inputs[static_cast<size_t>(input)].name);
  const std::vector<int64_t> elements = ToInt64Vector(values_.Get(value));
  return InvalidArgument(who + "': element " + std::to_string(index) +
                         ": expected a number of int32, as which devices compute int64, found " +
                         std::to_string(elements[static_cast<size_t>(index)]) +
                         "; device \"cpu\" computes in int64");
}

Status Session::DownloadTensor(int index, std::vector<HostTensor>* outputs,
                               const CommandTarget& target) {
  const DeviceTensor& tensor = plan_->tensors[static_cast<size_t>(index)];
  const std::string& name = plan_->bound.graph->value(tensor.value).name;
  const int output = lifetimes_.direct_output[static_cast<size_t>(tensor.value)];
  NoteFirstUse(0, "read", name);
  if (bindings_ != nullptr && output >= 0) {
    const auto io = static_cast<size_t>(output);
    if (bindings_->left_out[io] && leaves_out_[io]) return Status();
    const ClBufferPart buffer = OutputBuffer(output, DeviceBytes(tensor));
    if (!buffer.empty())
      return target.queue->CopyTo(buffer, memory_.region(tensor.region), name, target.event);
  }
  HostTensor* host =
      output >= 0 ? &(*outputs)[static_cast<size_t>(output)] : values_.GetMutable(tensor.value);
  const ClMemory& memory = memory_.region(tensor.region);
  const size_t bytes = DeviceBytes(tensor);
  if (LiesAsOnDevice(tensor.info.dtype)) {
    return target.queue->Read(memory, MutableBytes(host->mutable_data<uint8_t>(), bytes), name,
                              {target.wait, target.event});
  }
  MACE_RETURN_IF_ERROR(
      target.queue->Read(memory, MutableBytes(staging_.data(), bytes), name, {true, target.event}));
  FromDeviceElements(Bytes(staging_.data(), bytes), host);
  return Status();
}

std::string Session::NodeName(int node) const {
  if (node < 0) return "layout conversion";
  return DescribeNode(plan_->bound.graph->nodes[static_cast<size_t>(node)]);
}

}  // namespace mace
