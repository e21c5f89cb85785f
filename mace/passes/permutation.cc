#include "mace/passes/permutation.h"

#include <cstring>
#include <numeric>
#include <utility>

namespace mace {

bool IsPermutation(const Permutation& p) {
  std::vector<bool> seen(p.size());
  for (int64_t axis : p) {
    if (axis < 0 || axis >= static_cast<int64_t>(p.size()) || seen[axis]) return false;
    seen[axis] = true;
  }
  return true;
}

bool IsIdentity(const Permutation& p) {
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

Permutation Inverse(const Permutation& p) {
  Permutation inverse(p.size());
  for (size_t i = 0; i < p.size(); ++i) inverse[p[i]] = static_cast<int64_t>(i);
  return inverse;
}

Permutation Compose(const Permutation& first, const Permutation& second) {
  Permutation composed(first.size());
  for (size_t i = 0; i < second.size(); ++i) composed[i] = first[second[i]];
  return composed;
}

Shape Permute(const Shape& shape, const Permutation& p) {
  std::vector<int64_t> dims;
  dims.reserve(p.size());
  for (int64_t axis : p) dims.push_back(shape.dim(static_cast<int>(axis)));
  return Shape(std::move(dims));
}

StatusOr<HostTensor> Permute(const HostTensor& tensor, const Permutation& p) {
  const Shape& in = tensor.shape();
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate({tensor.dtype(), Permute(in, p)}));
  const size_t size = DTypeSize(tensor.dtype());
  const uint8_t* source = tensor.bytes().data();
  uint8_t* destination = result.mutable_data<uint8_t>();
  const int rank = in.rank();
  // How far one step along an axis of the result goes in the source.
  std::vector<int64_t> strides(rank), index(rank, 0);
  for (int i = 0; i < rank; ++i) strides[i] = in.elements(static_cast<int>(p[i]) + 1, rank);
  int64_t offset = 0;
  const int64_t count = in.elements();
  for (int64_t done = 0; done < count; ++done) {
    std::memcpy(destination + done * size, source + offset * size, size);
    for (int i = rank - 1; i >= 0; --i) {
      offset += strides[i];
      if (++index[i] < result.shape().dim(i)) break;
      offset -= strides[i] * index[i];
      index[i] = 0;
    }
  }
  return result;
}

bool KeepsElementOrder(const Shape& shape, const Permutation& p) {
  int64_t last = -1;
  for (int64_t axis : p) {
    if (shape.dim(static_cast<int>(axis)) == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

std::optional<Permutation> ReadTranspose(const Graph& graph, const Node& node) {
  if (node.type != "Transpose" || node.inputs.empty() || node.outputs.size() != 1 ||
      node.inputs[0] == kNoValue || !graph.value(node.inputs[0]).shape_known) {
    return std::nullopt;
  }
  const int rank = graph.value(node.inputs[0]).info.shape.rank();
  const ValueId operand = node.inputs.size() > 1 ? node.inputs[1] : kNoValue;
  Permutation p(rank);
  std::iota(p.rbegin(), p.rend(), int64_t{0});
  if (node.attributes.Has("dims")) {
    p = node.attributes.GetInts("dims");
  } else if (graph.IsConstant(operand)) {
    p = ToInt64Vector(*graph.value(operand).constant);
  } else if (operand != kNoValue) {
    return std::nullopt;
  }
  for (int64_t& axis : p) axis += axis < 0 ? rank : 0;
  if (static_cast<int>(p.size()) != rank || !IsPermutation(p)) return std::nullopt;
  return p;
}

}  // namespace mace
