// Reshape: the same elements under the extents of attribute `dim`, or of integer input 1 (of any
// shape, read flat). 0 copies the input's extent (not where attribute allowzero is 1), one -1 is
// inferred.
#include "mace/ops/shape/alias_op.h"

namespace mace {
namespace {

Status BadShape(const Shape& from, const std::vector<int64_t>& wanted) {
  return InvalidArgument("a tensor of shape " + from.ToString() + " cannot be reshaped to " +
                         Shape(wanted).ToString());
}

class ReshapeOp : public AliasOp {
 public:
  explicit ReshapeOp(const AttributeMap& attributes)
      : AliasOp("reshape"),
        attributes_(attributes),
        allow_zero_(attributes.GetInt("allowzero", 0) != 0) {}

 private:
  StatusOr<Shape> OutputShape(const std::vector<OpInput>& inputs) const override {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> wanted,
                          AttributeOrInput(attributes_, "dim", inputs, 1));
    const Shape& from = inputs[0].info.shape;
    std::vector<int64_t> dims = wanted;
    int inferred = -1;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == 0 && !allow_zero_) {
        if (static_cast<int>(i) >= from.rank()) return BadShape(from, wanted);
        dims[i] = from[static_cast<int>(i)];
      } else if (dims[i] == -1) {
        if (inferred >= 0) return BadShape(from, wanted);
        inferred = static_cast<int>(i);
        dims[i] = 1;
      }
    }
    MACE_ASSIGN_OR_RETURN(const Shape others, Shape::Make(dims));
    if (inferred >= 0) {
      const int64_t known = others.elements();
      if (known == 0 || from.elements() % known != 0) return BadShape(from, wanted);
      dims[static_cast<size_t>(inferred)] = from.elements() / known;
    }
    return Shape::Make(std::move(dims));
  }

  const AttributeMap attributes_;
  const bool allow_zero_;
};

StatusOr<std::unique_ptr<Op>> MakeReshape(const Node& node) {
  return std::unique_ptr<Op>(new ReshapeOp(node.attributes));
}

}  // namespace

extern const OpDefinition kReshapeOp = {"Reshape", 1, 2, &MakeReshape};

}  // namespace mace
