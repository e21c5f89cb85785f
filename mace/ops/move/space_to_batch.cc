// SpaceToBatchND: the spatial axes padded by `paddings`, then every block_shape-th element of them
// moved into the batch.
#include "mace/ops/move/space_batch.h"

namespace mace {
namespace {

StatusOr<std::unique_ptr<Op>> MakeSpaceToBatch(const Node& node) {
  return MakeSpaceBatch(node.attributes, SpaceBatchDirection::kSpaceToBatch);
}

}  // namespace

extern const OpDefinition kSpaceToBatchOp = {"SpaceToBatchND", 1, 1, &MakeSpaceToBatch};

}  // namespace mace
