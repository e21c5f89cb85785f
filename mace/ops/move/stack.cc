// Stack: inputs of one shape, one behind the other along a new axis of the output (attribute
// `axis`, 0 by default).
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class StackOp : public MoveOp {
 public:
  explicit StackOp(int64_t axis) : MoveOp("stack"), axis_(axis) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& first = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, first.shape.rank() + 1));
    std::vector<int64_t> dims = first.shape.dims();
    dims.insert(dims.begin() + axis, static_cast<int64_t>(inputs.size()));
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(std::move(dims)));
    std::vector<int64_t> strides = DenseStrides(shape);
    const int64_t step = strides[static_cast<size_t>(axis)];
    strides.erase(strides.begin() + axis);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorInfo& part = inputs[i].info;
      if (!inputs[i].present || part.shape != first.shape ||
          ElementType(part.dtype) != ElementType(first.dtype)) {
        return InvalidArgument("expected inputs of type " + std::string(DTypeName(first.dtype)) +
                               " and shape " + first.shape.ToString() + ", found " +
                               DTypeName(part.dtype) + " and " + part.shape.ToString());
      }
      StridedCopy copy = CopyBox(part.shape, part.shape, part.shape);
      for (size_t k = 0; k < strides.size(); ++k) copy.axes[k].output_stride = strides[k];
      copy.input = static_cast<int>(i);
      copy.output_offset = static_cast<int64_t>(i) * step;
      move->copies.push_back(std::move(copy));
    }
    move->outputs = {{ElementType(first.dtype), shape}};
    return Status::Ok();
  }

  const int64_t axis_;
};

StatusOr<std::unique_ptr<Op>> MakeStack(const Node& node) {
  return std::unique_ptr<Op>(new StackOp(node.attributes.GetInt("axis", 0)));
}

}  // namespace

extern const OpDefinition kStackOp = {"Stack", 1, -1, &MakeStack};

}  // namespace mace
