// Ensembles of decision trees of ai.onnx.ml.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/post_transform.h"
#include "mace/formats/onnx/trees.h"

namespace mace {
namespace {

StatusOr<ValueId> EmitTrees(OnnxNode* node, const OnnxTrees& trees) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  node->Ignore({"nodes_hitrates"});
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitCast(node, node->input(0), DType::kFloat32));
  if (node->shape(0).rank() == 1) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Reshape(x, {1, node->shape(0)[0]}));
  }
  return node->Emit("/scores", "TreeEnsemble", {x}, trees.Attributes());
}

Status ConvertTreeRegressor(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(OnnxTrees trees, ReadNamedTrees(*node, "target_"));
  trees.targets = node->Int("n_targets", 1);
  if (!trees.base_values.empty()) MACE_RETURN_IF_ERROR(CheckEveryTarget(trees));
  const std::string transform = node->String("post_transform", "NONE");
  if (trees.targets == 1 && transform != "NONE") {
    return Unsupported(
        "post_transform of one target: expected NONE, on which engines agree, found " +
        Printable(transform));
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitTrees(node, trees));
  MACE_ASSIGN_OR_RETURN(y, EmitPostTransform(node, y));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertTreeClassifier(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(OnnxTrees trees, ReadNamedTrees(*node, "class_"));
  const size_t classes =
      node->Ints("classlabels_int64s").size() + node->Strings("classlabels_strings").size();
  trees.targets = static_cast<int64_t>(classes);
  bool one_class = classes == 2, positive = true;
  for (size_t i = 0; i < trees.leaf_targets.size(); ++i) {
    one_class = one_class && trees.leaf_targets[i] == 0;
    positive = positive && trees.leaf_weights[i] >= 0;
  }
  OnnxBinaryClass binary;
  if (one_class) {
    // Two classes of which the leaves know one: its score tells them apart.
    trees.targets = 1;
    trees.leaf_targets.assign(trees.leaf_targets.size(), 0);
    if (trees.base_values.size() > 1) {
      return Unsupported("base_values: expected one for one score, found " +
                         std::to_string(trees.base_values.size()));
    }
    binary.complements = positive;
    binary.threshold = positive ? 0.5 : 0;
  }
  MACE_RETURN_IF_ERROR(CheckEveryTarget(trees));
  MACE_ASSIGN_OR_RETURN(const ValueId scores, EmitTrees(node, trees));
  MACE_RETURN_IF_ERROR(SetClassResults(node, scores, "classlabels_int64s", binary));
  // Which of two classes with a score each it is, engines do not agree on: that output is not made,
  // and an error for those who read it.
  if (classes == 2 && !one_class) node->SetResult(kNoValue, 0);
  return Status::Ok();
}

Status ConvertTreeEnsemble(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const OnnxTrees trees, ReadNumberedTrees(*node));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitTrees(node, trees));
  const int64_t transform = node->Int("post_transform", 0);
  if (transform == 1) {
    MACE_ASSIGN_OR_RETURN(y, EmitSoftmax(node, y, 1));
  } else if (transform == 2) {
    MACE_ASSIGN_OR_RETURN(y, EmitActivation(node, "SIGMOID", y));
  } else if (transform != 0) {
    return Unsupported("post_transform: expected 0, 1 or 2, found " + std::to_string(transform));
  }
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxTreeConverters[] = {
    {"TreeEnsemble", ConvertTreeEnsemble},
    {"TreeEnsembleClassifier", ConvertTreeClassifier},
    {"TreeEnsembleRegressor", ConvertTreeRegressor},
    {nullptr, nullptr},
};

}  // namespace mace
