// ONNX's ops that put blocks, maxima and sequences to their places: Col2Im, CenterCropPad,
// MaxUnpool, ReverseSequence.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/window.h"

namespace mace {
namespace {

StatusOr<ValueId> EmitZeros(OnnxNode* node, DType dtype, std::vector<int64_t> dims) {
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  const TensorInfo info{IsFloat(dtype) ? DType::kFloat32 : dtype, std::move(shape)};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("zeros", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(info));
  return node->AddConstant("/zeros", std::move(zeros));
}

StatusOr<ValueId> EmitScatter(OnnxNode* node, std::vector<ValueId> inputs, const char* reduction) {
  AttributeMap attributes;
  attributes.Set("reduction", std::string(reduction));
  return node->Emit("/scattered", "Scatter", std::move(inputs), std::move(attributes));
}

// The window of Col2Im over the image, and how many blocks there are along each axis.
struct Blocks {
  OnnxWindow window;
  std::vector<int64_t> image, counts;
  int64_t taps = 1, blocks = 1, places = 1;
};

StatusOr<Blocks> ReadBlocks(const OnnxNode& node) {
  Blocks blocks;
  MACE_ASSIGN_OR_RETURN(blocks.image, node.Numbers(1));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> kernel, node.Numbers(2));
  const size_t axes = blocks.image.size();
  MACE_ASSIGN_OR_RETURN(blocks.window, ReadOnnxWindow(node, kernel, axes));
  for (size_t axis = 0; axis < axes; ++axis) {
    const OnnxWindow& window = blocks.window;
    const int64_t padded = blocks.image[axis] + window.before[axis] + window.after[axis];
    if (blocks.image[axis] < 1 || padded < window.span(axis)) {
      return InvalidArgument("image_shape: expected extents that the block fits into, found [" +
                             JoinNumbers(blocks.image, ", ") + "]");
    }
    blocks.counts.push_back((padded - window.span(axis)) / window.strides[axis] + 1);
    blocks.taps *= window.kernel[axis];
    blocks.blocks *= blocks.counts.back();
    blocks.places *= blocks.image[axis];
  }
  return blocks;
}

// Where the element of each tap and block lies in the image, flat; behind its end where it is
// padding.
std::vector<int64_t> PlacesOf(const Blocks& blocks) {
  std::vector<int64_t> places(static_cast<size_t>(blocks.taps * blocks.blocks));
  for (int64_t i = 0; i < blocks.taps * blocks.blocks; ++i) {
    int64_t tap = i / blocks.blocks, block = i % blocks.blocks, place = 0, stride = 1;
    bool inside = true;
    for (size_t axis = blocks.image.size(); axis-- > 0;) {
      const OnnxWindow& window = blocks.window;
      const int64_t at = block % blocks.counts[axis] * window.strides[axis] - window.before[axis] +
                         tap % window.kernel[axis] * window.dilations[axis];
      inside = inside && at >= 0 && at < blocks.image[axis];
      place += at * stride;
      stride *= blocks.image[axis];
      tap /= window.kernel[axis];
      block /= blocks.counts[axis];
    }
    places[static_cast<size_t>(i)] = inside ? place : blocks.places;
  }
  return places;
}

// x [n, c * taps, blocks] to [n, c, image]: the sum of the blocks where they lie.
Status ConvertCol2Im(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 3));
  MACE_ASSIGN_OR_RETURN(const Blocks blocks, ReadBlocks(*node));
  const Shape x = node->shape(0);
  if (x.rank() != 3 || x[1] % blocks.taps != 0 || x[2] != blocks.blocks) {
    return InvalidArgument("expected [n, c * " + std::to_string(blocks.taps) + ", " +
                           std::to_string(blocks.blocks) + "], found " + x.ToString());
  }
  GraphBuilder* builder = node->builder();
  const int64_t channels = x[1] / blocks.taps, columns = x[0] * channels;
  MACE_RETURN_IF_ERROR(builder->Reserve(
      "places", static_cast<size_t>(blocks.taps * blocks.blocks) * sizeof(int64_t)));
  const ValueId at = node->AddInts("/places", PlacesOf(blocks));
  MACE_ASSIGN_OR_RETURN(ValueId id,
                        builder->Reshape(node->input(0), {columns, blocks.taps * blocks.blocks}));
  MACE_ASSIGN_OR_RETURN(id, builder->Transpose(id, {1, 0}));
  MACE_ASSIGN_OR_RETURN(const ValueId zeros,
                        EmitZeros(node, node->dtype(0), {blocks.places + 1, columns}));
  MACE_ASSIGN_OR_RETURN(id, EmitScatter(node, {zeros, at, id}, "add"));
  MACE_ASSIGN_OR_RETURN(id, EmitSlice(node, id, 0, 0, blocks.places));
  MACE_ASSIGN_OR_RETURN(id, builder->Transpose(id, {1, 0}));
  std::vector<int64_t> dims = {x[0], channels};
  dims.insert(dims.end(), blocks.image.begin(), blocks.image.end());
  MACE_ASSIGN_OR_RETURN(id, builder->Reshape(id, dims));
  node->SetResult(id);
  return Status::Ok();
}

