#include "mace/plan/candidates.h"

#include <algorithm>

#include "mace/plan/scratch_limit.h"
#include "mace/plan/wide_values.h"

namespace mace {
namespace {

// The reason why `format` cannot hold `shape` on the device; empty when it can.
std::string FormatLimit(const Shape& shape, const TensorFormat& format, const DeviceInfo& device) {
  if (format.storage != Storage::kImage) return "";
  if (!device.images) return "the device has no images";
  const ImageExtent extent = ImageExtentOf(shape);
  if (extent.width <= device.image2d_max_width && extent.height <= device.image2d_max_height)
    return "";
  return "an image of " + std::to_string(extent.width) + "x" + std::to_string(extent.height) +
         " is above the device's " + std::to_string(device.image2d_max_width) + "x" +
         std::to_string(device.image2d_max_height);
}

// Names an operand that holds integers; empty where none does.
std::string FindIntegers(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr &&
        DeviceTypeOf(input.info.dtype) == DeviceType::kInteger) {
      return std::string("an input is ") + DTypeName(input.info.dtype);
    }
  }
  for (const TensorInfo& output : request.outputs) {
    if (DeviceTypeOf(output.dtype) == DeviceType::kInteger) {
      return std::string("an output is ") + DTypeName(output.dtype);
    }
  }
  return "";
}

std::string WayLimit(const Lowering& way, const LoweringRequest& request) {
  if (way.integers == Integers::kUnknown) {
    const std::string integer = FindIntegers(request);
    if (!integer.empty()) return integer;
  }
  for (size_t i = 0; i < way.inputs.size() && i < request.inputs.size(); ++i) {
    if (request.inputs[i].constant != nullptr || !request.inputs[i].present) continue;
    std::string limit = FormatLimit(request.inputs[i].info.shape, way.inputs[i], *request.device);
    if (!limit.empty()) return limit;
  }
  for (size_t i = 0; i < way.outputs.size() && i < request.outputs.size(); ++i) {
    std::string limit = FormatLimit(request.outputs[i].shape, way.outputs[i], *request.device);
    if (!limit.empty()) return limit;
  }
  for (const Launch& launch : way.launches) {
    if (launch.local[0] * launch.local[1] * launch.local[2] > request.device->max_work_group_size) {
      return "a work-group of " +
             std::to_string(launch.local[0] * launch.local[1] * launch.local[2]) +
             " is above the device's " + std::to_string(request.device->max_work_group_size);
    }
  }
  return "";
}

bool UsesImages(const Lowering& way) {
  auto is_image = [](const TensorFormat& format) { return format.storage == Storage::kImage; };
  return std::any_of(way.inputs.begin(), way.inputs.end(), is_image) ||
         std::any_of(way.outputs.begin(), way.outputs.end(), is_image);
}

// What keeps every way of a node off the device, whatever its op offers.
std::string TypeLimit(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr &&
        DeviceTypeOf(input.info.dtype) == DeviceType::kNone) {
      return std::string("an input is ") + DTypeName(input.info.dtype);
    }
  }
  for (const TensorInfo& output : request.outputs) {
    if (DeviceTypeOf(output.dtype) == DeviceType::kNone)
      return std::string("an output is ") + DTypeName(output.dtype);
    if (output.shape.elements() == 0) return "an output is empty";
    if (output.shape.elements() > INT32_MAX / 2) return "an output has more than 2^30 elements";
  }
  return "";
}

}  // namespace

ImageExtent ImageExtentOf(const Shape& shape) {
  const Nhwc view = AsNhwc(shape);
  return {static_cast<size_t>(view.blocks() * view.w), static_cast<size_t>(view.rows())};
}

bool SameBytes(const Shape& shape, const TensorFormat& a, const TensorFormat& b) {
  if (a == b) return true;
  if (a.storage != Storage::kBuffer || b.storage != Storage::kBuffer ||
      a.precision != b.precision || !(a.quantization == b.quantization)) {
    return false;
  }
  // As row_major.
  const auto is_dense = [view = AsNhwc(shape)](Layout layout) {
    const int64_t block = BlockChannels(layout);
    if (block == 0) return layout == Layout::kRowMajor || view.c % 4 == 0;
    return view.c == block || (view.c % block == 0 && view.rows() * view.w == 1);
  };
  return is_dense(a.layout) && is_dense(b.layout);
}

