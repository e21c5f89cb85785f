// ChannelShuffle: the last axis seen as [group, c / group] becomes [c / group, group].
#include "mace/ops/move_op.h"

namespace mace {
namespace {

class ChannelShuffleOp : public MoveOp {
 public:
  explicit ChannelShuffleOp(int64_t group) : MoveOp("channel_shuffle"), group_(group) {}

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t channels = x.shape.back(0);
    if (x.shape.rank() == 0 || channels % group_ != 0) {
      return InvalidArgument("expected channels that are a multiple of group " +
                             std::to_string(group_) + ", found shape " + x.shape.ToString());
    }
    const int64_t pixels = x.shape.elements(0, x.shape.rank() - 1), each = channels / group_;
    StridedCopy copy;
    copy.axes = {{pixels, channels, channels}, {each, 1, group_}, {group_, each, 1}};
    move->outputs = {{ElementType(x.dtype), x.shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  const int64_t group_;
};

StatusOr<std::unique_ptr<Op>> MakeChannelShuffle(const Node& node) {
  const int64_t group = node.attributes.GetInt("group", 1);
  if (group < 1)
    return InvalidArgument("group: expected 1 or more, found " + std::to_string(group));
  return std::unique_ptr<Op>(new ChannelShuffleOp(group));
}

}  // namespace

extern const OpDefinition kChannelShuffleOp = {"ChannelShuffle", 1, 1, &MakeChannelShuffle};

}  // namespace mace
