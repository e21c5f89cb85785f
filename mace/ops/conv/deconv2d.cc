// Deconv2D, the transposed convolution.
//
// Inputs: x [N, H, W, I], filter [O / group, I, KH, KW], optionally bias [O].
//   y[n, ih * stride - pad_before + k * dilation, ..., o] +=
//       x[n, ih, ..., i] * filter[o in its group, i, k, ...]
//
// Attributes: strides, dilations, group, output_padding [h, w], dim, pads, padding_values, padding,
// and those of fused_activation.h.
//
// The output's extent along an axis, where full = (in - 1) * stride + the kernel's span, is given
// by the first of these that is set:
//   dim [N, H, W, C]       the extent of that axis. The padding is full - extent; it is split as
//                          pads or padding_values say, or by `padding` (SAME: the smaller half in
//                          front).
//   pads, padding_values   full less the padding; the smaller half is in front.
//   padding                VALID: full. SAME: in * stride.
// output_padding is added to the extent.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/matmul/gemm.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// The filter with its two outer axes in the order of a convolution: [O, I / group, taps].
std::vector<float> ByOutputChannel(const HostTensor& filter, int64_t groups) {
  const std::vector<float> from = ToFloatVector(filter);
  const int64_t per_group = filter.shape().dim(0), in_channels = filter.shape().dim(1);
  const int64_t taps = filter.shape().elements(2, 4), depth = in_channels / groups;
  std::vector<float> to(from.size());
  for (int64_t o = 0; o < per_group; ++o) {
    for (int64_t i = 0; i < in_channels; ++i) {
      const auto begin = from.begin() + (o * in_channels + i) * taps;
      const int64_t out = i / depth * per_group + o;
      std::copy(begin, begin + taps, to.begin() + (out * depth + i % depth) * taps);
    }
  }
  return to;
}

class Deconv2D : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<Deconv2D>();
    MACE_ASSIGN_OR_RETURN(op->window_, WindowAttributes::Parse(node.attributes));
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    MACE_RETURN_IF_ERROR(
        ParsePair(node.attributes, "output_padding", 0, &op->extra_h_, &op->extra_w_));
    op->groups_ = node.attributes.GetInt("group", 1);
    if (op->groups_ < 1) {
      return InvalidArgument("group: expected at least 1, found " + std::to_string(op->groups_));
    }
    op->dims_ = node.attributes.GetInts("dim");
    if (!op->dims_.empty() && op->dims_.size() != 4) {
      return InvalidArgument("dim: expected [N, H, W, C], found " + Shape(op->dims_).ToString());
    }
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const ConvolutionInputs found, FindConvolutionInputs(inputs, {}));
    MACE_ASSIGN_OR_RETURN(const Convolution convolution,
                          Bind(inputs[0].info.shape, inputs[1].info.shape));
    return FinishConvolution(convolution, inputs, found, outputs);
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override;

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<Convolution> c = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (c.ok()) cost.flops = Products(*c) * 2;
    return cost;
  }

 private:
  // Every input pixel meets every tap.
  static double Products(const Convolution& c) {
    return static_cast<double>(c.batch) * static_cast<double>(c.window.h.in) *
           static_cast<double>(c.window.w.in) * static_cast<double>(c.in_channels) *
           static_cast<double>(c.out_per_group()) * static_cast<double>(c.taps());
  }

  // The output's extent and the padding of one axis. `dim` 0: not given.
  Status Spread(int64_t dim, int64_t total, int64_t front, int64_t extra, WindowAxis* axis) const;

  // In the result's window, in and out are those of this op, the other numbers of its taps.
  StatusOr<Convolution> Bind(const Shape& x, const Shape& filter) const;

  KernelVariant LowerKernel(const ConvolutionRequest& request, bool grouped, Storage storage) const;

  WindowAttributes window_;
  FusedActivation activation_;
  int64_t groups_ = 1;
  int64_t extra_h_ = 0, extra_w_ = 0;
  std::vector<int64_t> dims_;
};

