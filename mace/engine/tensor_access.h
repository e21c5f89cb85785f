// Converts between tensors of the public API and internal ones, which share the elements.
#ifndef MACE_ENGINE_TENSOR_ACCESS_H_
#define MACE_ENGINE_TENSOR_ACCESS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "mace/api/tensor.h"
#include "mace/cl/caller_objects.h"
#include "mace/graph/tensor.h"

namespace mace {

struct [[gnu::visibility("hidden")]] Tensor::State {
  HostTensor host;
  std::vector<int64_t> dims;
  Status status;
  bool is_mutable_view = false;  // Memory of the caller that a request may write.
  ClBufferPart buffer;           // Holds the elements; `host` then has none.
};

struct TensorAccess {
  static Tensor FromHost(HostTensor host);
  // An unusable tensor with this status.
  static Tensor Failed(const Status& status);
  // Shares the elements. REQUIRES: the tensor is not empty and its status is OK.
  static const HostTensor& ToHost(const Tensor& tensor) { return tensor.state_->host; }
  // Moves the elements out of a tensor that has no other copy, so that its user can put them back
  // without an allocation.
  static HostTensor Take(Tensor* tensor) { return std::move(tensor->state_->host); }
  static void PutBack(HostTensor host, Tensor* tensor) { tensor->state_->host = std::move(host); }
  // Empty for a tensor in host memory.
  static const ClBufferPart& BufferOf(const Tensor& tensor);
  // Whether a request that holds one copy of the tensor may write into it.
  static bool IsForWriting(const Tensor& tensor);
};

}  // namespace mace

#endif  // MACE_ENGINE_TENSOR_ACCESS_H_
