// Where vectors with an entry for each value of a graph have that of a value.
#ifndef MACE_EXECUTE_VALUE_INDEX_H_
#define MACE_EXECUTE_VALUE_INDEX_H_

#include <cstddef>

#include "mace/graph/node.h"

namespace mace {

// REQUIRES: the value is not kNoValue.
inline size_t ValueIndex(ValueId id) { return static_cast<size_t>(id); }

}  // namespace mace

#endif  // MACE_EXECUTE_VALUE_INDEX_H_
