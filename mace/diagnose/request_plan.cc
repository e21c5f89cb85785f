#include "mace/diagnose/request_plan.h"

#include <utility>

#include "mace/base/strings.h"

namespace mace {

Status RequestPlan::CheckInputsAreSet() const {
  for (size_t i = 0; i < request->inputs.size(); ++i) {
    if (!request->inputs[i].empty()) continue;
    return FailedPrecondition("input '" + Printable(compiled().model->inputs[i].name) +
                              "' is not set");
  }
  return Status();
}

StatusOr<RequestPlan> FindRequestPlan(Request::State* request) {
  MACE_RETURN_IF_ERROR(RefuseRunValues(*request->compiled->model, "looking inside of the model"));
  PlanTable::InputDims dims = request->compiled->compiled_dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!request->inputs[i].empty()) dims[i] = request->inputs[i].dims();
  }
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found,
                        request->compiled->PlanFor({std::move(dims), OutputSet(), {}}));
  return RequestPlan{request, std::move(found.plan)};
}

}  // namespace mace
