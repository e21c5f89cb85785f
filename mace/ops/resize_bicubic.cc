// ResizeBicubic: an NHWC tensor resized in h and w by cubic convolution, see resize.h.
#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/resize.h"

namespace mace {
namespace {

class ResizeBicubicOp : public Op {
 public:
  explicit ResizeBicubicOp(ResizeAttributes attributes) : attributes_(std::move(attributes)) {}

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
    const std::vector<CubicSource> rows = attributes_.BicubicSources(in[1], out[1]);
    const std::vector<CubicSource> columns = attributes_.BicubicSources(in[2], out[2]);
    float* y = (*outputs)[0].f32();
    for (int64_t n = 0; n < out[0]; ++n) {
      const float* image = inputs[0].f32() + n * in[1] * in[2] * in[3];
      for (const CubicSource& h : rows) {
        for (const CubicSource& w : columns) {
          for (int64_t c = 0; c < out[3]; ++c) {
            double sum = 0;
            for (int i = 0; i < 16; ++i) {
              const int64_t position = h.at[i / 4] * in[2] + w.at[i % 4];
              sum += double{h.share[i / 4]} * w.share[i % 4] * image[position * in[3] + c];
            }
            *y++ = static_cast<float>(sum);
          }
        }
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
    table.elements = static_cast<size_t>(8 * (out[1] + out[2]));
    table.keep_float32 = true;
    table.pack = [attributes = attributes_, in, out](float* destination) -> Status {
      for (int axis : {1, 2}) {
        for (const CubicSource& source : attributes.BicubicSources(in[axis], out[axis])) {
          for (int64_t at : source.at) *destination++ = static_cast<float>(at);
          for (float share : source.share) *destination++ = share;
        }
      }
      return Status();
    };
    return attributes_.Lower(request, "resize_bicubic", std::move(table));
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 40;  // Five sums of four products.
    return cost;
  }

 private:
  ResizeAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeResizeBicubic(const Node& node) {
  MACE_ASSIGN_OR_RETURN(ResizeAttributes attributes, ResizeAttributes::Parse(node.attributes));
  return std::unique_ptr<Op>(new ResizeBicubicOp(std::move(attributes)));
}

}  // namespace

extern const OpDefinition kResizeBicubicOp;
const OpDefinition kResizeBicubicOp = {"ResizeBicubic", 1, 2, &MakeResizeBicubic};

}  // namespace mace
