#include "mace/passes/device/attention_pattern.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mace/ops/elementwise/eltwise.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

bool IsPlainMatMul(const Node& node) {
  return node.type == "MatMul" && IsPlain(node) && node.attributes.GetInt("residual", 0) == 0;
}

// One operation between the product and the softmax.
struct Step {
  const Node* node = nullptr;     // An Eltwise.
  std::vector<ValueId> operands;  // The graph's values; kNoValue for the step before this one.
};

// The number that the step multiplies its one operand by.
std::optional<double> FactorOf(const Node& node) {
  if (node.type != "Eltwise" || !IsPlain(node) || !node.attributes.Has("scalar_input") ||
      node.inputs.size() != 1) {
    return std::nullopt;
  }
  const double scalar = node.attributes.GetFloat("scalar_input", 0);
  const auto type = static_cast<EltwiseType>(node.attributes.GetInt("type", 0));
  if (type == EltwiseType::kProd) return scalar;
  const bool divides =
      type == EltwiseType::kDiv && node.attributes.GetInt("scalar_input_index", 1) == 1;
  if (divides && scalar != 0) return 1 / scalar;
  return std::nullopt;
}

bool IsSum(const Node& node) {
  return node.type == "Eltwise" && IsPlain(node) && node.inputs.size() == 2 &&
         node.attributes.GetInt("type", 0) == static_cast<int64_t>(EltwiseType::kSum);
}

// The steps of a node, the last one first; empty where they are no chain.
std::vector<Step> StepsOf(const Node& node) {
  if (node.type == "Eltwise") return {{&node, node.inputs}};
  if (node.type != "FusedElementwise" || !IsPlain(node)) return {};
  std::vector<Step> steps;
  const size_t inputs = node.inputs.size();
  for (size_t k = node.steps.size(); k-- > 0;) {
    Step step = {&node.steps[k], {}};
    for (ValueId id : node.steps[k].inputs) {
      const size_t index = static_cast<size_t>(id);
      if (id == kNoValue || (index >= inputs && index + 1 != inputs + k)) return {};
      step.operands.push_back(index < inputs ? node.inputs[index] : kNoValue);
    }
    // Each step but the first one reads the one before, once.
    const auto before = std::count(step.operands.begin(), step.operands.end(), kNoValue);
    if (before != (k > 0 ? 1 : 0)) return {};
    steps.push_back(std::move(step));
  }
  return steps;
}

// The dense view of a tensor of this shape, repeated to `leading` axes and its own last two.
StridedView BroadcastView(const Shape& shape, const Shape& to) {
  const std::vector<int64_t> strides = DenseStrides(shape);
  StridedView view;
  for (int axis = 0; axis < to.rank(); ++axis) {
    const int own = axis - (to.rank() - shape.rank());
    const bool repeated = own < 0 || shape.dim(own) == 1;
    view.axes.push_back({to.dim(axis), repeated ? 0 : strides[static_cast<size_t>(own)]});
  }
  return view;
}

// An operand of a product of batch axes `leading`: those, then the last two axes, in their order or
// exchanged.
StridedView MatrixView(const Shape& shape, const Shape& leading, bool exchanged) {
  std::vector<int64_t> dims = leading.dims();
  dims.push_back(shape.back(1));
  dims.push_back(shape.back(0));
  StridedView view = BroadcastView(shape, Shape(std::move(dims)));
  if (exchanged) std::swap(view.axes[view.axes.size() - 2], view.axes.back());
  return view;
}

Shape LeadingOf(const Shape& shape) {
  return Shape(std::vector<int64_t>(shape.dims().begin(), shape.dims().end() - 2));
}

class Finder {
 public:
  Finder(const GraphReaders& readers, size_t softmax)
      : readers_(readers), graph_(readers.graph()), softmax_(graph_.nodes[softmax]) {}

  std::optional<AttentionPattern> Find() {
    const Shape& scores = ShapeOf(softmax_.inputs[0]);
    const int64_t axis = softmax_.attributes.GetInt("axis", -1);
    if (scores.rank() < 2 || (axis != -1 && axis != scores.rank() - 1) ||
        softmax_.attributes.GetInt("use_log", 0) != 0 || !IsPlain(softmax_) || !FindProduct() ||
        !FindWeighted()) {
      return std::nullopt;
    }
    const Node& product = graph_.nodes[found_.product];
    const Node& weighted = graph_.nodes[found_.weighted];
    const Shape leading = LeadingOf(scores);
    found_.q = {product.inputs[0], MatrixView(ShapeOf(product.inputs[0]), leading,
                                              Transposes(product, "transpose_a"))};
    // k is [columns, depth] here, as it is where the product transposes it.
    found_.k = {product.inputs[1], MatrixView(ShapeOf(product.inputs[1]), leading,
                                              !Transposes(product, "transpose_b"))};
    found_.v = {weighted.inputs[1], MatrixView(ShapeOf(weighted.inputs[1]), leading,
                                               Transposes(weighted, "transpose_b"))};
    found_.y = {weighted.outputs[0], MatrixView(ShapeOf(weighted.outputs[0]), leading, false)};
    TraceBack(&found_.q, &found_.scale);
    TraceBack(&found_.k, &found_.scale);
    TraceBack(&found_.v, nullptr);
    found_.last = found_.weighted;
    TraceResult();
    return found_;
  }

