// How the kernels get a BlockedMatrix: in tiles of neighbouring rows, tile behind tile. The numbers of
// a tile lie side by side where its rows have the same place, which suits work-items, or lanes of a
// vector, that have a row each.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_BLOCKED_WEIGHTS_H_
#define MACE_OPS_MATMUL_BLOCKED_WEIGHTS_H_

#include "mace/graph/tensor.h"
#include "mace/kernel/device_info.h"
#include "mace/kernel/kernel.h"
#include "mace/ops/matmul/blocked_matrix.h"

namespace mace {

// Rows of a tile that suit the device; all ops take the same ones, so that they share the weights.
int64_t BlockedTileFor(const DeviceInfo& device);

// `packed` (uint8 [matrix.rows, matrix.row_bytes()]) as words of 32 bits: [tile][word][row of the
// tile], the first element of a word in its lowest bits. The rows of the last tile that the matrix does
// not have are zeros.
PackedWeights PackBlockedWords(const BlockedMatrix& matrix, const HostTensor& packed, int64_t tile);
// A number of each block, floats [matrix.rows, matrix.blocks()], as [tile][block][row of the tile].
PackedWeights PackBlockNumbers(const char* name, const BlockedMatrix& matrix,
                               const HostTensor& numbers, int64_t tile);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_BLOCKED_WEIGHTS_H_
