#include "mace/ops/move/space_batch.h"

#include <cstring>

#include "mace/ops/lowering_support.h"
#include "mace/ops/move/move_op.h"

namespace mace {
namespace {

// `space` is the tensor with whole images, `batch` the one with phases: element [k * n + b, p...]
// of the batch tensor is element [b, p * block + phase(k) - before...] of the space tensor; zero
// where that is outside.
struct SpaceBatch {
  Shape space;
  Shape batch;
};

class SpaceBatchOp : public Op {
 public:
  SpaceBatchOp(SpaceBatchDirection direction, std::vector<int64_t> blocks,
               std::vector<int64_t> paddings)
      : direction_(direction), blocks_(std::move(blocks)), paddings_(std::move(paddings)) {
    for (int64_t block : blocks_) phases_ *= block;
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const SpaceBatch shapes, Shapes(x.shape));
    outputs->assign(1, {ElementType(x.dtype), to_batch() ? shapes.batch : shapes.space});
    return Status::Ok();
  }

  // Takes the output's elements in order.
  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const SpaceBatch shapes, Shapes(inputs[0].shape()));
    const size_t m = blocks_.size();
    const Shape& out = (*outputs)[0].shape();
    const size_t run = static_cast<size_t>(out.elements(static_cast<int>(m) + 1, out.rank())) *
                       DTypeSize(inputs[0].dtype());
    const int64_t pixels = run == 0 ? 0 : out.elements(0, static_cast<int>(m) + 1);
    std::vector<int64_t> at(m + 1);
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      int64_t rest = pixel;
      for (size_t i = m + 1; i-- > 0; rest /= out.dims()[i]) at[i] = rest % out.dims()[i];
      const int64_t source = to_batch() ? InSpace(shapes, at) : InBatch(shapes, at);
      if (source < 0) continue;  // The output is zero already.
      std::memcpy((*outputs)[0].mutable_data<uint8_t>() + static_cast<size_t>(pixel) * run,
                  inputs[0].bytes().data() + static_cast<size_t>(source) * run, run);
    }
    return Status::Ok();
  }

  // Images [n, h, w, c] and sequences [n, w, c].
  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const Shape& x = request.inputs[0].info.shape;
    const size_t m = blocks_.size();
    if (m > 2 || x.rank() != static_cast<int>(m) + 2 || !CanLower(request)) return {};
    if (StorageWithinLimits(request) != request.storage) return {};
    const StatusOr<SpaceBatch> shapes = Shapes(x);
    if (!shapes.ok()) return {};
    const Nhwc space = AsNhwc(shapes->space), batch = AsNhwc(shapes->batch);
    // A sequence [n, w, c] has its batch in h: one row for each.
    const bool rows = m == 2;
    KernelVariant variant =
        NewVariant(to_batch() ? "space_to_batch" : "batch_to_space", request, request.storage);
    variant.estimate_ms *= 1.2;
    Launch launch = NewLaunch("space_batch.cl", to_batch() ? "space_to_batch" : "batch_to_space",
                              request, request.storage);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    for (int64_t value : {x.rank() > 0 ? shapes->space[0] : 1, rows ? space.h : 1, space.w,
                          rows ? batch.h : 1, batch.w, space.c, rows ? blocks_[0] : 1,
                          blocks_.back(), rows ? paddings_[0] : 0, paddings_[2 * m - 2]}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    const Nhwc out = AsNhwc(request.outputs[0].shape);
    SetFlatSize(*request.device, static_cast<size_t>(out.rows() * out.w * out.blocks()), &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

 private:
  bool to_batch() const { return direction_ == SpaceBatchDirection::kSpaceToBatch; }

  Status Bad(const Shape& x, const char* what) const {
    return InvalidArgument("block_shape " + Shape(blocks_).ToString() + " and " +
                           (to_batch() ? "paddings " : "crops ") + Shape(paddings_).ToString() +
                           " do not suit shape " + x.ToString() + ": " + what);
  }

  StatusOr<SpaceBatch> Shapes(const Shape& x) const {
    const size_t m = blocks_.size();
    if (x.dims().size() < m + 1) return Bad(x, "too few axes");
    std::vector<int64_t> dims = x.dims();
    if (to_batch()) {
      if (dims[0] > Shape::kMaxElements / phases_) return Bad(x, "the batch is too large");
      dims[0] *= phases_;
    } else {
      if (dims[0] % phases_ != 0) return Bad(x, "the batch is no multiple of the blocks");
      dims[0] /= phases_;
    }
    for (size_t i = 0; i < m; ++i) {
      int64_t& extent = dims[i + 1];
      const int64_t both = paddings_[2 * i] + paddings_[2 * i + 1];
      if (to_batch()) {
        extent += both;
        if (extent % blocks_[i] != 0) return Bad(x, "an extent is no multiple of its block");
        extent /= blocks_[i];
      } else {
        if (extent > Shape::kMaxElements / blocks_[i]) return Bad(x, "an extent is too large");
        extent = extent * blocks_[i] - both;
        if (extent < 0) return Bad(x, "an extent is cropped below zero");
      }
    }
    MACE_ASSIGN_OR_RETURN(Shape y, Shape::Make(std::move(dims)));
    return to_batch() ? SpaceBatch{x, std::move(y)} : SpaceBatch{std::move(y), x};
  }

  // The pixel of the space tensor behind that of the batch tensor; -1 in the padding.
  int64_t InSpace(const SpaceBatch& shapes, const std::vector<int64_t>& at) const {
    int64_t phase = at[0] / shapes.space[0];
    std::vector<int64_t> position(blocks_.size());
    for (size_t i = blocks_.size(); i-- > 0; phase /= blocks_[i]) {
      position[i] = at[i + 1] * blocks_[i] + phase % blocks_[i] - paddings_[2 * i];
      if (position[i] < 0 || position[i] >= shapes.space.dims()[i + 1]) return -1;
    }
    int64_t pixel = at[0] % shapes.space[0];
    for (size_t i = 0; i < position.size(); ++i) {
      pixel = pixel * shapes.space.dims()[i + 1] + position[i];
    }
    return pixel;
  }

  // The pixel of the batch tensor behind that of the space tensor.
  int64_t InBatch(const SpaceBatch& shapes, const std::vector<int64_t>& at) const {
    int64_t phase = 0;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      phase = phase * blocks_[i] + (at[i + 1] + paddings_[2 * i]) % blocks_[i];
    }
    int64_t pixel = phase * shapes.space[0] + at[0];
    for (size_t i = 0; i < blocks_.size(); ++i) {
      pixel = pixel * shapes.batch.dims()[i + 1] + (at[i + 1] + paddings_[2 * i]) / blocks_[i];
    }
    return pixel;
  }

  const SpaceBatchDirection direction_;
  const std::vector<int64_t> blocks_;
  const std::vector<int64_t> paddings_;  // (before, after) for each block.
  int64_t phases_ = 1;
};

}  // namespace

