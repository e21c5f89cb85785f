// Ops of com.microsoft that are an op of ONNX with more behind or before it: convolutions and
// products with activations, and the activations of transformers with their biases.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// Parameters of an activation, in the order of the attribute activation_params.
struct FusedFunction {
  std::string name;
  std::vector<double> parameters;

  double parameter(size_t index) const { return parameters[index]; }
};

StatusOr<ValueId> EmitActivationWith(OnnxNode* node, ValueId x, const char* activation,
                                     const std::vector<std::pair<const char*, double>>& numbers) {
  AttributeMap attributes;
  attributes.Set("activation", std::string(activation));
  for (const auto& [name, value] : numbers) attributes.Set(name, value);
  return node->Emit("/activation", "Activation", {x}, std::move(attributes));
}

StatusOr<ValueId> EmitFunction(OnnxNode* node, const FusedFunction& function, ValueId x) {
  static const auto* const kParameters = new std::map<std::string, size_t>{
      {"", 0},     {"Relu", 0},        {"Sigmoid", 0},   {"Tanh", 0},     {"LeakyRelu", 1},
      {"Clip", 2}, {"HardSigmoid", 2}, {"HardSwish", 0}, {"Softplus", 0}, {"Elu", 1}};
  const auto found = kParameters->find(function.name);
  if (found == kParameters->end()) {
    return Unsupported(
        "activation: expected Relu, Sigmoid, Tanh, LeakyRelu, Clip, HardSigmoid, HardSwish, "
        "Softplus or Elu, found " +
        Printable(function.name));
  }
  if (function.parameters.size() < found->second) {
    return InvalidArgument("activation_params: expected " + std::to_string(found->second) + " of " +
                           function.name + ", found " + std::to_string(function.parameters.size()));
  }
  if (function.name.empty()) return x;
  if (function.name == "Relu") return EmitActivation(node, "RELU", x);
  if (function.name == "Sigmoid") return EmitActivation(node, "SIGMOID", x);
  if (function.name == "Tanh") return EmitActivation(node, "TANH", x);
  if (function.name == "HardSwish") return EmitUnary(node, "hardswish", x);
  if (function.name == "Softplus") return EmitUnary(node, "softplus", x);
  if (function.name == "LeakyRelu" || function.name == "Elu") {
    return EmitActivationWith(node, x, function.name == "Elu" ? "ELU" : "LEAKYRELU",
                              {{"activation_coefficient", function.parameter(0)}});
  }
  if (function.name == "HardSigmoid") {
    return EmitActivationWith(node, x, "HARDSIGMOID",
                              {{"hardsigmoid_alpha", function.parameter(0)},
                               {"hardsigmoid_beta", function.parameter(1)}});
  }
  return EmitClipped(node, x, function.parameter(0), function.parameter(1));
}

// x, weights, [bias], [z, added before the activation].
Status ConvertFusedConv(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 4));
  std::vector<ValueId> inputs = {node->input(0), node->input(1)};
  if (node->HasInput(2)) inputs.push_back(node->input(2));
  MACE_ASSIGN_OR_RETURN(ValueId y, node->ConvertAs("Conv", std::move(inputs)));
  if (node->HasInput(3)) {
    if (node->shape(3) != node->builder()->ShapeOf(y)) {
      return InvalidArgument("z: expected " + node->builder()->ShapeOf(y).ToString() + ", found " +
                             node->shape(3).ToString());
    }
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, node->input(3)));
  }
  const FusedFunction function = {node->String("activation", ""),
                                  node->Floats("activation_params")};
  MACE_ASSIGN_OR_RETURN(y, EmitFunction(node, function, y));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertFusedGemm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_ASSIGN_OR_RETURN(ValueId y, node->ConvertAs("Gemm", node->GivenInputs(), 13));
  FusedFunction function;
  function.name = node->String("activation", "");
  for (const char* name : {"activation_alpha", "activation_beta", "activation_gamma"}) {
    if (node->Has(name)) function.parameters.push_back(node->Float(name, 0));
  }
  MACE_ASSIGN_OR_RETURN(y, EmitFunction(node, function, y));
  node->SetResult(y);
  return Status::Ok();
}

