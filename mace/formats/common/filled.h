// A tensor whose elements are all the same: ConstantOfShape, Fill, a Const with one value.
#ifndef MACE_FORMATS_COMMON_FILLED_H_
#define MACE_FORMATS_COMMON_FILLED_H_

#include <string>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"

namespace mace {

// A value of `shape` with the one element of `element` everywhere: a constant where the builder's
// budget has room for it, else a Fill node, which costs memory when it runs. `name` names both.
StatusOr<ValueId> AddFilled(const std::string& name, HostTensor element, Shape shape,
                            GraphBuilder* builder);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_FILLED_H_
