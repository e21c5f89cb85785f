// SpaceToDepth: [n, h * b, w * b, c] -> [n, h, w, b * b * c], b the `block_size`. Attribute mode
// "DCR" (the default, TensorFlow's order): the output's channels are [b, b, c]; "CRD": [c, b, b].
#include "mace/ops/move_op.h"

namespace mace {
namespace {

class SpaceToDepthOp : public MoveOp {
 public:
  SpaceToDepthOp(int64_t block, bool channels_first)
      : MoveOp("space_to_depth"), block_(block), channels_first_(channels_first) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t b = block_;
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
    const CopyAxis block_row = {b, row, channels_first_ ? b : b * c};
    const CopyAxis block_column = {b, c, channels_first_ ? 1 : c};
    const CopyAxis channel = {c, 1, channels_first_ ? b * b : 1};
    if (channels_first_) copy.axes.push_back(channel);
    copy.axes.push_back(block_row);
    copy.axes.push_back(block_column);
    if (!channels_first_) copy.axes.push_back(channel);
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const int64_t block_;
  const bool channels_first_;
};

StatusOr<std::unique_ptr<Op>> MakeSpaceToDepth(const Node& node) {
  const int64_t block = node.attributes.GetInt("block_size", 0);
  const std::string mode = node.attributes.GetString("mode", "DCR");
  if (block < 1 || block > 1024) {
    return InvalidArgument("block_size: expected 1 to 1024, found " + std::to_string(block));
  }
  if (mode != "DCR" && mode != "CRD")
    return InvalidArgument("mode: expected DCR or CRD, found '" + mode + "'");
  return std::unique_ptr<Op>(new SpaceToDepthOp(block, mode == "CRD"));
}

}  // namespace

extern const OpDefinition kSpaceToDepthOp = {"SpaceToDepth", 1, 1, &MakeSpaceToDepth};

}  // namespace mace
