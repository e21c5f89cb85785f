// The inputs of convolutions, and of products by weights, behind x: filter, [bias], [residual].
#ifndef MACE_PASSES_WEIGHT_INPUTS_H_
#define MACE_PASSES_WEIGHT_INPUTS_H_

#include <cstddef>

namespace mace {

inline constexpr size_t kFilterInput = 1;
inline constexpr size_t kBiasInput = 2;

}  // namespace mace

#endif  // MACE_PASSES_WEIGHT_INPUTS_H_
