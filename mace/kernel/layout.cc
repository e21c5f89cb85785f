#include "mace/kernel/layout.h"

#include "mace/base/divide.h"
#include "mace/graph/integer_type.h"

namespace mace {

DeviceElement DeviceElementOf(DType dtype) {
  if (IsFloat(dtype) || dtype == DType::kBool) return DeviceElement::kNumber;
  const IntegerType integer = IntegerTypeOf(dtype);
  const bool fits = integer.is_signed || (integer.bits > 0 && integer.bits <= 16);
  return fits ? DeviceElement::kInteger : DeviceElement::kNone;
}

Nhwc AsNhwc(const Shape& shape) {
  Nhwc view;
  view.c = shape.back(0);
  view.w = shape.back(1);
  view.h = shape.back(2);
  view.n = shape.rank() > 3 ? shape.elements(0, shape.rank() - 3) : 1;
  return view;
}

int64_t PaddedChannels(Layout layout, int64_t channels) {
  if (layout == Layout::kRowMajor) return channels;
  return RoundUp(channels, layout == Layout::kChannels4 ? 4 : BlockChannels(layout));
}

int64_t PitchOf(Layout layout, const Nhwc& view) {
  const int64_t block = BlockChannels(layout);
  return block > 0 ? view.rows() * view.w * block : PaddedChannels(layout, view.c);
}

int64_t SliceOffset(Layout layout, int64_t pitch, int64_t channel) {
  const int64_t block = BlockChannels(layout);
  return block > 0 ? channel / block * pitch : channel;
}

const char* LayoutName(Layout layout) {
  switch (layout) {
    case Layout::kRowMajor:
      return "row_major";
    case Layout::kChannels4:
      return "channels4";
    case Layout::kBlocks8:
      return "blocks8";
    case Layout::kBlocks16:
      return "blocks16";
  }
  return "row_major";
}

const char* StorageName(Storage storage) {
  return storage == Storage::kBuffer ? "buffer" : "image";
}

}  // namespace mace
