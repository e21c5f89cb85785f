// DeformConv: a convolution whose taps are moved by offsets and weighted by a mask, after
// "Deformable ConvNets v2" (https://arxiv.org/abs/1811.11168).
//
//   x [n, ci, h, w], weights [co, ci / group, kh, kw], offsets [n, og * kh * kw * 2, oh, ow],
//   [bias [co]], [mask [n, og * kh * kw, oh, ow]] to y [n, co, oh, ow].
//
// The offsets of a tap are that of its row, then that of its column, in elements; a tap between
// elements is interpolated linearly, and what lies outside is zero. Each of the `og` offset groups
// moves the taps of ci / og channels.
//
// Attributes: strides, dilations [h, w], pads [top, left, bottom, right], group (1), offset_group
// (1). On the CPU alone.
#include <cmath>
#include <utility>
#include <vector>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"
#include "mace/ops/window.h"

namespace mace {
namespace {

enum Operand : size_t { kX, kWeights, kOffsets, kBias, kMask };

class DeformConvOp : public Op {
 public:
  DeformConvOp(WindowAttributes window, int64_t group, int64_t offset_group)
      : window_(window), group_(group), offset_group_(offset_group) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& x = inputs[kX].info.shape;
    const Shape& w = inputs[kWeights].info.shape;
    bool fits = x.rank() == 4 && w.rank() == 4 && x.elements() > 0 && w.elements() > 0;
    fits = fits && x[1] % group_ == 0 && w[1] == x[1] / group_ && w[0] % group_ == 0 &&
           x[1] % offset_group_ == 0;
    for (const OpInput& input : inputs)
      fits = fits && (!input.present || IsFloat(input.info.dtype));
    if (!fits) {
      return InvalidArgument("x " + x.ToString() + " does not fit weights " + w.ToString() +
                             " in " + std::to_string(group_) + " groups and " +
                             std::to_string(offset_group_) + " offset groups of floats");
    }
    MACE_ASSIGN_OR_RETURN(const Window window, window_.Slide(x[2], x[3], w[2], w[3]));
    const int64_t taps = offset_group_ * w[2] * w[3];
    const Shape offsets = {x[0], 2 * taps, window.h.out, window.w.out};
    const Shape mask = {x[0], taps, window.h.out, window.w.out};
    MACE_RETURN_IF_ERROR(Check("offsets", inputs, kOffsets, offsets));
    MACE_RETURN_IF_ERROR(Check("bias", inputs, kBias, Shape{w[0]}));
    MACE_RETURN_IF_ERROR(Check("mask", inputs, kMask, mask));
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({x[0], w[0], window.h.out, window.w.out}));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& x = inputs[kX].shape();
    const Shape& w = inputs[kWeights].shape();
    const Shape& out = (*outputs)[0].shape();
    const int64_t places = out[2] * out[3];
    std::vector<double> taps(static_cast<size_t>(x[1] * w[2] * w[3]));
    for (int64_t n = 0; n < out[0]; ++n) {
      for (int64_t place = 0; place < places; ++place) {
        Sample(inputs, n, place, out, &taps);
        for (int64_t o = 0; o < out[1]; ++o) {
          const int64_t each = w.elements(1, 4);
          const double* from = taps.data() + o / (out[1] / group_) * each;
          const float* weights = inputs[kWeights].f32() + o * each;
          double sum = IsGiven(inputs, kBias) ? double{inputs[kBias].f32()[o]} : 0;
          for (int64_t i = 0; i < each; ++i) sum += double{weights[i]} * from[i];
          (*outputs)[0].f32()[(n * out[1] + o) * places + place] = static_cast<float>(sum);
        }
      }
    }
    return Status::Ok();
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2.0 * static_cast<double>(outputs[0].shape.elements()) *
                 static_cast<double>(inputs[kWeights].info.shape.elements(1, 4));
    return cost;
  }

