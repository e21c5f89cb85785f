// ExtractImagePatches: what a window over an NHWC tensor sees, laid out as channels: channel
// (kh * kernel_w + kw) * C + c of the result is input channel c under tap (kh, kw), zero where the
// tap is in the padding. Attributes: kernels [h, w], and those of window.h.
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"
#include "mace/ops/window.h"

namespace mace {
namespace {

// A kernel's integers hold every coordinate, padding and the dilated kernel included.
bool FitsInt(const WindowAxis& axis) {
  return axis.in + axis.pad_before + axis.pad_after + axis.span() + axis.out * axis.stride <
         (int64_t{1} << 30);
}

class ExtractImagePatchesOp : public Op {
 public:
  ExtractImagePatchesOp(WindowAttributes window, int64_t kernel_h, int64_t kernel_w)
      : window_(window), kernel_h_(kernel_h), kernel_w_(kernel_w) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() != 4) {
      return InvalidArgument(std::string("expected a float tensor [N, H, W, C], found ") +
                             x.ToString());
    }
    MACE_ASSIGN_OR_RETURN(const Window window, Slide(x.shape));
    MACE_ASSIGN_OR_RETURN(const Shape channels, Shape::Make({kernel_h_, kernel_w_, x.shape[3]}));
    MACE_ASSIGN_OR_RETURN(
        Shape shape, Shape::Make({x.shape[0], window.h.out, window.w.out, channels.elements()}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& in = inputs[0].shape();
    const Shape& out = (*outputs)[0].shape();
    MACE_ASSIGN_OR_RETURN(const Window window, Slide(in));
    for (int64_t i = 0; i < out.elements(); ++i) {
      const int64_t tap = i % out[3] / in[3];
      const int64_t position = i / out[3];
      const int64_t h = position / out[2] % out[1] * window.h.stride - window.h.pad_before +
                        tap / kernel_w_ * window.h.dilation;
      const int64_t w = position % out[2] * window.w.stride - window.w.pad_before +
                        tap % kernel_w_ * window.w.dilation;
      if (h < 0 || h >= in[1] || w < 0 || w >= in[2]) continue;
      const int64_t n = position / out[2] / out[1];
      (*outputs)[0].f32()[i] = inputs[0].f32()[((n * in[1] + h) * in[2] + w) * in[3] + i % in[3]];
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Shape& in = request.inputs[0].info.shape;
    const StatusOr<Window> window = Slide(in);
    if (!window.ok() || !FitsInt(window->h) || !FitsInt(window->w)) return {};
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    KernelVariant variant = NewVariant("extract_image_patches", request, storage);
    Launch launch = NewLaunch("extract_image_patches.cl", variant.name, request, storage);
    launch.kernel.macros["WHOLE_BLOCKS"] = in[3] % 4 == 0 ? "1" : "0";
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    for (int64_t value : {view.rows(), in[1], in[3], view.h, view.c, window->w.kernel,
                          window->h.stride, window->w.stride, window->h.dilation,
                          window->w.dilation, window->h.pad_before, window->w.pad_before}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    SetFlatSize(*request.device, static_cast<size_t>(view.rows() * view.w * view.blocks()),
                &launch);
    variant.launches.push_back(std::move(launch));
    return {variant};
  }

 private:
  StatusOr<Window> Slide(const Shape& shape) const {
    return window_.Slide(shape[1], shape[2], kernel_h_, kernel_w_);
  }

  WindowAttributes window_;
  int64_t kernel_h_, kernel_w_;
};

StatusOr<std::unique_ptr<Op>> MakeExtractImagePatches(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const WindowAttributes window, WindowAttributes::Parse(node.attributes));
  if (node.attributes.GetInts("kernels").empty()) {
    return InvalidArgument("kernels: expected [h, w], found nothing");
  }
  int64_t h = 1, w = 1;
  MACE_RETURN_IF_ERROR(ParsePair(node.attributes, "kernels", 1, &h, &w));
  return std::unique_ptr<Op>(new ExtractImagePatchesOp(window, h, w));
}

}  // namespace

extern const OpDefinition kExtractImagePatchesOp;
const OpDefinition kExtractImagePatchesOp = {"ExtractImagePatches", 1, 1, &MakeExtractImagePatches};

}  // namespace mace
