// What the ops with a BlockedMatrix have in common: its attributes (rows, columns, bits, block_size) and
// three constant inputs, which are packed bytes (uint8, rows of BlockedMatrix::row_bytes), scales and zero
// points (floats, one for each block of a row).
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_BLOCKED_INPUTS_H_
#define MACE_OPS_MATMUL_BLOCKED_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mace/ops/matmul/blocked_matrix.h"
#include "mace/ops/op.h"

namespace mace {

// Where MatMulBits and GatherBits have these inputs.
inline constexpr size_t kPackedInput = 1, kScalesInput = 2, kZeroPointsInput = 3;
// Where MatMulBits has its bias.
inline constexpr size_t kMatMulBitsBias = 4;

// Elements of the least block: whole words of 32 bits, and at least 8.
int64_t LeastBlock(int64_t bits);

// The attributes; kInvalidArgument says which one is wrong.
StatusOr<BlockedMatrix> ReadBlockedMatrix(const AttributeMap& attributes);
void SetBlockedMatrix(const BlockedMatrix& matrix, AttributeMap* attributes);

// Whether inputs `first` (packed bytes), `first` + 1 (scales) and `first` + 2 (zero points) are constants
// that fit; kInvalidArgument says what was expected and found.
Status CheckBlockedInputs(const BlockedMatrix& matrix, const std::vector<OpInput>& inputs,
                          size_t first);
// Whether the input is a constant of so many floats, or of uint8.
Status CheckBlockedInput(const OpInput& input, size_t index, bool floats, int64_t elements);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_BLOCKED_INPUTS_H_
