// `mace compare --per-layer`: the table of nodes, the first one that departs, and a model of that
// node alone which shows it.
#ifndef TOOLS_MACE_COMPARE_LAYERS_H_
#define TOOLS_MACE_COMPARE_LAYERS_H_

#include <cstdio>
#include <string>

#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/json_output.h"

namespace mace {

struct LayerTableRequest {
  Request* request = nullptr;             // Its inputs are set.
  const ModelArguments* model = nullptr;  // What it was compiled from.
  // A node departs where its own largest error is above this share of its output's range.
  double rtol = 0;
  std::string reproduce_folder;  // Where a node that departs is written.
  FILE* out = nullptr;
};

// Prints the table and gives it as JSON: {layers, first_departing, reproduction}.
StatusOr<Json> PrintLayerTable(const LayerTableRequest& request);

Json ToJson(const Difference& difference);

}  // namespace mace

#endif  // TOOLS_MACE_COMPARE_LAYERS_H_
