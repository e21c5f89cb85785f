// ONNX's RNN, GRU and LSTM, and DynamicQuantizeLSTM of com.microsoft.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

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
  attributes.Set("activation_alpha", node->Floats("activation_alpha"));
  attributes.Set("activation_beta", node->Floats("activation_beta"));
  attributes.Set("clip", node->Float("clip", 0));
  attributes.Set("linear_before_reset", node->Int("linear_before_reset", 0));
  attributes.Set("input_forget", node->Int("input_forget", 0));
  node->Ignore({"output_sequence"});
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

// The inputs of DynamicQuantizeLSTM; the scales and zero points of its weights follow them.
constexpr size_t kLengths = 4;
constexpr size_t kPeepholes = 7;
constexpr size_t kFirstScale = 8;

Status CheckLstmActivations(const OnnxNode& node) {
  const std::vector<std::string> found = node.Strings("activations");
  const char* const expected[] = {"Sigmoid", "Tanh", "Tanh"};
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i % 3]) continue;
    return Unsupported("activations: expected Sigmoid, Tanh and Tanh, found '" +
                       Printable(found[i]) + "'");
  }
  return Status::Ok();
}

Status ConvertDynamicQuantizeLstm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, kFirstScale + 4));
  for (size_t i = kFirstScale; i < kFirstScale + 4; ++i) {
    if (node->HasInput(i)) continue;
    return InvalidArgument("input " + std::to_string(i) +
                           ": expected a scale or a zero point of the weights, found none");
  }
  for (size_t i : {kLengths, kPeepholes}) {
    if (!node->HasInput(i)) continue;
    return Unsupported("input " + std::to_string(i) + ": expected no " +
                       (i == kLengths ? "sequence_lens" : "P") + " of a quantized LSTM, found one");
  }
  if (node->Float("clip", 0) != 0 || node->Int("input_forget", 0) != 0) {
    return Unsupported("clip, input_forget: expected 0 of a quantized LSTM");
  }
  MACE_RETURN_IF_ERROR(CheckLstmActivations(*node));
  node->Ignore({"output_sequence"});
  AttributeMap attributes;
  attributes.Set("hidden", node->Int("hidden_size", 0));
  attributes.Set("direction", node->String("direction", "forward"));
  const std::vector<ValueId>& all = node->inputs();
  std::vector<ValueId> inputs(all.begin(), all.begin() + 3);
  inputs.insert(inputs.end(), all.begin() + kFirstScale, all.begin() + kFirstScale + 4);
  for (size_t i : {size_t{3}, kFirstState, kLastState}) inputs.push_back(node->input(i));
  while (inputs.back() == kNoValue) inputs.pop_back();
  return node->EmitResult("DynamicQuantizeLstm", std::move(inputs), std::move(attributes), 3);
}

}  // namespace

const OnnxConverterEntry kMicrosoftRecurrentConverters[] = {
    {"DynamicQuantizeLSTM", ConvertDynamicQuantizeLstm},
    {nullptr, nullptr},
};

const OnnxConverterEntry kOnnxRecurrentConverters[] = {
    {"GRU", ConvertRecurrent},
    {"LSTM", ConvertRecurrent},
    {"RNN", ConvertRecurrent},
    {nullptr, nullptr},
};

}  // namespace mace
