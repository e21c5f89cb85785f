#include "mace/ops/shape/alias_op.h"

#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

KernelVariant MakeAlias(const std::string& variant, const LoweringRequest& request,
                        const TensorFormat& format) {
  KernelVariant kernel_variant;
  kernel_variant.name = variant;
  kernel_variant.inputs.assign(request.inputs.size(), format);
  kernel_variant.outputs = {format};
  kernel_variant.alias_input = 0;
  return kernel_variant;
}

}  // namespace

std::vector<KernelVariant> LowerAlias(const std::string& op, const LoweringRequest& request) {
  const OpInput& input = request.inputs[0];
  const DeviceElement type = DeviceElementOf(input.info.dtype);
  if (!input.present || input.constant != nullptr || type == DeviceElement::kNone ||
      DeviceElementOf(request.outputs[0].dtype) != type) {
    return {};
  }
  const Nhwc from = AsNhwc(input.info.shape), to = AsNhwc(request.outputs[0].shape);
  std::vector<KernelVariant> variants;
  variants.push_back(
      MakeAlias(op + "_alias_row_major", request, {Layout::kRowMajor, Storage::kBuffer}));
  variants[0].integers = Integers::kFromKernels;
  if (type == DeviceElement::kInteger) return variants;
  const bool image = request.storage == Storage::kImage;
  // Pixels of a buffer lie one behind the other, those of an image in rows.
  const bool same_places =
      from.c == to.c && (!image || (from.w == to.w && from.rows() == to.rows()));
  if (same_places && StorageWithinLimits(request) == request.storage) {
    variants.push_back(
        MakeAlias(op + "_alias_channels4", request, {Layout::kChannels4, request.storage}));
  }
  return variants;
}

std::vector<KernelVariant> AliasOp::Lower(const LoweringRequest& request) const {
  std::vector<KernelVariant> variants = LowerAlias(name(), request);
  for (KernelVariant& variant : MoveOp::Lower(request)) {
    // Row-major data never needs the copy, except from a constant.
    if (!variants.empty() && variant.outputs[0].layout == Layout::kRowMajor) continue;
    variants.push_back(std::move(variant));
  }
  return variants;
}

bool AliasOp::SplitsAlongBatch(const std::vector<OpInput>& inputs,
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