 private:
  static bool IsGiven(const std::vector<HostTensor>& inputs, size_t index) {
    return index < inputs.size() && inputs[index].dtype() != DType::kInvalid;
  }

  static Status Check(const char* name, const std::vector<OpInput>& inputs, size_t index,
                      const Shape& expected) {
    const bool given = index < inputs.size() && inputs[index].present;
    if (!given && index != kOffsets) return Status::Ok();
    if (given && inputs[index].info.shape == expected) return Status::Ok();
    return InvalidArgument(std::string(name) + ": expected " + expected.ToString() + ", found " +
                           (given ? inputs[index].info.shape.ToString() : "none"));
  }

  // The values of all taps of one place of the output, [channel][tap].
  void Sample(const std::vector<HostTensor>& inputs, int64_t n, int64_t place, const Shape& out,
              std::vector<double>* to) const {
    const Shape& x = inputs[kX].shape();
    const Shape& w = inputs[kWeights].shape();
    const int64_t taps = w[2] * w[3], places = out[2] * out[3];
    const int64_t channels = x[1] / offset_group_;
    const int64_t row = place / out[3] * window_.stride_h - window_.top;
    const int64_t column = place % out[3] * window_.stride_w - window_.left;
    for (int64_t g = 0; g < offset_group_; ++g) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t index = (n * offset_group_ + g) * taps + tap;
        const float* offset = inputs[kOffsets].f32() + 2 * index * places + place;
        const double h =
            static_cast<double>(row + tap / w[3] * window_.dilation_h) + double{offset[0]};
        const double v =
            static_cast<double>(column + tap % w[3] * window_.dilation_w) + double{offset[places]};
        const double share =
            IsGiven(inputs, kMask) ? double{inputs[kMask].f32()[index * places + place]} : 1;
        for (int64_t c = g * channels; c < (g + 1) * channels; ++c) {
          const float* plane = inputs[kX].f32() + (n * x[1] + c) * x[2] * x[3];
          (*to)[static_cast<size_t>(c * taps + tap)] = share * Interpolate(plane, x, h, v);
        }
      }
    }
  }

  static double Interpolate(const float* plane, const Shape& x, double h, double w) {
    const bool inside =
        h > -1 && w > -1 && h < static_cast<double>(x[2]) && w < static_cast<double>(x[3]);
    if (!inside) return std::isnan(h) || std::isnan(w) ? h + w : 0;
    const int64_t top = static_cast<int64_t>(std::floor(h));
    const int64_t left = static_cast<int64_t>(std::floor(w));
    double sum = 0;
    for (int64_t i : {0, 1}) {
      for (int64_t j : {0, 1}) {
        const int64_t r = top + i, c = left + j;
        if (r < 0 || c < 0 || r >= x[2] || c >= x[3]) continue;
        const double weight_h = 1 - std::fabs(h - static_cast<double>(r));
        const double weight_w = 1 - std::fabs(w - static_cast<double>(c));
        sum += weight_h * weight_w * double{plane[r * x[3] + c]};
      }
    }
    return sum;
  }

  const WindowAttributes window_;
  const int64_t group_, offset_group_;
};

StatusOr<std::unique_ptr<Op>> MakeDeformConv(const Node& node) {
  MACE_ASSIGN_OR_RETURN(const WindowAttributes window, WindowAttributes::Parse(node.attributes));
  const int64_t group = node.attributes.GetInt("group", 1);
  const int64_t offset_group = node.attributes.GetInt("offset_group", 1);
  if (group < 1 || offset_group < 1 || window.mode != PaddingMode::kExplicit) {
    return InvalidArgument("expected pads and groups of 1 or more, found " + std::to_string(group) +
                           " and " + std::to_string(offset_group));
  }
  return std::unique_ptr<Op>(new DeformConvOp(window, group, offset_group));
}

}  // namespace

extern const OpDefinition kDeformConvOp;
const OpDefinition kDeformConvOp = {"DeformConv", 3, 5, &MakeDeformConv};

}  // namespace mace