namespace {

// Moves elements, or computes each output from one of each input: the rounding of what it reads is
// seen undiminished in what it makes, where a sum of many products would average it out.
bool IsElementwise(const Graph& graph, const Node& node, const Op& op) {
  const std::vector<TensorInfo> outputs = MakeOutputInfos(graph, node);
  double elements = 0;
  for (const TensorInfo& output : outputs) elements += static_cast<double>(output.shape.elements());
  const double steps = static_cast<double>(std::max<size_t>(1, node.steps.size()));
  return op.EstimateCost(MakeOpInputs(graph, node), outputs).flops <= 2 * elements * steps;
}

// What makes or reads a value that halves do not hold does so in float32.
void KeepWideValues(const Graph& graph, std::vector<Precision>* precisions) {
  const std::vector<bool> wide = FindWideValues(graph);
  const auto is_wide = [&](ValueId id) { return id != kNoValue && wide[static_cast<size_t>(id)]; };
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (std::any_of(node.inputs.begin(), node.inputs.end(), is_wide) ||
        std::any_of(node.outputs.begin(), node.outputs.end(), is_wide)) {
      (*precisions)[n] = Precision::kFloat32;
    }
  }
}

}  // namespace

std::vector<Precision> NodePrecisions(const Graph& graph, const OpList& ops, Precision precision) {
  std::vector<Precision> precisions(graph.nodes.size(), precision);
  std::vector<bool> exact(graph.values.size(), false);
  for (const GraphPort& output : graph.outputs) exact[static_cast<size_t>(output.value)] = true;
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const bool makes_exact = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
      return exact[static_cast<size_t>(id)];
    });
    if (!makes_exact) continue;
    precisions[n] = Precision::kFloat32;
    if (!IsElementwise(graph, node, *ops[n])) continue;
    for (ValueId id : node.inputs) {
      if (id != kNoValue) exact[static_cast<size_t>(id)] = true;
    }
  }
  if (precision == Precision::kFloat16) KeepWideValues(graph, &precisions);
  return precisions;
}

NodeCandidates FindCandidates(const Graph& graph, const Node& node, const Op& op,
                              const DeviceInfo& device, const PlanOptions& options) {
  LoweringRequest request;
  request.inputs = MakeOpInputs(graph, node);
  request.outputs = MakeOutputInfos(graph, node);
  request.device = &device;
  request.precision = options.precision;
  request.allow_tf32 = options.allow_tf32;

  NodeCandidates found;
  found.why = TypeLimit(request);
  if (!found.why.empty()) return found;

  std::vector<Lowering> with_images, with_buffers;
  for (Storage storage : {Storage::kImage, Storage::kBuffer}) {
    if (storage == Storage::kImage && (options.memory == MemoryChoice::kBuffer || !device.images))
      continue;
    request.storage = storage;
    for (Lowering& way : op.Lower(request)) {
      const bool images = UsesImages(way);
      // A way for buffers only is offered under both requests: take it once.
      if (images != (storage == Storage::kImage)) continue;
      const std::string limit = WayLimit(way, request);
      if (!limit.empty()) {
        found.why = limit;
        continue;
      }
      SetPrecision(request, &way);
      (images ? with_images : with_buffers).push_back(std::move(way));
    }
  }
  if (options.memory == MemoryChoice::kImage && !with_images.empty()) {
    found.ways = std::move(with_images);
  } else {
    found.ways = std::move(with_buffers);
    const bool wanted_images = options.memory == MemoryChoice::kImage && device.images;
    if (wanted_images && !found.ways.empty() && found.why.empty()) {
      found.why = "the op has no kernel for images with these inputs";
    }
    if (options.memory == MemoryChoice::kAuto) {
      for (Lowering& way : with_images) found.ways.push_back(std::move(way));
    }
  }
  if (options.most_scratch_bytes >= 0) LimitScratch(options.most_scratch_bytes, &found.ways);
  if (options.refine_ways) options.refine_ways(node, &found.ways);
  const auto must_not_be_chosen = [](const Lowering& way) {
    return way.needs_measurement && way.measured_ms < 0;
  };
  if (std::all_of(found.ways.begin(), found.ways.end(), must_not_be_chosen)) found.ways.clear();
  if (found.ways.empty() && found.why.empty()) {
    found.why = FindIntegers(request);
    if (found.why.empty()) found.why = "the op has no GPU kernel for these shapes and attributes";
  }
  return found;
}

}  // namespace mace
