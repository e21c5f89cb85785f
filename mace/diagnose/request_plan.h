// The plan for a request's inputs, with exclusive use of the request.
#ifndef MACE_DIAGNOSE_REQUEST_PLAN_H_
#define MACE_DIAGNOSE_REQUEST_PLAN_H_

#include <memory>
#include <optional>
#include <utility>

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
  // kFailedPrecondition names an input that is not set.
  Status CheckInputsAreSet() const;
};

// The plan for the inputs that are set; inputs that are not set have the compiled dims.
StatusOr<RequestPlan> FindRequestPlan(Request::State* request);

// Calls `call` with the request's plan and gives its StatusOr. The request counts as running
// meanwhile: another thread is refused, and Cancel works. No exception leaves this function.
template <typename Call>
auto OnPlanOf(const Request& request, const Call& call)
    -> decltype(call(std::declval<const RequestPlan&>())) {
  using Answer = decltype(call(std::declval<const RequestPlan&>()));
  const std::shared_ptr<Request::State> state = RequestAccess::StateOf(request);
  if (state == nullptr) {
    return FailedPrecondition("request: expected one that NewRequest made, found none");
  }
  MACE_RETURN_IF_ERROR(state->Begin(std::nullopt));
  const ScopedMemoryBudget budget(state->compiled->host_budget);
  const ScopedCancellation cancellation(&state->cancellation);
  Answer answer = CatchExhaustion([&]() -> Answer {
    MACE_ASSIGN_OR_RETURN(const RequestPlan plan, FindRequestPlan(state.get()));
    return call(plan);
  });
  state->End(answer.status());
  return answer;
}

}  // namespace mace

#endif  // MACE_DIAGNOSE_REQUEST_PLAN_H_
