// ONNX's matrix products, reductions and what goes along one axis.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/einsum.h"
#include "mace/formats/onnx/node.h"

namespace mace {
namespace {

AttributeMap Function(const char* name) {
  AttributeMap attributes;
  attributes.Set("function", std::string(name));
  return attributes;
}

Status ConvertEinsum(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(node->input_count()));
  MACE_ASSIGN_OR_RETURN(const ValueId result, AddEinsum(node->name(), node->String("equation", ""),
                                                        node->inputs(), node->builder()));
  node->SetResult(result);
  return Status::Ok();
}

Status ConvertMatMul(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  return node->EmitResult("MatMul", node->GivenInputs());
}

// alpha * a * b + beta * c.
Status ConvertGemm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  const double alpha = node->Float("alpha", 1), beta = node->Float("beta", 1);
  if (node->opset() < 7) node->Ignore({"broadcast"});
  AttributeMap product;
  product.Set("transpose_a", node->Int("transA", 0));
  product.Set("transpose_b", node->Int("transB", 0));
  for (size_t i : {size_t{0}, size_t{1}}) {
    if (node->shape(i).rank() == 2) continue;
    return InvalidArgument("expected matrices, found " + node->shape(0).ToString() + " and " +
                           node->shape(1).ToString());
  }
  std::vector<ValueId> inputs = {node->input(0), node->input(1)};
  const bool adds = node->HasInput(2) && beta != 0;
  if (alpha == 1 && (!adds || beta == 1)) {
    if (adds) inputs.push_back(node->input(2));
    return node->EmitResult("MatMul", std::move(inputs), std::move(product));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        node->Emit("/product", "MatMul", std::move(inputs), std::move(product)));
  AttributeMap last = Typed(adds ? EltwiseType::kSum : EltwiseType::kProd);
  if (!adds) {
    last.Set("scalar_input", alpha);
    return node->EmitResult("Eltwise", {y}, std::move(last));
  }
  last.Set("coeff", std::vector<double>{alpha, beta});
  return node->EmitResult("Eltwise", {y, node->input(2)}, std::move(last));
}

// A reduction with what stands before and behind it.
struct Reduction {
  int64_t type = 0;              // Attribute reduce_type of Reduce.
  const char* before = nullptr;  // A function of Unary.
  const char* behind = nullptr;
};

Reduction ReductionOf(const std::string& op) {
  static const auto* const kReductions = new std::unordered_map<std::string, Reduction>{
      {"ReduceMean", {0}},
      {"ReduceMin", {1}},
      {"ReduceMax", {2}},
      {"ReduceProd", {3}},
      {"ReduceSum", {4}},
      {"ReduceL1", {4, "abs", nullptr}},
      {"ReduceL2", {4, "square", "sqrt"}},
      {"ReduceLogSum", {4, nullptr, "log"}},
      {"ReduceLogSumExp", {4, "exp", "log"}},
      {"ReduceSumSquare", {4, "square", nullptr}},
  };
  return kReductions->at(op);
}

struct ReducedAxes {
  std::vector<int64_t> axes;  // Empty: all.
  bool none = false;          // No axis at all.
  bool keep = true;
};

StatusOr<ReducedAxes> ReadAxes(const OnnxNode& node) {
  ReducedAxes reduced;
  MACE_ASSIGN_OR_RETURN(reduced.axes, node.AttributeOrInput("axes", 1));
  reduced.keep = node.Int("keepdims", 1) != 0;
  const bool none_where_empty = node.Int("noop_with_empty_axes", 0) != 0;
  // A scalar has no axis to reduce.
  reduced.none = reduced.axes.empty() && (none_where_empty || node.shape(0).rank() == 0);
  return reduced;
}

StatusOr<ValueId> EmitReduce(OnnxNode* node, const char* suffix, int64_t type, ValueId id,
                             const ReducedAxes& reduced) {
  if (reduced.none) return id;
  AttributeMap attributes;
  attributes.Set("reduce_type", type);
  if (!reduced.axes.empty()) attributes.Set("axis", reduced.axes);
  attributes.Set("keepdims", int64_t{reduced.keep});
  return node->Emit(suffix, "Reduce", {id}, std::move(attributes));
}

Status ConvertReduce(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  const Reduction reduction = ReductionOf(node->op());
  MACE_ASSIGN_OR_RETURN(const ReducedAxes reduced, ReadAxes(*node));
  ValueId id = node->input(0);
  // The least of several bools says whether all hold, the largest whether any does; without bools these are infinities.
  const bool is_bool = node->dtype(0) == DType::kBool;
  if (is_bool) {
    MACE_ASSIGN_OR_RETURN(id, EmitCast(node, id, DType::kFloat32));
  }
  if (reduction.before != nullptr) {
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/each", "Unary", {id}, Function(reduction.before)));
  }
  MACE_ASSIGN_OR_RETURN(id, EmitReduce(node, "", reduction.type, id, reduced));
  if (is_bool) {
    MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kGreater, id, 0.0));
  }
  if (reduction.behind != nullptr) {
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/all", "Unary", {id}, Function(reduction.behind)));
  }
  node->SetResult(id);
  return Status::Ok();
}