// x, extents: axes are cut or padded with zeros at both ends, an odd element at the far end.
Status ConvertCenterCropPad(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape x = node->shape(0);
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> extents, node->Numbers(1));
  std::vector<int64_t> all;
  for (int axis = 0; axis < x.rank(); ++axis) all.push_back(axis);
  const std::vector<int64_t> axes = node->Ints("axes", all);
  if (axes.size() != extents.size()) {
    return InvalidArgument("shape: expected " + std::to_string(axes.size()) + " extents, found " +
                           std::to_string(extents.size()));
  }
  ValueId id = node->input(0);
  std::vector<int64_t> paddings(2 * static_cast<size_t>(x.rank()), 0);
  bool pads = false;
  for (size_t i = 0; i < axes.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axes[i], x.rank()));
    const int64_t wanted = extents[i], more = wanted - x[axis];
    if (wanted < 0) {
      return InvalidArgument("shape: expected 0 or more, found " + std::to_string(wanted));
    }
    if (more < 0) {
      MACE_ASSIGN_OR_RETURN(id, EmitSlice(node, id, axis, -more / 2, -more / 2 + wanted));
    }
    if (more > 0) {
      paddings[2 * static_cast<size_t>(axis)] = more / 2;
      paddings[2 * static_cast<size_t>(axis) + 1] = more - more / 2;
      pads = true;
    }
  }
  if (pads) {
    AttributeMap pad;
    pad.Set("paddings", std::move(paddings));
    pad.Set("pad_type", int64_t{0});
    MACE_ASSIGN_OR_RETURN(id, node->Emit("/padded", "Pad", {id}, std::move(pad)));
  }
  node->SetResult(id);
  return Status::Ok();
}

// x, positions of MaxPool, [output shape].
Status ConvertMaxUnpool(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  const Shape x = node->shape(0);
  if (x.rank() < 3 || node->shape(1) != x) {
    return InvalidArgument("expected x and its positions, found " + x.ToString() + " and " +
                           node->shape(1).ToString());
  }
  const size_t axes = static_cast<size_t>(x.rank()) - 2;
  MACE_ASSIGN_OR_RETURN(const OnnxWindow window, ReadOnnxWindow(*node, {}, axes));
  std::vector<int64_t> dims = {x[0], x[1]};
  for (size_t axis = 0; axis < axes; ++axis) {
    dims.push_back((x[static_cast<int>(axis) + 2] - 1) * window.strides[axis] +
                   window.kernel[axis] - window.before[axis] - window.after[axis]);
  }
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> given, node->Numbers(2));
    // Positions are those of a tensor of one shape: engines take it to be the one or the other.
    bool same = given.size() == dims.size();
    for (size_t i = 0; same && i < dims.size(); ++i) {
      same = given[i] == dims[i] || (i <= 2 && dims[0] * dims[1] == 1 && given[i] >= dims[i]);
    }
    if (!same) {
      return Unsupported("output_shape: expected [" + JoinNumbers(dims, ", ") +
                         "], to which the kernel leads, found [" + JoinNumbers(given, ", ") +
                         "], for which positions are read differently by different engines");
    }
    dims = given;
  }
  MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(const ValueId values, builder->Reshape(node->input(0), {x.elements()}));
  MACE_ASSIGN_OR_RETURN(const ValueId at, builder->Reshape(node->input(1), {x.elements()}));
  MACE_ASSIGN_OR_RETURN(const ValueId zeros, EmitZeros(node, node->dtype(0), {shape.elements()}));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitScatter(node, {zeros, at, values}, "none"));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, dims));
  node->SetResult(y);
  return Status::Ok();
}

