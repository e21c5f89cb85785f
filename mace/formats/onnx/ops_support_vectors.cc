// Support vector machines of ai.onnx.ml: a kernel function of the features and each support vector,
// and sums of these.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// exp(-gamma * |x - v|^2) of features x [n, f] and vectors [m, f]: [n, m]. The differences are
// squared themselves, because the difference of large squares would have few digits left.
StatusOr<ValueId> EmitRadial(OnnxNode* node, ValueId x, ValueId vectors, double gamma) {
  const Shape shape = node->builder()->ShapeOf(x);
  MACE_ASSIGN_OR_RETURN(ValueId y, node->builder()->Reshape(x, {shape[0], 1, shape[1]}));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSub, y, vectors));
  MACE_ASSIGN_OR_RETURN(y, EmitUnary(node, "square", y));
  MACE_ASSIGN_OR_RETURN(y, EmitReduce(node, ReduceType::kSum, y, {2}, false));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y,
                                       node->AddScalar("/gamma", static_cast<float>(-gamma))));
  return EmitUnary(node, "exp", y);
}

// The kernel function of features x [n, f] and vectors [m, f]: [n, m].
StatusOr<ValueId> EmitKernel(OnnxNode* node, ValueId x, ValueId vectors) {
  const std::string type = node->String("kernel_type", "LINEAR");
  std::vector<double> numbers = node->Floats("kernel_params");  // gamma, coef0, degree.
  if (numbers.empty()) numbers = {0, 0, 3};
  if (numbers.size() != 3) {
    return InvalidArgument("kernel_params: expected 3 numbers, found " +
                           std::to_string(numbers.size()));
  }
  if (type == "RBF") return EmitRadial(node, x, vectors, numbers[0]);
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitMatMul(node, x, vectors, true));
  if (type == "LINEAR") return y;
  if (type != "POLY" && type != "SIGMOID") {
    return Unsupported("kernel_type: expected LINEAR, POLY, RBF or SIGMOID, found " +
                       Printable(type));
  }
  const auto scalar = [node](const char* suffix, double value) {
    return node->AddScalar(suffix, static_cast<float>(value));
  };
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, scalar("/gamma", numbers[0])));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, scalar("/coef0", numbers[1])));
  if (type == "SIGMOID") return EmitActivation(node, "TANH", y);
  return EmitEltwise(node, EltwiseType::kPow, y, scalar("/degree", numbers[2]));
}

// x [n, f], or one row of it. Without support vectors the coefficients are weights of the features.
Status ConvertSvmRegressor(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const std::string transform = node->String("post_transform", "NONE");
  if (transform != "NONE") {
    return Unsupported("post_transform: expected NONE, found " + Printable(transform));
  }
  const std::vector<double> coefficients = node->Floats("coefficients");
  const std::vector<double> vectors = node->Floats("support_vectors"), rho = node->Floats("rho");
  const int64_t count = node->Int("n_supports", 0);
  const Shape shape = node->shape(0);
  const int64_t features = shape.rank() == 0 ? 0 : shape.back(0);
  const int64_t weights = static_cast<int64_t>(coefficients.size());
  const bool fits = count > 0 ? weights == count && count <= (int64_t{1} << 31) &&
                                    static_cast<int64_t>(vectors.size()) == count * features
                              : weights == features;
  if (shape.rank() < 1 || shape.rank() > 2 || count < 0 || features < 1 || rho.size() != 1 ||
      !fits) {
    return InvalidArgument(
        "expected features [n, f], a coefficient for each of n_supports vectors [f], or f "
        "coefficients, and one rho, found " +
        shape.ToString() + ", " + std::to_string(weights) + " coefficients, " +
        std::to_string(count) + " vectors of " + std::to_string(vectors.size()) + " numbers and " +
        std::to_string(rho.size()) + " of rho");
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitCast(node, node->input(0), DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(y,
                        node->builder()->Reshape(y, {shape.rank() == 2 ? shape[0] : 1, features}));
  if (count > 0) {
    MACE_ASSIGN_OR_RETURN(
        y, EmitKernel(node, y, AddFloats(node, "/vectors", Shape{count, features}, vectors)));
  } else {
    node->Ignore({"kernel_type", "kernel_params", "support_vectors"});
  }
  MACE_ASSIGN_OR_RETURN(
      y, EmitMatMul(node, y, AddFloats(node, "/weights", Shape{1, weights}, coefficients), true));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y,
                                       node->AddScalar("/rho", static_cast<float>(rho[0]))));
  if (node->Int("one_class", 0) != 0) {  // 1 above zero, else -1.
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kGreater, y, 0.0));
    MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kFloat32));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, 2.0));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSub, y, 1.0));
  }
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxSupportVectorConverters[] = {
    {"SVMRegressor", ConvertSvmRegressor},
    {nullptr, nullptr},
};

}  // namespace mace
