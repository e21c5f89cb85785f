// Measures where a run's time goes, and what the device can do at most.
#include "mace/diagnose.h"
#include "mace/diagnose/profile.h"
#include "mace/diagnose/request_plan.h"
#include "mace/tune/roofline_limits.h"

namespace mace {

StatusOr<PeakRates> FindPeakRates(const CompiledModel& compiled) {
  const std::shared_ptr<CompiledModel::State>& state = CompiledModelAccess::StateOf(compiled);
  if (state == nullptr) {
    return FailedPrecondition("compiled model: expected one that Compile made, found none");
  }
  if (state->runtime == nullptr) return Unsupported("the reference on the CPU has no peaks");
  MACE_RETURN_IF_ERROR(state->CheckProcess());
  const ScopedMemoryBudget budget(state->host_budget);
  return CatchExhaustion([&]() -> StatusOr<PeakRates> {
    MACE_ASSIGN_OR_RETURN(const RooflineLimits limits,
                          FindRooflineLimits(state->runtime->compiler()));
    return PeakRates{limits.gflops, limits.gbytes_per_second, limits.recorded};
  });
}

namespace {

// A plan and the times of its runs.
struct TimedPlan {
  std::shared_ptr<SharedPlan> plan;
  std::vector<RunTimes> runs;
};

// The first run is not counted: it makes the queue and, on some drivers, machine code.
StatusOr<TimedPlan> TimePlan(Request::State* request, int runs) {
  MACE_ASSIGN_OR_RETURN(const RequestPlan of, FindRequestPlan(request));
  MACE_RETURN_IF_ERROR(request->CheckInputsAreSet());
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs,
                        AllocateTensors(of.shared->model().outputs));
  const auto run = [&](RunTimes* times) {
    return request->compiled->Run(of.shared.get(), request->given, &outputs, times);
  };
  RunTimes warm_up;
  MACE_RETURN_IF_ERROR(run(&warm_up));
  TimedPlan timed = {of.shared, std::vector<RunTimes>(static_cast<size_t>(runs))};
  for (RunTimes& one : timed.runs) MACE_RETURN_IF_ERROR(run(&one));
  return timed;
}

// The stages of a model that runs in stages. Each run has the same, since its inputs are the same.
StatusOr<std::vector<TimedPlan>> TimeStages(Request::State* request, int runs) {
  MACE_ASSIGN_OR_RETURN(const std::vector<RequestPlan> plans, FindRequestPlans(request));
  std::vector<TimedPlan> stages;
  for (const RequestPlan& of : plans) stages.push_back({of.shared, {}});
  const auto run_stage = [&](size_t index, const std::shared_ptr<SharedPlan>& plan,
                             const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs) -> Status {
    if (index >= stages.size() || plan->model().stage->graph->nodes.size() !=
                                      stages[index].plan->model().stage->graph->nodes.size()) {
      return Internal("expected the stages of the run before, found others");
    }
    stages[index].runs.emplace_back();
    return request->compiled->Run(plan.get(), inputs, outputs, &stages[index].runs.back());
  };
  for (int i = 0; i < runs; ++i) MACE_RETURN_IF_ERROR(request->RunEachStage(run_stage).status());
  return stages;
}

}  // namespace

StatusOr<Profile> ProfileRuns(Request* request, int runs) {
  if (runs < 1) {
    return InvalidArgument("profile: expected one run or more, found " + std::to_string(runs));
  }
  return OnStateOf(*request, [&](Request::State* state) -> StatusOr<Profile> {
    if (state->compiled->model->run_values == nullptr) {
      MACE_ASSIGN_OR_RETURN(const TimedPlan timed, TimePlan(state, runs));
      return MakeProfile(*timed.plan->model().plan, timed.runs);
    }
    MACE_ASSIGN_OR_RETURN(const std::vector<TimedPlan> stages, TimeStages(state, runs));
    std::vector<Profile> profiles;
    for (const TimedPlan& stage : stages) {
      profiles.push_back(MakeProfile(*stage.plan->model().plan, stage.runs));
    }
    return JoinProfiles(std::move(profiles));
  });
}

StatusOr<double> ReplayLaunches(Request* request) {
  return OnPlanOf(*request, [](const RequestPlan& of) -> StatusOr<double> {
    MACE_ASSIGN_OR_RETURN(const SharedPlan::Lease executor, of.shared->Take());
    return executor->Replay();
  });
}

}  // namespace mace
