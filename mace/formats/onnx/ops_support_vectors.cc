// Support vector machines of ai.onnx.ml: a kernel function of the features and each support vector,
// and sums of these.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/post_transform.h"

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

// A classifier of c classes by v support vectors: those of each class stand side by side, and each pair of classes i < j,
// in row-major order, has a rho. `coefficients` is [c - 1, v]: row j - 1 for the vectors of class i, row i for those of j.
struct VectorClassifier {
  int64_t classes = 0;
  int64_t vectors = 0;
  std::vector<int64_t> begins;  // The first vector of each class, and `vectors`.

  int64_t pairs() const { return classes * (classes - 1) / 2; }
};

StatusOr<VectorClassifier> ReadVectorClassifier(const OnnxNode& node, int64_t classes) {
  VectorClassifier machine;
  machine.classes = classes;
  for (int64_t count : node.Ints("vectors_per_class")) {
    if (count < 0 || count > (int64_t{1} << 31)) {
      return InvalidArgument("vectors_per_class: expected counts, found " + std::to_string(count));
    }
    machine.begins.push_back(machine.vectors);
    machine.vectors += count;
  }
  machine.begins.push_back(machine.vectors);
  const auto size = [&node](const char* name) {
    return static_cast<int64_t>(node.Floats(name).size());
  };
  const int64_t features = node.shape(0).back(0), coefficients = size("coefficients");
  const bool has_probabilities = size("prob_a") > 0 || size("prob_b") > 0;
  if (classes < 2 || static_cast<int64_t>(machine.begins.size()) != classes + 1 ||
      size("support_vectors") != machine.vectors * features ||
      coefficients != (classes - 1) * machine.vectors || size("rho") != machine.pairs() ||
      (has_probabilities &&
       (size("prob_a") != machine.pairs() || size("prob_b") != machine.pairs()))) {
    return InvalidArgument(
        "expected v support vectors of c classes, [c - 1, v] coefficients, and rho, and prob_a and "
        "prob_b if there, for each pair of classes, found " +
        std::to_string(classes) + " classes, " + std::to_string(machine.vectors) + " vectors of " +
        std::to_string(size("support_vectors")) + " numbers, " + std::to_string(coefficients) +
        " coefficients and " + std::to_string(size("rho")) + " of rho");
  }
  return machine;
}

// For each pair of classes the sum over their vectors, from the kernel function [n, v]: [n, pairs]. Above zero, the first
// class of the pair has a vote.
StatusOr<ValueId> EmitPairScores(OnnxNode* node, const VectorClassifier& machine, ValueId kernel) {
  const std::vector<double> coefficients = node->Floats("coefficients");
  std::vector<double> weights(static_cast<size_t>(machine.pairs() * machine.vectors), 0.0);
  int64_t row = 0;
  const auto copy = [&](int64_t of_class, int64_t from_row) {
    for (int64_t v = machine.begins[static_cast<size_t>(of_class)];
         v < machine.begins[static_cast<size_t>(of_class + 1)]; ++v) {
      weights[static_cast<size_t>(row * machine.vectors + v)] =
          coefficients[static_cast<size_t>(from_row * machine.vectors + v)];
    }
  };
  for (int64_t i = 0; i < machine.classes; ++i) {
    for (int64_t j = i + 1; j < machine.classes; ++j, ++row) {
      copy(i, j - 1);
      copy(j, i);
    }
  }
  MACE_ASSIGN_OR_RETURN(
      const ValueId y,
      EmitMatMul(node, kernel,
                 AddFloats(node, "/pair_weights", Shape{machine.pairs(), machine.vectors}, weights),
                 true));
  return EmitEltwise(node, EltwiseType::kSum, y,
                     AddFloats(node, "/rho", Shape{machine.pairs()}, node->Floats("rho")));
}

// The votes of each class, from the scores of pairs: [n, classes].
StatusOr<ValueId> EmitVotes(OnnxNode* node, const VectorClassifier& machine, ValueId scores) {
  const size_t pairs = static_cast<size_t>(machine.pairs());
  std::vector<double> signs(static_cast<size_t>(machine.classes) * pairs, 0.0);
  std::vector<double> second(static_cast<size_t>(machine.classes), 0.0);
  size_t pair = 0;
  for (size_t i = 0; i < second.size(); ++i) {
    for (size_t j = i + 1; j < second.size(); ++j, ++pair) {
      signs[i * pairs + pair] = 1;
      signs[j * pairs + pair] = -1;
      second[j] += 1;
    }
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitEltwise(node, EltwiseType::kGreater, scores, 0.0));
  MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(
      y,
      EmitMatMul(node, y, AddFloats(node, "/signs", Shape{machine.classes, machine.pairs()}, signs),
                 true));
  return EmitEltwise(node, EltwiseType::kSum, y,
                     AddFloats(node, "/second", Shape{machine.classes}, second));
}

