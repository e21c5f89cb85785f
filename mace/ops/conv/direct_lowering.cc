// conv2d_direct and conv2d_grouped: see their .cl files.
#include <algorithm>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"

namespace mace {
namespace {

constexpr int64_t kDirectPixels = 4;  // PIXELS of conv2d_direct.cl.

// CPUs: as far as variants are to be ordered by it.
double EstimateCpuMs(const ConvolutionRequest& request, Storage storage) {
  return ProductsMs(request.device(), request.convolution.flops() / 2) *
         (storage == Storage::kImage ? 400 : 20);
}

double EstimateDirectMs(const ConvolutionRequest& request, Storage storage) {
  const Convolution& c = request.convolution;
  if (request.cpu()) return EstimateCpuMs(request, storage);
  const GpuUnit unit = GpuUnitOf(request.device());
  GpuLoop loop;
  loop.items = static_cast<double>(CeilDivide(c.window.w.out, kDirectPixels) * c.batch *
                                   c.window.h.out * CeilDivide(c.out_channels, 4));
  loop.iterations = static_cast<double>(c.taps() * CeilDivide(c.in_per_group(), 4));
  loop.cycles = c.taps() == 1 ? 470 : storage == Storage::kImage ? 820 : 620;
  loop.products =
      kLoopProduct * 16 * kDirectPixels + kDirectPixels * unit.load(storage) + 4 * unit.buffer_load;
  if (c.has_channel_scale()) loop.products += 4 * kDirectPixels + unit.load(storage);
  return EstimateLoopMs(request.device(), loop);
}

double EstimateGroupedMs(const ConvolutionRequest& request, Storage storage) {
  const Convolution& c = request.convolution;
  if (request.cpu()) return 10 * EstimateCpuMs(request, storage);
  const GpuUnit unit = GpuUnitOf(request.device());
  GpuLoop loop;
  loop.items = static_cast<double>(c.out_pixels() * CeilDivide(c.out_channels, 4));
  loop.iterations = static_cast<double>(c.taps() * c.in_per_group());
  loop.cycles = 1350;
  loop.products = kLoopProduct * 4 + 4 * unit.load(storage) + 4 * unit.buffer_load;
  if (c.has_channel_scale()) loop.products += 4 + 4 * unit.load(storage);
  return EstimateLoopMs(request.device(), loop);
}

}  // namespace

PackedWeights PackGroupedFilter(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  const int64_t taps = c.taps(), depth = c.in_per_group();
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(c.out_channels * taps * depth);
  weights.pack = [=, out_channels = c.out_channels,
                  filter = request.weights.filter](float* to) -> Status {
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    for (int64_t o = 0; o < out_channels; ++o) {
      float* base = to + o * taps * depth;
      TransposeBlocked(held.f32() + o * depth * taps, depth, taps, taps,
                       [&](int64_t tap) { return base + tap * depth; });
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "grouped", {});
  return weights;
}

PackedWeights PackDirectFilter(const ConvolutionRequest& request) {
  const Convolution& c = request.convolution;
  const int64_t taps = c.taps(), depth = c.in_per_group(), in_blocks = CeilDivide(depth, 4);
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(CeilDivide(c.out_channels, 4) * taps * in_blocks * 16);
  weights.pack = [=, out_channels = c.out_channels, filter = request.weights.filter,
                  elements = weights.elements](float* to) -> Status {
    if (depth % 4 != 0 || out_channels % 4 != 0) std::fill(to, to + elements, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    for (int64_t o = 0; o < out_channels; o += 4) {
      float* base = to + o / 4 * taps * in_blocks * 16;
      TransposeBlocked(held.f32() + o * depth * taps, std::min<int64_t>(4, out_channels - o),
                       depth * taps, depth * taps, [&](int64_t at) {
                         return base + (at % taps * in_blocks * 4 + at / taps) * 4;
                       });
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "direct", {});
  return weights;
}

void LowerDirect(const ConvolutionRequest& request, Storage storage,
                 std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  const auto no_padding = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.pad_before == 0 && (axis.out - 1) * axis.stride < axis.in;
  };
  const bool pointwise = no_padding(c.window.h) && no_padding(c.window.w);
  KernelVariant variant =
      NewConvolutionVariant(request, pointwise ? "direct_1x1" : "direct", "conv2d_direct", storage);
  Launch& launch = variant.launches.back();
  launch.kernel.macros["POINTWISE"] = pointwise ? "1" : "0";
  AppendTensors(request, &launch);
  AppendWeights(PackDirectFilter(request), &variant);
  AppendWeights(PackChannelBias(request), &variant);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  for (int64_t value : {out_rows, c.out_channels, CeilDivide(c.in_per_group(), 4),
                        c.groups == 1 ? CeilDivide(c.out_channels, 4) : c.out_per_group() / 4}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  SetWorkSizes(request.device(),
               {CeilDivide(c.window.w.out, kDirectPixels), CeilDivide(c.out_channels, 4), out_rows},
               &launch);
  variant.estimate_ms = EstimateDirectMs(request, storage);
  result->push_back(std::move(variant));
}

void LowerGrouped(const ConvolutionRequest& request, Storage storage,
                  std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  KernelVariant variant = NewConvolutionVariant(request, "grouped", "conv2d_grouped", storage);
  Launch& launch = variant.launches.back();
  AppendTensors(request, &launch);
  AppendWeights(PackGroupedFilter(request), &variant);
  AppendWeights(PackChannelBias(request), &variant);
  launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
  AppendWindow(c.window, &launch);
  const int64_t out_rows = c.batch * c.window.h.out;
  for (int64_t value : {out_rows, c.out_channels, c.in_per_group(), c.out_per_group()}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  SetWorkSizes(request.device(), {c.window.w.out, CeilDivide(c.out_channels, 4), out_rows},
               &launch);
  variant.estimate_ms = EstimateGroupedMs(request, storage);
  result->push_back(std::move(variant));
}

}  // namespace mace
