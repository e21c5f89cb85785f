// The tensors of the public API and those inside: the same elements, seen from both sides.
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
  bool is_mutable_view = false;  // Memory of the caller's that a request may write.
  ClBufferPart buffer;           // The elements; `host` has none then.
};

struct TensorAccess {
  static Tensor FromHost(HostTensor host);
  // A tensor that cannot be used, with this status.
  static Tensor Failed(const Status& status);
  // Shares the elements. REQUIRES: the tensor is not empty and its status is OK.
  static const HostTensor& ToHost(const Tensor& tensor) { return tensor.state_->host; }
  // Takes the elements out of a tensor that nobody else has a copy of, and puts them back: a copy of
  // them would take memory for their shape.
  static HostTensor Take(Tensor* tensor) { return std::move(tensor->state_->host); }
  static void PutBack(HostTensor host, Tensor* tensor) { tensor->state_->host = std::move(host); }
  // Empty for a tensor in host memory.
  static const ClBufferPart& BufferOf(const Tensor& tensor);
  // Whether a request may write into the tensor of which it holds one copy.
  static bool IsForWriting(const Tensor& tensor);
};

}  // namespace mace

#endif  // MACE_ENGINE_TENSOR_ACCESS_H_
