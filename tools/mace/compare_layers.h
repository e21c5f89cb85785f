// `mace compare --per-layer`: prints a table of nodes, names the first node whose error is too
// large, and writes a model of that node alone that reproduces the error.
#ifndef TOOLS_MACE_COMPARE_LAYERS_H_
#define TOOLS_MACE_COMPARE_LAYERS_H_

#include <cstdio>
#include <string>

#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/json_output.h"

namespace mace {

struct LayerTableRequest {
  Request* request = nullptr;             // With inputs set.
  const ModelArguments* model = nullptr;  // The model that was compiled.
  // A node fails if its own largest error exceeds this share of its output's range.
  double rtol = 0;
  std::string reproduce_folder;  // Receives the model of a failing node.
  FILE* out = nullptr;
};

// Prints the table and gives it as JSON: {layers, first_departing, reproduction}.
StatusOr<Json> PrintLayerTable(const LayerTableRequest& request);

Json ToJson(const Difference& difference);

}  // namespace mace

#endif  // TOOLS_MACE_COMPARE_LAYERS_H_
