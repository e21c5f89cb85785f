// Fill: a tensor of the extents in integer input 0 (or attribute `dims`), all elements the one of
// input 1.
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class FillOp : public MoveOp {
 public:
  explicit FillOp(const AttributeMap& attributes) : MoveOp("fill"), attributes_(attributes) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims,
                          AttributeOrInput(attributes_, "dims", inputs, 0));
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(std::move(dims)));
    const TensorInfo& value = inputs[1].info;
    if (!inputs[1].present || value.shape.elements() != 1) {
      return InvalidArgument("value: expected one element, found shape " + value.shape.ToString());
    }
    StridedCopy copy = CopyBox(shape, shape, shape);
    for (CopyAxis& axis : copy.axes) axis.input_stride = 0;
    copy.input = 1;
    move->outputs = {{ElementType(value.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeFill(const Node& node) {
  return std::unique_ptr<Op>(new FillOp(node.attributes));
}

}  // namespace

extern const OpDefinition kFillOp = {"Fill", 2, 2, &MakeFill};

}  // namespace mace
