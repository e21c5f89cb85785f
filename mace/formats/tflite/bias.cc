#include "mace/formats/tflite/bias.h"

#include <string>
#include <utility>
#include <vector>

namespace mace {
namespace {

StatusOr<ValueId> BiasOf(TfliteNode* node, const TfliteProductInputs& inputs, int output_axis) {
  const TfliteNode::Place& bias = node->input_place(inputs.bias);
  if (IsFloat(TfliteGraphType(bias.tensor->type()))) return bias.value;
  const TfliteNode::Place& x = node->input_place(inputs.x);
  const TfliteNode::Place& weights = node->input_place(inputs.weights);
  if (!x.is_quantized() || !weights.is_quantized()) {
    return Unsupported("bias: expected floats, found " + TfliteTypeName(bias.tensor->type()) +
                       " beside inputs that are not quantized");
  }
  if (node->builder()->ConstantOf(bias.value) == nullptr) {
    return Unsupported("bias: expected a constant, found a tensor that is computed");
  }
  const TfliteQuantization& by = *weights.quantization;
  if (!by.is_per_tensor() && by.axis != output_axis) {
    return Corruption("weights: expected scales of axis " + std::to_string(output_axis) +
                      ", found those of axis " + std::to_string(by.axis));
  }
  std::vector<double> scales;
  for (float scale : by.scales) {
    scales.push_back(double{scale} * double{x.quantization->scales[0]});
  }
  MACE_ASSIGN_OR_RETURN(HostTensor reals, node->constants()->ReadBias(bias.index, scales));
  return node->builder()->graph().AddConstant(node->name() + "/bias", std::move(reals));
}

}  // namespace

Status SetTfliteBiased(TfliteNode* node, const StatusOr<ValueId>& y,
                       const TfliteProductInputs& inputs, int output_axis,
                       tflite::ActivationFunctionType activation) {
  if (!y.ok() || !node->HasInput(inputs.bias)) return node->SetActivated(y, activation);
  MACE_ASSIGN_OR_RETURN(const ValueId bias, BiasOf(node, inputs, output_axis));
  const int64_t channels = node->builder()->ShapeOf(*y).back(0);
  const Shape shape = node->builder()->ShapeOf(bias);
  if (shape.rank() != 1 || shape[0] != channels) {
    return InvalidArgument("bias: expected " + Shape{channels}.ToString() + ", found " +
                           shape.ToString());
  }
  return node->SetActivated(node->Emit("/biased", "BiasAdd", {*y, bias}), activation);
}

}  // namespace mace
