// The common part of SpaceToBatchND and BatchToSpaceND: the axes 1 to m of a tensor, cut by blocks
// into phases that lie one behind the other in the batch. Each op is the inverse of the other; the
// paddings of the first are the crops of the second.
#ifndef MACE_OPS_MOVE_SPACE_BATCH_H_
#define MACE_OPS_MOVE_SPACE_BATCH_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

enum class SpaceBatchDirection { kSpaceToBatch, kBatchToSpace };

// Takes the attributes block_shape (m numbers) and paddings or crops (2 * m, none by default).
StatusOr<std::unique_ptr<Op>> MakeSpaceBatch(const AttributeMap& attributes,
                                             SpaceBatchDirection direction);

}  // namespace mace

#endif  // MACE_OPS_MOVE_SPACE_BATCH_H_
