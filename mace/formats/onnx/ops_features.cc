// Ops of ai.onnx.ml that choose, encode and repair the features of a table.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// The elements of x along its last axis at the indices, in their order. A vector gives one row.
Status ConvertArrayFeatureExtractor(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  GraphBuilder* builder = node->builder();
  const int64_t count = node->shape(1).elements();
  ValueId x = node->input(0);
  if (node->shape(0).rank() == 0 || count < 1) {
    return InvalidArgument("expected features [..., f] and at least one index, found " +
                           node->shape(0).ToString() + " and " + std::to_string(count));
  }
  if (node->shape(0).rank() == 1) {
    MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {1, node->shape(0)[0]}));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId indices, builder->Reshape(node->input(1), {count}));
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitGather(node, x, indices, builder->ShapeOf(x).rank() - 1));
  node->SetResult(y);
  return Status::Ok();
}

// 1 above the threshold, else 0.
Status ConvertBinarizer(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitCast(node, node->input(0), DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(
      y,
      EmitEltwise(node, EltwiseType::kGreater, y,
                  node->AddScalar("/threshold", static_cast<float>(node->Float("threshold", 0)))));
  MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kFloat32));
  node->SetResult(y);
  return Status::Ok();
}

// Tables [n, f] of one n, side by side as floats.
Status ConvertFeatureVectorizer(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const std::vector<int64_t> widths = node->Ints("inputdimensions");
  std::vector<ValueId> parts;
  for (size_t i = 0; i < node->input_count(); ++i) {
    const Shape shape = node->HasInput(i) ? node->shape(i) : Shape();
    if (shape.rank() != 2 || i >= widths.size() || shape[1] != widths[i]) {
      return InvalidArgument("input " + std::to_string(i) +
                             ": expected features [n, f] with f of inputdimensions, found " +
                             shape.ToString());
    }
    MACE_ASSIGN_OR_RETURN(const ValueId part, EmitCast(node, node->input(i), DType::kFloat32));
    parts.push_back(part);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitConcat(node, std::move(parts), 1));
  node->SetResult(y);
  return Status::Ok();
}

struct Imputation {
  HostTensor values;    // [1] or [f].
  HostTensor replaced;  // The scalar that stands for what is missing.
  bool replaces_nan = false;
};

Imputation ReadImputation(const OnnxNode& node) {
  node.Ignore({"imputed_value_floats", "imputed_value_int64s", "replaced_value_float",
               "replaced_value_int64"});
  Imputation all;
  if (IsFloat(node.dtype(0))) {
    const std::vector<double> values = node.Floats("imputed_value_floats");
    const float replaced = static_cast<float>(node.Float("replaced_value_float", 0));
    all.values = HostTensor::FromVector(DType::kFloat32, Shape{static_cast<int64_t>(values.size())},
                                        std::vector<float>(values.begin(), values.end()));
    all.replaced = HostTensor::FromVector<float>(DType::kFloat32, Shape(), {replaced});
    all.replaces_nan = std::isnan(replaced);
    return all;
  }
  std::vector<int64_t> values = node.Ints("imputed_value_int64s");
  const Shape shape{static_cast<int64_t>(values.size())};
  all.values = HostTensor::FromVector(DType::kInt64, shape, std::move(values));
  all.replaced = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(),
                                                 {node.Int("replaced_value_int64", 0)});
  return all;
}

// What is missing, told by its value or by not being a number, becomes the value of its column.
Status ConvertImputer(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  if (!IsFloat(node->dtype(0)) && node->dtype(0) != DType::kInt64) {
    return Unsupported(std::string("expected floats or int64, found ") + DTypeName(node->dtype(0)));
  }
  Imputation imputation = ReadImputation(*node);
  const Shape shape = node->shape(0);
  const int64_t features = shape.rank() == 0 ? 1 : shape.back(0);
  const int64_t count = imputation.values.shape().elements();
  if (count != 1 && count != features) {
    return InvalidArgument("imputed values: expected 1 or " + std::to_string(features) +
                           ", found " + std::to_string(count));
  }
  ValueId x = node->input(0);
  if (IsFloat(node->dtype(0))) {
    MACE_ASSIGN_OR_RETURN(x, EmitCast(node, x, DType::kFloat32));
  }
  const ValueId values = node->AddConstant("/values", std::move(imputation.values));
  ValueId missing = kNoValue;
  if (imputation.replaces_nan) {
    MACE_ASSIGN_OR_RETURN(missing, EmitEltwise(node, EltwiseType::kNotEqual, x, x));
  } else {
    MACE_ASSIGN_OR_RETURN(
        missing, EmitEltwise(node, EltwiseType::kEqual, x,
                             node->AddConstant("/replaced", std::move(imputation.replaced))));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitWhere(node, missing, values, x));
  node->SetResult(y);
  return Status::Ok();
}

// A further axis with 1 at the place of the category and 0 elsewhere; numbers are cut to integers.
// A number that is no category gives zeros alone.
Status ConvertOneHotEncoder(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  if (node->Has("cats_strings")) return Unsupported("cats_strings: expected integers");
  if (node->Int("zeros", 1) == 0) {
    return Unsupported("zeros: expected 1, since an unknown category is an error otherwise");
  }
  const std::vector<int64_t> categories = node->Ints("cats_int64s");
  if (categories.empty()) return InvalidArgument("cats_int64s: expected categories, found none");
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitCast(node, node->input(0), DType::kInt64));
  std::vector<int64_t> dims = node->shape(0).dims();
  dims.push_back(1);
  MACE_ASSIGN_OR_RETURN(y, node->builder()->Reshape(y, dims));
  MACE_ASSIGN_OR_RETURN(
      y, EmitEltwise(node, EltwiseType::kEqual, y, node->AddInts("/categories", categories)));
  MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kFloat32));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxFeatureConverters[] = {
    {"ArrayFeatureExtractor", ConvertArrayFeatureExtractor},
    {"Binarizer", ConvertBinarizer},
    {"FeatureVectorizer", ConvertFeatureVectorizer},
    {"Imputer", ConvertImputer},
    {"OneHotEncoder", ConvertOneHotEncoder},
    {nullptr, nullptr},
};

}  // namespace mace
