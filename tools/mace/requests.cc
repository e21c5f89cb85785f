#include "tools/mace/requests.h"

#include <utility>

namespace mace {

StatusOr<Request> RequestWith(CompiledModel* compiled, const std::vector<Tensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(Request request, compiled->NewRequest());
  for (size_t i = 0; i < inputs.size(); ++i) MACE_RETURN_IF_ERROR(request.Set(i, inputs[i]));
  return request;
}

StatusOr<std::vector<Tensor>> OutputsOf(const CompiledModel& compiled, const Request& request) {
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < compiled.outputs().size(); ++i) {
    MACE_ASSIGN_OR_RETURN(Tensor output, request.Get(i));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

StatusOr<std::vector<Tensor>> RunOnce(CompiledModel* compiled, const std::vector<Tensor>& inputs) {
  MACE_ASSIGN_OR_RETURN(Request request, RequestWith(compiled, inputs));
  MACE_RETURN_IF_ERROR(request.Run());
  return OutputsOf(*compiled, request);
}

}  // namespace mace
