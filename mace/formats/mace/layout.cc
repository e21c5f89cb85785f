#include "mace/formats/mace/layout.h"

#include <string>
#include <unordered_set>

#include "mace/formats/mace/argument_values.h"

namespace mace {

bool HasFixedFormat(const std::string& type) {
  static const auto* const kTypes = new std::unordered_set<std::string>{"BatchNorm",
                                                                        "BatchToSpaceND",
                                                                        "Conv2D",
                                                                        "Deconv2D",
                                                                        "DepthToSpace",
                                                                        "DepthwiseConv2d",
                                                                        "DepthwiseDeconv2d",
                                                                        "DetectionOutput",
                                                                        "ExtractImagePatches",
                                                                        "FullyConnected",
                                                                        "GroupNorm",
                                                                        "InstanceNorm",
                                                                        "LpNorm",
                                                                        "MVNorm",
                                                                        "NonlocalReshape",
                                                                        "Pooling",
                                                                        "ResizeBicubic",
                                                                        "ResizeBilinear",
                                                                        "ResizeNearestNeighbor",
                                                                        "SpaceToBatchND",
                                                                        "SpaceToDepth"};
  return kTypes->count(type) > 0;
}

AxisOrder MaceLayout::OrderOf(const wire::OperatorDef& op) const {
  if (HasFixedFormat(op.type())) return AxisOrder::kNhwc;
  AxisOrder order = source_;
  // The last of equal names counts.
  for (const wire::Argument& argument : op.arg()) {
    if (argument.name() != "data_format") continue;
    switch (argument.i()) {
      case kFormatNone:
        order = AxisOrder::kNone;
        break;
      case kFormatNchw:
        order = AxisOrder::kNchw;
        break;
      default:  // NHWC, and AUTO: the runtime's own.
        order = AxisOrder::kNhwc;
    }
  }
  return order;
}

AxisOrder MaceLayout::OrderOfIo(int data_format) const {
  if (data_format == kFormatNhwc) return AxisOrder::kNhwc;
  if (data_format == kFormatNchw) return AxisOrder::kNchw;
  return source_;
}

AxisOrder MaceLayout::Of(ValueId id) const {
  const auto found = orders_.find(id);
  return found == orders_.end() ? AxisOrder::kNone : found->second;
}

StatusOr<ValueId> MaceLayout::In(ValueId id, AxisOrder wanted) {
  if (id == kNoValue || wanted == AxisOrder::kNone) return id;
  const AxisOrder found = Of(id);
  if (found == AxisOrder::kNone || found == wanted) return id;
  if (builder_->ShapeOf(id).rank() != 4) return id;
  MACE_ASSIGN_OR_RETURN(
      const ValueId result,
      builder_->Transpose(id, wanted == AxisOrder::kNhwc ? kNchwToNhwc : kNhwcToNchw));
  Mark(result, wanted);
  return result;
}

}  // namespace mace
