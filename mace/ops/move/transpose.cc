// Transpose: axis i of the output is axis dims[i] of the input (attribute `dims`, or integer input
// 1); without either the axes are reversed.
#include <numeric>

#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

class TransposeOp : public MoveOp {
 public:
  explicit TransposeOp(const AttributeMap& attributes)
      : MoveOp("transpose"), attributes_(attributes) {}

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    std::vector<KernelVariant> variants = MoveOp::Lower(request);
    if (!variants.empty() && !HoldIntegers(variants)) LowerTile(request, &variants);
    return variants;
  }

 private:
  Status Permutation(const std::vector<OpInput>& inputs, std::vector<int>* permutation) const {
    const int rank = inputs[0].info.shape.rank();
    std::vector<int64_t> dims(static_cast<size_t>(rank));
    std::iota(dims.rbegin(), dims.rend(), 0);
    if (attributes_.Has("dims") || HasInput(inputs, 1)) {
      MACE_ASSIGN_OR_RETURN(dims, AttributeOrInput(attributes_, "dims", inputs, 1));
    }
    std::vector<bool> seen(static_cast<size_t>(rank), false);
    for (int64_t dim : dims) {
      StatusOr<int> axis = NormalizeAxis(dim, rank);
      if (!axis.ok() || seen[static_cast<size_t>(*axis)]) break;
      seen[static_cast<size_t>(*axis)] = true;
      permutation->push_back(*axis);
    }
    if (permutation->size() != dims.size() || static_cast<int>(dims.size()) != rank) {
      return InvalidArgument("dims " + Shape(dims).ToString() +
                             " is no permutation of the axes of shape " +
                             inputs[0].info.shape.ToString());
    }
    return Status::Ok();
  }

  Status Describe(const std::vector<OpInput>& inputs, Move* move) const override {
    const TensorInfo& x = inputs[0].info;
    std::vector<int> permutation;
    MACE_RETURN_IF_ERROR(Permutation(inputs, &permutation));
    std::vector<int64_t> dims;
    for (int axis : permutation) dims.push_back(x.shape[axis]);
    const Shape shape(dims);
    StridedCopy copy = CopyBox(shape, shape, shape);
    const std::vector<int64_t> strides = DenseStrides(x.shape);
    for (size_t i = 0; i < permutation.size(); ++i) {
      copy.axes[i].input_stride = strides[static_cast<size_t>(permutation[i])];
    }
    move->outputs = {{ElementType(x.dtype), shape}};
    move->copies = {copy};
    return Status::Ok();
  }

  // Where the channels become another axis and at most two axes stand beside them: squares of 4 x 4
  // elements, which are whole blocks on both sides.
  void LowerTile(const LoweringRequest& request, std::vector<KernelVariant>* variants) const {
    if (StorageWithinLimits(request) != request.storage) return;
    Move move;
    std::vector<int> permutation;
    if (!Describe(request.inputs, &move).ok() || !Permutation(request.inputs, &permutation).ok())
      return;
    const int last = static_cast<int>(permutation.size()) - 1;
    if (last < 1 || permutation.back() == last) return;
    const int64_t channels = request.inputs[0].info.shape.back(0);
    const int64_t output_channels = request.outputs[0].shape.back(0);
    CopyAxis from;  // The input's channels.
    std::vector<CopyAxis> others;
    for (int i = 0; i < last; ++i) {
      const CopyAxis& axis = move.copies[0].axes[static_cast<size_t>(i)];
      if (permutation[static_cast<size_t>(i)] == last) {
        from = axis;
      } else if (axis.extent > 1) {
        others.push_back(axis);
      }
    }
    if (others.size() > 2) return;
    const CopyAxis inner = move.copies[0].axes.back();  // The output's channels.
    KernelVariant variant = NewVariant("transpose_tile", request, request.storage);
    variant.estimate_ms *= 1.1;
    Launch launch = NewLaunch("transpose.cl", "transpose_tile", request, request.storage);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    auto append = [&launch](int64_t value) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    };
    append(channels);
    append(output_channels);
    // Steps in pixels: every stride but the channels' is a multiple of them.
    append(inner.input_stride / channels);
    append(from.output_stride / output_channels);
    int64_t items = (channels + 3) / 4 * ((output_channels + 3) / 4);
    while (others.size() < 2) others.insert(others.begin(), CopyAxis{});
    for (const CopyAxis& axis : others) {
      append(axis.extent);
      append(axis.input_stride / channels);
      append(axis.output_stride / output_channels);
      items *= axis.extent;
    }
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    variant.launches.push_back(std::move(launch));
    variants->push_back(std::move(variant));
  }

  const AttributeMap attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeTranspose(const Node& node) {
  return std::unique_ptr<Op>(new TransposeOp(node.attributes));
}

}  // namespace

extern const OpDefinition kTransposeOp = {"Transpose", 1, 2, &MakeTranspose};

}  // namespace mace
