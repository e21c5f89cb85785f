// IEEE binary16 ("half") and bfloat16 as bit patterns, and their conversions. Rounding is to
// nearest, ties to even; subnormals, infinities and signs are kept; a NaN stays a NaN (quiet, upper
// payload bits kept).
//
// Errors: none; a value too large becomes an infinity. Thread contract: thread-safe.
#ifndef MACE_BASE_HALF_H_
#define MACE_BASE_HALF_H_

#include <cstdint>

#include "mace/base/span.h"

namespace mace {

float HalfToFloat(uint16_t bits);
uint16_t FloatToHalf(float value);
float Bfloat16ToFloat(uint16_t bits);
uint16_t FloatToBfloat16(float value);

// Whole arrays. REQUIRES: both have the same size and do not overlap.
void HalvesToFloats(Span<const uint16_t> in, Span<float> out);
void FloatsToHalves(Span<const float> in, Span<uint16_t> out);
void Bfloat16sToFloats(Span<const uint16_t> in, Span<float> out);
void FloatsToBfloat16s(Span<const float> in, Span<uint16_t> out);

}  // namespace mace

#endif  // MACE_BASE_HALF_H_
