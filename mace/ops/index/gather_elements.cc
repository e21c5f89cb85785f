// GatherElements: y[i][j][k] = x[index[i][j][k]][j][k] along attribute `axis` (0 by default), for
// any rank. Inputs x and integer indices, which may be negative, of the same rank and along the
// other axes no larger than x; the output's shape is that of the indices. An index outside of the
// axis is an error, which a kernel reports (fault_record.h).
#include <cstring>

#include "mace/ops/elementwise/broadcast_operand.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class GatherElementsOp : public Op {
 public:
  explicit GatherElementsOp(int64_t axis) : axis_(axis) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const TensorInfo& indices = inputs[1].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    if (IsFloat(indices.dtype) || indices.dtype == DType::kBool) {
      return InvalidArgument(std::string("indices: expected integers, found ") +
                             DTypeName(indices.dtype));
    }
    bool fits = indices.shape.rank() == x.shape.rank();
    for (int i = 0; fits && i < x.shape.rank(); ++i) {
      fits = i == axis || indices.shape[i] <= x.shape[i];
    }
    if (!fits) {
      return InvalidArgument("indices " + indices.shape.ToString() + " do not fit " +
                             x.shape.ToString() + " along axis " + std::to_string(axis));
    }
    outputs->assign(1, {ElementType(x.dtype), indices.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    const std::vector<int64_t> indices = ToInt64Vector(inputs[1]);
    const std::vector<int64_t> strides = DenseStrides(shape);
    const size_t size = DTypeSize(inputs[0].dtype());
    const Shape& at = inputs[1].shape();
    for (size_t i = 0; i < indices.size(); ++i) {
      const int64_t extent = shape[axis];
      const int64_t position = indices[i] < 0 ? indices[i] + extent : indices[i];
      if (position < 0 || position >= extent) {
        return InvalidArgument("index " + std::to_string(indices[i]) +
                               " is outside of the axis of " + std::to_string(extent));
      }
      int64_t from = position * strides[static_cast<size_t>(axis)];
      int64_t rest = static_cast<int64_t>(i);
      for (int k = at.rank() - 1; k >= 0; --k) {
        if (k != axis) from += rest % at[k] * strides[static_cast<size_t>(k)];
        rest /= at[k];
      }
      std::memcpy((*outputs)[0].mutable_data<uint8_t>() + i * size,
                  inputs[0].bytes().data() + static_cast<size_t>(from) * size, size);
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& x = request.inputs[0];
    const OpInput& indices = request.inputs[1];
    const StatusOr<int> axis = NormalizeAxis(axis_, x.info.shape.rank());
    LoweringRequest activations = request;  // The indices are no activation.
    activations.inputs.resize(1);
    const bool moves_integers = CanMoveIntegers(activations);
    if (!axis.ok() || indices.constant != nullptr || !(CanLower(activations) || moves_integers) ||
        DeviceElementOf(indices.info.dtype) != DeviceElement::kInteger) {
      return {};
    }
    KernelVariant variant = NewRowMajorVariant("gather_elements", request);
    variant.integers = Integers::kAny;
    Launch launch = NewLaunch("gather_elements.cl", "gather_elements", request, Storage::kBuffer);
    launch.arguments = {RowMajorArgument(request, 0, &variant, &launch), RawInputArgument(1),
                        RawOutputArgument(0)};
    const Shape& shape = x.info.shape;
    const Shape& out = request.outputs[0].shape;
    AppendExtents(out, &launch);
    const std::vector<int64_t> strides = DenseStrides(shape);
    for (int from_end = 7; from_end >= 0; --from_end) {
      const int k = shape.rank() - 1 - from_end;
      const bool counts = k >= 0 && k != *axis;
      launch.arguments.push_back(
          static_cast<int32_t>(counts ? strides[static_cast<size_t>(k)] : 0));
    }
    for (int64_t value : {strides[static_cast<size_t>(*axis)], shape[*axis], out.elements()}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(out.elements()), &launch);
    variant.launches.push_back(std::move(launch));
    if (moves_integers) SetIntegerMoves(&variant);
    return {std::move(variant)};
  }

 private:
  const int64_t axis_;
};

StatusOr<std::unique_ptr<Op>> MakeGatherElements(const Node& node) {
  return std::unique_ptr<Op>(new GatherElementsOp(node.attributes.GetInt("axis", 0)));
}

}  // namespace

extern const OpDefinition kGatherElementsOp = {"GatherElements", 2, 2, &MakeGatherElements};

}  // namespace mace
