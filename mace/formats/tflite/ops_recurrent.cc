// TensorFlow Lite's UNIDIRECTIONAL_SEQUENCE_LSTM.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

// The operator's inputs. Four gates each: input, forget, cell, output.
constexpr size_t kInputWeights = 1;
constexpr size_t kRecurrentWeights = 5;
constexpr size_t kPeepholes = 9;  // Input, forget, output.
constexpr size_t kBiases = 12;
constexpr size_t kProjection = 16;
constexpr size_t kStates = 18;  // The output's and the cell's.
constexpr size_t kLayerNorms = 20;
constexpr size_t kInputCount = 24;
// The graph's op has the gates in the order input, output, forget, cell.
constexpr size_t kGateOrder[] = {0, 3, 1, 2};
constexpr size_t kPeepholeOrder[] = {0, 2, 1};

bool IsState(size_t input) { return input == kStates || input == kStates + 1; }

Status CheckForm(const TfliteNode& node, const tflite::UnidirectionalSequenceLSTMOptions& options) {
  if (node.AnyIsQuantized()) return Unsupported("expected floats, found a quantized tensor");
  for (size_t i = kProjection; i < kInputCount; ++i) {
    if (IsState(i) || !node.HasInput(i)) continue;
    return Unsupported(std::string("input ") + std::to_string(i) + ": expected none, found " +
                       (i < kLayerNorms ? "a projection" : "a layer normalisation"));
  }
  if (options.cell_clip() != 0 || options.proj_clip() != 0) {
    return Unsupported("cell_clip: expected 0, found " + std::to_string(options.cell_clip()));
  }
  if (options.diagonal_recurrent_tensors()) {
    return Unsupported("diagonal_recurrent_tensors: expected false, found true");
  }
  if (options.fused_activation_function() != tflite::ActivationFunctionType_TANH) {
    return Unsupported("fused_activation_function: expected TANH, found " +
                       std::to_string(static_cast<int>(options.fused_activation_function())));
  }
  for (size_t gate = 0; gate < 4; ++gate) {
    for (size_t first : {kInputWeights, kRecurrentWeights, kBiases}) {
      if (node.HasInput(first + gate)) continue;
      return Unsupported("input " + std::to_string(first + gate) +
                         ": expected weights of four gates, found none");
    }
  }
  return Status::Ok();
}

// The parts of the gates behind one another, as one direction of the graph's op.
StatusOr<ValueId> EmitGates(TfliteNode* node, size_t first, int64_t rows, int64_t columns) {
  std::vector<ValueId> parts;
  for (size_t gate : kGateOrder) {
    const Shape& shape = node->shape(first + gate);
    const Shape expected = columns == 0 ? Shape{rows} : Shape{rows, columns};
    if (!(shape == expected)) {
      return InvalidArgument("input " + std::to_string(first + gate) + ": expected " +
                             expected.ToString() + ", found " + shape.ToString());
    }
    parts.push_back(node->input(first + gate));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId all, EmitConcat(node, parts, 0));
  if (columns == 0) return all;
  return node->builder()->Reshape(all, {1, 4 * rows, columns});
}

// The graph's op has a bias for x and one for the state; TensorFlow Lite has one for both.
StatusOr<ValueId> EmitBias(TfliteNode* node, int64_t hidden) {
  MACE_ASSIGN_OR_RETURN(const ValueId bias, EmitGates(node, kBiases, hidden, 0));
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("zeros", static_cast<size_t>(4 * hidden) * sizeof(float)));
  const ValueId zeros = node->builder()->graph().AddConstant(
      node->name() + "/zeros",
      HostTensor::FromVector(DType::kFloat32, Shape{4 * hidden},
                             std::vector<float>(static_cast<size_t>(4 * hidden), 0.0f)));
  MACE_ASSIGN_OR_RETURN(const ValueId both, EmitConcat(node, {bias, zeros}, 0));
  return node->builder()->Reshape(both, {1, 8 * hidden});
}

StatusOr<ValueId> EmitPeepholes(TfliteNode* node, int64_t hidden) {
  bool any = false, all = true;
  for (size_t i = 0; i < 3; ++i) {
    any = any || node->HasInput(kPeepholes + i);
    all = all && node->HasInput(kPeepholes + i);
  }
  if (!any) return kNoValue;
  if (!all) return Unsupported("expected weights of three peepholes or none, found some");
  std::vector<ValueId> parts;
  for (size_t gate : kPeepholeOrder) parts.push_back(node->input(kPeepholes + gate));
  MACE_ASSIGN_OR_RETURN(const ValueId joined, EmitConcat(node, parts, 0));
  return node->builder()->Reshape(joined, {1, 3 * hidden});
}

// x [n, t, i], or [t, n, i] where time_major is set; both states begin at 0.
Status ConvertSequenceLstm(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, kInputCount));
  MACE_ASSIGN_OR_RETURN(const auto* options,
                        node->OptionsOf<tflite::UnidirectionalSequenceLSTMOptions>());
  MACE_RETURN_IF_ERROR(CheckForm(*node, *options));
  if (node->shape(0).rank() != 3 || node->shape(kRecurrentWeights).rank() != 2) {
    return InvalidArgument("expected x of rank 3 and weights of rank 2, found " +
                           node->shape(0).ToString() + " and " +
                           node->shape(kRecurrentWeights).ToString());
  }
  for (size_t state : {kStates, kStates + 1}) {
    if (node->HasInput(state) && node->input(state) != kNoValue) {
      return Unsupported("input " + std::to_string(state) +
                         ": expected a variable that begins at 0, found a tensor");
    }
  }
  const int64_t hidden = node->shape(kRecurrentWeights)[1], depth = node->shape(0)[2];
  ValueId x = node->input(0);
  if (!options->time_major()) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Transpose(x, {1, 0, 2}));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId w, EmitGates(node, kInputWeights, hidden, depth));
  MACE_ASSIGN_OR_RETURN(const ValueId r, EmitGates(node, kRecurrentWeights, hidden, hidden));
  MACE_ASSIGN_OR_RETURN(const ValueId bias, EmitBias(node, hidden));
  MACE_ASSIGN_OR_RETURN(const ValueId peepholes, EmitPeepholes(node, hidden));
  Node recurrent;
  recurrent.name = node->builder()->UniqueName(node->name());
  recurrent.type = "Recurrent";
  recurrent.inputs = {x, w, r, bias};
  if (peepholes != kNoValue) {
    recurrent.inputs.insert(recurrent.inputs.end(), {kNoValue, kNoValue, kNoValue, peepholes});
  }
  recurrent.attributes.Set("cell", std::string("LSTM"));
  recurrent.attributes.Set("hidden", hidden);
  const std::string base = recurrent.name;
  MACE_ASSIGN_OR_RETURN(
      const std::vector<ValueId> results,
      node->builder()->AddNode(std::move(recurrent), {base, base + "/h", base + "/c"}));
  const Shape y = node->builder()->ShapeOf(results[0]);  // [t, 1, n, h].
  MACE_ASSIGN_OR_RETURN(const ValueId steps,
                        node->builder()->Reshape(results[0], {y[0], y[2], y[3]}));
  if (options->time_major()) return node->SetResult(steps);
  return node->SetResult(node->builder()->Transpose(steps, {1, 0, 2}));
}

}  // namespace

bool IsTfliteState(tflite::BuiltinOperator code, size_t index) {
  return code == tflite::BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM && IsState(index);
}

const TfliteConverterEntry kTfliteRecurrentConverters[] = {
    {tflite::BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM, ConvertSequenceLstm},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
