// The mark of nodes that add up products of quantized integers.
#ifndef MACE_OPS_INTEGER_SUMS_H_
#define MACE_OPS_INTEGER_SUMS_H_

namespace mace {

// An attribute of a matrix product or convolution, 1: the node's operands are floats that hold
// integers of 8 bits. Its sums may be beyond 65504, the largest number of half precision, until they
// are multiplied by their scale.
inline constexpr char kIntegerSums[] = "integer_sums";

}  // namespace mace

#endif  // MACE_OPS_INTEGER_SUMS_H_
