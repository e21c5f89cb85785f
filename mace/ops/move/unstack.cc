// Unstack: output i is index i of `axis` (0 by default), which is dropped. There are as many
// outputs as the axis is long; the attribute `num` says the number again.
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class UnstackOp : public MoveOp {
 public:
  UnstackOp(int64_t axis, int64_t count) : MoveOp("unstack"), axis_(axis), count_(count) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    if (x.shape[axis] != count_) {
      return InvalidArgument("axis " + std::to_string(axis) + " of shape " + x.shape.ToString() +
                             " does not make the " + std::to_string(count_) + " outputs");
    }
    std::vector<int64_t> dims = x.shape.dims();
    dims.erase(dims.begin() + axis);
    const Shape part(std::move(dims));
    std::vector<int64_t> strides = DenseStrides(x.shape);
    const int64_t step = strides[static_cast<size_t>(axis)];
    strides.erase(strides.begin() + axis);
    for (int64_t i = 0; i < count_; ++i) {
      StridedCopy copy = CopyBox(part, part, part);
      for (size_t k = 0; k < strides.size(); ++k) copy.axes[k].input_stride = strides[k];
      copy.output = static_cast<int>(i);
      copy.input_offset = i * step;
      move->copies.push_back(std::move(copy));
      move->outputs.push_back({ElementType(x.dtype), part});
    }
    return Status::Ok();
  }

  const int64_t axis_;
  const int64_t count_;
};

StatusOr<std::unique_ptr<Op>> MakeUnstack(const Node& node) {
  const int64_t outputs = static_cast<int64_t>(node.outputs.size());
  const int64_t count = node.attributes.GetInt("num", outputs);
  if (count != outputs) {
    return InvalidArgument("expected " + std::to_string(count) + " outputs, found " +
                           std::to_string(outputs));
  }
  return std::unique_ptr<Op>(new UnstackOp(node.attributes.GetInt("axis", 0), count));
}

}  // namespace

extern const OpDefinition kUnstackOp = {"Unstack", 1, 1, &MakeUnstack};

}  // namespace mace
