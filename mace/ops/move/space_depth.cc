// DepthToSpace, [n, h, w, b * b * c] -> [n, h * b, w * b, c], and its inverse SpaceToDepth, with b
// the attribute `block_size`. The attribute mode says in which order the deep tensor has its
// channels: "DCR" (the default, TensorFlow's order) [b, b, c]; "CRD" [c, b, b].
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

struct BlockAttributes {
  int64_t size = 1;
  bool channels_first = false;  // CRD.

  static StatusOr<BlockAttributes> Parse(const AttributeMap& attributes) {
    const int64_t size = attributes.GetInt("block_size", 0);
    const std::string mode = attributes.GetString("mode", "DCR");
    if (size < 1 || size > 1024) {
      return InvalidArgument("block_size: expected 1 to 1024, found " + std::to_string(size));
    }
    if (mode != "DCR" && mode != "CRD")
      return InvalidArgument("mode: expected DCR or CRD, found '" + mode + "'");
    return BlockAttributes{size, mode == "CRD"};
  }
};

class DepthToSpaceOp : public MoveOp {
 public:
  explicit DepthToSpaceOp(const BlockAttributes& block) : MoveOp("depth_to_space"), block_(block) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t b = block_.size;
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
                 {b, block_.channels_first ? b : b * c, w * b * c},
                 {w, depth, b * c},
                 {b, block_.channels_first ? 1 : c, c},
                 {c, block_.channels_first ? b * b : 1, 1}};
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const BlockAttributes block_;
};

class SpaceToDepthOp : public MoveOp {
 public:
  explicit SpaceToDepthOp(const BlockAttributes& block) : MoveOp("space_to_depth"), block_(block) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t b = block_.size;
    if (x.shape.rank() != 4 || x.shape[1] % b != 0 || x.shape[2] % b != 0) {
      return InvalidArgument("expected shape [n, h, w, c] with h and w multiples of " +
                             std::to_string(b) + ", found " + x.shape.ToString());
    }
    const int64_t n = x.shape[0], h = x.shape[1] / b, w = x.shape[2] / b, c = x.shape[3];
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make({n, h, w, b * b * c}));
    const int64_t row = w * b * c, pixel = b * b * c;
    StridedCopy copy;
    copy.axes = {{n, h * b * row, h * w * pixel}, {h, b * row, w * pixel}, {w, b * c, pixel}};
    // The output's channels, outermost first.
    const CopyAxis block_row = {b, row, block_.channels_first ? b : b * c};
    const CopyAxis block_column = {b, c, block_.channels_first ? 1 : c};
    const CopyAxis channel = {c, 1, block_.channels_first ? b * b : 1};
    if (block_.channels_first) copy.axes.push_back(channel);
    copy.axes.push_back(block_row);
    copy.axes.push_back(block_column);
    if (!block_.channels_first) copy.axes.push_back(channel);
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const BlockAttributes block_;
};

template <typename BlockOp>
StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const BlockAttributes block, BlockAttributes::Parse(node.attributes));
  return std::unique_ptr<Op>(new BlockOp(block));
}

}  // namespace

extern const OpDefinition kDepthToSpaceOp = {"DepthToSpace", 1, 1, &Make<DepthToSpaceOp>};

extern const OpDefinition kSpaceToDepthOp = {"SpaceToDepth", 1, 1, &Make<SpaceToDepthOp>};

}  // namespace mace
