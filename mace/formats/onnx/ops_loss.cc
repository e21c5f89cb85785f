// Losses over classes: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
//
// Shapes: x [n, c, d1, ...] has a number for each class, the targets [n, d1, ...] say which class is
// right, and a weight [c] says how much a class counts.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

struct Targets {
  ValueId classes = kNoValue;  // int64; 0 where the target is ignored.
  ValueId counts = kNoValue;   // bools: the target is not ignored. kNoValue: none is.
};

StatusOr<Targets> ReadTargets(OnnxNode* node) {
  Targets targets;
  MACE_ASSIGN_OR_RETURN(targets.classes, EmitCast(node, node->input(1), DType::kInt64));
  if (!node->Has("ignore_index")) return targets;
  const ValueId ignored = node->AddInts("/ignored", {node->Int("ignore_index", 0)});
  MACE_ASSIGN_OR_RETURN(targets.counts,
                        EmitEltwise(node, EltwiseType::kNotEqual, targets.classes, ignored));
  MACE_ASSIGN_OR_RETURN(targets.classes, EmitWhere(node, targets.counts, targets.classes,
                                                   node->AddInts("/first", {0})));
  return targets;
}

Status CheckShapes(const OnnxNode& node) {
  const Shape &x = node.shape(0), &targets = node.shape(1);
  bool fits = x.rank() >= 2 && targets.rank() == x.rank() - 1 && targets[0] == x[0];
  for (int axis = 2; fits && axis < x.rank(); ++axis) fits = targets[axis - 1] == x[axis];
  if (!fits) {
    return InvalidArgument("expected x [n, c, ...] and targets [n, ...], found " + x.ToString() +
                           " and " + targets.ToString());
  }
  if (!node.HasInput(2) || (node.shape(2).rank() == 1 && node.shape(2)[0] == x[1])) {
    return Status::Ok();
  }
  return InvalidArgument("weight: expected [" + std::to_string(x[1]) + "], found " +
                         node.shape(2).ToString());
}

// The numbers of x at the targets, negated, in the targets' shape; 0 where a target is ignored.
StatusOr<ValueId> EmitNegatedAt(OnnxNode* node, ValueId x, const Targets& targets) {
  GraphBuilder* const builder = node->builder();
  const Shape shape = builder->ShapeOf(targets.classes);
  std::vector<int64_t> dims = shape.dims();
  dims.insert(dims.begin() + 1, 1);
  MACE_ASSIGN_OR_RETURN(const ValueId indices, builder->Reshape(targets.classes, dims));
  AttributeMap attributes;
  attributes.Set("axis", int64_t{1});
  MACE_ASSIGN_OR_RETURN(
      ValueId found, node->Emit("/chosen", "GatherElements", {x, indices}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(found, builder->Reshape(found, shape.dims()));
  MACE_ASSIGN_OR_RETURN(found, EmitEltwise(node, EltwiseType::kNeg, found));
  if (targets.counts == kNoValue) return found;
  return EmitWhere(node, targets.counts, found, node->AddScalar("/nothing", 0));
}

// How much each target counts, as floats; kNoValue: each counts once.
StatusOr<ValueId> EmitTargetWeights(OnnxNode* node, const Targets& targets) {
  if (!node->HasInput(2)) {
    if (targets.counts == kNoValue) return kNoValue;
    return EmitCast(node, targets.counts, DType::kFloat32);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId weights,
                        EmitGather(node, node->input(2), targets.classes, 0));
  if (targets.counts == kNoValue) return weights;
  return EmitWhere(node, targets.counts, weights, node->AddScalar("/no_weight", 0));
}

// The loss from the logarithms of the classes' probabilities.
Status SetLoss(OnnxNode* node, ValueId logarithms) {
  const std::string reduction = node->String("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean") {
    return InvalidArgument("reduction: expected none, sum or mean, found " + Printable(reduction));
  }
  MACE_ASSIGN_OR_RETURN(const Targets targets, ReadTargets(node));
  MACE_ASSIGN_OR_RETURN(ValueId loss, EmitNegatedAt(node, logarithms, targets));
  MACE_ASSIGN_OR_RETURN(const ValueId weights, EmitTargetWeights(node, targets));
  if (weights != kNoValue) {
    MACE_ASSIGN_OR_RETURN(loss, EmitEltwise(node, EltwiseType::kProd, loss, weights));
  }
  std::vector<int64_t> axes;
  for (int axis = 0; axis < node->shape(1).rank(); ++axis) axes.push_back(axis);
  if (reduction == "mean" && weights == kNoValue) {
    MACE_ASSIGN_OR_RETURN(loss, EmitReduce(node, ReduceType::kMean, loss, axes, false));
  } else if (reduction != "none") {
    MACE_ASSIGN_OR_RETURN(loss, EmitReduce(node, ReduceType::kSum, loss, axes, false));
  }
  if (reduction == "mean" && weights != kNoValue) {
    MACE_ASSIGN_OR_RETURN(const ValueId count,
                          EmitReduce(node, ReduceType::kSum, weights, axes, false));
    MACE_ASSIGN_OR_RETURN(loss, EmitEltwise(node, EltwiseType::kDiv, loss, count));
  }
  node->SetResult(loss);
  return Status::Ok();
}

Status ConvertLogLikelihoodLoss(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_RETURN_IF_ERROR(CheckShapes(*node));
  return SetLoss(node, node->input(0));
}

// log(softmax(x)) along axis 1, from numbers whose largest is 0.
StatusOr<ValueId> EmitLogSoftmax(OnnxNode* node, ValueId x) {
  MACE_ASSIGN_OR_RETURN(const ValueId most, EmitReduce(node, ReduceType::kMax, x, {1}));
  MACE_ASSIGN_OR_RETURN(const ValueId below, EmitEltwise(node, EltwiseType::kSub, x, most));
  MACE_ASSIGN_OR_RETURN(const ValueId powers, EmitUnary(node, "exp", below));
  MACE_ASSIGN_OR_RETURN(const ValueId sum, EmitReduce(node, ReduceType::kSum, powers, {1}));
  MACE_ASSIGN_OR_RETURN(const ValueId log, EmitUnary(node, "log", sum));
  return EmitEltwise(node, EltwiseType::kSub, below, log);
}

// Outputs: the loss, and the logarithms of the classes' probabilities.
Status ConvertCrossEntropyLoss(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_RETURN_IF_ERROR(CheckShapes(*node));
  MACE_ASSIGN_OR_RETURN(const ValueId logarithms, EmitLogSoftmax(node, node->input(0)));
  MACE_RETURN_IF_ERROR(SetLoss(node, logarithms));
  if (node->WantsOutput(1)) node->SetResult(logarithms, 1);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxLossConverters[] = {
    {"NegativeLogLikelihoodLoss", ConvertLogLikelihoodLoss},
    {"SoftmaxCrossEntropyLoss", ConvertCrossEntropyLoss},
    {nullptr, nullptr},
};

}  // namespace mace
