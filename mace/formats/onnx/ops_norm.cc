// ONNX's normalisations over axes, groups and neighbours.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// The axes from `axis` on as one, behind what is before them as one.
struct Flat {
  Shape shape;
  int axis = 0;
  int64_t positions = 1;
  int64_t extent = 1;
};

StatusOr<Flat> FlatFrom(const OnnxNode& node) {
  Flat flat;
  flat.shape = node.shape(0);
  MACE_ASSIGN_OR_RETURN(flat.axis, NormalizeAxis(node.Int("axis", -1), flat.shape.rank()));
  flat.positions = flat.shape.elements(0, flat.axis);
  flat.extent = flat.shape.elements(flat.axis, flat.shape.rank());
  return flat;
}

// A scale or offset of the normalised shape as [extent]; kNoValue where it broadcasts otherwise.
StatusOr<ValueId> FlatVector(OnnxNode* node, size_t index, const Flat& flat) {
  const Shape shape = node->shape(index);
  Shape wanted(
      std::vector<int64_t>(flat.shape.dims().begin() + flat.axis, flat.shape.dims().end()));
  const bool fits = shape.elements() == flat.extent && shape.rank() <= flat.shape.rank();
  if (!fits || (shape != wanted && shape.rank() != 1 && shape.elements() != shape.back(0))) {
    return kNoValue;
  }
  return node->builder()->Reshape(node->input(index), {flat.extent});
}

Status EmitLayerNorm(OnnxNode* node, bool centered) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, centered ? 3 : 2));
  MACE_ASSIGN_OR_RETURN(const Flat flat, FlatFrom(*node));
  if (node->Int("stash_type", 1) != 1) return Unsupported("stash_type: expected 1, float");
  GraphBuilder* builder = node->builder();
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-5));
  attributes.Set("centered", int64_t{centered});
  MACE_ASSIGN_OR_RETURN(const ValueId x,
                        flat.extent == flat.shape.back(0)
                            ? StatusOr<ValueId>(node->input(0))
                            : builder->Reshape(node->input(0), {flat.positions, flat.extent}));
  std::vector<ValueId> inputs = {x}, later;
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (!node->HasInput(i)) continue;
    ValueId vector = kNoValue;
    if (later.empty()) {
      MACE_ASSIGN_OR_RETURN(vector, FlatVector(node, i, flat));
    }
    (vector == kNoValue ? later : inputs).push_back(vector == kNoValue ? node->input(i) : vector);
  }
  MACE_ASSIGN_OR_RETURN(ValueId y, node->Emit("", "LayerNorm", inputs, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, flat.shape.dims()));
  // A scale or offset that broadcasts in another way becomes a node behind, the scale before the
  // offset.
  for (size_t i = 0; i < later.size(); ++i) {
    const bool scale = later.size() == 2 ? i == 0 : inputs.size() == 1;
    MACE_ASSIGN_OR_RETURN(
        y, EmitEltwise(node, scale ? EltwiseType::kProd : EltwiseType::kSum, y, later[i]));
  }
  node->SetResult(y);
  return Status::Ok();
}

// The second and third outputs: the means, and one over the deviations.
Status EmitStatistics(OnnxNode* node) {
  if (!node->WantsOutput(1) && !node->WantsOutput(2)) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const Flat flat, FlatFrom(*node));
  std::vector<int64_t> axes;
  for (int axis = flat.axis; axis < flat.shape.rank(); ++axis) axes.push_back(axis);
  const ValueId x = node->input(0);
  MACE_ASSIGN_OR_RETURN(const ValueId mean, EmitReduce(node, ReduceType::kMean, x, axes));
  node->SetResult(mean, 1);
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitEltwise(node, EltwiseType::kSub, x, mean));
  MACE_ASSIGN_OR_RETURN(id, EmitUnary(node, "square", id));
  MACE_ASSIGN_OR_RETURN(id, EmitReduce(node, ReduceType::kMean, id, axes));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kSum, id, node->Float("epsilon", 1e-5)));
  MACE_ASSIGN_OR_RETURN(id, EmitUnary(node, "rsqrt", id));
  node->SetResult(id, 2);
  return Status::Ok();
}