// The probability of the first class of each pair is 1 / (1 + exp(a * score + b)) (Platt, "Probabilistic Outputs for
// Support Vector Machines", 1999), kept away from 0 and 1 as libsvm does; the classes' own are [n, classes].
StatusOr<ValueId> EmitProbabilities(OnnxNode* node, const VectorClassifier& machine,
                                    ValueId scores) {
  std::vector<double> slopes = node->Floats("prob_a"), offsets = node->Floats("prob_b");
  for (double& slope : slopes) slope = -slope;
  for (double& offset : offsets) offset = -offset;
  const Shape shape{machine.pairs()};
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitEltwise(node, EltwiseType::kProd, scores,
                                               AddFloats(node, "/slopes", shape, slopes)));
  MACE_ASSIGN_OR_RETURN(
      y, EmitEltwise(node, EltwiseType::kSum, y, AddFloats(node, "/offsets", shape, offsets)));
  MACE_ASSIGN_OR_RETURN(y, EmitActivation(node, "SIGMOID", y));
  constexpr double kLeast = 1e-7;
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kMax, y, kLeast));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kMin, y, 1 - kLeast));
  return node->Emit("/coupling", "PairwiseCoupling", {y}, AttributeMap());
}

// Without support vectors, scores [n, c] of coefficients [c, f] and one rho.
Status ConvertLinearMachine(OnnxNode* node, ValueId x, int64_t classes) {
  node->Ignore(
      {"kernel_type", "kernel_params", "support_vectors", "vectors_per_class", "prob_a", "prob_b"});
  const std::vector<double> coefficients = node->Floats("coefficients"), rho = node->Floats("rho");
  const int64_t features = node->builder()->ShapeOf(x)[1];
  if (classes < 1 || static_cast<int64_t>(coefficients.size()) != classes * features ||
      rho.empty()) {
    return InvalidArgument("coefficients, rho: expected " + std::to_string(classes * features) +
                           " and 1, found " + std::to_string(coefficients.size()) + " and " +
                           std::to_string(rho.size()));
  }
  if (classes == 2 && !node->Ints("classlabels_ints").empty() && node->WantsOutput(0)) {
    return Unsupported(
        "two classes without support vectors, which engines choose by different rules: expected "
        "one class, or more than two");
  }
  MACE_ASSIGN_OR_RETURN(
      ValueId y,
      EmitMatMul(node, x, AddFloats(node, "/weights", Shape{classes, features}, coefficients),
                 true));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y,
                                       node->AddScalar("/rho", static_cast<float>(rho[0]))));
  return SetClassResults(node, y, "classlabels_ints", OnnxBinaryClass());
}

// x [n, f], or one row of it. Output 0: the class that has most votes of pairs; output 1: the classes' probabilities
// where prob_a is given, else the scores of pairs, [-s, s] for two classes.
Status ConvertSvmClassifier(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const Shape shape = node->shape(0);
  if (shape.rank() < 1 || shape.rank() > 2 || shape.back(0) < 1)
    return InvalidArgument("expected features [n, f], found " + shape.ToString());
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitCast(node, node->input(0), DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(
      x, node->builder()->Reshape(x, {shape.rank() == 2 ? shape[0] : 1, shape.back(0)}));
  const int64_t classes = static_cast<int64_t>(node->Ints("classlabels_ints").size() +
                                               node->Strings("classlabels_strings").size());
  if (node->Ints("vectors_per_class").empty()) return ConvertLinearMachine(node, x, classes);
  MACE_ASSIGN_OR_RETURN(const VectorClassifier machine, ReadVectorClassifier(*node, classes));
  MACE_ASSIGN_OR_RETURN(
      ValueId kernel, EmitKernel(node, x,
                                 AddFloats(node, "/vectors", Shape{machine.vectors, shape.back(0)},
                                           node->Floats("support_vectors"))));
  MACE_ASSIGN_OR_RETURN(ValueId scores, EmitPairScores(node, machine, kernel));
  MACE_ASSIGN_OR_RETURN(const ValueId votes, EmitVotes(node, machine, scores));
  MACE_ASSIGN_OR_RETURN(const ValueId places, EmitLargest(node, votes));
  MACE_RETURN_IF_ERROR(SetClasses(node, places, "classlabels_ints"));
  if (!node->Floats("prob_a").empty()) {
    MACE_ASSIGN_OR_RETURN(scores, EmitProbabilities(node, machine, scores));
  } else if (classes == 2) {
    OnnxBinaryClass binary;
    binary.complements = false;
    return SetBinaryScores(node, scores, binary);
  }
  MACE_ASSIGN_OR_RETURN(scores, EmitPostTransform(node, scores));
  node->SetResult(scores, 1);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxSupportVectorConverters[] = {
    {"SVMClassifier", ConvertSvmClassifier},
    {"SVMRegressor", ConvertSvmRegressor},
    {nullptr, nullptr},
};

}  // namespace mace
