// The variants of a convolution whose numbers are all int8 (int8.h):
//   <op>_int8  sums of byte products in int32, four products at once (ByteProducts in
//              device_info.h). With one output channel for each input channel, sums in float, which
//              are exact there.
// These variants read and write int8 (Precision::kInt8). Every other variant can run such a
// convolution, too: it computes in float, and an extra launch rounds its result.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_INT8_LOWERING_H_
#define MACE_OPS_CONV_INT8_LOWERING_H_

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// Adds the launch that rounds the result to each variant, and drops the variants on images, because
// a kernel cannot read and write one image.
void RoundResults(const ConvolutionRequest& request, std::vector<KernelVariant>* variants);

// Adds the variants of integer kernels. There are none where the device has no such products, the
// filter is no multiple of its scale, the sums might not fit, or the activation is more than a
// clamp. REQUIRES: int8 is set.
void LowerInt8(const ConvolutionRequest& request, std::vector<KernelVariant>* result);

// For the variants' own files.
//
// A filter's elements in steps of its scale; with 0, which pads it.
struct FilterRange {
  int64_t smallest = 0, largest = 0;
  // The number that is added to make signed bytes of the elements.
  int64_t offset() const {
    return smallest < -128 ? -128 - smallest : std::min<int64_t>(0, 127 - largest);
  }
};
// The range of a filter's elements; nothing where they are not whole numbers, or lie more than 255
// apart.
std::optional<FilterRange> RangeOfFilter(const HostTensor& filter, float scale);
int64_t WholeNumber(float value, float scale);

// The result in steps of y's scale, after the activation.
struct RoundedRange {
  int32_t low = 0, high = 0;
};
std::optional<RoundedRange> RangeOfResult(const Convolution& convolution);

// One launch with x and y among its arguments.
KernelVariant NewInt8Variant(const ConvolutionRequest& request, const std::string& kernel);
// The bias in steps of y's scale, zeros up to `count`.
PackedWeights PackRoundedBias(const ConvolutionRequest& request, int64_t count);
// The last arguments of both kernels: zero, scale, low, high.
void AppendRounding(const Convolution& convolution, const RoundedRange& range, Launch* launch);

void LowerInt8Products(const ConvolutionRequest& request, const FilterRange& filter,
                       const RoundedRange& range, std::vector<KernelVariant>* result);
// REQUIRES: depthwise.
void LowerInt8Depthwise(const ConvolutionRequest& request, const RoundedRange& range,
                        std::vector<KernelVariant>* result);

}  // namespace mace

#endif  // MACE_OPS_CONV_INT8_LOWERING_H_
