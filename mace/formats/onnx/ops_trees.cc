// Ensembles of decision trees of ai.onnx.ml.
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/post_transform.h"

namespace mace {
namespace {

// The attributes of the graph's TreeEnsemble.
struct Trees {
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

Status Misfit(const std::string& what, size_t expected, size_t found) {
  return InvalidArgument(what + ": expected " + std::to_string(expected) + " entries, found " +
                         std::to_string(found));
}

int64_t AggregateOf(const std::string& name) {
  const char* const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  for (int64_t i = 0; i < 4; ++i) {
    if (name == names[i]) return i;
  }
  return -1;
}

// The form of versions 1 and 3: nodes named by tree and number, weights beside them.
class NamedTrees {
 public:
  explicit NamedTrees(const OnnxNode& node, const std::string& prefix)
      : node_(node), prefix_(prefix) {}

  StatusOr<Trees> Read() {
    MACE_RETURN_IF_ERROR(RefuseDoubles());
    const std::string aggregate = node_.String("aggregate_function", "SUM");
    trees_.aggregate = AggregateOf(aggregate);
    if (trees_.aggregate < 0) {
      return Unsupported("aggregate_function: expected SUM, AVERAGE, MIN or MAX, found " +
                         Printable(aggregate));
    }
    trees_.base_values = node_.Floats("base_values");
    MACE_RETURN_IF_ERROR(NameNodes());
    MACE_RETURN_IF_ERROR(ReadWeights());
    return AddNodes();
  }

 private:
  using Name = std::pair<int64_t, int64_t>;  // Tree and number.

  Status RefuseDoubles() const {
    for (const char* name :
         {"nodes_values_as_tensor", "nodes_hitrates_as_tensor", "base_values_as_tensor"}) {
      if (node_.Has(name)) return Unsupported(std::string(name) + ": doubles");
    }
    if (!node_.Has(prefix_ + "weights_as_tensor")) return Status::Ok();
    return Unsupported(prefix_ + "weights_as_tensor: doubles");
  }

  Status NameNodes() {
    tree_ids_ = node_.Ints("nodes_treeids");
    node_ids_ = node_.Ints("nodes_nodeids");
    modes_ = node_.Strings("nodes_modes");
    if (node_ids_.size() != tree_ids_.size() || modes_.size() != tree_ids_.size()) {
      return Misfit("nodes_nodeids, nodes_modes", tree_ids_.size(), modes_.size());
    }
    for (size_t i = 0; i < tree_ids_.size(); ++i) {
      if (!named_.emplace(Name(tree_ids_[i], node_ids_[i]), i).second) {
        return InvalidArgument("nodes_nodeids: expected each once in its tree, found " +
                               std::to_string(node_ids_[i]) + " twice");
      }
    }
    return Status::Ok();
  }

  Status ReadWeights() {
    const std::vector<int64_t> trees = node_.Ints(prefix_ + "treeids");
    const std::vector<int64_t> nodes = node_.Ints(prefix_ + "nodeids");
    const std::vector<int64_t> targets = node_.Ints(prefix_ + "ids");
    const std::vector<double> weights = node_.Floats(prefix_ + "weights");
    if (nodes.size() != trees.size() || targets.size() != trees.size() ||
        weights.size() != trees.size()) {
      return Misfit(prefix_ + "nodeids, " + prefix_ + "ids, " + prefix_ + "weights", trees.size(),
                    weights.size());
    }
    for (size_t i = 0; i < trees.size(); ++i) {
      weights_[Name(trees[i], nodes[i])].emplace_back(targets[i], weights[i]);
    }
    return Status::Ok();
  }

  // Where a node of a tree lies among those of the graph's op, or the leaf that it is.
  StatusOr<int64_t> PlaceOf(int64_t tree, int64_t number) {
    const auto found = named_.find(Name(tree, number));
    if (found != named_.end()) {
      children_.insert(found->second);
      return places_[found->second];
    }
    return InvalidArgument("expected node " + std::to_string(number) + " of tree " +
                           std::to_string(tree) + ", found none");
  }

