// A node in words, for people.
//
// Thread contract: thread-safe.
#ifndef MACE_GRAPH_DESCRIBE_H_
#define MACE_GRAPH_DESCRIBE_H_

#include <string>
#include <utility>
#include <vector>

#include "mace/graph/node.h"

namespace mace {

// "node 'NAME' (TYPE)", as messages begin.
std::string DescribeNode(const Node& node);

// The attributes of a node as names and texts, sorted by name; long lists are cut.
std::vector<std::pair<std::string, std::string>> DescribeAttributes(const Node& node);

}  // namespace mace

#endif  // MACE_GRAPH_DESCRIBE_H_
