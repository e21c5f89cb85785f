// Which key of a checkpoint each variable of a SavedModel has.
#ifndef MACE_FORMATS_TENSORFLOW_CHECKPOINT_KEYS_H_
#define MACE_FORMATS_TENSORFLOW_CHECKPOINT_KEYS_H_

#include <map>
#include <string>

#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {

// The keys by variable node, as the graph's own nodes that restore a checkpoint say: each assigns
// an output of RestoreV2, whose keys are a constant, to a variable. Variables that no such node
// names are left out.
std::map<std::string, std::string> FindCheckpointKeys(const tf::GraphDef& def);

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_CHECKPOINT_KEYS_H_
