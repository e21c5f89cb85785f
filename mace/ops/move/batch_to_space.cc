// BatchToSpaceND: phases of the batch moved back between the spatial axes, which are then cut by
// `crops`.
#include "mace/ops/move/space_batch.h"

namespace mace {
namespace {

StatusOr<std::unique_ptr<Op>> MakeBatchToSpace(const Node& node) {
  return MakeSpaceBatch(node.attributes, SpaceBatchDirection::kBatchToSpace);
}

}  // namespace

extern const OpDefinition kBatchToSpaceOp = {"BatchToSpaceND", 1, 1, &MakeBatchToSpace};

}  // namespace mace
