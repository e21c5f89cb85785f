// DepthToSpace: [n, h, w, b * b * c] -> [n, h * b, w * b, c], b the `block_size`. Attribute mode
// "DCR" (the default, TensorFlow's order): the input's channels are [b, b, c]; "CRD": [c, b, b].
#include "mace/ops/move_op.h"

namespace mace {
namespace {

class DepthToSpaceOp : public MoveOp {
 public:
  DepthToSpaceOp(int64_t block, bool channels_first)
      : MoveOp("depth_to_space"), block_(block), channels_first_(channels_first) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t b = block_;
    if (x.shape.rank() != 4 || x.shape[3] % (b * b) != 0) {
      return InvalidArgument("expected shape [n, h, w, c] with c a multiple of " +
                             std::to_string(b * b) + ", found " + x.shape.ToString());
    }
    const int64_t n = x.shape[0], h = x.shape[1], w = x.shape[2], depth = x.shape[3],
                  c = depth / (b * b);
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make({n, h * b, w * b, c}));
    StridedCopy copy;
    copy.axes = {{n, h * w * depth, h * w * depth},
                 {h, w * depth, b * w * b * c},
                 {b, channels_first_ ? b : b * c, w * b * c},
                 {w, depth, b * c},
                 {b, channels_first_ ? 1 : c, c},
                 {c, channels_first_ ? b * b : 1, 1}};
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const int64_t block_;
  const bool channels_first_;
};

StatusOr<std::unique_ptr<Op>> MakeDepthToSpace(const Node& node) {
  const int64_t block = node.attributes.GetInt("block_size", 0);
  const std::string mode = node.attributes.GetString("mode", "DCR");
  if (block < 1 || block > 1024) {
    return InvalidArgument("block_size: expected 1 to 1024, found " + std::to_string(block));
  }
  if (mode != "DCR" && mode != "CRD")
    return InvalidArgument("mode: expected DCR or CRD, found '" + mode + "'");
  return std::unique_ptr<Op>(new DepthToSpaceOp(block, mode == "CRD"));
}

}  // namespace

extern const OpDefinition kDepthToSpaceOp = {"DepthToSpace", 1, 1, &MakeDepthToSpace};

}  // namespace mace
