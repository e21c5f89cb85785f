#include "mace/formats/onnx/trees.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "mace/base/strings.h"

namespace mace {
namespace {

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

  StatusOr<OnnxTrees> Read() {
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

  StatusOr<OnnxTrees> AddNodes() {
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
  OnnxTrees trees_;
};

// The form of version 5.
class NumberedTrees {
 public:
  explicit NumberedTrees(const OnnxNode& node) : node_(node) {}

  StatusOr<OnnxTrees> Read() {
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

  static void Add(OnnxTrees* to, const std::vector<int64_t>& numbers, double threshold) {
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
  OnnxTrees trees_, later_;
};

// The targets for which every leaf of the tree that begins at `root` has a weight.
std::set<int64_t> TargetsOf(const OnnxTrees& trees, int64_t root) {
  std::vector<int64_t> waiting = {root};
  std::set<int64_t> seen, targets;
  bool is_first = true;
  while (!waiting.empty()) {
    const int64_t at = waiting.back();
    waiting.pop_back();
    if (!seen.insert(at).second) continue;
    if (at >= 0) {
      waiting.push_back(trees.true_at[static_cast<size_t>(at)]);
      waiting.push_back(trees.false_at[static_cast<size_t>(at)]);
      continue;
    }
    const auto begin = trees.leaf_targets.begin();
    const size_t leaf = static_cast<size_t>(-1 - at);
    const std::set<int64_t> here(begin + trees.leaf_starts[leaf],
                                 begin + trees.leaf_starts[leaf + 1]);
    std::set<int64_t> both;
    for (int64_t target : targets) {
      if (here.count(target) > 0) both.insert(target);
    }
    targets = is_first ? here : both;
    is_first = false;
  }
  return targets;
}

}  // namespace

StatusOr<OnnxTrees> ReadNamedTrees(const OnnxNode& node, const std::string& prefix) {
  return NamedTrees(node, prefix).Read();
}

StatusOr<OnnxTrees> ReadNumberedTrees(const OnnxNode& node) { return NumberedTrees(node).Read(); }

Status CheckEveryTarget(const OnnxTrees& trees) {
  std::set<int64_t> named;
  for (int64_t root : trees.roots) {
    const std::set<int64_t> targets = TargetsOf(trees, root);
    named.insert(targets.begin(), targets.end());
  }
  for (int64_t target = 0; target < trees.targets; ++target) {
    if (named.count(target) > 0) continue;
    return Unsupported(
        "expected weights for every class or target in all leaves of some tree, "
        "found none for " +
        std::to_string(target));
  }
  return Status::Ok();
}

}  // namespace mace
