#include "mace/passes/pack_weights.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/ops/elementwise/dequantize.h"
#include "mace/ops/matmul/blocked_inputs.h"
#include "mace/ops/matmul/pack_quantized.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// A product of more rows takes longer with packed weights than with floats: 128 rows of 768 elements by 3072
// columns take 1.4 times as long on PoCL, one row 1.2 times where the floats fit into the processor's cache,
// and a third of the time where they do not.
constexpr int64_t kMaxRows = 16;

// A node that reads the weights, directly or through Transposes.
struct Use {
  int node = -1;
  // Whether the rows of the BlockedMatrix that it takes are columns of the stored integers.
  bool transposed = false;
};

// What all readers of some weights are.
struct Uses {
  std::vector<Use> readers;
  std::vector<int> transposes;  // Nodes that are not needed once the readers have packed weights.
  bool all_known = true;        // False where somebody needs floats.
};

bool SwapsTwoAxes(const Node& node) {
  return node.type == "Transpose" && node.attributes.GetInts("dims") == std::vector<int64_t>{1, 0};
}

// A constant number for each column of the product.
bool IsColumnBias(const Graph& graph, ValueId bias, int64_t columns) {
  if (!graph.IsConstant(bias)) return false;
  const TensorInfo& info = graph.value(bias).constant->info();
  return IsFloat(info.dtype) && info.shape.elements() == columns && info.shape.rank() >= 1 &&
         info.shape.back(0) == columns;
}

// Whether a MatMul takes `weights`, whose columns are as many, as its second operand alone, and computes
// nothing besides that a MatMulBits would not.
bool IsPlainMatMul(const Graph& graph, const Node& node, ValueId weights, int64_t columns) {
  if (node.type != "MatMul" || node.inputs.size() < 2 || !node.steps.empty()) return false;
  const ValueId a = node.inputs[0];
  if (node.inputs[1] != weights || a == weights || a == kNoValue || graph.IsConstant(a))
    return false;
  if (node.attributes.GetInt("transpose_a", 0) != 0) return false;
  const Shape& rows = graph.value(a).info.shape;
  if (rows.elements() > kMaxRows * std::max<int64_t>(rows.back(0), 1)) return false;
  const bool biased = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  return !biased || IsColumnBias(graph, node.inputs[2], columns);
}

bool IsRowGather(const Graph& graph, const Node& node, ValueId table) {
  return node.type == "Gather" && node.steps.empty() && node.inputs.size() == 2 &&
         node.inputs[0] == table && node.attributes.GetInt("axis", 0) == 0 &&
         node.inputs[1] != table && node.inputs[1] != kNoValue && !graph.IsConstant(node.inputs[1]);
}

// Adds the readers of `value`, which is the weights, or with `swapped` their transpose.
void FindUses(const GraphEditor& editor, ValueId value, bool swapped, Uses* uses) {
  const Graph& graph = editor.graph();
  if (editor.IsGraphOutput(value)) uses->all_known = false;
  const Shape& shape = graph.value(value).info.shape;
  for (int reader : editor.Readers(value)) {
    const Node& node = editor.node(reader);
    const bool transposes_b = node.attributes.GetInt("transpose_b", 0) != 0;
    if (SwapsTwoAxes(node)) {
      uses->transposes.push_back(reader);
      FindUses(editor, node.outputs[0], !swapped, uses);
    } else if (IsPlainMatMul(graph, node, value, shape[transposes_b ? 0 : 1])) {
      uses->readers.push_back({reader, transposes_b == swapped});
    } else if (IsRowGather(graph, node, value)) {
      uses->readers.push_back({reader, swapped});
    } else {
      uses->all_known = false;
    }
  }
}

// The constants of weights in one of the two directions.
struct PackedConstants {
  BlockedMatrix matrix;
  ValueId packed = kNoValue, scales = kNoValue, zero_points = kNoValue;
};

// Packs the weights that one Dequantize gives.
class WeightsPacker {
 public:
  WeightsPacker(GraphEditor* editor, int node) : editor_(*editor), node_(node) {}

  Status Run() {
    Uses uses;
    FindUses(editor_, Output(), false, &uses);
    if (!CanPack(uses)) return Evaluate();
    for (const Use& use : uses.readers) {
      MACE_RETURN_IF_ERROR(PackIn(use.transposed));
      Rewrite(use);
    }
    // A Transpose that reads another one stands behind it in the list.
    for (auto at = uses.transposes.rbegin(); at != uses.transposes.rend(); ++at) {
      editor_.Remove(*at);
    }
    editor_.Remove(node_);
    return Status::Ok();
  }

