// Slice: NumPy's starts:ends:steps along `axes` (all from the first by default; steps of 1 by
// default), each an attribute or the constant inputs 1 to 4 in the order starts, ends, axes, steps.
#include "mace/ops/move/move_op.h"
#include "mace/ops/move/slice_range.h"

namespace mace {
namespace {

class SliceOp : public MoveOp {
 public:
  explicit SliceOp(const AttributeMap& attributes) : MoveOp("slice"), attributes_(attributes) {}

 private:
  StatusOr<std::vector<int64_t>> Optional(const char* attribute, const std::vector<OpInput>& inputs,
                                          size_t index, std::vector<int64_t> fallback) const {
    if (!attributes_.Has(attribute) && !HasInput(inputs, index)) return fallback;
    return AttributeOrInput(attributes_, attribute, inputs, index);
  }

  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> starts,
                          AttributeOrInput(attributes_, "starts", inputs, 1));
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> ends,
                          AttributeOrInput(attributes_, "ends", inputs, 2));
    std::vector<int64_t> first_axes;
    for (size_t i = 0; i < starts.size(); ++i) first_axes.push_back(static_cast<int64_t>(i));
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, Optional("axes", inputs, 3, first_axes));
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> steps,
                          Optional("steps", inputs, 4, std::vector<int64_t>(starts.size(), 1)));
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size()) {
      return InvalidArgument("expected as many ends, axes and steps as starts (" +
                             std::to_string(starts.size()) + "), found " +
                             std::to_string(ends.size()) + ", " + std::to_string(axes.size()) +
                             " and " + std::to_string(steps.size()));
    }
    std::vector<SliceRange> ranges;
    for (int64_t extent : x.shape.dims()) ranges.push_back({0, 1, extent});
    std::vector<bool> cut(ranges.size(), false);
    for (size_t i = 0; i < axes.size(); ++i) {
      MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axes[i], x.shape.rank()));
      const size_t at = static_cast<size_t>(axis);
      if (cut[at]) return InvalidArgument("axis " + std::to_string(axes[i]) + " is named twice");
      cut[at] = true;
      MACE_ASSIGN_OR_RETURN(ranges[at], CutRange(x.shape[axis], starts[i], ends[i], steps[i]));
    }
    std::vector<int64_t> dims;
    for (const SliceRange& range : ranges) dims.push_back(range.extent);
    move->outputs = {{ElementType(x.dtype), Shape(std::move(dims))}};
    move->copies = {CopyRanges(x.shape, ranges)};
    return Status::Ok();
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeSlice(const Node& node) {
  return std::unique_ptr<Op>(new SliceOp(node.attributes));
}

}  // namespace

extern const OpDefinition kSliceOp = {"Slice", 1, 5, &MakeSlice};

}  // namespace mace
