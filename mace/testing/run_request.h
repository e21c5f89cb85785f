// A request that is run on tensors as the layers below have them.
#ifndef MACE_TESTING_RUN_REQUEST_H_
#define MACE_TESTING_RUN_REQUEST_H_

#include <vector>

#include "mace/api/request.h"
#include "mace/engine/tensor_access.h"

namespace mace {

// Starts the request on these inputs, in their order, waits for it, and gives its first outputs.
inline StatusOr<std::vector<HostTensor>> RunRequest(Request* request,
                                                    const std::vector<HostTensor>& inputs,
                                                    size_t count) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    MACE_RETURN_IF_ERROR(request->Set(i, TensorAccess::FromHost(inputs[i])));
  }
  MACE_RETURN_IF_ERROR(request->Start());
  MACE_RETURN_IF_ERROR(request->Wait());
  std::vector<HostTensor> outputs;
  for (size_t i = 0; i < count; ++i) {
    MACE_ASSIGN_OR_RETURN(const Tensor output, request->Get(i));
    outputs.push_back(TensorAccess::ToHost(output));
  }
  return outputs;
}

}  // namespace mace

#endif  // MACE_TESTING_RUN_REQUEST_H_