Status ConvertLayerNorm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(EmitLayerNorm(node, true));
  return EmitStatistics(node);
}

Status ConvertRmsNorm(OnnxNode* node) { return EmitLayerNorm(node, false); }

// Each group of channels of each instance by itself; then scale and offset, one a channel (before
// op set 21 one a group).
Status ConvertGroupNorm(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  const Shape x = node->shape(0);
  const int64_t groups = node->Int("num_groups", 0);
  if (node->Int("stash_type", 1) != 1) return Unsupported("stash_type: expected 1, float");
  if (x.rank() < 3 || groups < 1 || x[1] % groups != 0 || x.elements() == 0) {
    return InvalidArgument("num_groups: expected a divisor of the channels of " + x.ToString() +
                           ", found " + std::to_string(groups));
  }
  GraphBuilder* builder = node->builder();
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-5));
  MACE_ASSIGN_OR_RETURN(
      ValueId y, builder->Reshape(node->input(0), {x[0] * groups, x.elements() / (x[0] * groups)}));
  MACE_ASSIGN_OR_RETURN(y, node->Emit("/groups", "LayerNorm", {y}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, x.dims()));
  std::vector<ValueId> inputs = {y};
  for (size_t i : {size_t{1}, size_t{2}}) {
    const int64_t count = node->shape(i).elements();
    ValueId vector = node->input(i);
    if (count == groups && count != x[1]) {
      AttributeMap tile;
      tile.Set("multiples", std::vector<int64_t>{1, x[1] / groups});
      MACE_ASSIGN_OR_RETURN(vector, builder->Reshape(vector, {groups, 1}));
      MACE_ASSIGN_OR_RETURN(vector, node->Emit("/each", "Tile", {vector}, std::move(tile)));
    }
    MACE_ASSIGN_OR_RETURN(vector, builder->Reshape(vector, {x[1]}));
    inputs.push_back(vector);
  }
  return node->EmitChannelsLast("BatchNorm", std::move(inputs));
}

Status ConvertLrn(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  AttributeMap attributes;
  attributes.Set("size", node->Int("size", 0));
  attributes.Set("alpha", node->Float("alpha", 1e-4));
  attributes.Set("beta", node->Float("beta", 0.75));
  attributes.Set("bias", node->Float("bias", 1));
  return node->EmitChannelsLast("LocalResponseNorm", {node->input(0)}, std::move(attributes));
}

// (x - mean) / (deviation + 1e-9).
Status ConvertMeanVariance(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  const std::vector<int64_t> axes = node->Ints("axes", {0, 2, 3});
  const ValueId x = node->input(0);
  MACE_ASSIGN_OR_RETURN(ValueId mean, EmitReduce(node, ReduceType::kMean, x, axes));
  MACE_ASSIGN_OR_RETURN(const ValueId centered, EmitEltwise(node, EltwiseType::kSub, x, mean));
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitUnary(node, "square", centered));
  MACE_ASSIGN_OR_RETURN(id, EmitReduce(node, ReduceType::kMean, id, axes));
  MACE_ASSIGN_OR_RETURN(id, EmitUnary(node, "sqrt", id));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kSum, id, 1e-9));
  MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kDiv, centered, id));
  node->SetResult(id);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxNormConverters[] = {
    {"GroupNormalization", ConvertGroupNorm},
    {"LRN", ConvertLrn},
    {"LayerNormalization", ConvertLayerNorm},
    {"MeanVarianceNormalization", ConvertMeanVariance},
    {"RMSNormalization", ConvertRmsNorm},
    {"SimplifiedLayerNormalization", ConvertRmsNorm},
    {nullptr, nullptr},
};

}  // namespace mace
