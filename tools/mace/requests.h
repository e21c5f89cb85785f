// A request with all its inputs, and all its outputs.
#ifndef TOOLS_MACE_REQUESTS_H_
#define TOOLS_MACE_REQUESTS_H_

#include <vector>

#include "mace/mace.h"

namespace mace {

// A request of the model whose inputs, in their order, are set.
StatusOr<Request> RequestWith(CompiledModel* compiled, const std::vector<Tensor>& inputs);

// The outputs of the request's last run, in the order of the model's. REQUIRES: `request` is of
// `compiled`.
StatusOr<std::vector<Tensor>> OutputsOf(const CompiledModel& compiled, const Request& request);

// One run on these inputs.
StatusOr<std::vector<Tensor>> RunOnce(CompiledModel* compiled, const std::vector<Tensor>& inputs);

}  // namespace mace

#endif  // TOOLS_MACE_REQUESTS_H_