// The largest is taken out first: exponentials of what is left do not overflow.
Status ConvertLogSumExp(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 2));
  MACE_ASSIGN_OR_RETURN(const ReducedAxes reduced, ReadAxes(*node));
  if (reduced.none || node->shape(0).elements() == 0) return ConvertReduce(node);
  ReducedAxes kept = reduced;
  kept.keep = true;
  const ValueId x = node->input(0);
  MACE_ASSIGN_OR_RETURN(ValueId top, EmitReduce(node, "/top", 2, x, kept));
  MACE_ASSIGN_OR_RETURN(ValueId id,
                        node->Emit("/below", "Eltwise", {x, top}, Typed(EltwiseType::kSub)));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/each", "Unary", {id}, Function("exp")));
  MACE_ASSIGN_OR_RETURN(id, EmitReduce(node, "", 4, id, reduced));
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/all", "Unary", {id}, Function("log")));
  if (!reduced.keep) {
    MACE_ASSIGN_OR_RETURN(top, EmitReduce(node, "/top", 2, x, reduced));
  }
  MACE_ASSIGN_OR_RETURN(id, node->Emit("/back", "Eltwise", {id, top}, Typed(EltwiseType::kSum)));
  node->SetResult(id);
  return Status::Ok();
}

// The axis of a softmax. Before op set 13 all axes from it on are one.
struct SoftmaxAxis {
  int axis = 0;
  bool flat = false;  // Seen as [axes before, axes from it on].
  Shape shape;
};

StatusOr<SoftmaxAxis> ReadSoftmaxAxis(const OnnxNode& node) {
  SoftmaxAxis result;
  result.shape = node.shape(0);
  const bool old = node.opset() < 13;
  MACE_ASSIGN_OR_RETURN(result.axis,
                        NormalizeAxis(node.Int("axis", old ? 1 : -1), result.shape.rank()));
  const int64_t behind = result.shape.elements(result.axis + 1, result.shape.rank());
  result.flat = old && behind != 1;
  return result;
}

// Runs `convert` on the flattened tensor where the axis wants it.
template <typename Emit>
Status AlongSoftmaxAxis(OnnxNode* node, Emit emit) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(const SoftmaxAxis along, ReadSoftmaxAxis(*node));
  ValueId id = node->input(0);
  const Shape& shape = along.shape;
  if (along.flat) {
    MACE_ASSIGN_OR_RETURN(
        id, node->builder()->Reshape(
                id, {shape.elements(0, along.axis), shape.elements(along.axis, shape.rank())}));
  }
  MACE_ASSIGN_OR_RETURN(id, emit(id, int64_t{along.flat ? 1 : along.axis}));
  if (along.flat) {
    MACE_ASSIGN_OR_RETURN(id, node->builder()->Reshape(id, shape.dims()));
  }
  node->SetResult(id);
  return Status::Ok();
}

Status ConvertSoftmax(OnnxNode* node) {
  return AlongSoftmaxAxis(node, [node](ValueId id, int64_t axis) {
    AttributeMap attributes;
    attributes.Set("axis", axis);
    if (node->op() == "LogSoftmax") attributes.Set("use_log", int64_t{1});
    return node->Emit("", "Softmax", {id}, std::move(attributes));
  });
}

// 1 where the largest is, the first of equals.
Status ConvertHardmax(OnnxNode* node) {
  return AlongSoftmaxAxis(node, [node](ValueId id, int64_t axis) -> StatusOr<ValueId> {
    AttributeMap largest;
    largest.Set("axis", axis);
    largest.Set("keepdims", int64_t{0});
    AttributeMap one_hot;
    one_hot.Set("axis", axis);
    one_hot.Set("depth", node->builder()->ShapeOf(id)[static_cast<int>(axis)]);
    MACE_ASSIGN_OR_RETURN(const ValueId at,
                          node->Emit("/largest", "ArgMax", {id}, std::move(largest)));
    return node->Emit("", "OneHot", {at}, std::move(one_hot));
  });
}

StatusOr<ValueId> EmitInt64(OnnxNode* node, ValueId id) {
  AttributeMap attributes;
  attributes.Set("dtype", std::string("int64"));
  return node->Emit("/int64", "Cast", {id}, std::move(attributes));
}

