// StridedSlice, as TensorFlow has it: begin, end and strides are constant inputs 1 to 3 (or
// attributes), one number for each item of the slice. Bit i of a mask speaks of item i: begin_mask
// and end_mask: the bound is not given; ellipsis_mask: all axes that no other item names;
// new_axis_mask: an extent of 1; shrink_axis_mask: one index, whose axis is dropped.
#include <limits>

#include "mace/ops/move/move_op.h"
#include "mace/ops/move/slice_range.h"

namespace mace {
namespace {

struct Items {
  std::vector<int64_t> begin, end, strides;
};

// The slice taken apart: a range for each axis of the input, and the output's extents.
struct Cut {
  std::vector<SliceRange> ranges;
  std::vector<int64_t> dims;
};

class StridedSliceOp : public MoveOp {
 public:
  explicit StridedSliceOp(const AttributeMap& attributes)
      : MoveOp("strided_slice"),
        attributes_(attributes),
        begin_mask_(attributes.GetInt("begin_mask", 0)),
        end_mask_(attributes.GetInt("end_mask", 0)),
        ellipsis_mask_(attributes.GetInt("ellipsis_mask", 0)),
        new_axis_mask_(attributes.GetInt("new_axis_mask", 0)),
        shrink_axis_mask_(attributes.GetInt("shrink_axis_mask", 0)) {}

 private:
  static bool Bit(int64_t mask, size_t item) { return item < 63 && ((mask >> item) & 1) != 0; }

  StatusOr<Items> ReadItems(const std::vector<OpInput>& inputs) const {
    Items items;
    MACE_ASSIGN_OR_RETURN(items.begin, AttributeOrInput(attributes_, "begin", inputs, 1));
    MACE_ASSIGN_OR_RETURN(items.end, AttributeOrInput(attributes_, "end", inputs, 2));
    items.strides.assign(items.begin.size(), 1);
    if (attributes_.Has("strides") || HasInput(inputs, 3)) {
      MACE_ASSIGN_OR_RETURN(items.strides, AttributeOrInput(attributes_, "strides", inputs, 3));
    }
    if (items.end.size() == items.begin.size() && items.strides.size() == items.begin.size())
      return items;
    return InvalidArgument("expected as many end and strides as begin (" +
                           std::to_string(items.begin.size()) + "), found " +
                           std::to_string(items.end.size()) + " and " +
                           std::to_string(items.strides.size()));
  }

  static void TakeWhole(const Shape& shape, Cut* cut) {
    const int64_t extent = shape.dims()[cut->ranges.size()];
    cut->ranges.push_back({0, 1, extent});
    cut->dims.push_back(extent);
  }

  // An item that names an axis.
  Status TakeAxis(const Shape& shape, const Items& items, size_t item, Cut* cut) const {
    const size_t axis = cut->ranges.size();
    if (axis >= shape.dims().size()) {
      return InvalidArgument("the slice has more items than the axes of shape " + shape.ToString());
    }
    const int64_t extent = shape.dims()[axis];
    if (Bit(shrink_axis_mask_, item)) {
      const int64_t wanted = items.begin[item];
      const int64_t index = wanted < 0 ? wanted + extent : wanted;
      if (index < 0 || index >= extent) {
        return InvalidArgument("begin: index " + std::to_string(wanted) + " is outside of axis " +
                               std::to_string(axis) + " of shape " + shape.ToString());
      }
      cut->ranges.push_back({index, 1, 1});
      return Status::Ok();
    }
    const int64_t step = items.strides[item];
    const int64_t furthest = std::numeric_limits<int64_t>::max();
    int64_t begin = items.begin[item], end = items.end[item];
    if (Bit(begin_mask_, item)) begin = step > 0 ? 0 : furthest;
    if (Bit(end_mask_, item)) end = step > 0 ? furthest : -furthest;
    MACE_ASSIGN_OR_RETURN(const SliceRange range, CutRange(extent, begin, end, step));
    cut->ranges.push_back(range);
    cut->dims.push_back(range.extent);
    return Status::Ok();
  }

  StatusOr<Cut> CutItems(const Shape& shape, const Items& items) const {
    size_t named = 0;  // Axes that items name.
    bool has_ellipsis = false;
    for (size_t i = 0; i < items.begin.size(); ++i) {
      if (!Bit(ellipsis_mask_, i)) {
        if (!Bit(new_axis_mask_, i)) ++named;
      } else if (has_ellipsis) {
        return InvalidArgument("ellipsis_mask: expected one ellipsis at most");
      } else {
        has_ellipsis = true;
      }
    }
    const size_t rank = shape.dims().size();
    Cut cut;
    for (size_t i = 0; i < items.begin.size(); ++i) {
      if (Bit(ellipsis_mask_, i)) {
        for (size_t left = named < rank ? rank - named : 0; left > 0; --left)
          TakeWhole(shape, &cut);
      } else if (Bit(new_axis_mask_, i)) {
        cut.dims.push_back(1);
      } else {
        MACE_RETURN_IF_ERROR(TakeAxis(shape, items, i, &cut));
      }
    }
    while (cut.ranges.size() < rank) TakeWhole(shape, &cut);
    return cut;
  }

  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const Items items, ReadItems(inputs));
    MACE_ASSIGN_OR_RETURN(const Cut cut, CutItems(x.shape, items));
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(cut.dims));
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {CopyRanges(x.shape, cut.ranges)};
    return Status::Ok();
  }

  const AttributeMap attributes_;
  const int64_t begin_mask_, end_mask_, ellipsis_mask_, new_axis_mask_, shrink_axis_mask_;
};

StatusOr<std::unique_ptr<Op>> MakeStridedSlice(const Node& node) {
  return std::unique_ptr<Op>(new StridedSliceOp(node.attributes));
}

}  // namespace

extern const OpDefinition kStridedSliceOp = {"StridedSlice", 1, 4, &MakeStridedSlice};

}  // namespace mace
