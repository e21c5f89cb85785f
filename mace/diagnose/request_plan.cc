#include "mace/diagnose/request_plan.h"

#include <utility>

namespace mace {

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

StatusOr<std::vector<RequestPlan>> FindRequestPlans(Request::State* request) {
  std::vector<RequestPlan> plans;
  if (request->compiled->model->run_values == nullptr) {
    MACE_ASSIGN_OR_RETURN(RequestPlan plan, FindRequestPlan(request));
    plans.push_back(std::move(plan));
    return plans;
  }
  MACE_RETURN_IF_ERROR(request->CheckInputsAreSet().WithPrefix(
      "looking inside of a model whose shapes depend on values that only a run gives"));
  const auto run_stage = [&](size_t index, const std::shared_ptr<SharedPlan>& plan,
                             const std::vector<HostTensor>& inputs,
                             std::vector<HostTensor>* outputs) {
    plans.resize(index);
    plans.push_back({request, plan});
    return request->compiled->Run(plan.get(), inputs, outputs);
  };
  MACE_RETURN_IF_ERROR(request->RunEachStage(run_stage).status());
  if (plans.empty()) return Unsupported("looking inside of a model that has nothing to run");
  return plans;
}

}  // namespace mace
