// Crop: the part of input 0 that begins at attribute `offset` and has the extents of input 1, whose
// elements are not read. An axis with a negative offset stays whole.
#include "mace/ops/move/move_op.h"
#include "mace/ops/move/slice_range.h"

namespace mace {
namespace {

class CropOp : public MoveOp {
 public:
  explicit CropOp(std::vector<int64_t> offset) : MoveOp("crop"), offset_(std::move(offset)) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const Shape& like = inputs[1].info.shape;
    if (like.rank() != x.shape.rank() || offset_.size() != x.shape.dims().size()) {
      return InvalidArgument("expected an offset and an extent for each axis of shape " +
                             x.shape.ToString() + ", found " + std::to_string(offset_.size()) +
                             " offsets and shape " + like.ToString());
    }
    std::vector<SliceRange> ranges;
    std::vector<int64_t> dims;
    for (size_t i = 0; i < offset_.size(); ++i) {
      const int64_t extent = x.shape.dims()[i];
      const bool whole = offset_[i] < 0;
      ranges.push_back({whole ? 0 : offset_[i], 1, whole ? extent : like.dims()[i]});
      if (ranges[i].begin > extent || ranges[i].extent > extent - ranges[i].begin) {
        return InvalidArgument("offset " + std::to_string(offset_[i]) + " and extent " +
                               std::to_string(ranges[i].extent) + " leave axis " +
                               std::to_string(i) + " of shape " + x.shape.ToString());
      }
      dims.push_back(ranges[i].extent);
    }
    move->outputs = {{ElementType(x.dtype), Shape(std::move(dims))}};
    move->copies = {CopyRanges(x.shape, ranges)};
    return Status::Ok();
  }

  const std::vector<int64_t> offset_;
};

StatusOr<std::unique_ptr<Op>> MakeCrop(const Node& node) {
  return std::unique_ptr<Op>(new CropOp(node.attributes.GetInts("offset")));
}

}  // namespace

extern const OpDefinition kCropOp = {"Crop", 2, 2, &MakeCrop};

}  // namespace mace