Status ConvertArg(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const bool last = node->Int("select_last_index", 0) != 0;
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", 0), node->shape(0).rank()));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{axis});
  attributes.Set("keepdims", node->Int("keepdims", 1));
  attributes.Set("argmin", int64_t{node->op() == "ArgMin"});
  const int64_t extent = node->shape(0)[axis];
  ValueId id = node->input(0);
  // The last of equals is the first from the other end.
  if (last) {
    AttributeMap reverse;
    reverse.Set("axis", std::vector<int64_t>{axis});
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/reversed", "Reverse", {id}, std::move(reverse)));
  }
  MACE_ASSIGN_OR_RETURN(id, node->Emit("", "ArgMax", {id}, std::move(attributes)));
  if (last) {
    AttributeMap back = Typed(EltwiseType::kSub);
    back.Set("scalar_input", static_cast<double>(extent - 1));
    back.Set("scalar_input_index", int64_t{0});
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/last", "Eltwise", {id}, std::move(back)));
  }
  MACE_ASSIGN_OR_RETURN(id, EmitInt64(node, id));
  node->SetResult(id);
  return Status::Ok();
}

Status ConvertCumSum(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  AttributeMap attributes;
  MACE_ASSIGN_OR_RETURN(const int64_t axis, node->Number(1));
  attributes.Set("axis", axis);
  attributes.Set("exclusive", node->Int("exclusive", 0));
  attributes.Set("reverse", node->Int("reverse", 0));
  attributes.Set("product", int64_t{node->op() == "CumProd"});
  return node->EmitResult("Cumsum", {node->input(0)}, std::move(attributes));
}

Status ConvertDeterminant(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  return node->EmitResult("Determinant", {node->input(0)});
}

// x / norm(x) along one axis; where the norm is 0 so is the result.
Status ConvertLpNormalization(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const int64_t p = node->Int("p", 2);
  if (p != 1 && p != 2) return Unsupported("p: expected 1 or 2, found " + std::to_string(p));
  ReducedAxes reduced;
  reduced.axes = {node->Int("axis", -1)};
  const ValueId x = node->input(0);
  MACE_ASSIGN_OR_RETURN(ValueId norm,
                        p == 1 ? node->Emit("/abs", "Eltwise", {x}, Typed(EltwiseType::kAbs))
                               : node->Emit("/square", "Unary", {x}, Function("square")));
  MACE_ASSIGN_OR_RETURN(norm, EmitReduce(node, "/norm", 4, norm, reduced));
  if (p == 2) {
    MACE_ASSIGN_OR_RETURN(norm, node->Emit("/root", "Unary", {norm}, Function("sqrt")));
  }
  // Adds 1 where it is 0, so that 0 is divided by 1.
  AttributeMap zero = Typed(EltwiseType::kEqual);
  zero.Set("scalar_input", 0.0);
  MACE_ASSIGN_OR_RETURN(ValueId one, node->Emit("/zero", "Eltwise", {norm}, std::move(zero)));
  AttributeMap cast;
  cast.Set("dtype", std::string("float32"));
  MACE_ASSIGN_OR_RETURN(one, node->Emit("/one", "Cast", {one}, std::move(cast)));
  MACE_ASSIGN_OR_RETURN(norm,
                        node->Emit("/divisor", "Eltwise", {norm, one}, Typed(EltwiseType::kSum)));
  return node->EmitResult("Eltwise", {x, norm}, Typed(EltwiseType::kDiv));
}

}  // namespace

const OnnxConverterEntry kOnnxMathConverters[] = {
    {"ArgMax", ConvertArg},
    {"ArgMin", ConvertArg},
    {"CumProd", ConvertCumSum},
    {"CumSum", ConvertCumSum},
    {"Det", ConvertDeterminant},
    {"Einsum", ConvertEinsum},
    {"Gemm", ConvertGemm},
    {"Hardmax", ConvertHardmax},
    {"LogSoftmax", ConvertSoftmax},
    {"LpNormalization", ConvertLpNormalization},
    {"MatMul", ConvertMatMul},
    {"ReduceL1", ConvertReduce},
    {"ReduceL2", ConvertReduce},
    {"ReduceLogSum", ConvertReduce},
    {"ReduceLogSumExp", ConvertLogSumExp},
    {"ReduceMax", ConvertReduce},
    {"ReduceMean", ConvertReduce},
    {"ReduceMin", ConvertReduce},
    {"ReduceProd", ConvertReduce},
    {"ReduceSum", ConvertReduce},
    {"ReduceSumSquare", ConvertReduce},
    {"Softmax", ConvertSoftmax},
    {nullptr, nullptr},
};

}  // namespace mace
