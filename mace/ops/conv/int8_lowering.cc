// conv2d_int8: see conv2d_int8.cl.
#include "mace/ops/conv/int8_lowering.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/rounding.h"

namespace mace {
namespace {

struct Int8Tile {
  int lanes;
  int vectors;
  int rows;
  int columns() const { return lanes * vectors; }
};

int64_t ChannelTiles(const Convolution& c, const Int8Tile& tile) {
  return CeilDivide(c.out_channels, tile.columns());
}

int64_t PixelTiles(const Convolution& c, const Int8Tile& tile) {
  if (c.pointwise()) return CeilDivide(c.out_pixels(), tile.rows);
  return c.batch * c.window.h.out * CeilDivide(c.window.w.out, tile.rows);
}

// Steps of four input channels.
int64_t Depth(const Convolution& c) { return CeilDivide(c.in_channels, 4); }

// Milliseconds, in proportion to those that the other variants estimate: the products, and what
// rounding and storing a vector takes.
double EstimateCpuMs(const Convolution& c, const DeviceInfo& device, const Int8Tile& tile) {
  const double loads = (tile.rows + tile.vectors) / static_cast<double>(tile.rows * tile.vectors);
  const double vectors = static_cast<double>(PixelTiles(c, tile) * tile.rows) *
                         static_cast<double>(ChannelTiles(c, tile) * tile.columns());
  const double steps = static_cast<double>(c.taps() * Depth(c));
  return ProductsMs(device, vectors * (steps * (0.8 + 0.3 * loads) + 20));
}

double EstimateGpuMs(const Convolution& c, const DeviceInfo& device, const Int8Tile& tile) {
  const double load = 3.3 * GpuUnitOf(device).buffer_load;
  GpuLoop loop;  // Four input channels an iteration.
  loop.items = static_cast<double>(PixelTiles(c, tile) * ChannelTiles(c, tile));
  loop.iterations = static_cast<double>(c.taps() * Depth(c));
  loop.cycles = 800;
  loop.products = kLoopProduct * tile.rows * tile.columns() + load * (tile.rows + tile.columns());
  return EstimateLoopMs(device, loop);
}

double EstimateMs(const ConvolutionRequest& request, const Int8Tile& tile) {
  return request.cpu() ? EstimateCpuMs(request.convolution, request.device(), tile)
                       : EstimateGpuMs(request.convolution, request.device(), tile);
}

Int8Tile ChooseInt8Tile(const ConvolutionRequest& request) {
  const bool wide = request.device().byte_products == ByteProducts::kVnni ||
                    (request.cpu() && request.device().preferred_float_width >= 16);
  std::vector<Int8Tile> tiles = {{4, 2, 4}, {4, 2, 1}};
  if (wide) tiles = {{16, 2, 7}, {16, 1, 14}, {16, 4, 1}};
  const Convolution& c = request.convolution;
  const int64_t max_rows = c.pointwise() ? c.out_pixels() : c.window.w.out;
  const auto last = std::remove_if(tiles.begin(), tiles.end(),
                                   [&](const Int8Tile& tile) { return tile.rows > max_rows; });
  tiles.erase(last, tiles.end());
  return *std::min_element(tiles.begin(), tiles.end(), [&](const Int8Tile& a, const Int8Tile& b) {
    return EstimateMs(request, a) < EstimateMs(request, b);
  });
}

// Packs ints, or bytes in ints, where an engine stores floats as they are.
PackedWeights PackInts(const char* name, size_t count,
                       std::function<Status(std::vector<int32_t>* ints)> fill) {
  PackedWeights weights;
  weights.name = name;
  weights.keep_float32 = true;
  weights.elements = count;
  weights.pack = [count, fill = std::move(fill)](float* to) -> Status {
    std::vector<int32_t> ints(count, 0);
    MACE_RETURN_IF_ERROR(fill(&ints));
    std::memcpy(to, ints.data(), count * sizeof(int32_t));
    return Status();
  };
  return weights;
}

void PutByte(int64_t value, int64_t place, std::vector<int32_t>* ints) {
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(ints->data());
  bytes[place] = static_cast<uint8_t>(value);
}

// The filter in the order in which conv2d_int8.cl reads it.
PackedWeights PackFilter(const ConvolutionRequest& request, const Int8Tile& tile, int64_t offset) {
  const Convolution& c = request.convolution;
  const int64_t columns = tile.columns(), taps = c.taps(), depth = Depth(c);
  const int64_t channels = c.in_channels, rows = c.out_channels;
  const size_t count = static_cast<size_t>(ChannelTiles(c, tile) * taps * depth * columns);
  PackedWeights weights =
      PackInts("filter", count,
               [=, filter = request.weights.filter,
                scale = c.int8->filter_scale](std::vector<int32_t>* ints) -> Status {
                 MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
                 const float* from = held.f32();
                 for (int64_t o = 0; o < rows; ++o) {
                   const int64_t first = o / columns * taps * depth * columns + o % columns;
                   for (int64_t i = 0; i < channels; ++i) {
                     for (int64_t tap = 0; tap < taps; ++tap) {
                       const int64_t at = first + (tap * depth + i / 4) * columns;
                       PutByte(WholeNumber(*from++, scale) + offset, 4 * at + i % 4, ints);
                     }
                   }
                 }
                 return Status();
               });
  weights.identity =
      FilterIdentity(request, "int8", {columns, offset, BitsOf(double{c.int8->filter_scale})});
  return weights;
}

PackedWeights PackStarts(const ConvolutionRequest& request, const Int8Tile& tile) {
  const Convolution& c = request.convolution;
  const int64_t each = c.taps() * c.in_channels, rows = c.out_channels;
  PackedWeights weights = PackInts(
      "starts", static_cast<size_t>(ChannelTiles(c, tile) * tile.columns()),
      [=, filter = request.weights.filter, bits = *c.int8](std::vector<int32_t>* ints) -> Status {
        MACE_ASSIGN_OR_RETURN(const HostTensor held, filter());
        const float* from = held.f32();
        for (int64_t o = 0; o < rows; ++o) {
          int64_t sum = 0;
          for (int64_t i = 0; i < each; ++i) sum += WholeNumber(*from++, bits.filter_scale);
          (*ints)[static_cast<size_t>(o)] = static_cast<int32_t>(-sum * bits.x.zero_point);
        }
        return Status();
      });
  weights.identity =
      FilterIdentity(request, "int8 starts",
                     {BitsOf(double{c.int8->filter_scale}), int64_t{c.int8->x.zero_point}});
  return weights;
}

PackedWeights PackEdge(const Convolution& c) {
  PackedWeights weights = PackInts("edge", static_cast<size_t>(Depth(c)),
                                   [channels = c.in_channels, zero = c.int8->x.zero_point](
                                       std::vector<int32_t>* ints) -> Status {
                                     for (int64_t i = 0; i < channels; ++i) PutByte(zero, i, ints);
                                     return Status();
                                   });
  weights.identity =
      PackingIdentity("int8 edge", {c.in_channels, int64_t{c.int8->x.zero_point}}, {});
  return weights;
}

// The sum over a filter of products of int8, and all on the way to it, fits an int32.
bool SumsFit(const Convolution& c) {
  constexpr int64_t kMaxProduct = 255 * 255;
  return c.taps() * c.in_channels <= std::numeric_limits<int32_t>::max() / (2 * kMaxProduct);
}

bool PixelsFirst(const Convolution& c, const Int8Tile& tile) {
  constexpr int64_t kCacheBytes = 512 * 1024;
  return c.out_channels * c.taps() * c.in_channels > kCacheBytes && c.out_pixels() > tile.rows;
}

void SetSizes(const ConvolutionRequest& request, size_t first, size_t second, Launch* launch) {
  launch->global = {first, second, 1};
  if (request.cpu()) return;
  launch->local = {8, 8, 1};
  launch->local_alternatives = {{4, 16, 1}, {16, 4, 1}, {32, 4, 1}};
}

}  // namespace

int64_t WholeNumber(float value, float scale) {
  return std::llround(double{value} / double{scale});
}

std::optional<FilterRange> RangeOfFilter(const HostTensor& filter, float scale) {
  // A float is a multiple of the scale to 2^-24 of itself, 255 steps at most.
  constexpr double kTolerance = 1e-3;
  FilterRange range;
  for (int64_t i = 0; i < filter.shape().elements(); ++i) {
    const double steps = double{filter.f32()[i]} / double{scale};
    if (!(std::fabs(steps) <= 255 + kTolerance)) return std::nullopt;
    const double whole = std::nearbyint(steps);
    if (std::fabs(steps - whole) > kTolerance) return std::nullopt;
    range.smallest = std::min(range.smallest, static_cast<int64_t>(whole));
    range.largest = std::max(range.largest, static_cast<int64_t>(whole));
  }
  if (range.largest - range.smallest > 255) return std::nullopt;
  return range;
}

std::optional<RoundedRange> RangeOfResult(const Convolution& c) {
  using Kind = FusedActivation::Kind;
  const FusedActivation activation = c.activation.AsClamp();
  if (activation.kind != Kind::kClamp) return std::nullopt;
  const Quantization& y = c.int8->y;
  RoundedRange range;
  range.low = -y.zero_point;
  range.high = 255 - y.zero_point;
  // Rounding keeps order: the ends of a clamp may be rounded beforehand.
  const auto rounded = [&](float end) { return std::nearbyint(double{end} / double{y.scale}); };
  range.low = static_cast<int32_t>(std::max<double>(range.low, rounded(activation.a)));
  range.high = static_cast<int32_t>(std::min<double>(range.high, rounded(activation.b)));
  if (range.low > range.high) return std::nullopt;
  return range;
}

KernelVariant NewInt8Variant(const ConvolutionRequest& request, const std::string& kernel) {
  KernelVariant variant;
  variant.name = request.op + "_int8";
  const Int8Convolution& bits = *request.convolution.int8;
  variant.inputs.assign(request.lowering->inputs.size(), Int8Format(bits.x));
  variant.outputs = {Int8Format(bits.y)};
  variant.needs_measurement = !request.cpu();
  Launch launch;
  launch.kernel.source = "" + kernel + ".cl";
  launch.kernel.base_name = kernel;
  launch.kernel.precision = request.lowering->precision;
  variant.launches.push_back(std::move(launch));
  AppendTensors(request, &variant.launches.back());
  return variant;
}

PackedWeights PackRoundedBias(const ConvolutionRequest& request, int64_t count) {
  PackedWeights weights;
  weights.name = "bias";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(count);
  weights.pack = [count, bias = request.weights.bias,
                  scale = double{request.convolution.int8->y.scale}](float* to) -> Status {
    std::fill(to, to + count, 0.0f);
    if (!bias) return Status();
    MACE_ASSIGN_OR_RETURN(const HostTensor from, bias());
    for (int64_t i = 0; i < from.shape().elements(); ++i) {
      to[i] = static_cast<float>(double{from.f32()[i]} / scale);
    }
    return Status();
  };
  weights.identity = BiasIdentity(request, "int8 bias",
                                  {count, BitsOf(double{request.convolution.int8->y.scale})});
  return weights;
}

void AppendRounding(const Convolution& c, const RoundedRange& range, Launch* launch) {
  const Int8Convolution& bits = *c.int8;
  launch->arguments.push_back(bits.y.zero_point);
  launch->arguments.push_back(
      static_cast<float>(double{bits.x.scale} * double{bits.filter_scale} / double{bits.y.scale}));
  launch->arguments.push_back(static_cast<float>(range.low));
  launch->arguments.push_back(static_cast<float>(range.high));
}

void LowerInt8Products(const ConvolutionRequest& request, const FilterRange& filter,
                       const RoundedRange& range, std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  if (c.groups != 1 || !SumsFit(c)) return;
  const Int8Tile tile = ChooseInt8Tile(request);
  const bool pointwise = c.pointwise();
  const int64_t offset = filter.offset();
  KernelVariant variant = NewInt8Variant(request, "conv2d_int8");
  Launch& launch = variant.launches.back();
  const int products = static_cast<int>(request.device().byte_products);
  for (const auto& [name, value] :
       {std::pair("LANES", tile.lanes), std::pair("VECTORS", tile.vectors),
        std::pair("ROWS", tile.rows), std::pair("POINTWISE", pointwise ? 1 : 0),
        std::pair("FILTER_OFFSET", offset != 0 ? 1 : 0), std::pair("PRODUCTS", products)}) {
    launch.kernel.macros[name] = std::to_string(value);
  }
  AppendWeights(PackFilter(request, tile, offset), &variant);
  AppendWeights(PackStarts(request, tile), &variant);
  const int64_t channel_tiles = ChannelTiles(c, tile), pixel_tiles = PixelTiles(c, tile);
  AppendWeights(PackRoundedBias(request, channel_tiles * tile.columns()), &variant);
  if (!pointwise) {
    AppendWeights(PackEdge(c), &variant);
    launch.arguments.push_back(static_cast<int32_t>(c.window.h.in));
    AppendWindow(c.window, &launch);
  }
  // The number of work-items that keeps all units of a CPU busy to the end.
  const int64_t items = 16 * static_cast<int64_t>(request.device().compute_units);
  const int64_t tiles_per_item =
      request.cpu() ? std::max<int64_t>(1, pixel_tiles * channel_tiles / items) : 1;
  const bool pixels_first = request.cpu() && PixelsFirst(c, tile);
  for (int64_t value : {c.out_pixels(), c.out_channels, Depth(c), channel_tiles, pixel_tiles,
                        tiles_per_item, int64_t{pixels_first}, offset}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  AppendRounding(c, range, &launch);
  const size_t pixel_items = static_cast<size_t>(CeilDivide(pixel_tiles, tiles_per_item));
  const size_t channel_items = static_cast<size_t>(channel_tiles);
  SetSizes(request, pixels_first ? pixel_items : channel_items,
           pixels_first ? channel_items : pixel_items, &launch);
  variant.estimate_ms = EstimateMs(request, tile);
  result->push_back(std::move(variant));
}

void RoundResults(const ConvolutionRequest& request, std::vector<KernelVariant>* variants) {
  const auto on_images = [](const KernelVariant& variant) {
    return variant.outputs[0].storage == Storage::kImage;
  };
  variants->erase(std::remove_if(variants->begin(), variants->end(), on_images), variants->end());
  // Reads and writes each element once more, which takes as long as so many products.
  constexpr double kRounding = 30;
  const Convolution& c = request.convolution;
  const double elements = static_cast<double>(c.out_pixels() * c.out_channels);
  for (KernelVariant& variant : *variants) {
    variant.launches.push_back(MakeRounding(*request.lowering, c.int8->y));
    if (request.cpu()) variant.estimate_ms += ProductsMs(request.device(), kRounding * elements);
  }
}

void LowerInt8(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  const Convolution& c = request.convolution;
  if (request.device().byte_products == ByteProducts::kNone || c.residual_input >= 0 ||
      c.has_channel_scale()) {
    return;
  }
  const std::optional<RoundedRange> range = RangeOfResult(c);
  if (!range.has_value()) return;
  const StatusOr<HostTensor> held = request.weights.filter();
  if (!held.ok()) return;
  const std::optional<FilterRange> filter = RangeOfFilter(*held, c.int8->filter_scale);
  if (!filter.has_value()) return;
  if (c.depthwise()) LowerInt8Depthwise(request, *range, result);
  LowerInt8Products(request, *filter, *range, result);
}

}  // namespace mace
