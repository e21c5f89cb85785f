// TensorFlow's ops whose results have as many rows as are found when the network runs: Where of one
// input, NonMaxSuppression, Unique and DynamicPartition.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// Several results of one node.
StatusOr<std::vector<ValueId>> EmitMany(TfNode* node, const std::string& type,
                                        std::vector<ValueId> inputs, AttributeMap attributes,
                                        int count) {
  Node made;
  made.name = node->builder()->UniqueName(node->name() + "/found");
  made.type = type;
  made.inputs = std::move(inputs);
  made.attributes = std::move(attributes);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(made.name + ":" + std::to_string(i));
  return node->builder()->AddNode(std::move(made), names);
}

// The places of the elements of x that are not zero, int32 [k, rank].
StatusOr<ValueId> EmitPlaces(TfNode* node, ValueId x) {
  AttributeMap attributes;
  attributes.Set("dtype", std::string("int32"));
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                        EmitMany(node, "NonZero", {x}, std::move(attributes), 2));
  return EmitFirstRows(node, found[0], found[1]);
}

// The places of a constant that are not zero, whatever its size.
StatusOr<ValueId> AddPlaces(TfNode* node, const HostTensor& x) {
  const Shape shape = x.shape();
  const std::vector<float> values = ToFloatVector(x);
  std::vector<int32_t> places;
  int64_t count = 0;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    if (values[static_cast<size_t>(i)] == 0) continue;
    ++count;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const int64_t place = i / shape.elements(axis + 1, shape.rank()) % shape[axis];
      if (place > INT32_MAX) return Unsupported("more than 2^31 rows in " + shape.ToString());
      places.push_back(static_cast<int32_t>(place));
    }
  }
  return AddInts(node, Shape{count, shape.rank()}, std::move(places));
}

Status ConvertWhere(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  const HostTensor* const x = node->builder()->ConstantOf(node->input(0));
  MACE_ASSIGN_OR_RETURN(const ValueId places,
                        x != nullptr ? AddPlaces(node, *x) : EmitPlaces(node, node->input(0)));
  node->SetResult(places);
  return Status::Ok();
}

// What the versions of NonMaxSuppression differ in.
struct Suppression {
  std::vector<ValueId> inputs;  // As the graph's op takes them.
  int64_t max_output = 0;
  bool pads = false;        // The results have max_output rows.
  bool has_scores = false;  // Result 1 is the scores.
  bool has_count = false;   // The last result is the count.
};

// boxes [n, 4], scores [n], the most boxes, then thresholds by version.
StatusOr<Suppression> ReadSuppression(TfNode* node) {
  const std::string& op = node->def().op();
  const int version = op == "NonMaxSuppression" ? 1 : op.back() - '0';
  MACE_RETURN_IF_ERROR(node->RequireInputs(version == 1   ? 3
                                           : version == 2 ? 4
                                           : version == 5 ? 6
                                                          : 5));
  const Shape boxes = node->shape(0), scores = node->shape(1);
  if (boxes.rank() != 2 || boxes[1] != 4 || scores.rank() != 1 || scores[0] != boxes[0]) {
    return InvalidArgument("expected boxes [n, 4] and scores [n], found " + boxes.ToString() +
                           " and " + scores.ToString());
  }
  Suppression suppression;
  MACE_ASSIGN_OR_RETURN(suppression.max_output, node->Number(2));
  if (suppression.max_output < 0 || suppression.max_output > INT32_MAX) {
    return InvalidArgument("max_output_size: expected 0 to 2^31 - 1, found " +
                           std::to_string(suppression.max_output));
  }
  GraphBuilder* const builder = node->builder();
  suppression.inputs.resize(2);
  MACE_ASSIGN_OR_RETURN(suppression.inputs[0], builder->Reshape(node->input(0), {1, boxes[0], 4}));
  MACE_ASSIGN_OR_RETURN(suppression.inputs[1], builder->Reshape(node->input(1), {1, 1, boxes[0]}));
  const auto overlap = static_cast<float>(node->Float("iou_threshold", 0.5));
  suppression.inputs.push_back(version == 1 ? AddFloats(node, Shape(), {overlap}) : node->input(3));
  suppression.inputs.push_back(
      version < 3 ? AddFloats(node, Shape(), {std::numeric_limits<float>::lowest()})
                  : node->input(4));
  if (version == 5) suppression.inputs.push_back(node->input(5));
  suppression.pads = version >= 4 && node->Bool("pad_to_max_output_size", false);
  suppression.has_scores = version == 5;
  suppression.has_count = version >= 4;
  return suppression;
}

