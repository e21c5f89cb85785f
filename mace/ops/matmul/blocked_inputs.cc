#include "mace/ops/matmul/blocked_inputs.h"

#include <algorithm>

namespace mace {

int64_t LeastBlock(int64_t bits) { return std::max<int64_t>(8, 32 / bits); }

StatusOr<BlockedMatrix> ReadBlockedMatrix(const AttributeMap& attributes) {
  BlockedMatrix matrix;
  matrix.rows = attributes.GetInt("rows", 0);
  matrix.columns = attributes.GetInt("columns", 0);
  matrix.bits = attributes.GetInt("bits", 4);
  matrix.block_size = attributes.GetInt("block_size", 0);
  if (matrix.bits != 2 && matrix.bits != 4 && matrix.bits != 8) {
    return InvalidArgument("bits: expected 2, 4 or 8, found " + std::to_string(matrix.bits));
  }
  for (int64_t extent : {matrix.rows, matrix.columns, matrix.block_size}) {
    if (extent >= 1 && extent <= INT32_MAX) continue;
    return InvalidArgument("expected rows, columns and block_size from 1 to 2^31 - 1, found " +
                           std::to_string(extent));
  }
  const int64_t least = LeastBlock(matrix.bits);
  if (matrix.block_size % least == 0) return matrix;
  return InvalidArgument("block_size: expected a multiple of " + std::to_string(least) +
                         ", found " + std::to_string(matrix.block_size));
}

void SetBlockedMatrix(const BlockedMatrix& matrix, AttributeMap* attributes) {
  attributes->Set("rows", matrix.rows);
  attributes->Set("columns", matrix.columns);
  attributes->Set("bits", matrix.bits);
  attributes->Set("block_size", matrix.block_size);
}

Status CheckBlockedInput(const OpInput& input, size_t index, bool floats, int64_t elements) {
  const bool fits = floats ? IsFloat(input.info.dtype) : input.info.dtype == DType::kUInt8;
  if (input.present && input.constant != nullptr && fits &&
      input.info.shape.elements() == elements) {
    return Status();
  }
  return InvalidArgument("input " + std::to_string(index) + ": expected a constant of " +
                         std::to_string(elements) + " elements of " +
                         (floats ? "floats" : "uint8") + ", found " + input.info.ToString());
}

Status CheckBlockedInputs(const BlockedMatrix& matrix, const std::vector<OpInput>& inputs,
                          size_t first) {
  const int64_t blocks = matrix.rows * matrix.blocks();
  MACE_RETURN_IF_ERROR(
      CheckBlockedInput(inputs[first], first, false, matrix.rows * matrix.row_bytes()));
  MACE_RETURN_IF_ERROR(CheckBlockedInput(inputs[first + 1], first + 1, true, blocks));
  return CheckBlockedInput(inputs[first + 2], first + 2, true, blocks);
}

}  // namespace mace
