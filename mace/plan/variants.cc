#include "mace/plan/variants.h"

#include <algorithm>

#include "mace/plan/host_integers.h"
#include "mace/plan/memory.h"
#include "mace/plan/node_precisions.h"
#include "mace/plan/scratch_limit.h"
#include "mace/plan/tensor_formats.h"

namespace mace {
namespace {

// Why the device cannot hold `shape` in `format`; empty if it can.
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

// Describes an operand that holds integers; empty if there is none.
std::string FindIntegers(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr &&
        DeviceElementOf(input.info.dtype) == DeviceElement::kInteger) {
      return std::string("an input is ") + DTypeName(input.info.dtype);
    }
  }
  for (const TensorInfo& output : request.outputs) {
    if (DeviceElementOf(output.dtype) == DeviceElement::kInteger) {
      return std::string("an output is ") + DTypeName(output.dtype);
    }
  }
  return "";
}

std::string VariantLimit(const KernelVariant& variant, const LoweringRequest& request) {
  if (variant.integers == Integers::kUnknown) {
    const std::string integer = FindIntegers(request);
    if (!integer.empty()) return integer;
  }
  for (size_t i = 0; i < variant.inputs.size() && i < request.inputs.size(); ++i) {
    if (request.inputs[i].constant != nullptr || !request.inputs[i].present) continue;
    std::string limit =
        FormatLimit(request.inputs[i].info.shape, variant.inputs[i], *request.device);
    if (!limit.empty()) return limit;
  }
  for (size_t i = 0; i < variant.outputs.size() && i < request.outputs.size(); ++i) {
    std::string limit = FormatLimit(request.outputs[i].shape, variant.outputs[i], *request.device);
    if (!limit.empty()) return limit;
  }
  for (const Launch& launch : variant.launches) {
    if (launch.local[0] * launch.local[1] * launch.local[2] > request.device->max_work_group_size) {
      return "a work-group of " +
             std::to_string(launch.local[0] * launch.local[1] * launch.local[2]) +
             " is above the device's " + std::to_string(request.device->max_work_group_size);
    }
  }
  return "";
}

bool UsesImages(const KernelVariant& variant) {
  auto is_image = [](const TensorFormat& format) { return format.storage == Storage::kImage; };
  return std::any_of(variant.inputs.begin(), variant.inputs.end(), is_image) ||
         std::any_of(variant.outputs.begin(), variant.outputs.end(), is_image);
}

// Why no variant of the node can run on the device, whatever its op offers; empty if some can.
std::string TypeLimit(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr &&
        DeviceElementOf(input.info.dtype) == DeviceElement::kNone) {
      return std::string("an input is ") + DTypeName(input.info.dtype);
    }
  }
  for (const TensorInfo& output : request.outputs) {
    if (DeviceElementOf(output.dtype) == DeviceElement::kNone)
      return std::string("an output is ") + DTypeName(output.dtype);
    if (output.shape.elements() == 0) return "an output is empty";
    if (output.shape.elements() > INT32_MAX / 2) return "an output has more than 2^30 elements";
  }
  return "";
}

// Removes variants that cannot read integers made on the host.
void LimitToIntegers(const HostIntegers& integers, const Node& node, NodeVariants* found) {
  std::vector<KernelVariant>& variants = found->variants;
  if (variants.empty()) return;
  const auto is_forbidden = [&](const KernelVariant& variant) {
    return !integers.Allows(node, variant);
  };
  variants.erase(std::remove_if(variants.begin(), variants.end(), is_forbidden), variants.end());
  if (variants.empty()) found->why = "an input holds integers of the host";
}

