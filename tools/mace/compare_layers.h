// `mace compare --per-layer`: the table of nodes, the first one that departs, and a model of that
// node alone which shows it.
#ifndef TOOLS_MACE_COMPARE_LAYERS_H_
#define TOOLS_MACE_COMPARE_LAYERS_H_

#include <cstdio>
#include <string>
#include <vector>

#include "mace/engine/engine.h"
#include "mace/runtime/difference.h"
#include "tools/mace/json_output.h"

namespace mace {

struct LayerTableRequest {
  const Engine* engine = nullptr;
  Options options;  // The engine's.
  // A node departs where its own largest error is above this share of its output's range.
  double rtol = 0;
  std::string reproduce_folder;  // Where a node that departs is written.
  FILE* out = nullptr;
};

// Prints the table and gives it as JSON: {layers, first_departing, reproduction}.
StatusOr<Json> PrintLayerTable(const LayerTableRequest& request,
                               const std::vector<HostTensor>& inputs);

Json ToJson(const Difference& difference);

}  // namespace mace

#endif  // TOOLS_MACE_COMPARE_LAYERS_H_
