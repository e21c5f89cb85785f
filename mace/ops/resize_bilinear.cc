// ResizeBilinear: an NHWC tensor resized in h and w by linear interpolation, see resize.h.
#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/resize.h"

namespace mace {
namespace {

class ResizeBilinearOp : public Op {
 public:
  explicit ResizeBilinearOp(ResizeAttributes attributes) : attributes_(std::move(attributes)) {}

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
    const std::vector<ResizeSource> rows = attributes_.BilinearSources(in[1], out[1]);
    const std::vector<ResizeSource> columns = attributes_.BilinearSources(in[2], out[2]);
    float* y = (*outputs)[0].f32();
    for (int64_t n = 0; n < out[0]; ++n) {
      const float* image = inputs[0].f32() + n * in[1] * in[2] * in[3];
      for (const ResizeSource& h : rows) {
        for (const ResizeSource& w : columns) {
          for (int64_t c = 0; c < out[3]; ++c) {
            const auto at = [&](int64_t row, int64_t column) -> double {
              return image[(row * in[2] + column) * in[3] + c];
            };
            const double upper =
                at(h.lower, w.lower) + (at(h.lower, w.upper) - at(h.lower, w.lower)) * w.lerp;
            const double lower =
                at(h.upper, w.lower) + (at(h.upper, w.upper) - at(h.upper, w.lower)) * w.lerp;
            *y++ = static_cast<float>(upper + (lower - upper) * h.lerp);
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
    table.elements = static_cast<size_t>(3 * (out[1] + out[2]));
    table.keep_float32 = true;
    table.pack = [attributes = attributes_, in, out](float* destination) -> Status {
      for (int axis : {1, 2}) {
        for (const ResizeSource& source : attributes.BilinearSources(in[axis], out[axis])) {
          *destination++ = static_cast<float>(source.lower);
          *destination++ = static_cast<float>(source.upper);
          *destination++ = source.lerp;
        }
      }
      return Status();
    };
    return attributes_.Lower(request, "resize_bilinear", std::move(table));
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= 9;
    return cost;
  }

 private:
  ResizeAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeResizeBilinear(const Node& node) {
  MACE_ASSIGN_OR_RETURN(ResizeAttributes attributes, ResizeAttributes::Parse(node.attributes));
  return std::unique_ptr<Op>(new ResizeBilinearOp(std::move(attributes)));
}

}  // namespace

extern const OpDefinition kResizeBilinearOp;
const OpDefinition kResizeBilinearOp = {"ResizeBilinear", 1, 2, &MakeResizeBilinear};

}  // namespace mace
