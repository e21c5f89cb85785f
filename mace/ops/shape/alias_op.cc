#include "mace/ops/shape/alias_op.h"

#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

Lowering MakeAlias(const std::string& variant, const LoweringRequest& request,
                   const TensorFormat& format) {
  Lowering lowering;
  lowering.variant = variant;
  lowering.inputs.assign(request.inputs.size(), format);
  lowering.outputs = {format};
  lowering.alias_input = 0;
  return lowering;
}

}  // namespace

std::vector<Lowering> LowerAlias(const std::string& op, const LoweringRequest& request) {
  const OpInput& input = request.inputs[0];
  const DeviceType type = DeviceTypeOf(input.info.dtype);
  if (!input.present || input.constant != nullptr || type == DeviceType::kNone ||
      DeviceTypeOf(request.outputs[0].dtype) != type) {
    return {};
  }
  const Nhwc from = AsNhwc(input.info.shape), to = AsNhwc(request.outputs[0].shape);
  std::vector<Lowering> ways;
  ways.push_back(
      MakeAlias(op + "_alias_row_major", request, {Layout::kRowMajor, Storage::kBuffer}));
  ways[0].integers = Integers::kFromKernels;
  if (type == DeviceType::kInteger) return ways;
  const bool image = request.storage == Storage::kImage;
  // Pixels of a buffer lie one behind the other, those of an image in rows.
  const bool same_places =
      from.c == to.c && (!image || (from.w == to.w && from.rows() == to.rows()));
  if (same_places && StorageWithinLimits(request) == request.storage) {
    ways.push_back(
        MakeAlias(op + "_alias_channels4", request, {Layout::kChannels4, request.storage}));
  }
  return ways;
}

std::vector<Lowering> AliasOp::Lower(const LoweringRequest& request) const {
  std::vector<Lowering> ways = LowerAlias(name(), request);
  for (Lowering& way : MoveOp::Lower(request)) {
    // Row-major data never needs the copy, except from a constant.
    if (!ways.empty() && way.outputs[0].layout == Layout::kRowMajor) continue;
    ways.push_back(std::move(way));
  }
  return ways;
}

bool AliasOp::KeepsBatchApart(const std::vector<OpInput>& inputs,
                              const std::vector<bool>& batched) const {
  Move move;
  if (!batched[0] || !Describe(inputs, &move).ok()) return false;
  const Shape& shape = move.outputs[0].shape;
  return shape.rank() > 0 && shape[0] == inputs[0].info.shape[0];
}

Status AliasOp::Describe(const std::vector<OpInput>& inputs, Move* move) const {
  const TensorInfo& x = inputs[0].info;
  MACE_ASSIGN_OR_RETURN(const Shape shape, OutputShape(inputs));
  if (shape.elements() != x.shape.elements()) {
    return InvalidArgument("a tensor of shape " + x.shape.ToString() + " cannot be seen as " +
                           shape.ToString());
  }
  move->outputs = {{ElementType(x.dtype), shape}};
  StridedCopy copy;
  copy.axes = {{x.shape.elements(), 1, 1}};
  move->copies = {copy};
  return Status::Ok();
}

}  // namespace mace
