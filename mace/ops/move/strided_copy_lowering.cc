// The GPU variants of strided_copy.h.
#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "mace/base/divide.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/move/strided_copy.h"

namespace mace {
namespace {

bool IsIndexable(const TensorInfo& info) {
  const Nhwc view = AsNhwc(info.shape);
  // A margin keeps the round-up of the global size inside an int.
  return view.rows() * view.w * view.blocks() * 4 < std::numeric_limits<int32_t>::max() - (1 << 16);
}

// The first output's elements, which all that is copied has.
DeviceElement ElementOf(const LoweringRequest& request) {
  return DeviceElementOf(request.outputs[0].dtype);
}

bool CanCopy(const LoweringRequest& request, const std::vector<StridedCopy>& copies) {
  for (const StridedCopy& copy : copies) {
    const OpInput& input = request.inputs[static_cast<size_t>(copy.input)];
    if (!input.present || !IsIndexable(input.info) ||
        DeviceElementOf(input.info.dtype) != ElementOf(request)) {
      return false;
    }
    if (ElementOf(request) != DeviceElement::kInteger) continue;
    const double largest = std::numeric_limits<int32_t>::max();
    if (!IsIndexableIntegers(input) || copy.fill < -largest - 1 || copy.fill > largest)
      return false;
  }
  for (const TensorInfo& output : request.outputs) {
    if (DeviceElementOf(output.dtype) != ElementOf(request) || output.shape.elements() == 0 ||
        !IsIndexable(output))
      return false;
  }
  return ElementOf(request) != DeviceElement::kNone;
}

// How elements map to units: each run of `unit` elements is `count` units.
struct Scale {
  int64_t unit = 1;
  int64_t count = 1;
};

// The copy in units; nullopt where a run is cut. REQUIRES: `copy` is simplified.
std::optional<StridedCopy> ScaleCopy(StridedCopy copy, const Scale& scale) {
  auto contiguous = [](const CopyAxis& axis) {
    return axis.bound == 0 && axis.input_stride == 1 && axis.output_stride == 1;
  };
  if (!contiguous(copy.axes.back()) && scale.unit == 1) copy.axes.push_back({1, 1, 1});
  auto fits = [&scale](int64_t n) { return n % scale.unit == 0; };
  auto scaled = [&scale](int64_t n) { return n / scale.unit * scale.count; };
  if (!contiguous(copy.axes.back()) || !fits(copy.axes.back().extent)) return std::nullopt;
  if (!fits(copy.input_offset) || !fits(copy.output_offset)) return std::nullopt;
  copy.input_offset = scaled(copy.input_offset);
  copy.output_offset = scaled(copy.output_offset);
  copy.axes.back().extent = scaled(copy.axes.back().extent);
  for (size_t i = 0; i + 1 < copy.axes.size(); ++i) {
    CopyAxis& axis = copy.axes[i];
    if (!fits(axis.input_stride) || !fits(axis.output_stride)) return std::nullopt;
    axis.input_stride = scaled(axis.input_stride);
    axis.output_stride = scaled(axis.output_stride);
  }
  return copy;
}

// Whole pixels where both sides have the same channels, else blocks of four where no side has
// padding lanes.
std::optional<StridedCopy> ToBlocks(const StridedCopy& copy, int64_t input_channels,
                                    int64_t output_channels) {
  std::optional<StridedCopy> blocks;
  if (input_channels == output_channels)
    blocks = ScaleCopy(copy, {input_channels, (input_channels + 3) / 4});
  if (!blocks.has_value() && input_channels % 4 == 0 && output_channels % 4 == 0)
    blocks = ScaleCopy(copy, {4, 1});
  return blocks;
}

// The kernel is compiled for few numbers of axes; 0: too many.
size_t KernelRank(const StridedCopy& copy) {
  for (size_t rank : {size_t{2}, size_t{4}, size_t{6}, size_t{8}}) {
    if (copy.axes.size() <= rank) return rank;
  }
  return 0;
}

// The copy's fill as an argument of the kernel, which moves the bits of integers as those of floats.
float FillOf(const LoweringRequest& request, const StridedCopy& copy) {
  if (ElementOf(request) != DeviceElement::kInteger) return static_cast<float>(copy.fill);
  const auto integer = static_cast<int32_t>(copy.fill);
  float bits = 0;
  std::memcpy(&bits, &integer, sizeof(bits));
  return bits;
}

// How many work-items a copy has, and what it reads outside of its bounds.
struct CopyArguments {
  int64_t items = 0;
  float fill = 0;
};

// Appends what every form of the kernel takes: where to begin, the work-items, the fill and the axes,
// innermost first.
void AppendCopy(const StridedCopy& copy, const CopyArguments& arguments, Launch* launch) {
  const size_t rank = KernelRank(copy);
  launch->kernel.macros["RANK"] = std::to_string(rank);
  launch->kernel.macros["RULE"] = std::to_string(static_cast<int>(copy.rule));
  auto append = [launch](int64_t value) {
    launch->arguments.push_back(static_cast<int32_t>(value));
  };
  append(copy.input_offset);
  append(copy.output_offset);
  append(arguments.items);
  if (copy.rule != OutsideRule::kNone) launch->arguments.push_back(arguments.fill);
  for (size_t k = 0; k < rank; ++k) {
    const CopyAxis axis = k < copy.axes.size() ? copy.axes[copy.axes.size() - 1 - k] : CopyAxis{};
    append(axis.extent);
    append(axis.input_stride);
    append(axis.output_stride);
    if (copy.rule == OutsideRule::kNone) continue;
    append(axis.start);
    append(axis.bound > 0 ? axis.bound : std::numeric_limits<int32_t>::max());
  }
}

// The copy with the axis that is dense in the input as the second innermost one; nullopt where there
// is none, or the innermost one is not dense in the output. REQUIRES: `copy` is simplified.
std::optional<StridedCopy> Turn(const StridedCopy& copy) {
  if (copy.rule != OutsideRule::kNone || copy.axes.back().output_stride != 1) return std::nullopt;
  constexpr int64_t kFew = 4;
  for (size_t i = 0; i + 1 < copy.axes.size(); ++i) {
    if (copy.axes[i].input_stride != 1 || copy.axes[i].extent < kFew) continue;
    StridedCopy turned = copy;
    std::rotate(turned.axes.begin() + static_cast<std::ptrdiff_t>(i),
                turned.axes.begin() + static_cast<std::ptrdiff_t>(i) + 1, turned.axes.end() - 1);
    return turned;
  }
  return std::nullopt;
}

// Processors walk along the innermost axis; nullopt where it is too short.
std::optional<Launch> MakeRowsLaunch(const LoweringRequest& request, const StridedCopy& copy) {
  constexpr int64_t kChunk = 512, kShort = 4;
  const CopyAxis& row = copy.axes.back();
  if (request.device->kind != DeviceKind::kCpu || row.extent < kShort) return std::nullopt;
  const bool dense =
      copy.rule == OutsideRule::kNone && row.input_stride == 1 && row.output_stride == 1;
  const std::optional<StridedCopy> turned = dense ? std::nullopt : Turn(copy);
  Launch launch =
      NewLaunch("strided_copy.cl", turned.has_value() ? "strided_copy_turned" : "strided_copy_rows",
                request, Storage::kBuffer);
  launch.kernel.macros["CHUNK"] = std::to_string(kChunk);
  launch.kernel.macros["DENSE"] = dense ? "1" : "0";
  launch.arguments = {RawInputArgument(copy.input), RawOutputArgument(copy.output)};
  int64_t items = copy.elements() / row.extent * CeilDivide(row.extent, kChunk);
  if (turned.has_value()) {
    const int64_t extent = turned->axes[turned->axes.size() - 2].extent;
    items = items / extent * CeilDivide(extent, 8);
  }
  AppendCopy(turned.has_value() ? *turned : copy, {items, FillOf(request, copy)}, &launch);
  SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
  return launch;
}

Launch MakeRowMajorLaunch(const LoweringRequest& request, const StridedCopy& copy) {
  if (std::optional<Launch> rows = MakeRowsLaunch(request, copy)) return *std::move(rows);
  Launch launch = NewLaunch("strided_copy.cl", "strided_copy_row_major", request, Storage::kBuffer);
  const std::optional<StridedCopy> fours = ScaleCopy(copy, {4, 1});
  const StridedCopy& units = fours.has_value() ? *fours : copy;
  launch.kernel.macros["UNIT"] = fours.has_value() ? "4" : "1";
  launch.arguments = {RawInputArgument(copy.input), RawOutputArgument(copy.output)};
  AppendCopy(units, {units.elements(), FillOf(request, copy)}, &launch);
  SetFlatSize(*request.device, static_cast<size_t>(units.elements()), &launch);
  return launch;
}

int64_t Channels(const TensorInfo& info) { return AsNhwc(info.shape).c; }

// A channels4 launch that moves blocks, or else gathers channels; nullopt where neither can.
std::optional<Launch> MakeChannelsLaunch(const LoweringRequest& request, const StridedCopy& copy) {
  const int64_t input_channels = Channels(request.inputs[static_cast<size_t>(copy.input)].info);
  const TensorInfo& output = request.outputs[static_cast<size_t>(copy.output)];
  const int64_t channels = Channels(output);
  Launch launch = NewLaunch("strided_copy.cl", "strided_copy_blocks", request, request.storage);
  launch.arguments = {InputArgument(copy.input), OutputArgument(copy.output)};
  if (const std::optional<StridedCopy> blocks = ToBlocks(copy, input_channels, channels)) {
    if (KernelRank(*blocks) == 0) return std::nullopt;
    for (int64_t value : {(input_channels + 3) / 4, (channels + 3) / 4, channels}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    AppendCopy(*blocks, {blocks->elements(), FillOf(request, copy)}, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(blocks->elements()), &launch);
    return launch;
  }
  // The kernel takes an output's elements in order: the copy must be all of it, in dense order.
  if (copy.output_offset != 0 || copy.elements() != output.shape.elements()) return std::nullopt;
  int64_t dense = 1;
  for (size_t i = copy.axes.size(); i-- > 0; dense *= copy.axes[i].extent) {
    if (copy.axes[i].output_stride != dense) return std::nullopt;
  }
  const Nhwc view = AsNhwc(output.shape);
  launch.kernel.base_name = "strided_copy_lanes";
  for (int64_t value : {input_channels, view.rows() * view.w, view.c}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  AppendCopy(copy, {copy.elements(), FillOf(request, copy)}, &launch);
  SetFlatSize(*request.device, static_cast<size_t>(view.rows() * view.w * view.blocks()), &launch);
  return launch;
}

// The time against that of the bytes alone. On a processor it is what PoCL takes on two threads of a
// Xeon, as far as whole kinds of kernels differ: taking an index apart costs more than a copy.
double Effort(const DeviceInfo& device, const Launch& launch) {
  const bool cpu = device.kind == DeviceKind::kCpu;
  const std::string& name = launch.kernel.base_name;
  if (name == "strided_copy_rows" || name == "strided_copy_turned") return 2;
  if (name == "strided_copy_lanes") return cpu ? 40 : 3;
  const auto unit = launch.kernel.macros.find("UNIT");
  if (unit != launch.kernel.macros.end() && unit->second == "1") return cpu ? 20 : 2;
  return cpu ? 6 : 1.2;
}

void AddLaunch(const DeviceInfo& device, Launch launch, KernelVariant* variant, double* effort) {
  *effort = std::max(*effort, Effort(device, launch));
  variant->launches.push_back(std::move(launch));
}

}  // namespace

std::vector<KernelVariant> LowerStridedCopies(const std::string& op, const LoweringRequest& request,
                                              const std::vector<StridedCopy>& copies) {
  if (!CanCopy(request, copies)) return {};
  KernelVariant row_major = NewRowMajorVariant(op + "_row_major", request);
  KernelVariant channels4 = NewVariant(op + "_channels4", request, request.storage);
  const bool integers = ElementOf(request) == DeviceElement::kInteger;
  bool has_channels4 = !integers && StorageWithinLimits(request) == request.storage;
  double row_major_effort = 1, channels4_effort = 1;
  for (const StridedCopy& copy : copies) {
    if (copy.elements() == 0) continue;
    const StridedCopy simple = Simplify(copy);
    if (KernelRank(simple) == 0) return {};
    AddLaunch(*request.device, MakeRowMajorLaunch(request, simple), &row_major, &row_major_effort);
    if (!has_channels4) continue;
    std::optional<Launch> launch = MakeChannelsLaunch(request, simple);
    has_channels4 = launch.has_value();
    if (has_channels4)
      AddLaunch(*request.device, *std::move(launch), &channels4, &channels4_effort);
  }
  row_major.estimate_ms *= row_major_effort;
  channels4.estimate_ms *= channels4_effort;
  if (integers) SetIntegerMoves(&row_major);
  std::vector<KernelVariant> variants = {std::move(row_major)};
  if (has_channels4) variants.push_back(std::move(channels4));
  return variants;
}

}  // namespace mace
