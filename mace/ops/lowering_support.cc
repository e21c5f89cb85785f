#include "mace/ops/lowering_support.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "mace/base/divide.h"
#include "mace/graph/constant_identity.h"
#include "mace/kernel/roofline.h"

namespace mace {
namespace {

// Elements of the channels4 form, padding included.
int64_t PaddedElements(const Shape& shape) {
  const Nhwc view = AsNhwc(shape);
  return view.rows() * view.w * view.blocks() * 4;
}

bool IsIndexable(const TensorInfo& info) {
  const int64_t elements = info.shape.elements();
  return elements > 0 && elements <= std::numeric_limits<int32_t>::max() &&
         PaddedElements(info.shape) <= std::numeric_limits<int32_t>::max() - (1 << 16);
}

bool IsNumbers(const TensorInfo& info) {
  return DeviceElementOf(info.dtype) == DeviceElement::kNumber && IsIndexable(info);
}

bool FitsImage(const TensorInfo& info, const DeviceInfo& device) {
  const Nhwc view = AsNhwc(info.shape);
  return view.blocks() * view.w <= static_cast<int64_t>(device.image2d_max_width) &&
         view.rows() <= static_cast<int64_t>(device.image2d_max_height);
}

double EstimateMilliseconds(const LoweringRequest& request, Storage storage) {
  double bytes = 0;
  for (const OpInput& input : request.inputs) bytes += static_cast<double>(input.info.bytes());
  for (const TensorInfo& output : request.outputs) bytes += static_cast<double>(output.bytes());
  const DeviceInfo& device = *request.device;
  return BytesMs(device, bytes) * (storage == Storage::kImage ? ImageSlowdown(device) : 1.0);
}

KernelVariant Start(const std::string& variant, const LoweringRequest& request,
                    TensorFormat format) {
  KernelVariant kernel_variant;
  kernel_variant.name = variant;
  kernel_variant.inputs.assign(request.inputs.size(), format);
  kernel_variant.outputs.assign(request.outputs.size(), format);
  kernel_variant.estimate_ms = EstimateMilliseconds(request, format.storage);
  return kernel_variant;
}

}  // namespace

bool CanLower(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && !IsNumbers(input.info)) return false;
  }
  for (const TensorInfo& output : request.outputs) {
    if (!IsNumbers(output)) return false;
  }
  return true;
}

Storage StorageWithinLimits(const LoweringRequest& request) {
  if (request.storage != Storage::kImage) return Storage::kBuffer;
  for (const OpInput& input : request.inputs) {
    if (input.present && input.constant == nullptr && !FitsImage(input.info, *request.device)) {
      return Storage::kBuffer;
    }
  }
  for (const TensorInfo& output : request.outputs) {
    if (!FitsImage(output, *request.device)) return Storage::kBuffer;
  }
  return Storage::kImage;
}

int BlocksPerItem(const LoweringRequest& request, Storage storage) {
  return request.device->kind == DeviceKind::kCpu && storage == Storage::kBuffer ? 4 : 1;
}

Layout BlocksFor(const LoweringRequest& request, const Shape& shape) {
  const DeviceInfo& device = *request.device;
  const bool offered = device.kind == DeviceKind::kCpu && request.storage == Storage::kBuffer &&
                       request.precision == Precision::kFloat32 &&
                       device.preferred_float_width >= 8;
  if (!offered) return Layout::kChannels4;
  const Layout layout = device.preferred_float_width >= 16 ? Layout::kBlocks16 : Layout::kBlocks8;
  const Nhwc view = AsNhwc(shape);
  const double elements = static_cast<double>(view.rows()) * static_cast<double>(view.w) *
                          static_cast<double>(PaddedChannels(layout, view.c));
  const bool fits = elements < std::numeric_limits<int32_t>::max() - (1 << 16);
  const bool pays = view.h * view.w > 1 && 2 * view.c > BlockChannels(layout);
  return fits && pays ? layout : Layout::kChannels4;
}

void SetBlocks(Layout in, Layout out, KernelVariant* variant) {
  for (TensorFormat& format : variant->inputs) format.layout = in;
  for (TensorFormat& format : variant->outputs) format.layout = out;
  for (Launch& launch : variant->launches) {
    const auto names = [&](TensorArgument::Kind kind) {
      return std::any_of(launch.arguments.begin(), launch.arguments.end(), [&](const auto& one) {
        const auto* tensor = std::get_if<TensorArgument>(&one);
        return tensor != nullptr && tensor->kind == kind;
      });
    };
    launch.kernel.SetBlocks(names(TensorArgument::Kind::kInput) ? in : Layout::kChannels4,
                            names(TensorArgument::Kind::kOutput) ? out : Layout::kChannels4);
  }
  variant->name += std::string("_") + LayoutName(BlockChannels(out) > 0 ? out : in);
}

KernelVariant NewVariant(const std::string& variant, const LoweringRequest& request,
                         Storage storage) {
  return Start(variant, request, {Layout::kChannels4, storage});
}

KernelVariant NewRowMajorVariant(const std::string& variant, const LoweringRequest& request) {
  return Start(variant, request, {Layout::kRowMajor, Storage::kBuffer});
}

