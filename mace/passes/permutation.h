// Permutations of axes, as Transpose has them: y = Transpose(x, p) with y.dim[i] = x.dim[p[i]].
//
// Thread contract: thread-compatible.
#ifndef MACE_PASSES_PERMUTATION_H_
#define MACE_PASSES_PERMUTATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "mace/graph/graph.h"
#include "mace/graph/tensor.h"

namespace mace {

using Permutation = std::vector<int64_t>;

// Whether each of 0 ... size - 1 is there once.
bool IsPermutation(const Permutation& p);
bool IsIdentity(const Permutation& p);
Permutation Inverse(const Permutation& p);
// Transpose(Transpose(x, first), second) = Transpose(x, Compose(first, second)). REQUIRES: one
// size.
Permutation Compose(const Permutation& first, const Permutation& second);
// The shape of Transpose(x, p). REQUIRES: p.size() is the rank.
Shape Permute(const Shape& shape, const Permutation& p);
// Transpose(tensor, p). REQUIRES: p.size() is the rank, and the tensor has its elements.
// kResourceExhausted where there is no memory for the result.
StatusOr<HostTensor> Permute(const HostTensor& tensor, const Permutation& p);
// Whether Transpose(x, p) has x's elements in x's order: only extents of 1 move.
bool KeepsElementOrder(const Shape& shape, const Permutation& p);

// What the Transpose `node` does (attribute dims, or constant input 1; neither: reversed); nullopt
// for another node or where the input's shape is not known.
std::optional<Permutation> ReadTranspose(const Graph& graph, const Node& node);

}  // namespace mace

#endif  // MACE_PASSES_PERMUTATION_H_
