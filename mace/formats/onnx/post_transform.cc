#include "mace/formats/onnx/post_transform.h"

#include <string>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// [1 - s, s], or [-s, s] of scores that are no probabilities, as columns.
StatusOr<ValueId> EmitSecondClass(OnnxNode* node, ValueId scores, const OnnxBinaryClass& binary) {
  const bool logistic = node->String("post_transform", "NONE") == "LOGISTIC";
  MACE_ASSIGN_OR_RETURN(const ValueId negative,
                        EmitEltwise(node, EltwiseType::kProd, scores, -1.0));
  ValueId first = negative;
  ValueId second = scores;
  if (logistic) {
    MACE_ASSIGN_OR_RETURN(first, EmitActivation(node, "SIGMOID", negative));
    MACE_ASSIGN_OR_RETURN(second, EmitActivation(node, "SIGMOID", scores));
  } else if (binary.complements) {
    MACE_ASSIGN_OR_RETURN(first, EmitEltwise(node, EltwiseType::kSum, negative, 1.0));
  }
  return EmitConcat(node, {first, second}, 1);
}

}  // namespace

StatusOr<ValueId> EmitPostTransform(OnnxNode* node, ValueId scores) {
  const std::string name = node->String("post_transform", "NONE");
  if (name == "NONE") return scores;
  if (name == "LOGISTIC") return EmitActivation(node, "SIGMOID", scores);
  if (name == "SOFTMAX") {
    return EmitSoftmax(node, scores, node->builder()->ShapeOf(scores).rank() - 1);
  }
  return Unsupported("post_transform: expected NONE, LOGISTIC or SOFTMAX, found " +
                     Printable(name));
}

StatusOr<ValueId> EmitLargest(OnnxNode* node, ValueId scores) {
  AttributeMap largest;
  largest.Set("axis", int64_t{1});
  largest.Set("keepdims", int64_t{0});
  return node->Emit("/class", "ArgMax", {scores}, std::move(largest));
}

Status SetClasses(OnnxNode* node, ValueId places, const char* labels) {
  const std::vector<int64_t> classes = node->Ints(labels);
  if (classes.empty()) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const ValueId label,
                        EmitGather(node, node->AddInts("/classes", classes), places, 0));
  node->SetResult(label, 0);
  return Status::Ok();
}

Status SetBinaryScores(OnnxNode* node, ValueId scores, const OnnxBinaryClass& binary) {
  const std::string transform = node->String("post_transform", "NONE");
  if (transform != "NONE" && transform != "LOGISTIC") {
    return Unsupported("post_transform: expected NONE or LOGISTIC for one score, found " +
                       Printable(transform));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId result, EmitSecondClass(node, scores, binary));
  node->SetResult(result, 1);
  return Status::Ok();
}

Status SetClassResults(OnnxNode* node, ValueId scores, const char* labels,
                       const OnnxBinaryClass& binary) {
  GraphBuilder* builder = node->builder();
  const std::vector<int64_t> classes = node->Ints(labels);
  const Shape shape = builder->ShapeOf(scores);
  const size_t count =
      !classes.empty() ? classes.size() : node->Strings("classlabels_strings").size();
  const bool one_score = shape[1] == 1 && count == 2;
  if (!one_score && static_cast<int64_t>(count) != shape[1]) {
    return InvalidArgument(std::string(labels) + ": expected " + std::to_string(shape[1]) +
                           " classes, found " + std::to_string(count));
  }
  ValueId place = kNoValue;
  if (one_score) {
    MACE_ASSIGN_OR_RETURN(place,
                          EmitEltwise(node, EltwiseType::kGreater, scores, binary.threshold));
    MACE_ASSIGN_OR_RETURN(place, EmitCast(node, place, DType::kInt32));
    MACE_ASSIGN_OR_RETURN(place, builder->Reshape(place, {shape[0]}));
  } else {
    MACE_ASSIGN_OR_RETURN(place, EmitLargest(node, scores));
  }
  MACE_RETURN_IF_ERROR(SetClasses(node, place, labels));
  if (one_score) return SetBinaryScores(node, scores, binary);
  MACE_ASSIGN_OR_RETURN(const ValueId result, EmitPostTransform(node, scores));
  node->SetResult(result, 1);
  return Status::Ok();
}

}  // namespace mace