StatusOr<std::unique_ptr<Op>> MakeSpaceBatch(const AttributeMap& attributes,
                                             SpaceBatchDirection direction) {
  const char* name = direction == SpaceBatchDirection::kSpaceToBatch ? "paddings" : "crops";
  std::vector<int64_t> blocks = attributes.GetInts("block_shape");
  std::vector<int64_t> paddings =
      attributes.GetInts(name, std::vector<int64_t>(2 * blocks.size(), 0));
  if (blocks.empty() || blocks.size() >= static_cast<size_t>(Shape::kMaxRank) ||
      paddings.size() != 2 * blocks.size()) {
    return InvalidArgument("expected a block and 2 " + std::string(name) +
                           " for each spatial axis, found " + std::to_string(blocks.size()) +
                           " and " + std::to_string(paddings.size()));
  }
  int64_t phases = 1;
  for (int64_t block : blocks) {
    if (block < 1 || block > 65536 / phases) {
      return InvalidArgument("block_shape " + Shape(blocks).ToString() +
                             ": expected positive numbers with a product up to 65536");
    }
    phases *= block;
  }
  for (int64_t padding : paddings) {
    if (padding < 0 || padding > (1 << 30)) {
      return InvalidArgument(std::string(name) + ": expected 0 to 2^30, found " +
                             std::to_string(padding));
    }
  }
  return std::unique_ptr<Op>(new SpaceBatchOp(direction, std::move(blocks), std::move(paddings)));
}

}  // namespace mace
