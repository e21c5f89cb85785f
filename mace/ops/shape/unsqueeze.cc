// Unsqueeze and ExpandDims: extents of 1 at the axes (of the output) in attribute `axis`, or
// integer input 1.
#include "mace/ops/shape/alias_op.h"

namespace mace {
namespace {

class UnsqueezeOp : public AliasOp {
 public:
  explicit UnsqueezeOp(const AttributeMap& attributes)
      : AliasOp("unsqueeze"), attributes_(attributes) {}

 private:
  StatusOr<Shape> OutputShape(const std::vector<OpInput>& inputs) const override {
    const Shape& from = inputs[0].info.shape;
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes,
                          AttributeOrInput(attributes_, "axis", inputs, 1));
    const size_t rank = from.dims().size() + axes.size();
    if (rank > static_cast<size_t>(Shape::kMaxRank)) {
      return InvalidArgument("axis: expected a rank up to " + std::to_string(Shape::kMaxRank) +
                             ", found " + std::to_string(rank));
    }
    std::vector<int64_t> dims(rank, 0);  // 0: an extent of the input, taken below.
    for (int64_t wanted : axes) {
      MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(wanted, static_cast<int>(rank)));
      if (dims[static_cast<size_t>(axis)] == 1) {
        return InvalidArgument("axis " + std::to_string(wanted) + " is named twice");
      }
      dims[static_cast<size_t>(axis)] = 1;
    }
    size_t next = 0;
    for (int64_t& extent : dims) {
      if (extent == 0) extent = from.dims()[next++];
    }
    return Shape(std::move(dims));
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeUnsqueeze(const Node& node) {
  return std::unique_ptr<Op>(new UnsqueezeOp(node.attributes));
}

}  // namespace

extern const OpDefinition kUnsqueezeOp = {"Unsqueeze", 1, 2, &MakeUnsqueeze};
extern const OpDefinition kExpandDimsOp = {"ExpandDims", 1, 2, &MakeUnsqueeze};

}  // namespace mace
