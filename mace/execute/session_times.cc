// Times the steps of a session: RunTimed, MeasureNode and Replay.
#include <algorithm>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/clock.h"
#include "mace/cl/opencl_process.h"
#include "mace/execute/session.h"

namespace mace {
namespace {

double Milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

// The difference from the device's clock to the host's. Each command was queued during the host's
// part of its step, so each step bounds the difference from both sides.
double ClockOffset(const std::vector<StepTimes>& steps, const std::vector<KernelTimes>& device) {
  double least = 0, most = 0;
  bool any = false;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].on_device) continue;
    const double low = steps[i].host_begin - Milliseconds(device[i].queued);
    const double high = steps[i].host_end - Milliseconds(device[i].queued);
    least = any ? std::max(least, low) : low;
    most = any ? std::min(most, high) : high;
    any = true;
  }
  return (least + most) / 2;
}

}  // namespace

Status Session::RunTimed(const std::vector<HostTensor>& inputs, std::vector<HostTensor>* outputs,
                         RunTimes* times) {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  if (!timing_queue_.has_value()) {
    MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(queue_.device(), true));
    timing_queue_.emplace(std::move(queue));
  }
  const FirstUseScope announced(this);
  // The timing queue does not wait for commands of queue_.
  MACE_RETURN_IF_ERROR(queue_.Finish());
  const size_t steps = plan_->steps.size() * static_cast<size_t>(plan_->batch_slices);
  std::vector<ClEventHandle> events(steps);
  times->steps.assign(steps, StepTimes());
  times->begin = MonotonicMilliseconds();
  size_t at = 0;
  const auto run_steps = [&](std::vector<HostTensor>* of_slice) -> Status {
    for (size_t i = 0; i < plan_->steps.size(); ++i) {
      StepTimes* step = &times->steps[at];
      step->step = plan_->steps[i];
      step->host_begin = MonotonicMilliseconds();
      MACE_RETURN_IF_ERROR(RunStep(plan_->steps[i], of_slice, {&*timing_queue_, &events[at]}));
      step->host_end = MonotonicMilliseconds();
      DropDead(i);
      ++at;
    }
    return faults_.Enqueue(memory_, &*timing_queue_);
  };
  const Status status = CatchExhaustion([&] {
    MACE_RETURN_IF_ERROR(faults_.Begin(memory_, &*timing_queue_));
    return ForEachSlice(inputs, outputs, run_steps);
  });
  times->end = MonotonicMilliseconds();
  MACE_RETURN_IF_ERROR(EndRun(status, &*timing_queue_));
  return ReadEvents(events, times);
}

Status Session::ReadEvents(const std::vector<ClEventHandle>& events, RunTimes* times) const {
  std::vector<KernelTimes> device(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    // A library may give no event, and an empty tensor is not copied.
    if (!events[i]) continue;
    MACE_ASSIGN_OR_RETURN(device[i], TimesOf(events[i]));
    times->steps[i].on_device = true;
  }
  const double offset = ClockOffset(times->steps, device);
  double last_end = times->begin;
  for (size_t i = 0; i < events.size(); ++i) {
    StepTimes* step = &times->steps[i];
    if (!step->on_device) continue;
    step->device_begin = Milliseconds(device[i].start) + offset;
    step->device_end = Milliseconds(device[i].end) + offset;
    const bool is_launch = step->step.kind == Step::Kind::kLaunch;
    if (is_launch && launches_[static_cast<size_t>(step->step.index)].call.has_value()) {
      step->device_begin = std::max(last_end, Milliseconds(device[i].queued) + offset);
    }
    last_end = step->device_end;
  }
  return Status();
}

StatusOr<double> Session::TimeOnDevice(const std::function<Status()>& enqueue) {
  const double begin = MonotonicMilliseconds();
  const Status enqueued = enqueue();
  const Status finished = queue_.Finish();  // Also after a failure.
  MACE_RETURN_IF_ERROR(enqueued);
  MACE_RETURN_IF_ERROR(finished);
  return MonotonicMilliseconds() - begin;
}

StatusOr<double> Session::MeasureNode(int node, double limit_ms) {
  constexpr int kBatches = 5;
  const auto time_batch = [&](int count) -> StatusOr<double> {
    MACE_ASSIGN_OR_RETURN(const double ms, TimeOnDevice([&] {
                            for (int i = 0; i < count; ++i) {
                              for (const BoundLaunch& launch : launches_) {
                                if (launch.node != node) continue;
                                MACE_RETURN_IF_ERROR(Enqueue(launch, {&queue_}));
                              }
                            }
                            return Status();
                          }));
    return ms / count;
  };
  MACE_RETURN_IF_ERROR(queue_.Finish());
  faults_.MarkSet();
  MACE_ASSIGN_OR_RETURN(double best, time_batch(1));
  const double end = MonotonicMilliseconds() + limit_ms;
  const int count =
      std::max(1, static_cast<int>(std::min(1000.0, limit_ms / kBatches / std::max(best, 1e-3))));
  for (int batch = 0; batch < kBatches && MonotonicMilliseconds() < end; ++batch) {
    MACE_ASSIGN_OR_RETURN(const double mean, time_batch(count));
    best = std::min(best, mean);
  }
  return best;
}

StatusOr<double> Session::Replay() {
  MACE_RETURN_IF_ERROR(CheckOpenClProcess());
  for (const Step& step : plan_->steps) {
    if (step.kind != Step::Kind::kCpu) continue;
    return Unsupported("a run with nodes on the CPU cannot be replayed on the device alone");
  }
  MACE_RETURN_IF_ERROR(queue_.Finish());
  // Nothing is uploaded, so that kernels may read anything in the place of indices.
  faults_.MarkSet();
  return TimeOnDevice([&] {
    for (int64_t slice = 0; slice < plan_->batch_slices; ++slice) {
      for (const Step& step : plan_->steps) {
        if (step.is_launch()) MACE_RETURN_IF_ERROR(RunStep(step, nullptr, {&queue_}));
      }
    }
    return Status();
  });
}

}  // namespace mace
