#include "mace/formats/tflite/packed.h"

#include <string>
#include <utility>

#include "mace/ops/elementwise/dequantize.h"

namespace mace {
namespace {

// Whether the operator takes weights as input `index`.
bool TakesWeights(tflite::BuiltinOperator code, size_t index) {
  return index == 1 && (code == tflite::BuiltinOperator_FULLY_CONNECTED ||
                        code == tflite::BuiltinOperator_EMBEDDING_LOOKUP);
}

}  // namespace

std::vector<bool> FindTfliteWeights(const TfliteModel& model) {
  std::vector<bool> weights(model.tensor_count(), true);
  // Operators stand in the order in which they run: from the last one on, the readers of a result are
  // known before its maker.
  for (size_t op = model.operator_count(); op-- > 0;) {
    const tflite::BuiltinOperator code = model.code(model.op(op));
    const std::vector<int32_t> outputs = TflitePlaces(model.op(op).outputs());
    const bool passes_on = code == tflite::BuiltinOperator_DEQUANTIZE && outputs.size() == 1 &&
                           weights[static_cast<size_t>(outputs[0])];
    const std::vector<int32_t> inputs = TflitePlaces(model.op(op).inputs());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] < 0 || TakesWeights(code, i) || passes_on) continue;
      weights[static_cast<size_t>(inputs[i])] = false;
    }
  }
  return weights;
}

StatusOr<bool> IsTfliteWeightsLeft(const TfliteModel& model, size_t tensor,
                                   const TfliteQuantizationPtr& by) {
  const tflite::Tensor& each = model.tensor(tensor);
  if (!IsTfliteQuantized(by) || each.sparsity() != nullptr) return false;
  const std::vector<int32_t> dims = TflitePlaces(each.shape());
  TensorInfo info;
  info.dtype = TfliteGraphType(each.type());
  MACE_ASSIGN_OR_RETURN(info.shape, Shape::Make({dims.begin(), dims.end()}));
  const bool is_byte =
      each.type() == tflite::TensorType_INT8 || each.type() == tflite::TensorType_UINT8;
  return is_byte && MayStayPacked(info);
}

StatusOr<ValueId> EmitTfliteWeights(const TfliteModel& model, size_t tensor,
                                    TfliteConstants* constants, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(TfliteConstants::Integers integers, constants->ReadIntegers(tensor));
  const std::string name = model.TensorName(tensor);
  const TfliteQuantization& by = *integers.by;
  const Shape places = by.is_per_tensor() ? Shape{} : Shape{static_cast<int64_t>(by.scales.size())};
  std::vector<int32_t> zero_points(by.zero_points.begin(), by.zero_points.end());
  Graph& graph = builder->graph();
  const ValueId x = graph.AddConstant(name + "/integers", std::move(integers.elements));
  const ValueId scale = graph.AddConstant(
      name + "/scale", HostTensor::FromVector<float>(DType::kFloat32, places, by.scales));
  const ValueId zero_point = graph.AddConstant(
      name + "/zero_point",
      HostTensor::FromVector<int32_t>(DType::kInt32, places, std::move(zero_points)));
  return builder->AddHelper(
      name, MakeDequantize(x, scale, zero_point, by.is_per_tensor() ? 0 : by.axis, 0));
}

}  // namespace mace
