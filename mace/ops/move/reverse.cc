// Reverse: the elements in opposite order along the axes in attribute `axis`, or integer input 1.
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class ReverseOp : public MoveOp {
 public:
  explicit ReverseOp(const AttributeMap& attributes) : MoveOp("reverse"), attributes_(attributes) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes,
                          AttributeOrInput(attributes_, "axis", inputs, 1));
    StridedCopy copy = CopyBox(x.shape, x.shape, x.shape);
    for (int64_t wanted : axes) {
      MACE_ASSIGN_OR_RETURN(const int index, NormalizeAxis(wanted, x.shape.rank()));
      CopyAxis& axis = copy.axes[static_cast<size_t>(index)];
      if (axis.input_stride < 0)
        return InvalidArgument("axis " + std::to_string(wanted) + " is named twice");
      copy.input_offset += (axis.extent - 1) * axis.input_stride;
      axis.input_stride = -axis.input_stride;
    }
    move->outputs = {{ElementType(x.dtype), x.shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeReverse(const Node& node) {
  return std::unique_ptr<Op>(new ReverseOp(node.attributes));
}

}  // namespace

extern const OpDefinition kReverseOp = {"Reverse", 1, 2, &MakeReverse};

}  // namespace mace
