// TreeEnsemble: what the trees of an ensemble say of each row of features x [n, f], to scores
// [n, targets].
//
// A node compares a feature with its threshold and goes on to another node or to a leaf; a leaf has
// weights for targets. Attributes, all with one entry for each node: features, modes (0: <=, 1: <,
// 2: >=, 3: >, 4: ==, 5: !=), thresholds, true_at and false_at (a node, or -1 - leaf), missing_true
// (1: a feature that is NaN goes where the comparison is true). roots: where each tree begins, a
// node or -1 - leaf. leaf_starts: where the weights of each leaf begin, and the end of the last;
// leaf_targets, leaf_weights. targets, base_values (none, or one for each target), aggregate (0:
// the mean of the trees, 1: the sum, 2: the least, 3: the largest weight of a target; 0 where no
// leaf has one). On the CPU alone.
#include <algorithm>
#include <cmath>
#include <vector>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

enum class Comparison { kLessOrEqual, kLess, kGreaterOrEqual, kGreater, kEqual, kNotEqual };
enum class Aggregate { kMean, kSum, kLeast, kLargest };

struct TreeNode {
  int64_t feature;
  Comparison comparison;
  float threshold;
  int64_t true_at, false_at;
  bool missing_true;

  bool Holds(float x) const {
    if (std::isnan(x) && missing_true) return true;
    switch (comparison) {
      case Comparison::kLessOrEqual:
        return x <= threshold;
      case Comparison::kLess:
        return x < threshold;
      case Comparison::kGreaterOrEqual:
        return x >= threshold;
      case Comparison::kGreater:
        return x > threshold;
      case Comparison::kEqual:
        return x == threshold;
      case Comparison::kNotEqual:
        break;
    }
    return x != threshold;
  }
};

struct Ensemble {
  std::vector<TreeNode> nodes;
  std::vector<int64_t> roots, leaf_starts, leaf_targets;
  std::vector<double> leaf_weights, base_values;
  int64_t targets = 1;
  int64_t features = 0;  // As many as the nodes look at.
  Aggregate aggregate = Aggregate::kSum;

  int64_t leaves() const { return static_cast<int64_t>(leaf_starts.size()) - 1; }
};