// The results that are there: as many rows as were found, or padded with zeros to max_output.
StatusOr<ValueId> EmitChosen(TfNode* node, const Suppression& suppression, ValueId x,
                             ValueId count) {
  if (!suppression.pads) return EmitFirstRows(node, x, count);
  const Shape shape = node->builder()->ShapeOf(x);
  if (shape[0] == suppression.max_output) return x;
  std::vector<int64_t> paddings(2 * static_cast<size_t>(shape.rank()), 0);
  paddings[1] = suppression.max_output - shape[0];
  return EmitPadding(node, x, std::move(paddings), 0);
}

Status ConvertNonMaxSuppression(TfNode* node) {
  MACE_ASSIGN_OR_RETURN(const Suppression suppression, ReadSuppression(node));
  AttributeMap attributes;
  attributes.Set("max_output", suppression.max_output);
  MACE_ASSIGN_OR_RETURN(
      const std::vector<ValueId> found,
      EmitMany(node, "NonMaxSuppression", suppression.inputs, std::move(attributes), 3));
  GraphBuilder* const builder = node->builder();
  MACE_ASSIGN_OR_RETURN(ValueId boxes, EmitSlice(node, found[0], 1, 2, 3));
  MACE_ASSIGN_OR_RETURN(boxes, builder->Reshape(boxes, {builder->ShapeOf(boxes)[0]}));
  MACE_ASSIGN_OR_RETURN(boxes, EmitCast(node, boxes, DType::kInt32));
  MACE_ASSIGN_OR_RETURN(boxes, EmitChosen(node, suppression, boxes, found[2]));
  std::vector<ValueId> results = {boxes};
  if (suppression.has_scores) {
    MACE_ASSIGN_OR_RETURN(const ValueId scores, EmitChosen(node, suppression, found[1], found[2]));
    results.push_back(scores);
  }
  if (suppression.has_count) {
    MACE_ASSIGN_OR_RETURN(const ValueId count, EmitCast(node, found[2], DType::kInt32));
    results.push_back(count);
  }
  node->SetResults(std::move(results));
  return Status::Ok();
}

// boxes, scores, the most boxes of a class and of all, the overlap and the score threshold.
Status ConvertCombinedSuppression(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(6));
  MACE_ASSIGN_OR_RETURN(const int64_t of_class, node->Number(2));
  MACE_ASSIGN_OR_RETURN(int64_t total, node->Number(3));
  if (of_class < 1 || of_class > INT32_MAX || total < 1 || total > INT32_MAX) {
    return InvalidArgument(
        "max_output_size_per_class and max_total_size: expected 1 to 2^31 - 1, "
        "found " +
        std::to_string(of_class) + " and " + std::to_string(total));
  }
  if (node->Bool("pad_per_class", false) && node->shape(1).rank() == 3) {
    total = std::min(total, of_class * std::max<int64_t>(node->shape(1)[2], 1));
  }
  AttributeMap attributes;
  attributes.Set("max_output", of_class);
  attributes.Set("total", total);
  attributes.Set("clip", int64_t{node->Bool("clip_boxes", true)});
  return node->EmitResult("CombinedNonMaxSuppression",
                          {node->input(0), node->input(1), node->input(4), node->input(5)},
                          std::move(attributes), 4);
}

// The axis of Unique, which has the slices that are compared; -1: the elements of a vector are.
StatusOr<int> ReadUniqueAxis(const TfNode& node) {
  const bool has_axis = node.def().op() == "UniqueV2" || node.def().op() == "UniqueWithCountsV2";
  const int rank = node.shape(0).rank();
  std::vector<int64_t> axes;
  if (has_axis) {
    MACE_RETURN_IF_ERROR(node.RequireInputs(2));
    MACE_ASSIGN_OR_RETURN(axes, node.Numbers(1));
  }
  if (axes.empty() && rank == 1) return -1;
  if (axes.size() == 1) return NormalizeAxis(axes[0], rank);
  return InvalidArgument("expected a vector, or one axis, found " + node.shape(0).ToString() +
                         " and " + std::to_string(axes.size()) + " axes");
}

