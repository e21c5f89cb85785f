// Numbers put into bins: TensorFlow's ops that find a number's bin, or count what is in each bin.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// How many of the boundaries, which ascend, are not above the number. A NaN is above all of them.
Status ConvertBucketize(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  std::vector<float> boundaries;
  const auto found = node->def().attr().find("boundaries");
  if (found != node->def().attr().end()) {
    boundaries.assign(found->second.list().f().begin(), found->second.list().f().end());
  }
  for (size_t i = 1; i < boundaries.size(); ++i) {
    if (boundaries[i] < boundaries[i - 1]) return InvalidArgument("boundaries: expected an order");
  }
  const int64_t count = static_cast<int64_t>(boundaries.size());
  if (count == 0) return InvalidArgument("boundaries: expected at least one, found none");
  std::vector<int64_t> dims = node->shape(0).dims();
  const int64_t axis = node->shape(0).rank();
  dims.push_back(1);
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitCast(node, node->input(0), DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(y, node->builder()->Reshape(y, dims));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kLess, y,
                                       AddFloats(node, Shape{count}, std::move(boundaries))));
  MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(y, EmitReduce(node, ReduceType::kSum, y, {axis}, false));
  const ValueId all = AddFloats(node, Shape(), {static_cast<float>(count)});
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSub, all, y));
  MACE_ASSIGN_OR_RETURN(y, EmitCast(node, y, DType::kInt32));
  node->SetResult(y);
  return Status::Ok();
}

// Integers [n] or [b, n], the number of bins, and a weight for each integer or none at all. An
// integer that names no bin does not count.
Status ConvertBincount(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  const Shape shape = node->shape(0), weights = node->shape(2);
  MACE_ASSIGN_OR_RETURN(const int64_t bins, node->Number(1));
  const bool is_weighted = weights.elements() > 0;
  if (shape.rank() < 1 || shape.rank() > 2 || bins < 1 || (is_weighted && weights != shape)) {
    return InvalidArgument(
        "expected integers [n] or [b, n], one bin or more, and weights of the same shape or "
        "none, found " +
        shape.ToString() + ", " + std::to_string(bins) + " and " + weights.ToString());
  }
  const DType dtype = ComputedType(*node, node->input(2));
  AttributeMap attributes;
  attributes.Set("depth", bins);
  attributes.Set("dtype", std::string(DTypeName(dtype)));
  MACE_ASSIGN_OR_RETURN(ValueId y,
                        node->Emit("/places", "OneHot", {node->input(0)}, std::move(attributes)));
  const bool is_binary = node->Bool("binary_output", false);
  if (is_weighted && !is_binary) {
    std::vector<int64_t> dims = shape.dims();
    dims.push_back(1);
    MACE_ASSIGN_OR_RETURN(const ValueId factors, node->builder()->Reshape(node->input(2), dims));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, factors));
  }
  // The largest of no places would be minus infinity.
  const bool takes_largest = is_binary && shape.back(0) > 0;
  MACE_ASSIGN_OR_RETURN(y, EmitReduce(node, takes_largest ? ReduceType::kMax : ReduceType::kSum, y,
                                      {shape.rank() - 1}, false));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfBinConverters[] = {
    {"Bincount", ConvertBincount},
    {"Bucketize", ConvertBucketize},
    {"DenseBincount", ConvertBincount},
    {nullptr, nullptr},
};

}  // namespace mace