class TreeEnsembleOp : public Op {
 public:
  explicit TreeEnsembleOp(Ensemble ensemble) : ensemble_(std::move(ensemble)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() != 2 || x.shape[1] < ensemble_.features) {
      return InvalidArgument("expected floats [n, " + std::to_string(ensemble_.features) +
                             " or more], found " + x.ToString());
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({x.shape[0], ensemble_.targets}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    for (int64_t row = 0; row < shape[0]; ++row) {
      MACE_RETURN_IF_ERROR(
          Score(inputs[0].f32() + row * shape[1], (*outputs)[0].f32() + row * ensemble_.targets));
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return batched[0];
  }

 private:
  Status Score(const float* x, float* scores) const {
    const size_t targets = static_cast<size_t>(ensemble_.targets);
    std::vector<double> sums(targets, 0);
    std::vector<bool> seen(targets, false);
    for (int64_t at : ensemble_.roots) {
      for (size_t steps = 0; at >= 0; ++steps) {
        // More steps than nodes: the tree comes back to where it was.
        if (steps > ensemble_.nodes.size()) {
          return InvalidArgument("expected trees, found a node that leads to itself");
        }
        const TreeNode& node = ensemble_.nodes[static_cast<size_t>(at)];
        at = node.Holds(x[node.feature]) ? node.true_at : node.false_at;
      }
      const size_t leaf = static_cast<size_t>(-1 - at);
      for (int64_t i = ensemble_.leaf_starts[leaf]; i < ensemble_.leaf_starts[leaf + 1]; ++i) {
        const size_t target = static_cast<size_t>(ensemble_.leaf_targets[static_cast<size_t>(i)]);
        sums[target] =
            Combine(sums[target], ensemble_.leaf_weights[static_cast<size_t>(i)], seen[target]);
        seen[target] = true;
      }
    }
    for (size_t i = 0; i < targets; ++i) {
      double score = sums[i];
      if (ensemble_.aggregate == Aggregate::kMean) {
        score /= static_cast<double>(ensemble_.roots.size());
      }
      if (!ensemble_.base_values.empty()) score += ensemble_.base_values[i];
      scores[i] = static_cast<float>(score);
    }
    return Status::Ok();
  }

  double Combine(double before, double weight, bool seen) const {
    if (ensemble_.aggregate == Aggregate::kLeast) return seen ? std::min(before, weight) : weight;
    if (ensemble_.aggregate == Aggregate::kLargest) {
      return seen ? std::max(before, weight) : weight;
    }
    return before + weight;
  }

  const Ensemble ensemble_;
};

Status Misfit(const std::string& what) {
  return InvalidArgument("expected trees whose lists fit together, found " + what);
}

Status ReadNodes(const AttributeMap& attributes, Ensemble* ensemble) {
  const std::vector<int64_t> features = attributes.GetInts("features");
  const std::vector<int64_t> modes = attributes.GetInts("modes");
  const std::vector<double> thresholds = attributes.GetFloats("thresholds");
  const std::vector<int64_t> true_at = attributes.GetInts("true_at");
  const std::vector<int64_t> false_at = attributes.GetInts("false_at");
  const std::vector<int64_t> missing = attributes.GetInts("missing_true");
  const size_t count = features.size();
  if (modes.size() != count || thresholds.size() != count || true_at.size() != count ||
      false_at.size() != count || missing.size() != count) {
    return Misfit(std::to_string(count) + " nodes and lists of another length");
  }
  for (size_t i = 0; i < count; ++i) {
    if (modes[i] < 0 || modes[i] > 5 || features[i] < 0 || features[i] > (int64_t{1} << 30)) {
      return Misfit("mode " + std::to_string(modes[i]) + " of feature " +
                    std::to_string(features[i]));
    }
    ensemble->features = std::max(ensemble->features, features[i] + 1);
    ensemble->nodes.push_back({features[i], static_cast<Comparison>(modes[i]),
                               static_cast<float>(thresholds[i]), true_at[i], false_at[i],
                               missing[i] != 0});
  }
  return Status::Ok();
}

Status CheckPlaces(const Ensemble& ensemble) {
  const auto good = [&](int64_t at) {
    return at >= -ensemble.leaves() && at < static_cast<int64_t>(ensemble.nodes.size());
  };
  for (const TreeNode& node : ensemble.nodes) {
    if (!good(node.true_at) || !good(node.false_at)) {
      return Misfit("a node that leads to " + std::to_string(node.true_at) + " and " +
                    std::to_string(node.false_at));
    }
  }
  for (int64_t root : ensemble.roots) {
    if (!good(root)) return Misfit("a tree that begins at " + std::to_string(root));
  }
  for (int64_t target : ensemble.leaf_targets) {
    if (target < 0 || target >= ensemble.targets) {
      return Misfit("a leaf of target " + std::to_string(target));
    }
  }
  const int64_t weights = static_cast<int64_t>(ensemble.leaf_weights.size());
  int64_t before = 0;
  for (int64_t start : ensemble.leaf_starts) {
    if (start < before || start > weights) {
      return Misfit("a leaf whose weights begin at " + std::to_string(start));
    }
    before = start;
  }
  return Status::Ok();
}

StatusOr<std::unique_ptr<Op>> MakeTreeEnsemble(const Node& node) {
  const AttributeMap& attributes = node.attributes;
  Ensemble ensemble;
  MACE_RETURN_IF_ERROR(ReadNodes(attributes, &ensemble));
  ensemble.roots = attributes.GetInts("roots");
  ensemble.leaf_starts = attributes.GetInts("leaf_starts");
  ensemble.leaf_targets = attributes.GetInts("leaf_targets");
  ensemble.leaf_weights = attributes.GetFloats("leaf_weights");
  ensemble.base_values = attributes.GetFloats("base_values");
  ensemble.targets = attributes.GetInt("targets", 1);
  const int64_t aggregate = attributes.GetInt("aggregate", 1);
  ensemble.aggregate = static_cast<Aggregate>(aggregate);
  const bool good = aggregate >= 0 && aggregate <= 3 && !ensemble.roots.empty() &&
                    !ensemble.leaf_starts.empty() && ensemble.targets >= 1 &&
                    ensemble.targets <= (int64_t{1} << 20) &&
                    ensemble.leaf_targets.size() == ensemble.leaf_weights.size() &&
                    (ensemble.base_values.empty() ||
                     static_cast<int64_t>(ensemble.base_values.size()) == ensemble.targets);
  if (!good) {
    return Misfit(std::to_string(ensemble.targets) + " targets, aggregate " +
                  std::to_string(aggregate));
  }
  MACE_RETURN_IF_ERROR(CheckPlaces(ensemble));
  return std::unique_ptr<Op>(new TreeEnsembleOp(std::move(ensemble)));
}

}  // namespace

extern const OpDefinition kTreeEnsembleOp;
const OpDefinition kTreeEnsembleOp = {"TreeEnsemble", 1, 1, &MakeTreeEnsemble};

}  // namespace mace
