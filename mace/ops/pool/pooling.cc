// Pooling: the mean or maximum over a window that slides over an NHWC tensor; padding takes no part
// in either. A window that sees padding alone has the mean 0 and the maximum -infinity. Attributes:
// pooling_type (1 AVG, 2 MAX), kernels [h, w], those of window.h, round_mode (0 FLOOR, 1 CEIL: a
// last window that only partly fits is dropped or kept), count_include_pad (0; 1: a mean counts the
// padding as zeros).
#include <algorithm>
#include <cmath>

#include "mace/base/divide.h"
#include "mace/ops/batch.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"
#include "mace/ops/window.h"

namespace mace {
namespace {

// The taps [first, end) of the window of output `out` that are inside of [0, extent).
struct Taps {
  int64_t begin, first, end;
  Taps(const WindowAxis& axis, int64_t out, int64_t extent) {
    begin = out * axis.stride - axis.pad_before;
    first = begin < 0 ? (-begin + axis.dilation - 1) / axis.dilation : 0;
    end = std::min(axis.kernel, (extent - begin + axis.dilation - 1) / axis.dilation);
  }
  int64_t count() const { return std::max<int64_t>(0, end - first); }
};

class PoolingOp : public Op {
 public:
  enum class Type { kAverage = 1, kMax = 2 };

  PoolingOp(Type type, WindowAttributes window) : type_(type), attributes_(window) {}

  int64_t kernel_h_ = 1, kernel_w_ = 1;
  Rounding rounding_ = Rounding::kFloor;
  bool count_padding_ = false;

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype))
      return InvalidArgument(std::string("expected a float tensor, found ") + DTypeName(x.dtype));
    if (x.shape.rank() != 4)
      return InvalidArgument("expected an input of rank 4, found " + x.shape.ToString());
    MACE_ASSIGN_OR_RETURN(const Window window, Slide(x.shape));
    MACE_ASSIGN_OR_RETURN(Shape shape,
                          Shape::Make({x.shape[0], window.h.out, window.w.out, x.shape[3]}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& in = inputs[0].shape();
    const Shape& out = (*outputs)[0].shape();
    MACE_ASSIGN_OR_RETURN(const Window window, Slide(in));
    float* y = (*outputs)[0].f32();
    for (int64_t n = 0; n < out[0]; ++n) {
      const float* image = inputs[0].f32() + n * in[1] * in[2] * in[3];
      for (int64_t h = 0; h < out[1]; ++h) {
        for (int64_t w = 0; w < out[2]; ++w) {
          for (int64_t c = 0; c < out[3]; ++c) *y++ = ReferenceOne(image + c, window, h, w, in[3]);
        }
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request) || request.inputs[0].constant != nullptr) return {};
    const Shape& in = request.inputs[0].info.shape;
    const StatusOr<Window> window = Slide(in);
    // A kernel's integers hold every coordinate, padding and the dilated kernel included.
    if (!window.ok() || !FitsInt(window->h) || !FitsInt(window->w)) return {};
    std::vector<KernelVariant> variants = {LowerLayout(request, *window, Layout::kChannels4)};
    const Layout blocks = BlocksFor(request, in);
    if (BlockChannels(blocks) > 0) variants.push_back(LowerLayout(request, *window, blocks));
    return variants;
  }
  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= static_cast<double>(kernel_h_) * static_cast<double>(kernel_w_);
    return cost;
  }

 private:
  StatusOr<Window> Slide(const Shape& shape) const {
    return attributes_.Slide(shape[1], shape[2], kernel_h_, kernel_w_, rounding_);
  }