Launch NewLaunch(const std::string& source, const std::string& base_name,
                 const LoweringRequest& request, Storage storage) {
  Launch launch;
  launch.kernel.source = source;
  launch.kernel.base_name = base_name;
  launch.kernel.storage = storage;
  launch.kernel.precision = request.precision;
  return launch;
}

void SetHalfMath(const LoweringRequest& request, Launch* launch) {
  if (request.precision != Precision::kFloat16 || !request.device->fp16_arithmetic) return;
  launch->kernel.macros["HALF_MATH"] = "1";
}

void SetFlatSize(const DeviceInfo& device, size_t items, Launch* launch) {
  // One size for all tensors of a device: a CPU driver compiles each (kernel, local size).
  const size_t wanted = device.kind == DeviceKind::kCpu ? 32 : 128;
  const size_t most = std::min(device.max_work_group_size, device.max_work_item_sizes[0]);
  size_t local = 1;
  while (local * 2 <= std::min(wanted, most)) local *= 2;
  launch->global = {items, 1, 1};
  launch->local = {local, 1, 1};
  for (size_t other : {size_t{64}, size_t{256}}) {
    if (device.kind != DeviceKind::kCpu && other <= most)
      launch->local_alternatives.push_back({other, 1, 1});
  }
}

void SetElementwiseSize(const DeviceInfo& device, const Nhwc& view, int64_t blocks_per_item,
                        Launch* launch) {
  const int64_t blocks = view.rows() * view.w * view.blocks();
  SetFlatSize(device, static_cast<size_t>(CeilDivide(blocks, blocks_per_item)), launch);
}

void SetGroupSize(size_t group, size_t groups, Launch* launch) {
  launch->global = {group * groups, 1, 1};
  launch->local = {group, 1, 1};
}

int ReductionGroup(const DeviceInfo& device, int64_t extent, int64_t outputs) {
  // Enough outputs keep every lane of a GPU busy by themselves.
  constexpr int64_t kBusy = 65536;
  if (device.kind == DeviceKind::kCpu || extent < 32 || outputs >= kBusy) return 1;
  const int64_t most = static_cast<int64_t>(
      std::min({device.max_work_group_size, device.max_work_item_sizes[0], size_t{256}}));
  // Where all groups together leave most of a GPU idle, the time is that of an item's loads one
  // behind the other.
  constexpr int64_t kIdle = kBusy / 4;
  int64_t group = 1;
  while (group * 2 <= most &&
         (group * 8 <= extent || (group * 4 <= extent && group * outputs < kIdle))) {
    group *= 2;
  }
  return static_cast<int>(group);
}

void SetReductionSize(const DeviceInfo& device, int group, int64_t results, Launch* launch) {
  if (group == 1) {
    SetFlatSize(device, static_cast<size_t>(results), launch);
  } else {
    SetGroupSize(static_cast<size_t>(group), static_cast<size_t>(results), launch);
  }
}

std::function<std::string()> PackingIdentity(std::string layout, std::vector<int64_t> numbers,
                                             std::vector<HostTensor> constants) {
  return [layout = std::move(layout), numbers = std::move(numbers),
          constants = std::move(constants)]() -> std::string {
    IdentityHasher hasher(layout);
    hasher.Add(numbers);
    for (const HostTensor& constant : constants) hasher.Add(constant);
    const ConstantIdentity identity = hasher.Finish();
    if (!identity.is_known()) return "";
    return std::string(reinterpret_cast<const char*>(identity.digest.data()),
                       sizeof(identity.digest));
  };
}

int64_t BitsOf(double number) {
  int64_t bits = 0;
  static_assert(sizeof(bits) == sizeof(number));
  std::memcpy(&bits, &number, sizeof(bits));
  return bits;
}

PackedWeights PackChannelVector(const std::string& name, const HostTensor& values,
                                int64_t channels) {
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>((channels + 3) / 4 * 4);
  weights.keep_float32 = true;
  weights.pack = [values, channels, padded = weights.elements](float* destination) -> Status {
    const std::vector<float> floats = ToFloatVector(values);
    std::fill(destination, destination + padded, 0.0f);
    for (int64_t c = 0; c < channels; ++c)
      destination[c] = floats[floats.size() == 1 ? 0 : static_cast<size_t>(c)];
    return Status();
  };
  weights.identity = PackingIdentity("channel vector", {channels}, {values});
  return weights;
}

PackedWeights PackChannels4(const std::string& name, const HostTensor& values) {
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>(PaddedElements(values.shape()));
  weights.keep_float32 = true;
  weights.pack = [values, elements = weights.elements](float* destination) -> Status {
    const std::vector<float> floats = ToFloatVector(values);
    const Nhwc view = AsNhwc(values.shape());
    const int64_t pitch = view.blocks() * 4;
    std::fill(destination, destination + elements, 0.0f);
    for (int64_t position = 0; position < view.rows() * view.w; ++position) {
      std::copy_n(floats.data() + position * view.c, view.c, destination + position * pitch);
    }
    return Status();
  };
  weights.identity = PackingIdentity("channels4", {}, {values});
  return weights;
}

}  // namespace mace
