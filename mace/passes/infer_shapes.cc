#include "mace/passes/infer_shapes.h"

#include <utility>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/graph/fold_budget.h"
#include "mace/graph/output_marks.h"
#include "mace/ops/infer.h"
#include "mace/passes/constant_readers.h"

namespace mace {

namespace {

Status CheckNames(const Graph& graph, const std::map<std::string, Shape>& input_shapes) {
  NameSet inputs;
  for (const IoInfo& io : graph.inputs) inputs.insert(io.name);
  for (const auto& [name, shape] : input_shapes) {
    if (inputs.count(name) > 0) continue;
    std::vector<std::string> names;
    for (const IoInfo& io : graph.inputs) names.push_back("'" + Printable(io.name) + "'");
    return InvalidArgument("input shape: '" + Printable(name) + "': expected one of " +
                           Join(names, ", "));
  }
  return Status::Ok();
}

StatusOr<Shape> InputShape(const Graph& graph, const IoInfo& io,
                           const std::map<std::string, Shape>& input_shapes) {
  const auto given = input_shapes.find(io.name);
  // A Shape can be built without a check, so those of the caller are checked here too.
  if (given != input_shapes.end()) return Shape::Make(given->second.dims());
  if (!io.declared_dims) return InvalidArgument("expected a shape from the caller, found none");
  for (int64_t extent : *io.declared_dims) {
    if (extent < 0) {
      // The shape that the import bound it to, by the data at hand or as a batch of one.
      const Value& value = graph.value(io.value);
      if (value.shape_known) return value.info.shape;
      return InvalidArgument("expected a shape from the caller, found only the declared " +
                             Shape(*io.declared_dims).ToString() + " with a dynamic extent");
    }
  }
  return Shape::Make(*io.declared_dims);
}

// The graph computes floats in float32, and may hold the int64 of an input or output as
// int32.
DType TypeInside(const IoInfo& io, const Value& value) {
  if (IsFloat(io.dtype)) return DType::kFloat32;
  const bool narrowed = io.dtype == DType::kInt64 && value.info.dtype == DType::kInt32;
  return narrowed ? DType::kInt32 : io.dtype;
}

// Infers the nodes in their order, and takes out those that could be evaluated.
class Inference {
 public:
  explicit Inference(Graph* graph)
      : graph_(*graph),
        outputs_(*graph),
        budget_(ConstantBytes(*graph)),
        readers_(graph, &budget_),
        stands_for_(graph->values.size(), kNoValue) {}

  Status Run() {
    std::vector<Node> kept;
    kept.reserve(graph_.nodes.size());
    for (Node& node : graph_.nodes) {
      for (ValueId& id : node.inputs) {
        if (id != kNoValue && stands_for_[static_cast<size_t>(id)] != kNoValue) {
          id = stands_for_[static_cast<size_t>(id)];
        }
      }
      MACE_ASSIGN_OR_RETURN(const bool folded, InferNode(&graph_, &node, &budget_));
      const bool keep = !folded || outputs_.MakesOutput(node);
      if (folded && keep) SplitFromOutputs(node);
      if (folded && !keep) readers_.Evaluated(node);
      if (keep) kept.push_back(std::move(node));
    }
    graph_.nodes = std::move(kept);
    return Status::Ok();
  }

 private:
  // A graph output stays the result of a node, while those that come later read its constant.
  void SplitFromOutputs(const Node& node) {
    for (ValueId id : node.outputs) {
      const std::string name = graph_.value(id).name + "/constant";
      HostTensor elements = *std::move(graph_.value(id).constant);
      graph_.value(id).constant.reset();
      const ValueId constant = graph_.AddConstant(name, std::move(elements));
      stands_for_[static_cast<size_t>(id)] = constant;
      stands_for_.resize(graph_.values.size(), kNoValue);
      readers_.MoveReaders(id, constant);
    }
  }

  Graph& graph_;
  const OutputMarks outputs_;
  FoldBudget budget_;
  ConstantReaders readers_;
  std::vector<ValueId> stands_for_;  // By value: the constant that later nodes read instead.
};

}  // namespace

Status InferShapes(Graph* graph, const std::map<std::string, Shape>& input_shapes) {
  MACE_RETURN_IF_ERROR(CheckNames(*graph, input_shapes));
  for (const IoInfo& io : graph->inputs) {
    StatusOr<Shape> shape = InputShape(*graph, io, input_shapes);
    if (!shape.ok()) return shape.status().WithPrefix("input '" + Printable(io.name) + "'");
    Value& value = graph->value(io.value);
    value.info = {TypeInside(io, value), *std::move(shape)};
    value.shape_known = true;
  }
  return Inference(graph).Run();
}

}  // namespace mace