// y, in the order in which they come first; which one each is; and how often each is there.
Status ConvertUnique(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_ASSIGN_OR_RETURN(const int axis, ReadUniqueAxis(*node));
  GraphBuilder* const builder = node->builder();
  std::vector<int64_t> to_front;  // Swaps the axis with the first one.
  for (int i = 0; axis >= 0 && i < node->shape(0).rank(); ++i) to_front.push_back(i);
  if (axis > 0) std::swap(to_front[0], to_front[static_cast<size_t>(axis)]);
  ValueId x = node->input(0);
  if (axis > 0) {
    MACE_ASSIGN_OR_RETURN(x, builder->Transpose(x, to_front));
  }
  const Shape moved = builder->ShapeOf(x);
  MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {moved[0], moved.elements(1, moved.rank())}));
  AttributeMap attributes;
  attributes.Set("sorted", int64_t{0});
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                        EmitMany(node, "Unique", {x}, std::move(attributes), 5));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitFirstRows(node, found[0], found[4]));
  std::vector<int64_t> dims = moved.dims();
  dims[0] = builder->ShapeOf(y)[0];
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, dims));
  if (axis > 0) {
    MACE_ASSIGN_OR_RETURN(y, builder->Transpose(y, to_front));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId which, EmitCast(node, found[2], DType::kInt32));
  MACE_ASSIGN_OR_RETURN(ValueId counts, EmitFirstRows(node, found[3], found[4]));
  MACE_ASSIGN_OR_RETURN(counts, EmitCast(node, counts, DType::kInt32));
  const bool has_counts = node->def().op().find("Counts") != std::string::npos;
  node->SetResults(has_counts ? std::vector<ValueId>{y, which, counts}
                              : std::vector<ValueId>{y, which});
  return Status::Ok();
}

// data, partitions: the rows of each partition, in order.
Status ConvertDynamicPartition(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  const Shape data = node->shape(0), partitions = node->shape(1);
  const int64_t count = node->Int("num_partitions", 0);
  constexpr int64_t kMaxPartitions = 64;
  bool fits = data.rank() >= partitions.rank() && partitions.rank() >= 1;
  for (int i = 0; fits && i < partitions.rank(); ++i) fits = data[i] == partitions[i];
  if (!fits || count < 1 || count > kMaxPartitions) {
    return InvalidArgument("expected 1 to " + std::to_string(kMaxPartitions) +
                           " partitions of the first axes of the data, found " +
                           std::to_string(count) + " of " + data.ToString() + " by " +
                           partitions.ToString());
  }
  GraphBuilder* const builder = node->builder();
  std::vector<int64_t> dims = {partitions.elements()};
  dims.insert(dims.end(), data.dims().begin() + partitions.rank(), data.dims().end());
  MACE_ASSIGN_OR_RETURN(const ValueId rows, builder->Reshape(node->input(0), dims));
  AttributeMap attributes;
  attributes.Set("extents", std::vector<int64_t>{count});
  // A number of no partition is an error when the network runs.
  MACE_ASSIGN_OR_RETURN(ValueId numbers, node->Emit("/numbers", "NormalizeIndices",
                                                    {node->input(1)}, std::move(attributes)));
  MACE_ASSIGN_OR_RETURN(numbers, builder->Reshape(numbers, {dims[0]}));
  std::vector<ValueId> results;
  for (int64_t i = 0; i < count; ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId number, AddScalar(node, node->dtype(1), i));
    MACE_ASSIGN_OR_RETURN(const ValueId is_in,
                          EmitEltwise(node, EltwiseType::kEqual, numbers, number));
    MACE_ASSIGN_OR_RETURN(ValueId places, EmitPlaces(node, is_in));
    MACE_ASSIGN_OR_RETURN(places, builder->Reshape(places, {builder->ShapeOf(places)[0]}));
    MACE_ASSIGN_OR_RETURN(const ValueId part, EmitGather(node, rows, places, 0));
    results.push_back(part);
  }
  node->SetResults(std::move(results));
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfCountedConverters[] = {
    {"CombinedNonMaxSuppression", ConvertCombinedSuppression},
    {"DynamicPartition", ConvertDynamicPartition},
    {"NonMaxSuppression", ConvertNonMaxSuppression},
    {"NonMaxSuppressionV2", ConvertNonMaxSuppression},
    {"NonMaxSuppressionV3", ConvertNonMaxSuppression},
    {"NonMaxSuppressionV4", ConvertNonMaxSuppression},
    {"NonMaxSuppressionV5", ConvertNonMaxSuppression},
    {"Unique", ConvertUnique},
    {"UniqueV2", ConvertUnique},
    {"UniqueWithCounts", ConvertUnique},
    {"UniqueWithCountsV2", ConvertUnique},
    {"Where", ConvertWhere},
    {nullptr, nullptr},
};

}  // namespace mace