  StatusOr<Trees> AddNodes() {
    const char* const names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                 "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    for (size_t i = 0; i < modes_.size(); ++i) {
      int64_t mode = 0;
      while (mode < 6 && modes_[i] != names[mode]) ++mode;
      if (mode < 6) {
        places_.push_back(trees_.nodes());
        trees_.modes.push_back(mode);
        continue;
      }
      if (modes_[i] != "LEAF") {
        return Unsupported("nodes_modes: expected a comparison or LEAF, found " +
                           Printable(modes_[i]));
      }
      for (const auto& [target, weight] : weights_[Name(tree_ids_[i], node_ids_[i])]) {
        trees_.leaf_targets.push_back(target);
        trees_.leaf_weights.push_back(weight);
      }
      places_.push_back(trees_.EndLeaf());
    }
    MACE_RETURN_IF_ERROR(ConnectNodes());
    // A tree begins with the node that no other one leads to.
    std::set<int64_t> begun;
    for (size_t i = 0; i < tree_ids_.size(); ++i) {
      if (children_.count(i) > 0) continue;
      if (!begun.insert(tree_ids_[i]).second) {
        return InvalidArgument("expected one first node of tree " + std::to_string(tree_ids_[i]) +
                               ", found several");
      }
      trees_.roots.push_back(places_[i]);
    }
    return trees_;
  }

  Status ConnectNodes() {
    const std::vector<int64_t> features = node_.Ints("nodes_featureids");
    const std::vector<double> values = node_.Floats("nodes_values");
    const std::vector<int64_t> yes = node_.Ints("nodes_truenodeids");
    const std::vector<int64_t> no = node_.Ints("nodes_falsenodeids");
    std::vector<int64_t> missing = node_.Ints("nodes_missing_value_tracks_true");
    if (missing.empty()) missing.assign(modes_.size(), 0);
    for (size_t found : {features.size(), values.size(), yes.size(), no.size(), missing.size()}) {
      if (found != modes_.size()) return Misfit("nodes", modes_.size(), found);
    }
    for (size_t i = 0; i < modes_.size(); ++i) {
      if (modes_[i] == "LEAF") continue;
      MACE_ASSIGN_OR_RETURN(const int64_t true_at, PlaceOf(tree_ids_[i], yes[i]));
      MACE_ASSIGN_OR_RETURN(const int64_t false_at, PlaceOf(tree_ids_[i], no[i]));
      trees_.features.push_back(features[i]);
      trees_.thresholds.push_back(values[i]);
      trees_.true_at.push_back(true_at);
      trees_.false_at.push_back(false_at);
      trees_.missing_true.push_back(missing[i]);
    }
    return Status::Ok();
  }

  const OnnxNode& node_;
  const std::string prefix_;  // Of the attributes of weights.
  std::vector<int64_t> tree_ids_, node_ids_;
  std::vector<std::string> modes_;
  std::map<Name, size_t> named_;
  std::map<Name, std::vector<std::pair<int64_t, double>>> weights_;
  std::vector<int64_t> places_;
  std::set<size_t> children_;  // Nodes that others lead to.
  Trees trees_;
};

StatusOr<ValueId> EmitTrees(OnnxNode* node, const Trees& trees) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  node->Ignore({"nodes_hitrates"});
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitCast(node, node->input(0), DType::kFloat32));
  if (node->shape(0).rank() == 1) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Reshape(x, {1, node->shape(0)[0]}));
  }
  return node->Emit("/scores", "TreeEnsemble", {x}, trees.Attributes());
}

Status ConvertTreeRegressor(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(Trees trees, NamedTrees(*node, "target_").Read());
  trees.targets = node->Int("n_targets", 1);
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitTrees(node, trees));
  MACE_ASSIGN_OR_RETURN(y, EmitPostTransform(node, y));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertTreeClassifier(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(Trees trees, NamedTrees(*node, "class_").Read());
  const size_t classes =
      node->Ints("classlabels_int64s").size() + node->Strings("classlabels_strings").size();
  trees.targets = static_cast<int64_t>(classes);
  bool one_class = classes == 2, positive = true;
  for (size_t i = 0; i < trees.leaf_targets.size(); ++i) {
    one_class = one_class && trees.leaf_targets[i] == trees.leaf_targets[0];
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
    binary.is_probability = positive;
  }
  MACE_ASSIGN_OR_RETURN(const ValueId scores, EmitTrees(node, trees));
  return SetClassResults(node, scores, "classlabels_int64s", binary);
}

// The form of version 5.
class NumberedTrees {
 public:
  explicit NumberedTrees(const OnnxNode& node) : node_(node) {}

