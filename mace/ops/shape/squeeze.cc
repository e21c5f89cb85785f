// Squeeze: drops the axes (attribute `axis`, or integer input 1), each of extent 1; all such axes
// where none is named.
#include "mace/ops/shape/alias_op.h"

namespace mace {
namespace {

class SqueezeOp : public AliasOp {
 public:
  explicit SqueezeOp(const AttributeMap& attributes)
      : AliasOp("squeeze"), attributes_(attributes) {}

 private:
  StatusOr<Shape> OutputShape(const std::vector<OpInput>& inputs) const override {
    const Shape& from = inputs[0].info.shape;
    std::vector<int64_t> axes;
    if (attributes_.Has("axis") || HasInput(inputs, 1)) {
      MACE_ASSIGN_OR_RETURN(axes, AttributeOrInput(attributes_, "axis", inputs, 1));
    }
    std::vector<bool> dropped(from.dims().size(), false);
    for (int64_t wanted : axes) {
      MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(wanted, from.rank()));
      if (from[axis] != 1) {
        return InvalidArgument("axis " + std::to_string(wanted) +
                               ": expected extent 1, found shape " + from.ToString());
      }
      dropped[static_cast<size_t>(axis)] = true;
    }
    std::vector<int64_t> dims;
    for (size_t i = 0; i < dropped.size(); ++i) {
      const int64_t extent = from.dims()[i];
      if (!(axes.empty() ? extent == 1 : dropped[i])) dims.push_back(extent);
    }
    return Shape(std::move(dims));
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeSqueeze(const Node& node) {
  return std::unique_ptr<Op>(new SqueezeOp(node.attributes));
}

}  // namespace

extern const OpDefinition kSqueezeOp = {"Squeeze", 1, 2, &MakeSqueeze};

}  // namespace mace
