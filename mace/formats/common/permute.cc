#include "mace/formats/common/permute.h"

#include <cstring>
#include <string>

#include "mace/base/strings.h"

namespace mace {
namespace {

bool IsPermutation(const std::vector<int64_t>& permutation, int rank) {
  if (permutation.size() != static_cast<size_t>(rank)) return false;
  std::vector<bool> seen(permutation.size(), false);
  for (int64_t axis : permutation) {
    if (axis < 0 || axis >= rank || seen[static_cast<size_t>(axis)]) return false;
    seen[static_cast<size_t>(axis)] = true;
  }
  return true;
}

}  // namespace

StatusOr<HostTensor> PermuteTensor(const HostTensor& tensor,
                                   const std::vector<int64_t>& permutation) {
  const Shape& in = tensor.shape();
  if (!IsPermutation(permutation, in.rank())) {
    return InvalidArgument("[" + JoinNumbers(permutation, ", ") +
                           "] is no permutation of the axes of " + in.ToString());
  }
  const size_t rank = permutation.size();
  std::vector<int64_t> in_strides(rank, 1);
  for (size_t axis = rank; axis-- > 1;) {
    in_strides[axis - 1] = in_strides[axis] * in.dim(static_cast<int>(axis));
  }
  std::vector<int64_t> dims(rank), strides(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    dims[axis] = in.dim(static_cast<int>(permutation[axis]));
    strides[axis] = in_strides[static_cast<size_t>(permutation[axis])];
  }
  MACE_ASSIGN_OR_RETURN(HostTensor out, HostTensor::Allocate({tensor.dtype(), Shape(dims)}));
  const size_t size = DTypeSize(tensor.dtype());
  const int64_t count = out.shape().elements();
  const uint8_t* source = tensor.bytes().data();
  uint8_t* target = out.mutable_data<uint8_t>();
  std::vector<int64_t> index(rank, 0);
  int64_t from = 0;
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(target + static_cast<size_t>(i) * size, source + static_cast<size_t>(from) * size,
                size);
    // Counts up like an odometer, innermost axis first.
    for (size_t axis = rank; axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < dims[axis]) break;
      from -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return out;
}

std::vector<int64_t> InversePermutation(const std::vector<int64_t>& permutation) {
  std::vector<int64_t> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  }
  return inverse;
}

}  // namespace mace
