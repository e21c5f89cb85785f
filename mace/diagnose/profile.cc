#include "mace/diagnose/profile.h"

#include <algorithm>
#include <map>

#include "mace/base/strings.h"
#include "mace/plan/cost.h"

namespace mace {
namespace {

double Median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle),
                   values.end());
  return values[middle];
}

double HostMs(const StepTimes& step) { return step.host_end - step.host_begin; }

double StepMs(const StepTimes& step) {
  return step.on_device ? step.device_end - step.device_begin : HostMs(step);
}

double IdleMs(const RunTimes& run) {
  double idle = 0;
  const StepTimes* last = nullptr;
  for (const StepTimes& step : run.steps) {
    const bool launch = step.on_device && step.step.kind == Step::Kind::kLaunch;
    if (launch && last != nullptr) idle += std::max(0.0, step.device_begin - last->device_end);
    last = launch ? &step : nullptr;
  }
  return idle;
}

double EnqueueMs(const RunTimes& run) {
  double total = 0;
  for (const StepTimes& step : run.steps) {
    if (step.step.kind == Step::Kind::kLaunch) total += HostMs(step);
  }
  return total;
}

ProfiledRun TimesOf(const RunTimes& run) {
  ProfiledRun profiled;
  profiled.begin = run.begin;
  profiled.end = run.end;
  for (const StepTimes& step : run.steps) {
    profiled.steps.push_back(
        {step.host_begin, step.host_end, step.on_device, step.device_begin, step.device_end});
  }
  return profiled;
}

void SummarizeRuns(Profile* profile) {
  std::vector<double> run_ms;
  for (const ProfiledRun& run : profile->runs) run_ms.push_back(run.end - run.begin);
  profile->shortest =
      static_cast<size_t>(std::min_element(run_ms.begin(), run_ms.end()) - run_ms.begin());
  profile->run_ms = Median(std::move(run_ms));
}

class ProfileMaker {
 public:
  ProfileMaker(const Plan& plan, const std::vector<RunTimes>& runs) : plan_(plan), runs_(runs) {}

  Profile Make() {
    for (size_t step = 0; step < runs_.front().steps.size(); ++step) AddStep(step);
    std::vector<double> idle_ms, enqueue_ms;
    for (const RunTimes& run : runs_) {
      idle_ms.push_back(IdleMs(run));
      enqueue_ms.push_back(EnqueueMs(run));
    }
    profile_.idle_ms = Median(std::move(idle_ms));
    profile_.host_ms = Median(std::move(enqueue_ms));
    for (const ProfiledOp& op : profile_.ops) {
      profile_.ops_ms += op.ms;
      profile_.flops += op.flops;
      profile_.bytes += op.bytes;
    }
    for (const RunTimes& run : runs_) profile_.runs.push_back(TimesOf(run));
    SummarizeRuns(&profile_);
    return std::move(profile_);
  }

 private:
  const Node& node(size_t index) const { return plan_.bound.graph->nodes[index]; }

  void AddStep(size_t at) {
    const Step step = runs_.front().steps[at].step;
    const size_t index = static_cast<size_t>(step.index);
    size_t op = 0;
    if (step.kind == Step::Kind::kLaunch) {
      const PlannedLaunch& planned = plan_.launches[index];
      op = planned.node < 0 ? ConversionOp(index) : NodeOp(static_cast<size_t>(planned.node));
      ++profile_.ops[op].launches;
      profile_.steps.push_back({op, planned.launch.kernel.base_name});
    } else if (step.kind == Step::Kind::kCpu) {
      op = NodeOp(index);
      profile_.ops[op].variant = "cpu";
      profile_.steps.push_back({op, "on the CPU"});
    } else {
      const bool upload = step.kind == Step::Kind::kUpload;
      op = MoveOp(index, upload ? "(upload)" : "(download)");
      profile_.steps.push_back({op, upload ? "upload" : "download"});
    }
    std::vector<double> device, host;
    for (const RunTimes& run : runs_) {
      device.push_back(StepMs(run.steps[at]));
      host.push_back(HostMs(run.steps[at]));
    }
    profile_.ops[op].ms += Median(std::move(device));
    profile_.ops[op].host_ms += Median(std::move(host));
  }

