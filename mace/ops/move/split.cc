// Split: parts of the input along `axis` (-1 by default), of the extents `split_sizes` (one may be
// -1: what is left) or, without it, `num_split` equal ones. Along the channels in whole blocks of
// four the parts are slices of the input's memory.
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class SplitOp : public MoveOp {
 public:
  SplitOp(int64_t axis, int64_t count, std::vector<int64_t> sizes)
      : MoveOp("split"), axis_(axis), count_(count), sizes_(std::move(sizes)) {}

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    std::vector<KernelVariant> variants = MoveOp::Lower(request);
    const OpInput& input = request.inputs[0];
    const StatusOr<int> axis = NormalizeAxis(axis_, input.info.shape.rank());
    if (variants.empty() || HoldIntegers(variants) || !axis.ok() ||
        *axis != input.info.shape.rank() - 1 || input.constant != nullptr)
      return variants;
    if (StorageWithinLimits(request) != request.storage) return variants;
    KernelVariant slices = LowerSlices(request, Layout::kChannels4);
    if (slices.output_slices.empty()) return variants;
    variants.push_back(std::move(slices));
    const Layout blocks = BlocksFor(request, input.info.shape);
    if (BlockChannels(blocks) == 0) return variants;
    KernelVariant of_blocks = LowerSlices(request, blocks);
    if (!of_blocks.output_slices.empty()) variants.push_back(std::move(of_blocks));
    return variants;
  }

 private:
  // Without slices where one would begin within a block, or within four channels.
  static KernelVariant LowerSlices(const LoweringRequest& request, Layout layout) {
    KernelVariant slices = NewVariant("split_slices", request, request.storage);
    slices.estimate_ms = 0;
    const int64_t block = BlockChannels(layout);
    if (block > 0) SetBlocks(layout, layout, &slices);
    int64_t channel = 0;
    for (const TensorInfo& output : request.outputs) {
      if (channel % (block > 0 ? block : 4) != 0) {
        slices.output_slices.clear();
        return slices;
      }
      slices.output_slices.push_back(channel);
      channel += output.shape.back(0);
    }
    return slices;
  }

  StatusOr<std::vector<int64_t>> Sizes(const Shape& shape, int axis) const {
    const int64_t extent = shape[axis];
    if (sizes_.empty()) {
      if (extent % count_ == 0)
        return std::vector<int64_t>(static_cast<size_t>(count_), extent / count_);
      return InvalidArgument("axis " + std::to_string(axis) + " of shape " + shape.ToString() +
                             " cannot be cut into " + std::to_string(count_) + " equal parts");
    }
    std::vector<int64_t> sizes = sizes_;
    int64_t total = 0;
    int64_t* rest = nullptr;
    bool valid = true;
    for (int64_t& size : sizes) {
      if (size == -1 && rest == nullptr) {
        rest = &size;
      } else if (size < 0 || size > extent - total) {
        valid = false;
        break;
      } else {
        total += size;
      }
    }
    if (valid && rest != nullptr) *rest = extent - total;
    if (!valid || (rest == nullptr && total != extent)) {
      return InvalidArgument("split_sizes " + Shape(sizes_).ToString() + " do not make up axis " +
                             std::to_string(axis) + " of shape " + shape.ToString());
    }
    return sizes;
  }

  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, Sizes(x.shape, axis));
    int64_t offset = 0;
    for (int64_t size : sizes) {
      std::vector<int64_t> dims = x.shape.dims();
      dims[static_cast<size_t>(axis)] = size;
      const Shape part(std::move(dims));
      StridedCopy copy = CopyBox(x.shape, part, part);
      copy.output = static_cast<int>(move->outputs.size());
      copy.input_offset = offset;
      offset += part.elements(axis, part.rank());
      move->copies.push_back(std::move(copy));
      move->outputs.push_back({ElementType(x.dtype), part});
    }
    return Status::Ok();
  }

  const int64_t axis_;
  const int64_t count_;  // At least 1.
  const std::vector<int64_t> sizes_;
};

StatusOr<std::unique_ptr<Op>> MakeSplit(const Node& node) {
  const int64_t outputs = static_cast<int64_t>(node.outputs.size());
  const int64_t count = node.attributes.GetInt("num_split", outputs);
  std::vector<int64_t> sizes = node.attributes.GetInts("split_sizes");
  const int64_t made = sizes.empty() ? count : static_cast<int64_t>(sizes.size());
  if (made < 1 || made != outputs) {
    return InvalidArgument("expected " + std::to_string(made) + " outputs, found " +
                           std::to_string(outputs));
  }
  return std::unique_ptr<Op>(
      new SplitOp(node.attributes.GetInt("axis", -1), made, std::move(sizes)));
}

}  // namespace

extern const OpDefinition kSplitOp = {"Split", 1, 1, &MakeSplit};

}  // namespace mace
