// The sliding window that convolution, pooling and deconvolution share: strides, dilations and
// padding as the attributes give them, and what they come to for one input extent.
//
// Attributes, strongest first:
//   pads            [top, left, bottom, right], not negative
//   padding_values  [total_h, total_w], split with the smaller half before (top = total / 2)
//   padding         0 VALID, 1 SAME, 2 FULL, 3 SAME_LOWER; absent: SAME
// and strides, dilations: [h, w], positive, absent: 1.
// Thread contract: thread-compatible; all functions are pure.
#ifndef MACE_OPS_WINDOW_H_
#define MACE_OPS_WINDOW_H_

#include <cstdint>

#include "mace/base/status.h"
#include "mace/graph/node.h"

namespace mace {

enum class PaddingMode : uint8_t {
  kValid = 0,
  kSame = 1,       // ceil(in / stride); an odd total has its extra row or column behind.
  kFull = 2,       // Every window that touches the input.
  kSameLower = 3,  // kSame, with the extra element in front.
  kTotals,         // padding_values.
  kExplicit,       // pads.
};

// Whether a last window that only partly fits is dropped or kept. A window that would begin behind
// the input is dropped in both cases: it would see no element.
enum class Rounding : uint8_t { kFloor, kCeil };

// One axis of a window that slides over an input extent: output o reads the elements
// o * stride - pad_before + k * dilation for k in [0, kernel) that are inside [0, in).
struct WindowAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_before = 0;
  int64_t pad_after = 0;

  // The elements of the input from the first tap to the last.
  int64_t span() const { return (kernel - 1) * dilation + 1; }
};

struct Window {
  WindowAxis h;
  WindowAxis w;
};

struct WindowAttributes {
  // Above this a number is refused: sums and products of two of them stay inside int64_t.
  static constexpr int64_t kMaxNumber = int64_t{1} << 30;

  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  PaddingMode mode = PaddingMode::kSame;
  int64_t total_h = 0, total_w = 0;                  // kTotals.
  int64_t top = 0, left = 0, bottom = 0, right = 0;  // kExplicit.

  // kInvalidArgument says which attribute, expected and found.
  static StatusOr<WindowAttributes> Parse(const AttributeMap& attributes);

  // The window over an input of in_h x in_w. kInvalidArgument where an extent is not in
  // [1, kMaxNumber] or the kernel fits nowhere.
  StatusOr<Window> Slide(int64_t in_h, int64_t in_w, int64_t kernel_h, int64_t kernel_w,
                         Rounding rounding = Rounding::kFloor) const;
};

// Reads [h, w] of positive numbers, or leaves both as they are where the attribute is absent.
Status ParsePair(const AttributeMap& attributes, const char* name, int64_t minimum, int64_t* h,
                 int64_t* w);

}  // namespace mace

#endif  // MACE_OPS_WINDOW_H_
