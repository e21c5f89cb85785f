// Concat: the inputs one behind the other along `axis` (-1 by default). Along the channels of whole
// blocks of four there is no copy: each input is made in its slice of the output.
#include <algorithm>

#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class ConcatOp : public MoveOp {
 public:
  explicit ConcatOp(int64_t axis) : MoveOp("concat"), axis_(axis) {}

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    std::vector<KernelVariant> variants = MoveOp::Lower(request);
    const Shape& shape = request.outputs[0].shape;
    const StatusOr<int> axis = NormalizeAxis(axis_, shape.rank());
    if (variants.empty() || HoldIntegers(variants) || !axis.ok() || *axis != shape.rank() - 1) {
      return variants;
    }
    const bool fits = StorageWithinLimits(request) == request.storage;
    const bool empty_input =
        std::any_of(request.inputs.begin(), request.inputs.end(),
                    [](const OpInput& input) { return input.info.shape.elements() == 0; });
    if (!fits || empty_input) return variants;
    KernelVariant slices = LowerSlices(request, Layout::kChannels4);
    if (slices.input_slices.empty()) {
      variants.push_back(LowerLanes(request));
    } else {
      // The copies of whole blocks would only do the same.
      variants.resize(1);
      variants.push_back(std::move(slices));
    }
    const Layout blocks = BlocksFor(request, shape);
    if (BlockChannels(blocks) == 0) return variants;
    KernelVariant of_blocks = LowerSlices(request, blocks);
    if (!of_blocks.input_slices.empty()) variants.push_back(std::move(of_blocks));
    return variants;
  }

 private:
  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& first = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, first.shape.rank()));
    std::vector<int64_t> dims = first.shape.dims();
    int64_t& total = dims[static_cast<size_t>(axis)];
    total = 0;
    for (const OpInput& input : inputs) {
      if (!input.present) return InvalidArgument("an input is missing");
      MACE_RETURN_IF_ERROR(CheckInput(first, input.info, axis));
      total += input.info.shape[axis];
    }
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
    int64_t offset = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Shape& part = inputs[i].info.shape;
      StridedCopy copy = CopyBox(part, shape, part);
      copy.input = static_cast<int>(i);
      copy.output_offset = offset;
      offset += part.elements(axis, part.rank());
      move->copies.push_back(std::move(copy));
    }
    move->outputs = {{ElementType(first.dtype), shape}};
    return Status::Ok();
  }

  static Status CheckInput(const TensorInfo& first, const TensorInfo& other, int axis) {
    if (ElementType(other.dtype) != ElementType(first.dtype)) {
      return InvalidArgument(std::string("expected inputs of one type, found ") +
                             DTypeName(first.dtype) + " and " + DTypeName(other.dtype));
    }
    bool fits = other.shape.rank() == first.shape.rank();
    for (int i = 0; fits && i < first.shape.rank(); ++i)
      fits = i == axis || other.shape[i] == first.shape[i];
    if (fits) return Status::Ok();
    return InvalidArgument("shapes " + first.shape.ToString() + " and " + other.shape.ToString() +
                           " differ beside axis " + std::to_string(axis));
  }

  // Without slices where one would begin within a block, or within four channels.
  static KernelVariant LowerSlices(const LoweringRequest& request, Layout layout) {
    KernelVariant variant = NewVariant("concat_slices", request, request.storage);
    variant.estimate_ms = 0;
    const int64_t block = BlockChannels(layout);
    if (block > 0) SetBlocks(layout, layout, &variant);
    int64_t channel = 0;
    for (const OpInput& input : request.inputs) {
      if (channel % (block > 0 ? block : 4) != 0) {
        variant.input_slices.clear();
        return variant;
      }
      variant.input_slices.push_back(channel);
      channel += input.info.shape.back(0);
    }
    return variant;
  }

  // Launch i writes the blocks whose first channel is in input i: the other three may be in the
  // next inputs, of which four at most are touched.
  static KernelVariant LowerLanes(const LoweringRequest& request) {
    KernelVariant variant = NewVariant("concat_lanes", request, request.storage);
    variant.estimate_ms *= 3;
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int count = static_cast<int>(request.inputs.size());
    int64_t begin = 0;
    for (int i = 0; i < count; ++i) {
      const int64_t end = begin + request.inputs[static_cast<size_t>(i)].info.shape.back(0);
      const int64_t first_block = (begin + 3) / 4, end_block = (end + 3) / 4;
      if (first_block < end_block) {
        Launch launch = NewLaunch("concat.cl", "concat_lanes", request, request.storage);
        std::vector<int32_t> extents;
        for (int k = 0; k < 4; ++k) {
          const int input = std::min(i + k, count - 1);
          launch.arguments.push_back(InputArgument(input));
          const int64_t channels = request.inputs[static_cast<size_t>(input)].info.shape.back(0);
          extents.push_back(i + k < count ? static_cast<int32_t>(channels) : 0);
        }
        launch.arguments.push_back(OutputArgument(0));
        for (int32_t extent : extents) launch.arguments.push_back(extent);
        for (int64_t value : {begin, first_block, end_block - first_block, view.rows(), view.c}) {
          launch.arguments.push_back(static_cast<int32_t>(value));
        }
        SetFlatSize(*request.device,
                    static_cast<size_t>((end_block - first_block) * view.rows() * view.w), &launch);
        variant.launches.push_back(std::move(launch));
      }
      begin = end;
    }
    return variant;
  }

  const int64_t axis_;
};

StatusOr<std::unique_ptr<Op>> MakeConcat(const Node& node) {
  return std::unique_ptr<Op>(new ConcatOp(node.attributes.GetInt("axis", -1)));
}

}  // namespace

extern const OpDefinition kConcatOp = {"Concat", 1, -1, &MakeConcat};

}  // namespace mace