  StatusOr<Trees> Read() {
    MACE_RETURN_IF_ERROR(ReadLists());
    trees_.targets = node_.Int("n_targets", 1);
    trees_.aggregate = node_.Int("aggregate_function", 1);
    for (size_t i = 0; i < leaf_targets_.size(); ++i) {
      trees_.leaf_targets.push_back(leaf_targets_[i]);
      trees_.leaf_weights.push_back(leaf_weights_[i]);
      trees_.EndLeaf();
    }
    // A node of several values becomes a chain of comparisons behind those of one.
    const int64_t count = static_cast<int64_t>(modes_.size());
    for (size_t i = 0; i < modes_.size(); ++i) {
      MACE_RETURN_IF_ERROR(AddNode(i, count));
    }
    trees_.features.insert(trees_.features.end(), later_.features.begin(), later_.features.end());
    trees_.modes.insert(trees_.modes.end(), later_.modes.begin(), later_.modes.end());
    trees_.thresholds.insert(trees_.thresholds.end(), later_.thresholds.begin(),
                             later_.thresholds.end());
    trees_.true_at.insert(trees_.true_at.end(), later_.true_at.begin(), later_.true_at.end());
    trees_.false_at.insert(trees_.false_at.end(), later_.false_at.begin(), later_.false_at.end());
    trees_.missing_true.insert(trees_.missing_true.end(), later_.missing_true.begin(),
                               later_.missing_true.end());
    trees_.roots = node_.Ints("tree_roots");
    return trees_;
  }

 private:
  StatusOr<std::vector<double>> Numbers(const char* name) const {
    MACE_ASSIGN_OR_RETURN(const HostTensor tensor, node_.Tensor(name));
    const std::vector<float> values = ToFloatVector(tensor);
    return std::vector<double>(values.begin(), values.end());
  }

  Status ReadLists() {
    MACE_ASSIGN_OR_RETURN(modes_, Numbers("nodes_modes"));
    MACE_ASSIGN_OR_RETURN(splits_, Numbers("nodes_splits"));
    MACE_ASSIGN_OR_RETURN(leaf_weights_, Numbers("leaf_weights"));
    leaf_targets_ = node_.Ints("leaf_targetids");
    features_ = node_.Ints("nodes_featureids");
    yes_ = node_.Ints("nodes_truenodeids");
    no_ = node_.Ints("nodes_falsenodeids");
    yes_leafs_ = node_.Ints("nodes_trueleafs");
    no_leafs_ = node_.Ints("nodes_falseleafs");
    missing_ = node_.Ints("nodes_missing_value_tracks_true");
    if (missing_.empty()) missing_.assign(modes_.size(), 0);
    for (size_t found : {splits_.size(), features_.size(), yes_.size(), no_.size(),
                         yes_leafs_.size(), no_leafs_.size(), missing_.size()}) {
      if (found != modes_.size()) return Misfit("nodes", modes_.size(), found);
    }
    if (leaf_targets_.size() != leaf_weights_.size()) {
      return Misfit("leaf_weights", leaf_targets_.size(), leaf_weights_.size());
    }
    if (node_.Has("nodes_hitrates")) node_.Ignore({"nodes_hitrates"});
    if (!node_.Has("membership_values")) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(members_, Numbers("membership_values"));
    return Status::Ok();
  }

  static int64_t PlaceOf(int64_t number, bool is_leaf) { return is_leaf ? -1 - number : number; }

  static void Add(Trees* to, const std::vector<int64_t>& numbers, double threshold) {
    to->features.push_back(numbers[0]);
    to->modes.push_back(numbers[1]);
    to->true_at.push_back(numbers[2]);
    to->false_at.push_back(numbers[3]);
    to->missing_true.push_back(numbers[4]);
    to->thresholds.push_back(threshold);
  }

  Status AddNode(size_t i, int64_t count) {
    const int64_t yes = PlaceOf(yes_[i], yes_leafs_[i] != 0);
    const int64_t no = PlaceOf(no_[i], no_leafs_[i] != 0);
    if (modes_[i] != 6) {
      Add(&trees_, {features_[i], static_cast<int64_t>(modes_[i]), yes, no, missing_[i]},
          splits_[i]);
      return Status::Ok();
    }
    // BRANCH_MEMBER: the next values, up to one that is not a number.
    std::vector<double> values;
    while (next_ < members_.size() && !std::isnan(members_[next_])) {
      values.push_back(members_[next_++]);
    }
    ++next_;
    if (values.empty()) return InvalidArgument("membership_values: expected some, found none");
    for (size_t k = 0; k < values.size(); ++k) {
      const bool last = k + 1 == values.size();
      const int64_t following = count + later_.nodes() + (k == 0 ? 0 : 1);
      Add(k == 0 ? &trees_ : &later_, {features_[i], 4, yes, last ? no : following, missing_[i]},
          values[k]);
    }
    return Status::Ok();
  }

  const OnnxNode& node_;
  std::vector<double> modes_, splits_, leaf_weights_, members_;
  std::vector<int64_t> features_, yes_, no_, yes_leafs_, no_leafs_, missing_, leaf_targets_;
  size_t next_ = 0;  // Into members_.
  Trees trees_, later_;
};

Status ConvertTreeEnsemble(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const Trees trees, NumberedTrees(*node).Read());
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
