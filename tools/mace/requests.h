// Requests with all their inputs and all their outputs.
#ifndef TOOLS_MACE_REQUESTS_H_
#define TOOLS_MACE_REQUESTS_H_

#include <vector>

#include "mace/mace.h"

namespace mace {

// A request of the model with these inputs, in the model's order.
StatusOr<Request> RequestWith(CompiledModel* compiled, const std::vector<Tensor>& inputs);

// The outputs of the request's last run, in the model's order. REQUIRES: `request` belongs to
// `compiled`.
StatusOr<std::vector<Tensor>> OutputsOf(const CompiledModel& compiled, const Request& request);

// Runs once with these inputs and gives the outputs.
StatusOr<std::vector<Tensor>> RunOnce(CompiledModel* compiled, const std::vector<Tensor>& inputs);

}  // namespace mace

#endif  // TOOLS_MACE_REQUESTS_H_