 private:
  const Shape& ShapeOf(ValueId id) const { return graph_.value(id).info.shape; }
  static bool Transposes(const Node& node, const char* attribute) {
    return node.attributes.GetInt(attribute, 0) != 0;
  }

  // Goes from the softmax back to the product, through steps that scale it or add the mask.
  bool FindProduct() {
    ValueId id = softmax_.inputs[0];
    const Shape& scores = ShapeOf(id);
    while (true) {
      const int producer = readers_.Producer(id);
      if (producer < 0 || readers_.SoleReader(id) < 0 || ShapeOf(id) != scores) return false;
      const Node& node = graph_.nodes[static_cast<size_t>(producer)];
      if (IsPlainMatMul(node)) {
        found_.product = static_cast<size_t>(producer);
        const bool biased = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
        return ShapeOf(node.inputs[0]).rank() >= 2 && ShapeOf(node.inputs[1]).rank() >= 2 &&
               (!biased || TakeMask(node.inputs[2]));
      }
      const std::vector<Step> steps = StepsOf(node);
      if (steps.empty()) return false;
      id = kNoValue;
      for (const Step& step : steps) {
        if (!TakeStep(step, &id)) return false;
      }
      if (id == kNoValue) return false;
    }
  }

  // Takes the step's number or mask, and gives the value that it works on.
  bool TakeStep(const Step& step, ValueId* operand) {
    if (const std::optional<double> factor = FactorOf(*step.node)) {
      *operand = step.operands[0];
      found_.scale *= *factor;
      return true;
    }
    if (!IsSum(*step.node)) return false;
    const size_t chain = IsOfScores(step.operands[0]) ? 0 : 1;
    if (!IsOfScores(step.operands[chain])) return false;
    *operand = step.operands[chain];
    return TakeMask(step.operands[1 - chain]);
  }

  // Whether the value is the step before, or may be what the product becomes.
  bool IsOfScores(ValueId id) const {
    if (id == kNoValue) return true;
    const int producer = readers_.Producer(id);
    if (producer < 0 || ShapeOf(id) != ShapeOf(softmax_.inputs[0])) return false;
    const std::string& type = graph_.nodes[static_cast<size_t>(producer)].type;
    return readers_.SoleReader(id) >= 0 &&
           (type == "MatMul" || type == "Eltwise" || type == "FusedElementwise");
  }

  // A mask that is added before a scale would be scaled, too.
  bool TakeMask(ValueId id) {
    if (id == kNoValue || found_.mask != kNoValue || found_.scale != 1 ||
        !IsFloat(graph_.value(id).info.dtype)) {
      return false;
    }
    const Shape& scores = ShapeOf(softmax_.inputs[0]);
    if (ShapeOf(id).rank() > scores.rank()) return false;
    found_.mask = id;
    found_.mask_view = BroadcastView(ShapeOf(id), scores);
    return true;
  }

  bool FindWeighted() {
    const int reader = readers_.SoleReader(softmax_.outputs[0]);
    if (reader < 0) return false;
    const Node& node = graph_.nodes[static_cast<size_t>(reader)];
    const bool biased = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
    if (!IsPlainMatMul(node) || biased || node.inputs[0] != softmax_.outputs[0] ||
        Transposes(node, "transpose_a") || ShapeOf(node.inputs[1]).rank() < 2 ||
        LeadingOf(ShapeOf(node.outputs[0])) != LeadingOf(ShapeOf(softmax_.outputs[0]))) {
      return false;
    }
    found_.weighted = static_cast<size_t>(reader);
    return true;
  }

  // The only copy of a node that moves elements, from its input `input` or to its output `output`;
  // -1: any.
  std::optional<StridedCopy> CopyOf(size_t node, int input, int output) const {
    const auto* op = dynamic_cast<const MoveOp*>(&readers_.op(node));
    Move move;
    if (op == nullptr || !op->Describe(MakeOpInputs(graph_, graph_.nodes[node]), &move).ok()) {
      return std::nullopt;
    }
    std::optional<StridedCopy> found;
    for (const StridedCopy& copy : move.copies) {
      if ((input >= 0 && copy.input != input) || (output >= 0 && copy.output != output)) continue;
      if (found.has_value()) return std::nullopt;
      found = copy;
    }
    return found;
  }