// transBatch: axis 0 belongs in front of the last one, behind the batches.
StatusOr<ValueId> BatchesFirst(OnnxNode* node, size_t index, const char* attribute) {
  const int rank = node->shape(index).rank();
  if (node->Int(attribute, 0) == 0 || rank < 3) return node->input(index);
  std::vector<int64_t> order;
  for (int axis = 1; axis < rank - 1; ++axis) order.push_back(axis);
  order.push_back(0);
  order.push_back(rank - 1);
  return node->builder()->Transpose(node->input(index), order);
}

// alpha * a * b.
Status ConvertFusedMatMul(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_ASSIGN_OR_RETURN(const ValueId a, BatchesFirst(node, 0, "transBatchA"));
  MACE_ASSIGN_OR_RETURN(const ValueId b, BatchesFirst(node, 1, "transBatchB"));
  AttributeMap attributes;
  attributes.Set("transpose_a", node->Int("transA", 0));
  attributes.Set("transpose_b", node->Int("transB", 0));
  MACE_ASSIGN_OR_RETURN(ValueId y, node->Emit("/product", "MatMul", {a, b}, std::move(attributes)));
  const double alpha = node->Float("alpha", 1);
  if (alpha != 1) {
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, alpha));
  }
  node->SetResult(y);
  return Status::Ok();
}

Status SetUnary(OnnxNode* node, const char* function, ValueId x) {
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitUnary(node, function, x));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertMicrosoftGelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  return SetUnary(node, "gelu", node->input(0));
}

Status ConvertBiasGelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  MACE_ASSIGN_OR_RETURN(const ValueId sum,
                        EmitEltwise(node, EltwiseType::kSum, node->input(0), node->input(1)));
  return SetUnary(node, "gelu", sum);
}

// The approximation by tanh, of x or of x and a bias.
Status ConvertFastGelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  ValueId x = node->input(0);
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kSum, x, node->input(1)));
  }
  return SetUnary(node, "gelu_tanh", x);
}

// x * sigmoid(alpha * x).
Status ConvertQuickGelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const double alpha = node->Float("alpha", 1.702);
  if (alpha == 1) return SetUnary(node, "silu", node->input(0));
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitEltwise(node, EltwiseType::kProd, node->input(0), alpha));
  MACE_ASSIGN_OR_RETURN(id, EmitActivation(node, "SIGMOID", id));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kProd, node->input(0), id));
  node->SetResult(id);
  return Status::Ok();
}

// The first half of x + bias along the last axis, times gelu of the second half.
Status ConvertBiasSplitGelu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const int axis = node->shape(0).rank() - 1;
  if (axis < 0 || node->shape(0).back(0) % 2 != 0) {
    return InvalidArgument("expected an even last extent, found " + node->shape(0).ToString());
  }
  const int64_t half = node->shape(0).back(0) / 2;
  MACE_ASSIGN_OR_RETURN(const ValueId sum,
                        EmitEltwise(node, EltwiseType::kSum, node->input(0), node->input(1)));
  MACE_ASSIGN_OR_RETURN(const ValueId first, EmitSlice(node, sum, axis, 0, half));
  MACE_ASSIGN_OR_RETURN(ValueId second, EmitSlice(node, sum, axis, half, 2 * half));
  MACE_ASSIGN_OR_RETURN(second, EmitUnary(node, "gelu", second));
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitEltwise(node, EltwiseType::kProd, first, second));
  node->SetResult(y);
  return Status::Ok();
}

// x + bias + skip.
Status ConvertBiasAdd(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  MACE_ASSIGN_OR_RETURN(ValueId y,
                        EmitEltwise(node, EltwiseType::kSum, node->input(0), node->input(1)));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, node->input(2)));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kMicrosoftFusedConverters[] = {
    {"BiasAdd", ConvertBiasAdd},
    {"BiasGelu", ConvertBiasGelu},
    {"BiasSplitGelu", ConvertBiasSplitGelu},
    {"FastGelu", ConvertFastGelu},
    {"FusedConv", ConvertFusedConv},
    {"FusedGemm", ConvertFusedGemm},
    {"FusedMatMul", ConvertFusedMatMul},
    {"Gelu", ConvertMicrosoftGelu},
    {"QuickGelu", ConvertQuickGelu},
    {"TransposeMatMul", ConvertFusedMatMul},
    {nullptr, nullptr},
};

}  // namespace mace
