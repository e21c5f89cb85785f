// conv2d_3x3 and conv2d_1x1 of conv2d_image.cl.
#include <algorithm>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"

namespace mace {
namespace {

constexpr int64_t kImagePixels = 4;  // PIXELS of conv2d_image.cl.

bool Is3x3(const Convolution& c) {
  const auto fits = [](const WindowAxis& axis) {
    return axis.kernel == 3 && axis.dilation == 1 && axis.stride <= 2;
  };
  return fits(c.window.h) && fits(c.window.w) && c.window.h.stride == c.window.w.stride;
}

bool Is1x1(const Convolution& c) {
  const auto fits = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.pad_before == 0 && (axis.out - 1) * axis.stride < axis.in;
  };
  return fits(c.window.h) && fits(c.window.w);
}

// Two blocks of output channels share what a work-item reads, where enough work-items are left and
// no group ends between them.
int64_t OutBlocks(const Convolution& c, const DeviceInfo& device) {
  const int64_t blocks = CeilDivide(c.out_channels, 4);
  if (blocks < 2 || (c.groups > 1 && c.out_per_group() % 8 != 0)) return 1;
  constexpr int64_t kItemsOfABusyUnit = 64;
  const int64_t items =
      CeilDivide(c.window.w.out, kImagePixels) * CeilDivide(blocks, 2) * c.batch * c.window.h.out;
  return items >= kItemsOfABusyUnit * device.compute_units ? 2 : 1;
}

// [out_blocks output blocks][kh][input block][kw][output block][4 in][4 out]
PackedWeights PackImageFilter(const ConvolutionRequest& request, int64_t out_blocks) {
  const Convolution& c = request.convolution;
  const int64_t depth = c.in_per_group(), in_blocks = CeilDivide(depth, 4);
  const int64_t width = c.window.w.kernel;
  const int64_t items = CeilDivide(c.out_channels, 4 * out_blocks);
  PackedWeights weights;
  weights.name = "filter";
  weights.elements = static_cast<size_t>(items * c.taps() * in_blocks * out_blocks * 16);
  weights.pack = [=, filter = request.weights.filter,
                  elements = weights.elements](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
    const int64_t taps = c.taps();
    for (int64_t o = 0; o < c.out_channels; o += 4) {
      const int64_t item = o / (4 * out_blocks), block = o / 4 % out_blocks;
      TransposeBlocked(held.f32() + o * depth * taps, std::min<int64_t>(4, c.out_channels - o),
                       depth * taps, depth * taps, [&](int64_t at) {
                         const int64_t i = at / taps, tap = at % taps;
                         const int64_t row =
                             (item * c.window.h.kernel + tap / width) * in_blocks + i / 4;
                         const int64_t texel = (row * width + tap % width) * out_blocks + block;
                         return to + texel * 16 + i % 4 * 4;
                       });
    }
    return Status();
  };
  weights.identity = FilterIdentity(request, "image", {out_blocks});
  return weights;
}

double EstimateMs(const ConvolutionRequest& request, int64_t out_blocks) {
  const Convolution& c = request.convolution;
  // A driver that emulates images texel by texel.
  if (request.cpu()) {
    return ProductsMs(request.device(), c.flops() / 2) * (out_blocks == 2 ? 240 : 320);
  }
  const GpuUnit unit = GpuUnitOf(request.device());
  const int64_t width = c.window.w.kernel;
  const int64_t reads = width == 1 ? kImagePixels : (kImagePixels - 1) * c.window.w.stride + width;
  GpuLoop loop;  // A kernel row and a block of input channels an iteration.
  loop.items = static_cast<double>(CeilDivide(c.window.w.out, kImagePixels) * c.batch *
                                   c.window.h.out * CeilDivide(c.out_channels, 4 * out_blocks));
  loop.iterations = static_cast<double>(c.window.h.kernel * CeilDivide(c.in_per_group(), 4));
  loop.cycles = 500.0 * static_cast<double>(width);
  loop.products = static_cast<double>(width * out_blocks) *
                      (kLoopProduct * 16 * kImagePixels + 4 * unit.buffer_load) +
                  static_cast<double>(reads) * unit.image_load;
  if (c.has_channel_scale()) loop.products += 4 * kImagePixels + unit.image_load;
  return EstimateLoopMs(request.device(), loop);
}

}  // namespace

void LowerImage(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  const bool is_3x3 = Is3x3(c);
  if (is_3x3 ? c.has_channel_scale() : !Is1x1(c)) return;
  const int64_t out_blocks = OutBlocks(c, request.device());
  KernelVariant variant =
      NewConvolutionVariant(request, is_3x3 ? "image_3x3" : "image_1x1",
                            is_3x3 ? "conv2d_3x3" : "conv2d_1x1", Storage::kImage);
  Launch& launch = variant.launches.back();
  launch.kernel.source = "conv2d_image.cl";
  launch.kernel.macros["OUT_BLOCKS"] = std::to_string(out_blocks);
  if (is_3x3) launch.kernel.macros["STRIDE"] = std::to_string(c.window.h.stride);
  AppendTensors(request, &launch);
  AppendWeights(PackImageFilter(request, out_blocks), &variant);
  AppendWeights(PackChannelBias(request), &variant);
  const int64_t out_rows = c.batch * c.window.h.out;
  const int64_t first = is_3x3 ? c.window.h.pad_before : c.window.h.stride;
  const int64_t second = is_3x3 ? c.window.w.pad_before : c.window.w.stride;
  const int64_t blocks_per_group = CeilDivide(c.out_per_group(), 4);
  for (int64_t value : {c.window.h.in, c.window.h.out, c.window.w.out, first, second, out_rows,
                        c.out_channels, CeilDivide(c.in_per_group(), 4), blocks_per_group}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  SetWorkSizes(request.device(),
               {CeilDivide(c.window.w.out, kImagePixels),
                CeilDivide(c.out_channels, 4 * out_blocks), out_rows},
               &launch);
  variant.estimate_ms = EstimateMs(request, out_blocks);
  result->push_back(std::move(variant));
}

}  // namespace mace
