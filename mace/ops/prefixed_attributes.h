// The attributes of a node that stands for two: those of one of them have a prefix before their
// names.
#ifndef MACE_OPS_PREFIXED_ATTRIBUTES_H_
#define MACE_OPS_PREFIXED_ATTRIBUTES_H_

#include <string>

#include "mace/graph/node.h"

namespace mace {

// The attributes whose names begin with `prefix`, under the names without it.
AttributeMap WithoutPrefix(const AttributeMap& attributes, const std::string& prefix);

}  // namespace mace

#endif  // MACE_OPS_PREFIXED_ATTRIBUTES_H_
