// Merges the products that make the operands of an attention from one tensor to one product.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PASSES_DEVICE_MERGE_PRODUCTS_H_
#define MACE_PASSES_DEVICE_MERGE_PRODUCTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "mace/passes/device/attention_pattern.h"

namespace mace {

struct MergedProducts {
  Node node;                    // A MergedMatMul; its output is left to the caller.
  std::vector<size_t> parts;    // The MatMuls that it replaces.
  std::vector<int64_t> widths;  // The columns of each.
  TensorInfo info;              // Of its result.
};

// The one product in place of those that make q, k and v; nullopt unless all three are made by
// MatMuls of one activation by constant matrices, and read by the attention alone.
std::optional<MergedProducts> MergeProducts(const GraphReaders& readers,
                                            const AttentionPattern& pattern);

// The view of the merged result that has the elements of `view` of the result of part `part`.
std::optional<StridedView> ViewOfMerged(const StridedView& view, const MergedProducts& merged,
                                        size_t part);

}  // namespace mace

#endif  // MACE_PASSES_DEVICE_MERGE_PRODUCTS_H_
