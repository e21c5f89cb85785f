// The decision trees of ai.onnx.ml, in both forms that its versions have.
#ifndef MACE_FORMATS_ONNX_TREES_H_
#define MACE_FORMATS_ONNX_TREES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/formats/onnx/node.h"

namespace mace {

// The attributes of the graph's TreeEnsemble.
struct OnnxTrees {
  std::vector<int64_t> features, modes, true_at, false_at, missing_true;
  std::vector<double> thresholds;
  std::vector<int64_t> roots, leaf_starts = {0}, leaf_targets;
  std::vector<double> leaf_weights, base_values;
  int64_t targets = 1;
  int64_t aggregate = 1;

  int64_t nodes() const { return static_cast<int64_t>(modes.size()); }
  // Closes the leaf whose weights were added last; the result stands for it.
  int64_t EndLeaf() {
    leaf_starts.push_back(static_cast<int64_t>(leaf_weights.size()));
    return 1 - static_cast<int64_t>(leaf_starts.size());
  }
  AttributeMap Attributes() const {
    AttributeMap attributes;
    attributes.Set("features", features);
    attributes.Set("modes", modes);
    attributes.Set("thresholds", thresholds);
    attributes.Set("true_at", true_at);
    attributes.Set("false_at", false_at);
    attributes.Set("missing_true", missing_true);
    attributes.Set("roots", roots);
    attributes.Set("leaf_starts", leaf_starts);
    attributes.Set("leaf_targets", leaf_targets);
    attributes.Set("leaf_weights", leaf_weights);
    attributes.Set("base_values", base_values);
    attributes.Set("targets", targets);
    attributes.Set("aggregate", aggregate);
    return attributes;
  }
};

// The form of versions 1 and 3. `prefix`: how the attributes of weights begin. kUnsupported:
// numbers that are doubles.
StatusOr<OnnxTrees> ReadNamedTrees(const OnnxNode& node, const std::string& prefix);
// The form of version 5.
StatusOr<OnnxTrees> ReadNumberedTrees(const OnnxNode& node);

// kUnsupported unless some tree has weights for each target in all of its leaves: engines do not
// agree on base values and classes of targets that no leaf on the way has named. REQUIRES: trees of
// ReadNamedTrees.
Status CheckEveryTarget(const OnnxTrees& trees);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_TREES_H_
