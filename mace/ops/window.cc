#include "mace/ops/window.h"

#include <algorithm>
#include <string>
#include <vector>

#include "mace/base/strings.h"

namespace mace {
namespace {

Status CheckNumber(const std::string& what, int64_t value, int64_t minimum) {
  if (value >= minimum && value <= WindowAttributes::kMaxNumber) return Status::Ok();
  return InvalidArgument(what + ": expected " + std::to_string(minimum) + " to " +
                         std::to_string(WindowAttributes::kMaxNumber) + ", found " +
                         std::to_string(value));
}

// Distributes `total` over both sides.
void SetPadding(int64_t total, bool extra_in_front, WindowAxis* axis) {
  axis->pad_before = extra_in_front ? total - total / 2 : total / 2;
  axis->pad_after = total - axis->pad_before;
}

// The output extent for paddings that are known, then the padding that is behind.
Status SlideOverPadded(const std::string& name, Rounding rounding, WindowAxis* axis) {
  const int64_t room = axis->in + axis->pad_before + axis->pad_after - axis->span();
  if (room < 0) {
    return InvalidArgument("window of " + std::to_string(axis->span()) + " in " + name +
                           " does not fit into the padded input of " +
                           std::to_string(axis->in + axis->pad_before + axis->pad_after));
  }
  axis->out = room / axis->stride + 1;
  if (rounding == Rounding::kCeil && room % axis->stride != 0 &&
      axis->out * axis->stride < axis->in + axis->pad_before) {
    ++axis->out;
  }
  return Status::Ok();
}

// The modes where the output extent comes first and the padding follows from it.
Status SlideByMode(const std::string& name, PaddingMode mode, WindowAxis* axis) {
  switch (mode) {
    case PaddingMode::kSame:
    case PaddingMode::kSameLower:
      axis->out = (axis->in - 1) / axis->stride + 1;
      break;
    case PaddingMode::kFull:
      axis->out = (axis->in + axis->span() - 2) / axis->stride + 1;
      break;
    default:
      return Internal("padding mode of " + name);
  }
  const int64_t covered = (axis->out - 1) * axis->stride + axis->span();
  SetPadding(std::max<int64_t>(0, covered - axis->in), mode == PaddingMode::kSameLower, axis);
  return Status::Ok();
}

}  // namespace

Status ParsePair(const AttributeMap& attributes, const char* name, int64_t minimum, int64_t* h,
                 int64_t* w) {
  if (!attributes.Has(name)) return Status::Ok();
  const std::vector<int64_t> values = attributes.GetInts(name);
  if (values.empty()) return Status::Ok();
  if (values.size() != 2) {
    return InvalidArgument(std::string(name) + ": expected [h, w], found [" +
                           JoinNumbers(values, ", ") + "]");
  }
  for (int64_t value : values) MACE_RETURN_IF_ERROR(CheckNumber(name, value, minimum));
  *h = values[0];
  *w = values[1];
  return Status::Ok();
}

StatusOr<WindowAttributes> WindowAttributes::Parse(const AttributeMap& attributes) {
  WindowAttributes result;
  MACE_RETURN_IF_ERROR(ParsePair(attributes, "strides", 1, &result.stride_h, &result.stride_w));
  MACE_RETURN_IF_ERROR(
      ParsePair(attributes, "dilations", 1, &result.dilation_h, &result.dilation_w));
  const std::vector<int64_t> pads = attributes.GetInts("pads");
  if (!pads.empty()) {
    if (pads.size() != 4) {
      return InvalidArgument("pads: expected [top, left, bottom, right], found [" +
                             JoinNumbers(pads, ", ") + "]");
    }
    for (int64_t pad : pads) MACE_RETURN_IF_ERROR(CheckNumber("pads", pad, 0));
    result.mode = PaddingMode::kExplicit;
    result.top = pads[0];
    result.left = pads[1];
    result.bottom = pads[2];
    result.right = pads[3];
    return result;
  }
  if (!attributes.GetInts("padding_values").empty()) {
    result.mode = PaddingMode::kTotals;
    MACE_RETURN_IF_ERROR(
        ParsePair(attributes, "padding_values", 0, &result.total_h, &result.total_w));
    return result;
  }
  const int64_t mode = attributes.GetInt("padding", static_cast<int64_t>(PaddingMode::kSame));
  if (mode < 0 || mode > static_cast<int64_t>(PaddingMode::kSameLower)) {
    return InvalidArgument(
        "padding: expected 0 (VALID), 1 (SAME), 2 (FULL) or 3 (SAME_LOWER), found " +
        std::to_string(mode));
  }
  result.mode = static_cast<PaddingMode>(mode);
  return result;
}

StatusOr<Window> WindowAttributes::Slide(int64_t in_h, int64_t in_w, int64_t kernel_h,
                                         int64_t kernel_w, Rounding rounding) const {
  MACE_RETURN_IF_ERROR(CheckNumber("input height", in_h, 1));
  MACE_RETURN_IF_ERROR(CheckNumber("input width", in_w, 1));
  MACE_RETURN_IF_ERROR(CheckNumber("kernel height", kernel_h, 1));
  MACE_RETURN_IF_ERROR(CheckNumber("kernel width", kernel_w, 1));
  Window window;
  window.h = {in_h, 1, kernel_h, stride_h, dilation_h, 0, 0};
  window.w = {in_w, 1, kernel_w, stride_w, dilation_w, 0, 0};
  if (mode == PaddingMode::kSame || mode == PaddingMode::kSameLower || mode == PaddingMode::kFull) {
    MACE_RETURN_IF_ERROR(SlideByMode("height", mode, &window.h));
    MACE_RETURN_IF_ERROR(SlideByMode("width", mode, &window.w));
    return window;
  }
  if (mode == PaddingMode::kTotals) {
    SetPadding(total_h, false, &window.h);
    SetPadding(total_w, false, &window.w);
  } else if (mode == PaddingMode::kExplicit) {
    window.h.pad_before = top;
    window.h.pad_after = bottom;
    window.w.pad_before = left;
    window.w.pad_after = right;
  }
  MACE_RETURN_IF_ERROR(SlideOverPadded("height", rounding, &window.h));
  MACE_RETURN_IF_ERROR(SlideOverPadded("width", rounding, &window.w));
  return window;
}

}  // namespace mace
