// Pad: `paddings` holds (before, after) for each axis (or integer input 1); negative ones crop.
// pad_type: 0 CONSTANT (constant_value, or input 2), 1 REFLECT (without the edge), 2 SYMMETRIC
// (with it), 3 EDGE (the edge repeated).
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class PadOp : public MoveOp {
 public:
  PadOp(const AttributeMap& attributes, OutsideRule rule)
      : MoveOp("pad"), attributes_(attributes), rule_(rule) {}

 private:
  StatusOr<double> Fill(const std::vector<OpInput>& inputs) const {
    if (attributes_.Has("constant_value") || !HasInput(inputs, 2)) {
      return attributes_.GetFloat("constant_value", 0);
    }
    const HostTensor* value = inputs[2].constant;
    if (value == nullptr) return Unsupported("constant_value: expected a constant");
    if (value->shape().elements() != 1)
      return InvalidArgument("constant_value: expected one number");
    if (!IsFloat(value->dtype())) {
      const int64_t number = ToInt64Vector(*value)[0];
      constexpr int64_t kExactInDouble = int64_t{1} << 53;
      const bool is_large_uint64 = value->dtype() == DType::kUInt64 && number < 0;
      if (is_large_uint64 || number > kExactInDouble || number < -kExactInDouble) {
        return Unsupported("constant_value: expected a number up to 2^53, found a larger one");
      }
      return static_cast<double>(number);
    }
    return static_cast<double>(ToFloatVector(*value)[0]);
  }

  // One step of reflection reaches no further than the tensor itself.
  bool Reaches(int64_t padding, int64_t extent) const {
    if (rule_ == OutsideRule::kReflect) return padding < extent;
    if (rule_ == OutsideRule::kSymmetric) return padding <= extent;
    return rule_ == OutsideRule::kConstant || padding <= 0 || extent > 0;
  }

  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> paddings,
                          AttributeOrInput(attributes_, "paddings", inputs, 1));
    if (paddings.size() != 2 * x.shape.dims().size()) {
      return InvalidArgument("paddings: expected 2 for each axis of shape " + x.shape.ToString() +
                             ", found " + std::to_string(paddings.size()));
    }
    StridedCopy copy;
    copy.rule = rule_;
    MACE_ASSIGN_OR_RETURN(copy.fill, Fill(inputs));
    std::vector<int64_t> dims;
    for (int axis = 0; axis < x.shape.rank(); ++axis) {
      const int64_t extent = x.shape[axis];
      const int64_t before = paddings[2 * static_cast<size_t>(axis)];
      const int64_t after = paddings[2 * static_cast<size_t>(axis) + 1];
      const bool in_range = before > -Shape::kMaxElements && before < Shape::kMaxElements &&
                            after > -Shape::kMaxElements && after < Shape::kMaxElements;
      if (!in_range || extent + before + after < 0 || !Reaches(before, extent) ||
          !Reaches(after, extent)) {
        return InvalidArgument("paddings " + std::to_string(before) + ", " + std::to_string(after) +
                               " do not suit axis " + std::to_string(axis) + " of shape " +
                               x.shape.ToString());
      }
      dims.push_back(extent + before + after);
    }
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
    if (x.shape.elements() == 0 && shape.elements() > 0) {
      return Unsupported("padding around an empty tensor of shape " + x.shape.ToString());
    }
    const std::vector<int64_t> from = DenseStrides(x.shape), to = DenseStrides(shape);
    for (size_t i = 0; i < dims.size(); ++i) {
      copy.axes.push_back({dims[i], from[i], to[i], -paddings[2 * i], x.shape.dims()[i]});
    }
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const AttributeMap attributes_;
  const OutsideRule rule_;
};

StatusOr<std::unique_ptr<Op>> MakePad(const Node& node) {
  const int64_t type = node.attributes.GetInt("pad_type", 0);
  static constexpr OutsideRule kRules[] = {OutsideRule::kConstant, OutsideRule::kReflect,
                                           OutsideRule::kSymmetric, OutsideRule::kEdge};
  if (type < 0 || type > 3)
    return InvalidArgument("pad_type: expected 0 to 3, found " + std::to_string(type));
  return std::unique_ptr<Op>(new PadOp(node.attributes, kRules[type]));
}

}  // namespace

extern const OpDefinition kPadOp = {"Pad", 1, 3, &MakePad};

}  // namespace mace
