// ChannelShuffle: the last axis seen as [group, c / group] becomes [c / group, group]. Where there
// are as many inputs as groups, each is one group. Attribute `split` (passes set it, no file has
// it): the first `split` of the shuffled channels are output 0, the others output 1.
#include <algorithm>

#include "mace/base/divide.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class ChannelShuffleOp : public MoveOp {
 public:
  ChannelShuffleOp(int64_t group, int64_t split)
      : MoveOp("channel_shuffle"), group_(group), split_(split) {}

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    std::vector<KernelVariant> variants = MoveOp::Lower(request);
    const size_t inputs = request.inputs.size();
    const bool has_kernel = inputs == 1 || (inputs == 2 && group_ == 2);
    if (variants.empty() || HoldIntegers(variants) || !has_kernel ||
        StorageWithinLimits(request) != request.storage) {
      return variants;
    }
    variants.push_back(LowerGather(request));
    return variants;
  }

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    const int64_t count = static_cast<int64_t>(inputs.size());
    for (const OpInput& input : inputs) {
      if (input.present && input.info == x) continue;
      return InvalidArgument("expected inputs of one type and shape, found " + x.shape.ToString() +
                             " and " + input.info.shape.ToString());
    }
    const int64_t channels = x.shape.rank() == 0 ? 0 : x.shape.back(0) * count;
    if (x.shape.rank() == 0 || channels % group_ != 0 || (count > 1 && count != group_)) {
      return InvalidArgument("expected channels that are a multiple of group " +
                             std::to_string(group_) + " in one input or in as many, found " +
                             std::to_string(count) + " of shape " + x.shape.ToString());
    }
    if (split_ < 0 || split_ >= std::max<int64_t>(channels, 1)) {
      return InvalidArgument("split: expected less than the " + std::to_string(channels) +
                             " channels, found " + std::to_string(split_));
    }
    if (count == 1 && split_ == 0) {
      const int64_t pixels = x.shape.elements(0, x.shape.rank() - 1), each = channels / group_;
      StridedCopy copy;
      copy.axes = {{pixels, channels, channels}, {each, 1, group_}, {group_, each, 1}};
      move->outputs = {{ElementType(x.dtype), x.shape}};
      move->copies = {copy};
      return Status::Ok();
    }
    AddOutput(x, 0, split_ > 0 ? split_ : channels, count, move);
    if (split_ > 0) AddOutput(x, split_, channels, count, move);
    return Status::Ok();
  }

  // The shuffled channels [begin, end): every group gives each group_-th of them.
  void AddOutput(const TensorInfo& x, int64_t begin, int64_t end, int64_t inputs,
                 Move* move) const {
    const int64_t in_channels = x.shape.back(0), out_channels = end - begin;
    const int64_t pixels = x.shape.elements(0, x.shape.rank() - 1);
    const int64_t each = in_channels * inputs / group_;
    for (int64_t g = 0; g < group_; ++g) {
      const int64_t first = begin + ((g - begin) % group_ + group_) % group_;
      if (first >= end) continue;
      StridedCopy copy;
      copy.input = inputs > 1 ? static_cast<int>(g) : 0;
      copy.output = static_cast<int>(move->outputs.size());
      copy.input_offset = (inputs > 1 ? 0 : g * each) + first / group_;
      copy.output_offset = first - begin;
      copy.axes = {{pixels, in_channels, out_channels},
                   {CeilDivide(end - first, group_), 1, group_}};
      move->copies.push_back(std::move(copy));
    }
    std::vector<int64_t> dims = x.shape.dims();
    dims.back() = out_channels;
    move->outputs.push_back({ElementType(x.dtype), Shape(std::move(dims))});
  }

  KernelVariant LowerGather(const LoweringRequest& request) const {
    KernelVariant variant = NewVariant("channel_shuffle_gather", request, request.storage);
    variant.estimate_ms *= 1.1;
    Launch launch = NewLaunch("channel_shuffle.cl", "channel_shuffle", request, request.storage);
    launch.kernel.macros = {{"GROUPS", std::to_string(group_)},
                            {"INPUTS", std::to_string(request.inputs.size())},
                            {"OUTPUTS", std::to_string(request.outputs.size())}};
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      launch.arguments.push_back(InputArgument(static_cast<int>(i)));
    }
    int64_t channels[2] = {0, 0}, blocks = 0;
    for (size_t i = 0; i < request.outputs.size(); ++i) {
      launch.arguments.push_back(OutputArgument(static_cast<int>(i)));
      const Nhwc view = AsNhwc(request.outputs[i].shape);
      channels[i] = view.c;
      blocks += view.blocks();
    }
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t pixels = view.rows() * view.w;
    const bool cpu = request.device->kind == DeviceKind::kCpu;
    // A work-item costs a CPU something: it takes the whole pixel.
    const int64_t steps = cpu ? blocks : 1;
    for (int64_t value :
         {pixels, (channels[0] + channels[1]) / group_, channels[0], channels[1], steps}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    launch.global = {static_cast<size_t>(blocks / steps), static_cast<size_t>(pixels), 1};
    launch.local = cpu ? WorkSize{1, 1, 1} : WorkSize{16, 8, 1};
    if (!cpu) launch.local_alternatives = {{32, 4, 1}, {8, 16, 1}};
    variant.launches.push_back(std::move(launch));
    return variant;
  }

  const int64_t group_;
  const int64_t split_;  // 0: one output.
};

StatusOr<std::unique_ptr<Op>> MakeChannelShuffle(const Node& node) {
  const int64_t group = node.attributes.GetInt("group", 1);
  if (group < 1)
    return InvalidArgument("group: expected 1 or more, found " + std::to_string(group));
  return std::unique_ptr<Op>(new ChannelShuffleOp(group, node.attributes.GetInt("split", 0)));
}

}  // namespace

extern const OpDefinition kChannelShuffleOp = {"ChannelShuffle", 1, -1, &MakeChannelShuffle};

}  // namespace mace