 private:
  ValueId Output() const { return editor_.node(node_).outputs[0]; }

  bool CanPack(const Uses& uses) const {
    const DequantizeNode from = ReadDequantize(editor_.graph(), editor_.node(node_));
    if (!uses.all_known || uses.readers.empty() || !MayStayPacked(from.integers->info())) {
      return false;
    }
    return std::all_of(uses.readers.begin(), uses.readers.end(), [&](const Use& use) {
      const BlockedMatrix matrix = BlocksOf({from, use.transposed});
      return matrix.rows > 0 && std::max(matrix.rows, matrix.block_size) <= INT32_MAX;
    });
  }

  Status PackIn(bool transposed) {
    std::optional<PackedConstants>& made = packed_[transposed ? 1 : 0];
    if (made.has_value()) return Status::Ok();
    const std::string name =
        editor_.graph().value(Output()).name + (transposed ? "/transposed" : "");
    MACE_ASSIGN_OR_RETURN(
        PackedMatrix packed,
        PackQuantized({ReadDequantize(editor_.graph(), editor_.node(node_)), transposed},
                      editor_.graph().derived));
    made.emplace();
    made->matrix = packed.matrix;
    made->packed = editor_.AddConstant(name + "/packed", std::move(packed.packed));
    made->scales = editor_.AddConstant(name + "/scales", std::move(packed.scales));
    made->zero_points = editor_.AddConstant(name + "/zero_points", std::move(packed.zero_points));
    return Status::Ok();
  }

  void Rewrite(const Use& use) {
    const PackedConstants& from = *packed_[use.transposed ? 1 : 0];
    const Node& before = editor_.node(use.node);
    const bool is_product = before.type == "MatMul";
    std::vector<ValueId> inputs = {before.inputs[is_product ? 0 : 1], from.packed, from.scales,
                                   from.zero_points};
    if (is_product && before.inputs.size() > 2 && before.inputs[2] != kNoValue) {
      inputs.push_back(before.inputs[2]);
    }
    AttributeMap attributes;
    SetBlockedMatrix(from.matrix, &attributes);
    editor_.SetInputs(use.node, std::move(inputs));
    editor_.node(use.node).type = is_product ? "MatMulBits" : "GatherBits";
    editor_.node(use.node).attributes = std::move(attributes);
  }

  // The readers take floats. A graph output stays the result of a node.
  Status Evaluate() {
    const ValueId result = Output();
    if (!editor_.IsUsed(result)) {
      editor_.Remove(node_);
      return Status::Ok();
    }
    MACE_ASSIGN_OR_RETURN(HostTensor floats,
                          EvaluateDequantize(editor_.graph(), editor_.node(node_)));
    const ValueId constant =
        editor_.AddConstant(editor_.graph().value(result).name + "/floats", std::move(floats));
    if (!editor_.IsGraphOutput(result)) {
      editor_.ReplaceUses(result, constant);
      editor_.Remove(node_);
      return Status::Ok();
    }
    const std::vector<int> readers = editor_.Readers(result);
    for (int reader : readers) {
      std::vector<ValueId> inputs = editor_.node(reader).inputs;
      std::replace(inputs.begin(), inputs.end(), result, constant);
      editor_.SetInputs(reader, std::move(inputs));
    }
    editor_.SetInputs(node_, {constant});
    editor_.node(node_).type = "Identity";
    editor_.node(node_).attributes = AttributeMap();
    return Status::Ok();
  }

  GraphEditor& editor_;
  const int node_;
  std::array<std::optional<PackedConstants>, 2> packed_;
};

bool IsOfConstants(const Graph& graph, const Node& node) {
  return node.type == "Dequantize" &&
         std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](ValueId id) { return id == kNoValue || graph.IsConstant(id); });
}

}  // namespace

Status PackWeights(Graph* graph) {
  const auto packs = [&](const Node& node) { return IsOfConstants(*graph, node); };
  if (std::none_of(graph->nodes.begin(), graph->nodes.end(), packs)) return Status::Ok();
  GraphEditor editor(graph);
  for (int i = 0; i < editor.node_count(); ++i) {
    if (editor.removed(i) || !packs(editor.node(i))) continue;
    const std::string name = "node '" + editor.node(i).name + "' (Dequantize)";
    MACE_RETURN_IF_ERROR(WeightsPacker(&editor, i).Run().WithPrefix(name));
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