std::vector<NodeVariants> FindNodes(const BoundGraph& bound, const DeviceInfo& device,
                                    const PlanOptions& options) {
  const Graph& graph = *bound.graph;
  const std::vector<Precision> precisions =
      options.precisions.empty() ? NodePrecisions(graph, bound.ops, options.precision)
                                 : options.precisions;
  const std::vector<double> scratch_limits = ScratchLimits(
      graph, options.precision, static_cast<double>(MemoryRulesOf(device, options).spare_bytes));
  // These nodes use no TF32 either.
  const std::vector<bool> rounded = options.allow_tf32 ? FindRoundedNodes(graph, bound.ops)
                                                       : std::vector<bool>(graph.nodes.size());
  HostIntegers integers(graph, options.wide_integers);
  PlanOptions of_node = options;
  of_node.precisions.clear();  // A list over all nodes; this node's precision is set below.
  std::vector<NodeVariants> found;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    of_node.precision = precisions[n];
    of_node.allow_tf32 = options.allow_tf32 && !rounded[n];
    if (options.max_scratch_bytes < 0) of_node.max_scratch_bytes = scratch_limits[n];
    found.push_back(FindVariants(graph, node, *bound.ops[n], device, of_node));
    LimitToIntegers(integers, node, &found.back());
    integers.Place(node, AnyMayBeChosen(found.back()));
  }
  return found;
}

}  // namespace

NodeVariants FindVariants(const Graph& graph, const Node& node, const Op& op,
                          const DeviceInfo& device, const PlanOptions& options) {
  LoweringRequest request;
  request.inputs = MakeOpInputs(graph, node);
  request.outputs = MakeOutputInfos(graph, node);
  request.device = &device;
  request.precision = options.precision;
  request.allow_tf32 = options.allow_tf32;

  NodeVariants found;
  found.why = TypeLimit(request);
  if (!found.why.empty()) return found;

  std::string excluded;  // Names one of the excluded variants.
  std::vector<KernelVariant> with_images, with_buffers;
  for (Storage storage : {Storage::kImage, Storage::kBuffer}) {
    if (storage == Storage::kImage && (options.memory == MemoryChoice::kBuffer || !device.images))
      continue;
    request.storage = storage;
    for (KernelVariant& variant : op.Lower(request)) {
      const bool images = UsesImages(variant);
      // Both requests offer variants that use buffers only; they are taken once.
      if (images != (storage == Storage::kImage)) continue;
      const std::string limit = VariantLimit(variant, request);
      if (!limit.empty()) {
        found.why = limit;
        continue;
      }
      SetPrecision(request, &variant);
      if (options.excluded.Contains(variant)) {
        excluded = VariantKind(variant) + " is not used on this device";
        continue;
      }
      (images ? with_images : with_buffers).push_back(std::move(variant));
    }
  }
  if (options.memory == MemoryChoice::kImage && !with_images.empty()) {
    found.variants = std::move(with_images);
  } else {
    found.variants = std::move(with_buffers);
    const bool wanted_images = options.memory == MemoryChoice::kImage && device.images;
    if (wanted_images && !found.variants.empty() && found.why.empty()) {
      found.why = "the op has no kernel for images with these inputs";
    }
    if (options.memory == MemoryChoice::kAuto) {
      for (KernelVariant& variant : with_images) found.variants.push_back(std::move(variant));
    }
  }
  if (options.max_scratch_bytes >= 0) LimitScratch(options.max_scratch_bytes, &found.variants);
  if (found.variants.empty() && !excluded.empty()) found.why = excluded;
  if (found.variants.empty() && found.why.empty()) {
    found.why = FindIntegers(request);
    if (found.why.empty()) found.why = "the op has no GPU kernel for these shapes and attributes";
  }
  return found;
}

StatusOr<GraphVariants> FindVariants(const BoundGraph& bound, const DeviceInfo* device,
                                     const PlanOptions& options) {
  const size_t nodes = bound.graph->nodes.size();
  if (!options.precisions.empty() && options.precisions.size() != nodes) {
    return InvalidArgument("precisions: expected " + std::to_string(nodes) + ", found " +
                           std::to_string(options.precisions.size()));
  }
  GraphVariants variants;
  if (device == nullptr) {
    variants.nodes.assign(nodes, {{}, "the device is the CPU"});
    return variants;
  }
  variants.device = WithMeasuredRoofline(*device, options);
  variants.nodes = FindNodes(bound, *variants.device, options);
  return variants;
}

bool AnyMayBeChosen(const NodeVariants& offered) {
  return std::any_of(offered.variants.begin(), offered.variants.end(), MayBeChosen);
}

}  // namespace mace
