// The plans for a request's inputs, with exclusive use of the request.
#ifndef MACE_DIAGNOSE_REQUEST_PLAN_H_
#define MACE_DIAGNOSE_REQUEST_PLAN_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "mace/api/request.h"
#include "mace/base/cancellation.h"
#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/request_state.h"
#include "mace/plan/plan.h"

namespace mace {

// Valid only during the call that it is passed to.
struct [[gnu::visibility("hidden")]] RequestPlan {
  Request::State* request = nullptr;
  std::shared_ptr<SharedPlan> shared;

  const CompiledModel::State& compiled() const { return *request->compiled; }
  const Graph& imported() const { return *shared->model().imported; }
  const Plan& plan() const { return *shared->model().plan; }
  const Graph& graph() const { return *plan().bound.graph; }  // The graph after the passes.
  // Null on the CPU.
  ProgramCompiler* compiler() const {
    return compiled().runtime == nullptr ? nullptr : compiled().runtime->compiler();
  }
};

// The plan for the inputs that are set; inputs that are not set have the compiled dims.
// kUnsupported for a model that runs in stages.
StatusOr<RequestPlan> FindRequestPlan(Request::State* request);

// The plans of a model that runs in stages (CompiledModel): those that a run with the inputs has, in
// its order, which takes a run to know. Another model has one plan, that of FindRequestPlan.
// kFailedPrecondition names an input that a model in stages needs and that is not set.
StatusOr<std::vector<RequestPlan>> FindRequestPlans(Request::State* request);

// Calls `call` with the state of the request and gives its StatusOr. The request counts as running
// meanwhile: another thread is refused, and Cancel works. No exception leaves this function.
template <typename Call>
auto OnStateOf(const Request& request, const Call& call)
    -> decltype(call(std::declval<Request::State*>())) {
  using Answer = decltype(call(std::declval<Request::State*>()));
  const std::shared_ptr<Request::State> state = RequestAccess::StateOf(request);
  if (state == nullptr) {
    return FailedPrecondition("request: expected one that NewRequest made, found none");
  }
  MACE_RETURN_IF_ERROR(state->Begin(std::nullopt));
  const ScopedMemoryBudget budget(state->compiled->host_budget);
  const ScopedCancellation cancellation(&state->cancellation);
  Answer answer = CatchExhaustion([&]() -> Answer { return call(state.get()); });
  state->End(answer.status());
  return answer;
}

// OnStateOf with the request's plan.
template <typename Call>
auto OnPlanOf(const Request& request, const Call& call)
    -> decltype(call(std::declval<const RequestPlan&>())) {
  using Answer = decltype(call(std::declval<const RequestPlan&>()));
  return OnStateOf(request, [&](Request::State* state) -> Answer {
    MACE_ASSIGN_OR_RETURN(const RequestPlan plan, FindRequestPlan(state));
    return call(plan);
  });
}

// OnStateOf with the request's plans, of which there is at least one.
template <typename Call>
auto OnPlansOf(const Request& request, const Call& call)
    -> decltype(call(std::declval<const std::vector<RequestPlan>&>())) {
  using Answer = decltype(call(std::declval<const std::vector<RequestPlan>&>()));
  return OnStateOf(request, [&](Request::State* state) -> Answer {
    MACE_ASSIGN_OR_RETURN(const std::vector<RequestPlan> plans, FindRequestPlans(state));
    return call(plans);
  });
}

}  // namespace mace

#endif  // MACE_DIAGNOSE_REQUEST_PLAN_H_
