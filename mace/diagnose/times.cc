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

StatusOr<Profile> ProfileRuns(Request* request, int runs) {
  if (runs < 1) {
    return InvalidArgument("profile: expected one run or more, found " + std::to_string(runs));
  }
  return OnPlanOf(*request, [&](const RequestPlan& of) -> StatusOr<Profile> {
    MACE_RETURN_IF_ERROR(of.CheckInputsAreSet());
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs,
                          AllocateTensors(of.shared->model().outputs));
    const auto run = [&](RunTimes* times) {
      return of.request->compiled->Run(of.shared.get(), of.request->given, &outputs, times);
    };
    // The first run is not counted: it makes the queue and, on some drivers, machine code.
    RunTimes warm_up;
    MACE_RETURN_IF_ERROR(run(&warm_up));
    std::vector<RunTimes> times(static_cast<size_t>(runs));
    for (RunTimes& one : times) MACE_RETURN_IF_ERROR(run(&one));
    return MakeProfile(of.plan(), times);
  });
}

StatusOr<double> ReplayLaunches(Request* request) {
  return OnPlanOf(*request, [](const RequestPlan& of) -> StatusOr<double> {
    MACE_ASSIGN_OR_RETURN(const SharedPlan::Lease executor, of.shared->Take());
    return executor->Replay();
  });
}

}  // namespace mace
