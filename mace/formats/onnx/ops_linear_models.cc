// Ops of ai.onnx.ml on numbers: scaling, normalising and encoding of features, linear models.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/post_transform.h"

namespace mace {
namespace {

// The features [n, f] as floats; one row may come without its first axis.
StatusOr<ValueId> EmitFeatures(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitCast(node, node->input(0), DType::kFloat32));
  const Shape shape = node->shape(0);
  if (shape.rank() == 1) return node->builder()->Reshape(x, {1, shape[0]});
  if (shape.rank() == 2) return x;
  return InvalidArgument("expected features [n, f], found " + shape.ToString());
}

// (x - offset) * scale.
Status ConvertScaler(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitCast(node, node->input(0), DType::kFloat32));
  const int64_t features = node->shape(0).back(0);
  for (const char* name : {"offset", "scale"}) {
    const std::vector<double> values = node->Floats(name);
    const int64_t count = static_cast<int64_t>(values.size());
    if (count != 1 && count != features) {
      return InvalidArgument(std::string(name) + ": expected 1 or " + std::to_string(features) +
                             " numbers, found " + std::to_string(count));
    }
    const bool is_offset = name[0] == 'o';
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, is_offset ? EltwiseType::kSub : EltwiseType::kProd,
                                         y, AddFloats(node, "/numbers", Shape{count}, values)));
  }
  node->SetResult(y);
  return Status::Ok();
}

// Each row by its norm; a row of norm 0 stays as it is.
Status ConvertNormalizer(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(const ValueId x, EmitFeatures(node));
  const std::string name = node->String("norm", "MAX");
  ValueId norm = kNoValue;
  if (name == "L2") {
    MACE_ASSIGN_OR_RETURN(norm, EmitUnary(node, "square", x));
    MACE_ASSIGN_OR_RETURN(norm, EmitReduce(node, ReduceType::kSum, norm, {1}));
    MACE_ASSIGN_OR_RETURN(norm, EmitUnary(node, "sqrt", norm));
  } else if (name == "L1") {
    MACE_ASSIGN_OR_RETURN(norm, EmitEltwise(node, EltwiseType::kAbs, x));
    MACE_ASSIGN_OR_RETURN(norm, EmitReduce(node, ReduceType::kSum, norm, {1}));
  } else if (name == "MAX") {
    MACE_ASSIGN_OR_RETURN(norm, EmitReduce(node, ReduceType::kMax, x, {1}));
  } else {
    return Unsupported("norm: expected MAX, L1 or L2, found " + Printable(name));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId zero, EmitEltwise(node, EltwiseType::kEqual, norm, 0.0));
  MACE_ASSIGN_OR_RETURN(norm, EmitWhere(node, zero, node->AddScalar("/one", 1), norm));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitEltwise(node, EltwiseType::kDiv, x, norm));
  MACE_ASSIGN_OR_RETURN(y, node->builder()->Reshape(y, node->shape(0).dims()));
  node->SetResult(y);
  return Status::Ok();
}

// x times coefficients [rows * f], and an intercept for each row.
StatusOr<ValueId> EmitLinear(OnnxNode* node, int64_t rows) {
  MACE_ASSIGN_OR_RETURN(const ValueId x, EmitFeatures(node));
  const std::vector<double> coefficients = node->Floats("coefficients");
  const std::vector<double> intercepts = node->Floats("intercepts");
  const int64_t features = node->builder()->ShapeOf(x)[1];
  const int64_t count = static_cast<int64_t>(coefficients.size());
  if (rows < 1 || count != rows * features ||
      (!intercepts.empty() && static_cast<int64_t>(intercepts.size()) != rows)) {
    return InvalidArgument("coefficients, intercepts: expected " + std::to_string(rows * features) +
                           " and " + std::to_string(rows) + ", found " + std::to_string(count) +
                           " and " + std::to_string(intercepts.size()));
  }
  MACE_ASSIGN_OR_RETURN(
      ValueId y,
      EmitMatMul(node, x, AddFloats(node, "/weights", Shape{rows, features}, coefficients), true));
  if (intercepts.empty()) return y;
  return EmitEltwise(node, EltwiseType::kSum, y,
                     AddFloats(node, "/intercepts", Shape{rows}, intercepts));
}

Status ConvertLinearRegressor(OnnxNode* node) {
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitLinear(node, node->Int("targets", 1)));
  MACE_ASSIGN_OR_RETURN(y, EmitPostTransform(node, y));
  node->SetResult(y);
  return Status::Ok();
}

Status ConvertLinearClassifier(OnnxNode* node) {
  node->Ignore({"multi_class"});  // The scores are those of one class each either way.
  const size_t intercepts = node->Floats("intercepts").size();
  const size_t classes =
      node->Ints("classlabels_ints").size() + node->Strings("classlabels_strings").size();
  const size_t rows = intercepts > 0 ? intercepts : classes;
  MACE_ASSIGN_OR_RETURN(const ValueId scores, EmitLinear(node, static_cast<int64_t>(rows)));
  return SetClassResults(node, scores, "classlabels_ints", OnnxBinaryClass());
}