  std::string Shapes(const std::vector<ValueId>& values, bool constants) const {
    std::vector<std::string> shapes;
    for (ValueId id : values) {
      if (id == kNoValue || (!constants && plan_.bound.graph->IsConstant(id))) continue;
      shapes.push_back(plan_.bound.graph->value(id).info.shape.ToString());
    }
    return Join(shapes, " ");
  }

  size_t NodeOp(size_t index) {
    const auto [found, added] = op_of_node_.emplace(index, profile_.ops.size());
    if (!added) return found->second;
    ProfiledOp op;
    op.name = node(index).name;
    op.type = node(index).type;
    op.variant = plan_.placements[index].variant;
    op.inputs = Shapes(node(index).inputs, false);
    op.outputs = Shapes(node(index).outputs, true);
    const Cost cost = NodeCost(plan_, index);
    op.flops = cost.flops;
    op.bytes = cost.bytes;
    profile_.ops.push_back(std::move(op));
    return found->second;
  }

  size_t MoveOp(size_t tensor, const char* type) {
    const auto [found, added] = op_of_move_.emplace(tensor, profile_.ops.size());
    return added ? AddMove(plan_.tensors[tensor], type) : found->second;
  }

  size_t ConversionOp(size_t launch) {
    const auto [found, added] = op_of_conversion_.emplace(launch, profile_.ops.size());
    return added ? AddConversion(plan_.launches[launch]) : found->second;
  }

  size_t AddMove(const DeviceTensor& tensor, const char* type) {
    ProfiledOp op;
    op.name = plan_.bound.graph->value(tensor.value).name;
    op.type = type;
    op.inputs = op.outputs = tensor.info.shape.ToString();
    op.bytes = 2 * static_cast<double>(tensor.info.shape.elements()) *
               static_cast<double>(ElementBytes(tensor.format.precision));
    op.bytes *= static_cast<double>(plan_.batch_slices);
    profile_.ops.push_back(std::move(op));
    return profile_.ops.size() - 1;
  }

  // The tensors of a conversion are those of its launch; the last one is the result.
  size_t AddConversion(const PlannedLaunch& planned) {
    const DeviceTensor* result = nullptr;
    for (const KernelArgument& argument : planned.launch.arguments) {
      const auto* named = std::get_if<TensorArgument>(&argument);
      if (named == nullptr || named->kind == TensorArgument::Kind::kWeights ||
          named->kind == TensorArgument::Kind::kScratch) {
        continue;
      }
      result = &plan_.tensors[static_cast<size_t>(named->index)];
    }
    const size_t op = AddMove(result == nullptr ? DeviceTensor() : *result, "(conversion)");
    profile_.ops[op].variant = planned.launch.kernel.base_name;
    return op;
  }

  const Plan& plan_;
  const std::vector<RunTimes>& runs_;
  Profile profile_;
  std::map<size_t, size_t> op_of_node_;
  std::map<size_t, size_t> op_of_move_;        // By tensor.
  std::map<size_t, size_t> op_of_conversion_;  // By launch.
};

}  // namespace

Profile MakeProfile(const Plan& plan, const std::vector<RunTimes>& runs) {
  return ProfileMaker(plan, runs).Make();
}

Profile JoinProfiles(std::vector<Profile> stages) {
  Profile whole = std::move(stages[0]);
  for (size_t stage = 1; stage < stages.size(); ++stage) {
    Profile& part = stages[stage];
    const size_t ops_before = whole.ops.size();
    for (ProfiledOp& op : part.ops) {
      op.stage = stage;
      whole.ops.push_back(std::move(op));
    }
    for (ProfiledStep& step : part.steps) {
      whole.steps.push_back({ops_before + step.op, std::move(step.name)});
    }
    for (size_t run = 0; run < whole.runs.size(); ++run) {
      const ProfiledRun& of_stage = part.runs[run];
      whole.runs[run].end = of_stage.end;
      whole.runs[run].steps.insert(whole.runs[run].steps.end(), of_stage.steps.begin(),
                                   of_stage.steps.end());
    }
    whole.ops_ms += part.ops_ms;
    whole.idle_ms += part.idle_ms;
    whole.host_ms += part.host_ms;
    whole.flops += part.flops;
    whole.bytes += part.bytes;
  }
  whole.stages = stages.size();
  SummarizeRuns(&whole);
  return whole;
}

}  // namespace mace
