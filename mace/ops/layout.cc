#include "mace/ops/layout.h"

namespace mace {

DeviceType DeviceTypeOf(DType dtype) {
  if (IsFloat(dtype) || dtype == DType::kBool) return DeviceType::kNumber;
  const bool integer = dtype == DType::kInt32 || dtype == DType::kInt64;
  return integer ? DeviceType::kInteger : DeviceType::kNone;
}

Nhwc AsNhwc(const Shape& shape) {
  Nhwc view;
  view.c = shape.back(0);
  view.w = shape.back(1);
  view.h = shape.back(2);
  view.n = shape.rank() > 3 ? shape.elements(0, shape.rank() - 3) : 1;
  return view;
}

const char* LayoutName(Layout layout) {
  return layout == Layout::kRowMajor ? "row_major" : "channels4";
}

const char* StorageName(Storage storage) {
  return storage == Storage::kBuffer ? "buffer" : "image";
}

}  // namespace mace
