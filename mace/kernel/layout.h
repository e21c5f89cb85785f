// The layouts of a tensor in device memory.
//
// kRowMajor: dense elements in the order of the graph's shape; buffers only. The host uses this
//   layout, and so do ops that only move elements (Reshape, general Transpose, Gather).
//
// kChannels4 (known as NC4HW4 elsewhere): the tensor as [rows, width, channels]; its innermost axis
//   is the channels, padded to a multiple of four. For NHWC, rows = N * H. Padding lanes hold zeros
//   (int8: the zero point), and every kernel that writes this layout must write them, because a NaN
//   in a padding lane would reach real lanes through zero weights.
//     buffer  element (row, w, c) is at (row * width + w) * pitch + offset + c, in elements. The
//             pitch is a multiple of 4 and at least the padded channels; the offset is a multiple
//             of 4. A slice of a concatenation along the channels is the same memory with another
//             offset.
//     image   CL_RGBA; the texel is at x = (offset / 4 + c / 4) * width + w, y = row. The pitch is
//             unused.
//   If the channels are a multiple of 4 and equal to the pitch, the buffer is also row-major.
//
// kBlocks8, kBlocks16 (known as nChw8c, nChw16c): the same view with channels in blocks of B = 8 or
//   16, [channels / B rounded up][rows][width][B]. Padding lanes hold zeros. Buffers of floats on
//   CPUs only; B is the width of the device's vectors. A row of one block is contiguous, whereas
//   the pixels of channels4 are a pitch apart and touch more pages and cache sets.
//     buffer  element (row, w, c) is at c / B * pitch + offset + (row * width + w) * B + c % B. The
//             pitch is rows * width * B, the distance of two blocks; the offset is a multiple of
//             the pitch. A slice that begins at a multiple of B channels is the same memory with
//             another offset.
#ifndef MACE_KERNEL_LAYOUT_H_
#define MACE_KERNEL_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "mace/graph/dtype.h"
#include "mace/graph/shape.h"
#include "mace/kernel/quantization.h"

namespace mace {

// The form in which a kernel sees the elements of a dtype.
//   kNumber   floats, and bools as 0 and 1: numbers of the format's precision, in any format
//   kInteger  int64, int32, and integers of 16 and fewer bits: int32 in row-major buffers, whatever
//             the precision. An int64 that does not fit is an error of the run: the session checks
//             those of the host, and kernels report those that they compute (ops/fault_record.h).
//   kNone     other types: such a tensor stays on the host
enum class DeviceElement : uint8_t { kNone, kNumber, kInteger };
DeviceElement DeviceElementOf(DType dtype);

enum class Layout : uint8_t { kRowMajor, kChannels4, kBlocks8, kBlocks16 };
enum class Storage : uint8_t { kBuffer, kImage };
// The element type in device memory.
//   kFloat32  float
//   kFloat16  half. Sums of products are float, even on devices with cl_khr_fp16: with products of
//             four channels in half and their sums in float, the output of MobileNetV2 0.35 is off
//             by 5 % of its range, and the tolerance of half precision is 2 %. Operations that are
//             as exact in half as in float (maximum, the sum of two) use half where the device can.
//   kInt8     the q of the format's quantization, in channels4 buffers only
enum class Precision : uint8_t { kFloat32, kFloat16, kInt8 };

// The format of one tensor in device memory. The planner sets `precision` to that of the request in
// the variants of an op, except where the op has set kInt8.
struct TensorFormat {
  Layout layout = Layout::kRowMajor;
  Storage storage = Storage::kBuffer;
  Precision precision = Precision::kFloat32;
  Quantization quantization = {};  // For kInt8 only.
  friend bool operator==(const TensorFormat& a, const TensorFormat& b) {
    return a.layout == b.layout && a.storage == b.storage && a.precision == b.precision &&
           a.quantization == b.quantization;
  }
  friend bool operator!=(const TensorFormat& a, const TensorFormat& b) { return !(a == b); }
};

// The 4-D view of a shape: right aligned, leading axes beyond four folded into n. Rank 2 [a, c] is
// n = h = 1, w = a.
struct Nhwc {
  int64_t n = 1, h = 1, w = 1, c = 1;
  int64_t rows() const { return n * h; }
  int64_t blocks() const { return (c + 3) / 4; }
};
Nhwc AsNhwc(const Shape& shape);

// Channels of a block: 8 or 16; 0 for layouts without blocks.
inline int BlockChannels(Layout layout) {
  if (layout == Layout::kBlocks16) return 16;
  return layout == Layout::kBlocks8 ? 8 : 0;
}

// Channels of a tensor of `channels`, and padding lanes, in a buffer of its own.
int64_t PaddedChannels(Layout layout, int64_t channels);
// The pitch of a tensor with a buffer of its own, as described above; for row-major, the channels.
int64_t PitchOf(Layout layout, const Nhwc& view);
// Elements from the beginning of a tensor of this pitch to its channel `channel`, where a slice may
// begin.
int64_t SliceOffset(Layout layout, int64_t pitch, int64_t channel);

// Bytes of one element in device memory.
inline size_t ElementBytes(Precision precision) {
  if (precision == Precision::kInt8) return 1;
  return precision == Precision::kFloat16 ? 2 : 4;
}

inline TensorFormat Int8Format(const Quantization& quantization) {
  return {Layout::kChannels4, Storage::kBuffer, Precision::kInt8, quantization};
}

const char* LayoutName(Layout layout);
const char* StorageName(Storage storage);

}  // namespace mace

#endif  // MACE_KERNEL_LAYOUT_H_