Status Deconv2D::Spread(int64_t dim, int64_t total, int64_t front, int64_t extra,
                        WindowAxis* axis) const {
  const int64_t full = (axis->in - 1) * axis->stride + axis->span();
  const bool given = window_.mode == PaddingMode::kTotals || window_.mode == PaddingMode::kExplicit;
  if (window_.mode == PaddingMode::kFull) return Unsupported("padding FULL");
  if (dim > 0) {
    axis->out = dim;
  } else if (given) {
    axis->out = full - total + extra;
  } else {
    axis->out = (window_.mode == PaddingMode::kValid ? full : axis->in * axis->stride) + extra;
  }
  if (given) {
    axis->pad_before = front;
  } else {
    const int64_t cut = std::max<int64_t>(0, full - axis->out);
    axis->pad_before = window_.mode == PaddingMode::kSameLower ? cut - cut / 2 : cut / 2;
    if (window_.mode == PaddingMode::kValid) axis->pad_before = 0;
  }
  axis->pad_after = 0;
  if (axis->out < 1 || axis->out > WindowAttributes::kMaxNumber) {
    return InvalidArgument("output extent: expected 1 to " +
                           std::to_string(WindowAttributes::kMaxNumber) + ", found " +
                           std::to_string(axis->out));
  }
  return Status::Ok();
}

StatusOr<Convolution> Deconv2D::Bind(const Shape& x, const Shape& filter) const {
  // A batch may be empty: a detector may have found nothing.
  if (x.elements(1, 4) < 1 || filter.elements() < 1 || x.dim(3) != filter.dim(1) ||
      x.dim(3) % groups_ != 0 || groups_ > x.dim(3)) {
    return InvalidArgument("x " + x.ToString() + " does not fit filter " + filter.ToString() +
                           " (output / group, input, height, width) in " + std::to_string(groups_) +
                           " groups");
  }
  for (int64_t extent : {x.dim(1), x.dim(2), filter.dim(2), filter.dim(3)}) {
    if (extent > WindowAttributes::kMaxNumber) {
      return InvalidArgument("extent " + std::to_string(extent) + " is too large");
    }
  }
  Convolution c;
  c.batch = x.dim(0);
  c.in_channels = x.dim(3);
  // groups <= input channels, and filter has input * output / group elements: no overflow.
  c.out_channels = filter.dim(0) * groups_;
  c.groups = groups_;
  c.activation = activation_;
  c.window.h = {x.dim(1), 1, filter.dim(2), window_.stride_h, window_.dilation_h, 0, 0};
  c.window.w = {x.dim(2), 1, filter.dim(3), window_.stride_w, window_.dilation_w, 0, 0};
  const bool totals = window_.mode == PaddingMode::kTotals;
  const int64_t total_h = totals ? window_.total_h : window_.top + window_.bottom;
  const int64_t total_w = totals ? window_.total_w : window_.left + window_.right;
  MACE_RETURN_IF_ERROR(Spread(dims_.empty() ? 0 : dims_[1], total_h,
                              totals ? total_h / 2 : window_.top, extra_h_, &c.window.h));
  MACE_RETURN_IF_ERROR(Spread(dims_.empty() ? 0 : dims_[2], total_w,
                              totals ? total_w / 2 : window_.left, extra_w_, &c.window.w));
  if (!dims_.empty() && dims_[3] > 0 && dims_[3] != c.out_channels) {
    return InvalidArgument("dim: expected " + std::to_string(c.out_channels) + " channels, found " +
                           std::to_string(dims_[3]));
  }
  return c;
}

Status Deconv2D::Reference(const std::vector<HostTensor>& inputs,
                           std::vector<HostTensor>* outputs) const {
  MACE_ASSIGN_OR_RETURN(const Convolution c, Bind(inputs[0].shape(), inputs[1].shape()));
  const WindowAxis& h = c.window.h;
  const WindowAxis& w = c.window.w;
  const int64_t depth = c.in_per_group(), columns = c.out_per_group(), taps = c.taps();
  const int64_t width = columns * taps;
  const std::vector<float> filter = ToFloatVector(inputs[1]);
  std::vector<double> y(static_cast<size_t>((*outputs)[0].shape().elements()));
  std::vector<float> right(static_cast<size_t>(depth * width));  // [i] x [tap, o]
  std::vector<double> sums(static_cast<size_t>(w.in * width));   // One row of the input.
  for (int64_t group = 0; group < c.groups; ++group) {
    for (int64_t o = 0; o < columns; ++o) {
      for (int64_t i = 0; i < depth; ++i) {
        const float* from = filter.data() + (o * c.in_channels + group * depth + i) * taps;
        for (int64_t tap = 0; tap < taps; ++tap) {
          right[static_cast<size_t>(i * width + tap * columns + o)] = from[tap];
        }
      }
    }
    for (int64_t row = 0; row < c.batch * h.in; ++row) {
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({inputs[0].f32() + row * w.in * c.in_channels + group * depth, w.in, depth,
                  c.in_channels},
                 {right.data(), depth, width, width}, sums.data());
      for (int64_t at = 0; at < w.in * taps; ++at) {
        const int64_t tap = at % taps;
        const int64_t oh = row % h.in * h.stride - h.pad_before + tap / w.kernel * h.dilation;
        const int64_t ow = at / taps * w.stride - w.pad_before + tap % w.kernel * w.dilation;
        if (oh < 0 || oh >= h.out || ow < 0 || ow >= w.out) continue;
        double* to =
            y.data() + ((row / h.in * h.out + oh) * w.out + ow) * c.out_channels + group * columns;
        for (int64_t o = 0; o < columns; ++o) to[o] += sums[static_cast<size_t>(at * columns + o)];
      }
    }
  }
  const bool biased = inputs.size() > 2 && inputs[2].dtype() != DType::kInvalid;
  const std::vector<float> bias = biased ? ToFloatVector(inputs[2]) : std::vector<float>();
  float* result = (*outputs)[0].f32();
  for (size_t i = 0; i < y.size(); ++i) {
    const double added = biased ? bias[i % static_cast<size_t>(c.out_channels)] : 0.0f;
    result[i] = c.activation.Apply(static_cast<float>(y[i] + added));
  }
  return Status::Ok();
}

