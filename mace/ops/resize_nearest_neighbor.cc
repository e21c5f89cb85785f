// ResizeNearestNeighbor: an NHWC tensor resized in h and w by taking the nearest element, see
// resize.h.
#include <algorithm>

#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/resize.h"

namespace mace {
namespace {

class ResizeNearestNeighborOp : public Op {
 public:
  explicit ResizeNearestNeighborOp(ResizeAttributes attributes)
      : attributes_(std::move(attributes)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(Shape shape, attributes_.InferShape(inputs));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& in = inputs[0].shape();
    const Shape& out = (*outputs)[0].shape();
    const std::vector<int64_t> rows = attributes_.NearestSources(in[1], out[1]);
    const std::vector<int64_t> columns = attributes_.NearestSources(in[2], out[2]);
    float* y = (*outputs)[0].f32();
    for (int64_t n = 0; n < out[0]; ++n) {
      const float* image = inputs[0].f32() + n * in[1] * in[2] * in[3];
      for (int64_t h : rows) {
        for (int64_t w : columns) y = std::copy_n(image + (h * in[2] + w) * in[3], in[3], y);
      }
    }
    return Status::Ok();
  }

  bool KeepsBatchApart(const std::vector<OpInput>& /*inputs*/,
                       const std::vector<bool>& batched) const override {
    return OnlyFirstIsBatched(batched);
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    const Shape& in = request.inputs[0].info.shape;
    const Shape& out = request.outputs[0].shape;
    PackedWeights table;
    table.name = "sources";
    table.elements = static_cast<size_t>(out[1] + out[2]);
    table.keep_float32 = true;
    table.pack = [attributes = attributes_, in, out](float* destination) -> Status {
      for (int axis : {1, 2}) {
        for (int64_t source : attributes.NearestSources(in[axis], out[axis])) {
          *destination++ = static_cast<float>(source);
        }
      }
      return Status();
    };
    return attributes_.Lower(request, "resize_nearest_neighbor", std::move(table));
  }

 private:
  ResizeAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeResizeNearestNeighbor(const Node& node) {
  MACE_ASSIGN_OR_RETURN(ResizeAttributes attributes, ResizeAttributes::Parse(node.attributes));
  return std::unique_ptr<Op>(new ResizeNearestNeighborOp(std::move(attributes)));
}

}  // namespace

extern const OpDefinition kResizeNearestNeighborOp;
const OpDefinition kResizeNearestNeighborOp = {"ResizeNearestNeighbor", 1, 2,
                                               &MakeResizeNearestNeighbor};

}  // namespace mace
