// How a tensor lies in device memory.
//
// kRowMajor: the dense elements in the order of the graph's shape; buffers only. The host sees this
//   layout, and ops that only move elements (Reshape, general Transpose, Gather) work on it.
// kChannels4: the tensor seen as [rows, width, channels] with the innermost axis as channels padded
//   to a multiple of four. The padding lanes hold zeros (of int8: q = 0): every kernel that
//   writes this layout keeps that (NaN in a padding lane would reach real ones through zero
//   weights).
//     buffer: element (row, w, c) at ((row * width) + w) * pitch + offset + c, in elements; pitch
//       is a multiple of 4 and >= channels rounded up, offset a multiple of 4: a slice of a
//       concatenation along the channels is the same memory with another offset.
//     image (CL_RGBA): texel x = (offset / 4 + c / 4) * width + w, y = row. pitch is unused.
//   For NHWC rows = N * H. Where channels is a multiple of 4 and the pitch is channels, the buffer
//   is also row-major.
// kBlocks8, kBlocks16: the same view with the channels in blocks of B = 8 or 16, the outermost
//   axis: [channels / B rounded up][rows][width][B], zeros in the padding lanes; buffers of floats
//   on CPUs only, B being the device's vector width. A row of one block is contiguous, where a
//   vector of channels4 lies a pitch from the next one: fewer pages and sets of the caches.
//     buffer: element (row, w, c) at c / B * pitch + offset + (row * width + w) * B + c % B; pitch
//       is rows * width * B, from block to block, and offset a multiple of it: a slice along the
//       channels from a multiple of B on is the same memory with another offset.
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
//   kInteger  int32 and int64: int32 in row-major buffers, whatever the precision. Kernels make
//             places in tensors, which fit; an int64 from the host that does not fit becomes the
//             nearest int32.
//   kNone     nothing: such a tensor stays on the host
enum class DeviceType : uint8_t { kNone, kNumber, kInteger };
DeviceType DeviceTypeOf(DType dtype);

enum class Layout : uint8_t { kRowMajor, kChannels4, kBlocks8, kBlocks16 };
enum class Storage : uint8_t { kBuffer, kImage };
// The element type in device memory. Sums of products are float, also on devices with cl_khr_fp16.
// With products of four channels in half and their sums in float, the output of MobileNetV2 0.35 is
// off by 5 % of its range, where half precision promises 2 %. Operations that are as exact in half
// as in float (maxima, the sum of two) are computed in half where the device can.
//   kInt8  the q of the format's quantization, in channels4 buffers alone
enum class Precision : uint8_t { kFloat32, kFloat16, kInt8 };

// How one tensor lies in device memory. Ops leave `precision` alone in what they lower, other than
// kInt8: the planner sets it to that of the request.
struct TensorFormat {
  Layout layout = Layout::kRowMajor;
  Storage storage = Storage::kBuffer;
  Precision precision = Precision::kFloat32;
  Quantization quantization = {};  // For kInt8 alone.
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