std::vector<KernelVariant> Deconv2D::Lower(const LoweringRequest& request) const {
  const std::vector<OpInput>& inputs = request.inputs;
  const bool biased = inputs.size() > 2 && inputs[2].present;
  if (inputs[1].constant == nullptr || (biased && inputs[2].constant == nullptr)) return {};
  const StatusOr<Convolution> c = Bind(inputs[0].info.shape, inputs[1].info.shape);
  if (!c.ok() || !FitsInt32(*c)) return {};
  // The work of the kernel, counted on the output's side.
  const double reach = static_cast<double>(c->window.h.out + c->window.w.out) +
                       static_cast<double>(c->window.h.span() + c->window.w.span());
  if (reach > 1e9) return {};
  ConvolutionRequest convolution;
  convolution.op = "deconv2d";
  convolution.convolution = *c;
  convolution.weights =
      WeightsFromConstants(*inputs[1].constant, biased ? inputs[2].constant : nullptr);
  convolution.weights.filter = [filter = *inputs[1].constant,
                                groups = groups_]() -> StatusOr<HostTensor> {
    return TensorOfFloats(ByOutputChannel(filter, groups));
  };
  convolution.weights.filter_order = "transposed convolution";
  convolution.lowering = &request;
  const bool image = request.storage == Storage::kImage && FitsImages(*c, *request.device);
  return {
      LowerKernel(convolution, !c->groups_aligned(), image ? Storage::kImage : Storage::kBuffer)};
}

KernelVariant Deconv2D::LowerKernel(const ConvolutionRequest& request, bool grouped,
                                    Storage storage) const {
  const Convolution& c = request.convolution;
  KernelVariant variant =
      NewConvolutionVariant(request, grouped ? "grouped" : "direct", "deconv2d", storage);
  Launch& launch = variant.launches.back();
  launch.kernel.source = "deconv2d.cl";
  launch.kernel.macros["GROUPED"] = grouped ? "1" : "0";
  AppendTensors(request, &launch);
  AppendWeights(grouped ? PackGroupedFilter(request) : PackDirectFilter(request), &variant);
  AppendWeights(PackChannelBias(request), &variant);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  // With one group its last block may be partly empty.
  const int64_t out_per_group = c.groups == 1 ? (c.out_channels + 3) / 4 * 4 : c.out_per_group();
  for (int64_t value : {out_rows, c.out_channels, c.in_per_group(), out_per_group}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  const int64_t step = grouped ? 1 : c.window.w.stride;
  const int64_t pixels = grouped ? 1 : 4;
  const int64_t tiles = CeilDivide(c.window.w.out, step * pixels) * step;
  SetWorkSizes(request.device(), {tiles, (c.out_channels + 3) / 4, out_rows}, &launch);
  const double slowdown = request.cpu() && storage == Storage::kImage ? 20 : 1;
  // Factors over the time of the products at the peak, as measured on a CPU and on an NVIDIA H100.
  const double share = request.cpu() ? 20 : 130;
  variant.estimate_ms = share * ProductsMs(request.device(), Products(c)) * slowdown;
  return variant;
}

}  // namespace

extern const OpDefinition kDeconv2DOp;
const OpDefinition kDeconv2DOp = {"Deconv2D", 2, 3, Deconv2D::Make};

}  // namespace mace