  // Looks through the nodes that made the value, as far as it stays a view; `scale` takes the
  // numbers that they multiply by.
  void TraceBack(ViewedValue* viewed, double* scale) const {
    while (true) {
      const int producer = readers_.Producer(viewed->value);
      if (producer < 0) return;
      const Node& node = graph_.nodes[static_cast<size_t>(producer)];
      const std::optional<double> factor = scale != nullptr ? FactorOf(node) : std::nullopt;
      if (factor.has_value()) {
        *scale *= *factor;
        viewed->value = node.inputs[0];
        continue;
      }
      const auto output = std::find(node.outputs.begin(), node.outputs.end(), viewed->value);
      const std::optional<StridedCopy> copy = CopyOf(
          static_cast<size_t>(producer), -1, static_cast<int>(output - node.outputs.begin()));
      if (!copy.has_value() || copy->elements() != ShapeOf(viewed->value).elements()) return;
      const ValueId input = node.inputs[static_cast<size_t>(copy->input)];
      const std::optional<StridedView> view = ViewOfInput(viewed->view, *copy);
      if (!view.has_value() || !IsFloat(graph_.value(input).info.dtype)) return;
      *viewed = {input, *view};
    }
  }

  // Looks through the nodes that alone read the result, as far as it stays a view of all elements.
  void TraceResult() {
    while (true) {
      const int reader = readers_.SoleReader(found_.y.value);
      if (reader < 0) return;
      const Node& node = graph_.nodes[static_cast<size_t>(reader)];
      if (node.outputs.size() != 1 || node.inputs[0] != found_.y.value) return;
      const std::optional<StridedCopy> copy = CopyOf(static_cast<size_t>(reader), -1, -1);
      const int64_t elements = ShapeOf(found_.y.value).elements();
      if (!copy.has_value() || copy->input != 0 || copy->elements() != elements ||
          ShapeOf(node.outputs[0]).elements() != elements) {
        return;
      }
      const std::optional<StridedView> view = ViewOfOutput(found_.y.view, *copy);
      if (!view.has_value()) return;
      found_.y = {node.outputs[0], *view};
      found_.last = static_cast<size_t>(reader);
    }
  }

  const GraphReaders& readers_;
  const Graph& graph_;
  const Node& softmax_;
  AttentionPattern found_;
};

}  // namespace

bool IsPlain(const Node& node) {
  const StatusOr<FusedActivation> activation = FusedActivation::Parse(node.attributes);
  return activation.ok() && activation->kind == FusedActivation::Kind::kNone &&
         !node.attributes.Has("y_scale") && !node.attributes.Has("coeff");
}

GraphReaders::GraphReaders(const Graph& graph, const OpList& ops)
    : graph_(graph),
      ops_(ops),
      outputs_(graph),
      producers_(graph.Producers()),
      readers_(graph.values.size()) {
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (ValueId id : graph.nodes[n].inputs) {
      if (id != kNoValue) readers_[static_cast<size_t>(id)].push_back(static_cast<int>(n));
    }
  }
}

int GraphReaders::SoleReader(ValueId id) const {
  const std::vector<int>& readers = readers_[static_cast<size_t>(id)];
  return readers.size() == 1 && !IsOutput(id) ? readers[0] : -1;
}

void GraphReaders::RemoveNode(size_t node) {
  for (ValueId id : graph_.nodes[node].inputs) {
    if (id == kNoValue) continue;
    std::vector<int>& readers = readers_[static_cast<size_t>(id)];
    readers.erase(std::find(readers.begin(), readers.end(), static_cast<int>(node)));
  }
  for (ValueId id : graph_.nodes[node].outputs) producers_[static_cast<size_t>(id)] = -1;
}

void GraphReaders::AddNode(size_t node) {
  producers_.resize(graph_.values.size(), -1);
  readers_.resize(graph_.values.size());
  for (ValueId id : graph_.nodes[node].inputs) {
    if (id != kNoValue) readers_[static_cast<size_t>(id)].push_back(static_cast<int>(node));
  }
  for (ValueId id : graph_.nodes[node].outputs) {
    producers_[static_cast<size_t>(id)] = static_cast<int>(node);
  }
}

std::optional<AttentionPattern> FindAttention(const GraphReaders& readers, size_t softmax) {
  return Finder(readers, softmax).Find();
}

}  // namespace mace
