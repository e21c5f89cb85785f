// Tile: the input repeated along each axis as often as attribute `multiples` (or integer input 1)
// says.
#include <algorithm>

#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class TileOp : public MoveOp {
 public:
  explicit TileOp(const AttributeMap& attributes) : MoveOp("tile"), attributes_(attributes) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> multiples,
                          AttributeOrInput(attributes_, "multiples", inputs, 1));
    bool fits = multiples.size() == x.shape.dims().size();
    std::vector<int64_t> dims;
    for (size_t i = 0; fits && i < multiples.size(); ++i) {
      const int64_t extent = x.shape.dims()[i];
      fits =
          multiples[i] >= 0 && multiples[i] <= Shape::kMaxElements / std::max<int64_t>(extent, 1);
      if (fits) dims.push_back(extent * multiples[i]);
    }
    if (!fits) {
      return InvalidArgument("multiples " + Shape(multiples).ToString() + " do not suit shape " +
                             x.shape.ToString());
    }
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(std::move(dims)));
    const std::vector<int64_t> from = DenseStrides(x.shape), to = DenseStrides(shape);
    StridedCopy copy;
    for (size_t i = 0; i < multiples.size(); ++i) {
      const int64_t extent = x.shape.dims()[i];
      copy.axes.push_back({multiples[i], 0, extent * to[i]});
      copy.axes.push_back({extent, from[i], to[i]});
    }
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeTile(const Node& node) {
  return std::unique_ptr<Op>(new TileOp(node.attributes));
}

}  // namespace

extern const OpDefinition kTileOp = {"Tile", 1, 2, &MakeTile};

}  // namespace mace
