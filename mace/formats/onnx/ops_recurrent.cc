// ONNX's RNN, GRU and LSTM.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/dynamic_quantization.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"

namespace mace {
namespace {

// The batch comes first where attribute layout is 1: [n, t, i] for x, [n, d, h] for states.
constexpr size_t kFirstState = 5;
constexpr size_t kLastState = 6;

StatusOr<std::vector<ValueId>> InputsByTime(OnnxNode* node, bool batch_first) {
  std::vector<ValueId> inputs = node->GivenInputs();
  if (!batch_first) return inputs;
  for (size_t i : {size_t{0}, kFirstState, kLastState}) {
    if (!node->HasInput(i)) continue;
    MACE_ASSIGN_OR_RETURN(inputs[i], node->builder()->Transpose(inputs[i], {1, 0, 2}));
  }
  return inputs;
}

Status ConvertRecurrent(OnnxNode* node) {
  const bool lstm = node->op() == "LSTM";
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, lstm ? 8 : 6));
  const bool batch_first = node->Int("layout", 0) != 0;
  AttributeMap attributes;
  attributes.Set("cell", node->op());
  attributes.Set("hidden", node->Int("hidden_size", 0));
  attributes.Set("direction", node->String("direction", "forward"));
  attributes.Set("activations", Join(node->Strings("activations"), ","));
  attributes.Set("clip", node->Float("clip", 0));
  attributes.Set("linear_before_reset", node->Int("linear_before_reset", 0));
  attributes.Set("input_forget", node->Int("input_forget", 0));
  node->Ignore({"output_sequence"});
  if (node->def().op_type() == "DynamicQuantizeLSTM") {
    attributes.Set("quantizes_states", int64_t{1});
  }
  MACE_ASSIGN_OR_RETURN(std::vector<ValueId> inputs, InputsByTime(node, batch_first));
  MACE_RETURN_IF_ERROR(
      node->EmitResult("Recurrent", std::move(inputs), std::move(attributes), lstm ? 3 : 2));
  if (!batch_first) return Status::Ok();
  const std::vector<ValueId> outputs = node->outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    // [t, d, n, h] and [d, n, h].
    const std::vector<int64_t> order =
        i == 0 ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>{1, 0, 2};
    MACE_ASSIGN_OR_RETURN(const ValueId turned, node->builder()->Transpose(outputs[i], order));
    node->SetResult(turned, i);
  }
  return Status::Ok();
}

// Quantized weights [d, i, 4 * h] as floats [d, 4 * h, i]. They have a scale for each direction,
// [d], or for each of its columns, [d, 4 * h].
StatusOr<ValueId> ReadWeights(OnnxNode* node, size_t index, size_t scale, size_t zero_point) {
  const Shape shape = node->shape(index);
  if (!node->HasInput(scale) || shape.rank() != 3 || shape[1] < 1) {
    return InvalidArgument("input " + std::to_string(index) +
                           ": expected weights of rank 3 and their scale, found " +
                           shape.ToString());
  }
  OnnxQuantization by;
  by.scale = node->input(scale);
  if (node->HasInput(zero_point)) by.zero_point = node->input(zero_point);
  const bool each_column = node->shape(scale).rank() == 2;
  const Shape expected = each_column ? Shape{shape[0], shape[2]} : Shape{shape[0]};
  for (const ValueId numbers : {by.scale, by.zero_point}) {
    if (numbers == kNoValue || node->builder()->ShapeOf(numbers) == expected) continue;
    return InvalidArgument("scale or zero point of input " + std::to_string(index) + ": expected " +
                           expected.ToString() + ", found " +
                           node->builder()->ShapeOf(numbers).ToString());
  }
  if (each_column) {
    // One block along axis 1.
    by.axis = 1;
    by.block_size = shape[1];
    for (ValueId* numbers : {&by.scale, &by.zero_point}) {
      if (*numbers == kNoValue) continue;
      MACE_ASSIGN_OR_RETURN(*numbers, node->builder()->Reshape(*numbers, {shape[0], 1, shape[2]}));
    }
  }
  MACE_ASSIGN_OR_RETURN(const ValueId floats, EmitDequantized(node, index, by));
  return node->builder()->Transpose(floats, {0, 2, 1});
}

// x is quantized by its own range, and Recurrent quantizes the states between steps by theirs.
Status ConvertDynamicLstm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 12));
  MACE_ASSIGN_OR_RETURN(const OnnxDynamic x, EmitDynamicQuantization(node, node->input(0)));
  std::vector<ValueId> inputs = node->inputs();
  inputs.resize(std::min<size_t>(inputs.size(), 8));
  MACE_ASSIGN_OR_RETURN(inputs[0], EmitEltwise(node, OnnxEltwise::kProduct, x.centred, x.scale));
  MACE_ASSIGN_OR_RETURN(inputs[1], ReadWeights(node, 1, 8, 9));
  MACE_ASSIGN_OR_RETURN(inputs[2], ReadWeights(node, 2, 10, 11));
  while (inputs.back() == kNoValue) inputs.pop_back();
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                        node->ConvertAllAs("LSTM", std::move(inputs)));
  for (size_t i = 0; i < outputs.size(); ++i) node->SetResult(outputs[i], i);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kMicrosoftRecurrentConverters[] = {
    {"DynamicQuantizeLSTM", ConvertDynamicLstm},
    {nullptr, nullptr},
};

const OnnxConverterEntry kOnnxRecurrentConverters[] = {
    {"GRU", ConvertRecurrent},
    {"LSTM", ConvertRecurrent},
    {"RNN", ConvertRecurrent},
    {nullptr, nullptr},
};

}  // namespace mace
