#include "mace/plan/tensor_formats.h"

namespace mace {

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
  // Whether the bytes equal those of row_major.
  const auto is_dense = [view = AsNhwc(shape)](Layout layout) {
    const int64_t block = BlockChannels(layout);
    if (block == 0) return layout == Layout::kRowMajor || view.c % 4 == 0;
    return view.c == block || (view.c % block == 0 && view.rows() * view.w == 1);
  };
  return is_dense(a.layout) && is_dense(b.layout);
}

}  // namespace mace