// x, lengths: the first elements along the axis of time the other way round, in each batch.
Status ConvertReverseSequence(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  const Shape x = node->shape(0);
  const int64_t batch_axis = node->Int("batch_axis", 1), time_axis = node->Int("time_axis", 0);
  if (x.rank() < 2 || batch_axis + time_axis != 1 || batch_axis * time_axis != 0) {
    return InvalidArgument("batch_axis, time_axis: expected 0 and 1, found " +
                           std::to_string(batch_axis) + " and " + std::to_string(time_axis));
  }
  const int64_t steps = x[static_cast<int>(time_axis)], batches = x[static_cast<int>(batch_axis)];
  if (node->shape(1) != Shape{batches}) {
    return InvalidArgument("sequence_lens: expected [" + std::to_string(batches) + "], found " +
                           node->shape(1).ToString());
  }
  if (x.elements() == 0) {
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  GraphBuilder* builder = node->builder();
  // Step t comes from length - 1 - t below the length.
  const bool batch_first = batch_axis == 0;
  MACE_ASSIGN_OR_RETURN(const ValueId step,
                        EmitCounting(node, batch_first ? std::vector<int64_t>{1, steps}
                                                       : std::vector<int64_t>{steps, 1}));
  MACE_ASSIGN_OR_RETURN(ValueId length, EmitCast(node, node->input(1), DType::kInt64));
  MACE_ASSIGN_OR_RETURN(length,
                        builder->Reshape(length, batch_first ? std::vector<int64_t>{batches, 1}
                                                             : std::vector<int64_t>{1, batches}));
  const ValueId one = node->AddInts("/one", {1});
  MACE_ASSIGN_OR_RETURN(ValueId from, EmitEltwise(node, EltwiseType::kSub, length, step));
  MACE_ASSIGN_OR_RETURN(from, EmitEltwise(node, EltwiseType::kSub, from, one));
  MACE_ASSIGN_OR_RETURN(const ValueId inside, EmitEltwise(node, EltwiseType::kLess, step, length));
  MACE_ASSIGN_OR_RETURN(from, EmitWhere(node, inside, from, step));
  AttributeMap bounds;
  bounds.Set("extents", std::vector<int64_t>{steps});
  MACE_ASSIGN_OR_RETURN(from,
                        node->Emit("/indices", "NormalizeIndices", {from}, std::move(bounds)));
  // As positions in [batch and time as one axis, rest].
  const int64_t stride = batch_first ? 1 : batches, other = batch_first ? steps : 1;
  MACE_ASSIGN_OR_RETURN(
      from, EmitEltwise(node, EltwiseType::kProd, from, node->AddInts("/stride", {stride})));
  MACE_ASSIGN_OR_RETURN(ValueId first,
                        EmitCounting(node, batch_first ? std::vector<int64_t>{batches, 1}
                                                       : std::vector<int64_t>{1, batches}));
  MACE_ASSIGN_OR_RETURN(
      first, EmitEltwise(node, EltwiseType::kProd, first, node->AddInts("/stride", {other})));
  MACE_ASSIGN_OR_RETURN(from, EmitEltwise(node, EltwiseType::kSum, from, first));
  MACE_ASSIGN_OR_RETURN(ValueId y,
                        builder->Reshape(node->input(0), {x[0] * x[1], x.elements(2, x.rank())}));
  MACE_ASSIGN_OR_RETURN(y, EmitGather(node, y, from, 0));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, x.dims()));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxRegionConverters[] = {
    {"CenterCropPad", ConvertCenterCropPad},
    {"Col2Im", ConvertCol2Im},
    {"MaxUnpool", ConvertMaxUnpool},
    {"ReverseSequence", ConvertReverseSequence},
    {nullptr, nullptr},
};

}  // namespace mace