  KernelVariant LowerLayout(const LoweringRequest& request, const Window& window,
                            Layout layout) const {
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int64_t block = BlockChannels(layout);
    const int64_t blocks_per_item = block > 0 ? 1 : BlocksPerItem(request, storage);
    KernelVariant variant =
        NewVariant(type_ == Type::kMax ? "pooling_max" : "pooling_avg", request, storage);
    Launch launch = NewLaunch("pooling.cl", "pooling", request, storage);
    launch.kernel.macros = {{"POOLING_TYPE", std::to_string(static_cast<int>(type_))},
                            {"COUNT_PADDING", count_padding_ ? "1" : "0"},
                            {"BLOCKS_PER_ITEM", std::to_string(blocks_per_item)}};
    if (type_ == Type::kMax) SetHalfMath(request, &launch);
    launch.arguments = {InputArgument(0), OutputArgument(0)};
    for (int64_t value :
         {view.rows(), window.h.in, view.h, view.c, window.h.kernel, window.w.kernel,
          window.h.stride, window.w.stride, window.h.dilation, window.w.dilation,
          window.h.pad_before, window.w.pad_before, Padded(window.h), Padded(window.w)}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    const int64_t at_once = block > 0 ? block : 4 * blocks_per_item;
    const int64_t items = view.rows() * view.w * CeilDivide(view.c, at_once);
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    variant.launches.push_back(std::move(launch));
    if (block > 0) {
      SetBlocks(layout, layout, &variant);
      variant.estimate_ms *= 0.8;  // Measured on PoCL.
    }
    return variant;
  }

  static int64_t Padded(const WindowAxis& axis) {
    return axis.in + axis.pad_before + axis.pad_after;
  }

  static bool FitsInt(const WindowAxis& axis) {
    return Padded(axis) + axis.span() + axis.out * axis.stride + axis.dilation < (int64_t{1} << 30);
  }

  float ReferenceOne(const float* image, const Window& window, int64_t h, int64_t w,
                     int64_t channels) const {
    const Taps rows(window.h, h, window.h.in), columns(window.w, w, window.w.in);
    double sum = 0;
    float top = -INFINITY;
    for (int64_t i = rows.first; i < rows.end; ++i) {
      for (int64_t j = columns.first; j < columns.end; ++j) {
        const int64_t row = rows.begin + i * window.h.dilation,
                      column = columns.begin + j * window.w.dilation;
        const float v = image[(row * window.w.in + column) * channels];
        sum += v;
        if (v > top || std::isnan(v)) top = v;
      }
    }
    if (type_ == Type::kMax) return top;
    int64_t count = rows.count() * columns.count();
    if (count_padding_) {
      count = Taps(window.h, h, window.h.in + window.h.pad_after).end *
              Taps(window.w, w, window.w.in + window.w.pad_after).end;
    }
    return static_cast<float>(sum / static_cast<double>(std::max<int64_t>(count, 1)));
  }

  Type type_;
  WindowAttributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakePooling(const Node& node) {
  const int64_t type = node.attributes.GetInt("pooling_type", 1);
  if (type != 1 && type != 2)
    return InvalidArgument("pooling_type: expected 1 or 2, found " + std::to_string(type));
  MACE_ASSIGN_OR_RETURN(const WindowAttributes window, WindowAttributes::Parse(node.attributes));
  auto op = std::make_unique<PoolingOp>(static_cast<PoolingOp::Type>(type), window);
  if (!node.attributes.Has("kernels"))
    return InvalidArgument("kernels: expected [h, w], found nothing");
  MACE_RETURN_IF_ERROR(ParsePair(node.attributes, "kernels", 1, &op->kernel_h_, &op->kernel_w_));
  const int64_t rounding = node.attributes.GetInt("round_mode", 0);
  if (rounding != 0 && rounding != 1) {
    return InvalidArgument("round_mode: expected 0 or 1, found " + std::to_string(rounding));
  }
  op->rounding_ = rounding == 1 ? Rounding::kCeil : Rounding::kFloor;
  op->count_padding_ = node.attributes.GetInt("count_include_pad", 0) != 0;
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kPoolingOp;
const OpDefinition kPoolingOp = {"Pooling", 1, 1, &MakePooling};

}  // namespace mace