// The numbers of an attribute of LabelEncoder, as integers or floats.
StatusOr<HostTensor> ReadLabels(const OnnxNode& node, const std::string& what) {
  if (node.Has(what + "_tensor")) return node.Tensor(what + "_tensor");
  if (node.Has(what + "_int64s")) {
    std::vector<int64_t> values = node.Ints(what + "_int64s");
    const Shape shape{static_cast<int64_t>(values.size())};
    return HostTensor::FromVector(DType::kInt64, shape, std::move(values));
  }
  if (node.Has(what + "_floats")) {
    const std::vector<double> values = node.Floats(what + "_floats");
    return HostTensor::FromVector(DType::kFloat32, Shape{static_cast<int64_t>(values.size())},
                                  std::vector<float>(values.begin(), values.end()));
  }
  return Unsupported(what + ": expected integers or floats, found strings or none");
}

// What stands for a key that is not known, in the type of the values.
StatusOr<HostTensor> ReadDefault(const OnnxNode& node, DType dtype) {
  if (node.Has("default_tensor")) {
    MACE_ASSIGN_OR_RETURN(const HostTensor given, node.Tensor("default_tensor"));
    if (given.shape().elements() != 1 || given.dtype() != dtype) {
      return InvalidArgument("default_tensor: expected one value of the values' type, found " +
                             given.info().ToString());
    }
    return given.Reshaped(Shape{1});
  }
  if (IsFloat(dtype)) {
    const float value = static_cast<float>(node.Float("default_float", -0.0));
    return HostTensor::FromVector<float>(DType::kFloat32, Shape{1}, {value});
  }
  return HostTensor::FromVector<int64_t>(DType::kInt64, Shape{1}, {node.Int("default_int64", -1)})
      .ConvertTo(dtype);
}

// Each element's place among the keys, or behind them, chooses among the values.
Status ConvertLabelEncoder(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  // Defaults of types that do not occur here.
  node->Ignore({"default_string", "default_float", "default_int64"});
  MACE_ASSIGN_OR_RETURN(HostTensor keys, ReadLabels(*node, "keys"));
  MACE_ASSIGN_OR_RETURN(HostTensor values, ReadLabels(*node, "values"));
  const int64_t count = keys.shape().elements();
  if (count < 1 || values.shape().elements() != count) {
    return InvalidArgument("keys, values: expected equally many, found " + std::to_string(count) +
                           " and " + std::to_string(values.shape().elements()));
  }
  if (keys.dtype() != node->dtype(0) && !(IsFloat(keys.dtype()) && IsFloat(node->dtype(0)))) {
    return InvalidArgument(std::string("keys: expected the input's type, found ") +
                           DTypeName(keys.dtype()) + " and " + DTypeName(node->dtype(0)));
  }
  if (IsFloat(keys.dtype())) {
    for (float key : ToFloatVector(keys)) {
      if (std::isnan(key)) return Unsupported("keys: expected numbers, found NaN");
    }
  }
  MACE_ASSIGN_OR_RETURN(HostTensor fallback, ReadDefault(*node, values.dtype()));
  GraphBuilder* builder = node->builder();
  const Shape shape = node->shape(0);
  MACE_ASSIGN_OR_RETURN(ValueId x, builder->Reshape(node->input(0), {shape.elements(), 1}));
  const ValueId known = node->AddConstant("/keys", keys.Reshaped(Shape{count}));
  MACE_ASSIGN_OR_RETURN(x, EmitEltwise(node, EltwiseType::kEqual, x, known));
  MACE_ASSIGN_OR_RETURN(x, EmitCast(node, x, DType::kFloat32));
  AttributeMap pad;
  pad.Set("paddings", std::vector<int64_t>{0, 0, 0, 1});
  pad.Set("pad_type", int64_t{0});
  pad.Set("constant_value", 0.5);
  MACE_ASSIGN_OR_RETURN(x, node->Emit("/found", "Pad", {x}, std::move(pad)));
  AttributeMap first;
  first.Set("axis", int64_t{1});
  first.Set("keepdims", int64_t{0});
  MACE_ASSIGN_OR_RETURN(x, node->Emit("/place", "ArgMax", {x}, std::move(first)));
  MACE_ASSIGN_OR_RETURN(const ValueId all,
                        EmitConcat(node,
                                   {node->AddConstant("/values", values.Reshaped(Shape{count})),
                                    node->AddConstant("/default", std::move(fallback))},
                                   0));
  MACE_ASSIGN_OR_RETURN(x, EmitGather(node, all, x, 0));
  MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, shape.dims()));
  node->SetResult(x);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxLinearModelConverters[] = {
    {"LabelEncoder", ConvertLabelEncoder},
    {"LinearClassifier", ConvertLinearClassifier},
    {"LinearRegressor", ConvertLinearRegressor},
    {"Normalizer", ConvertNormalizer},
    {"Scaler", ConvertScaler},
    {nullptr, nullptr},
};

}  // namespace mace
