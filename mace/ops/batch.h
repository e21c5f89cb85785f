// Whether a batch can be cut into slices that are computed one after the other:
// Op::SplitsAlongBatch of single ops, and helpers with which ops answer it.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_BATCH_H_
#define MACE_OPS_BATCH_H_

#include <cstdint>
#include <vector>

#include "mace/ops/move/strided_copy.h"
#include "mace/ops/op.h"

namespace mace {

// Op::SplitsAlongBatch, and the answer for any op that computes element by element
// (Op::WriteElement). REQUIRES: what Op::SplitsAlongBatch requires.
bool SplitsAlongBatch(const Op& op, const std::vector<OpInput>& inputs,
                      const std::vector<bool>& batched);

// Whether input 0 has the batch and no other input has: the answer of ops that treat all entries of
// x alike, with the same weights.
bool BatchIsInFirstInputOnly(const std::vector<bool>& batched);

// The answer for operands that are broadcast to a result of this rank: operands with the batch have
// it on the result's axis 0, and the others are the same for all of its entries.
bool BroadcastSplitsAlongBatch(const std::vector<OpInput>& inputs, const std::vector<bool>& batched,
                               int rank);

// Whether a copy takes entry n of the input to entry n of the output alone. Both tensors have
// `entries` along axis 0, of `input_elements` and `output_elements` elements each. The answer is
// also false for some copies that do so with axes that cross entries.
bool CopySplitsAlongBatch(const StridedCopy& copy, int64_t entries, int64_t input_elements,
                          int64_t output_elements);

// Slice `index` along axis 0, as a tensor of this shape that shares the memory of `whole`, which
// must outlive it. REQUIRES: whole holds that slice.
HostTensor ViewBatchSlice(const HostTensor& whole, Shape shape, int64_t index);

}  // namespace mace

#endif  // MACE_OPS_BATCH_H_
