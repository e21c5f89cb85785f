// Reordering the axes of constant tensors, for filters and layouts.
#ifndef MACE_FORMATS_COMMON_PERMUTE_H_
#define MACE_FORMATS_COMMON_PERMUTE_H_

#include <cstdint>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

// The tensor whose axis i is axis permutation[i] of `tensor`; of any dtype. kInvalidArgument where
// `permutation` is none of the tensor's rank.
StatusOr<HostTensor> PermuteTensor(const HostTensor& tensor,
                                   const std::vector<int64_t>& permutation);

// The permutation that undoes this one. REQUIRES: it is one.
std::vector<int64_t> InversePermutation(const std::vector<int64_t>& permutation);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_PERMUTE_H_
