#include "mace/base/half.h"

#include <cstddef>
#include <cstring>

// The x86 instructions are used where the processor has them, whatever the build was told.
#if defined(__x86_64__) && defined(__GNUC__)
#define MACE_HALF_X86 1
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace mace {
namespace {

uint32_t FloatBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float BitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Drops the lowest `count` bits, to nearest, ties to even; a carry runs into the bits above, as
// exponents want it.
uint32_t RoundOff(uint32_t value, uint32_t count) {
  const uint32_t half = 1u << (count - 1);
  const uint32_t even = (value >> count) & 1;
  return (value + half - 1 + even) >> count;
}

#ifdef MACE_HALF_X86
// Both functions convert whole groups of eight and return how many elements that were.
__attribute__((target("avx,f16c"))) size_t HalvesToFloatsX86(Span<const uint16_t> in,
                                                             Span<float> out) {
  size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in.data() + i));
    _mm256_storeu_ps(out.data() + i, _mm256_cvtph_ps(halves));
  }
  return i;
}

__attribute__((target("avx,f16c"))) size_t FloatsToHalvesX86(Span<const float> in,
                                                             Span<uint16_t> out) {
  size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) {
    const __m128i halves =
        _mm256_cvtps_ph(_mm256_loadu_ps(in.data() + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data() + i), halves);
  }
  return i;
}

bool ProcessorConverts() {
  static const bool converts = [] {
    // Not every compiler's __builtin_cpu_supports knows f16c; what it says of avx holds for the
    // system's part in both.
    unsigned int a = 0, b = 0, c = 0, d = 0;
    const bool f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
    return f16c && __builtin_cpu_supports("avx") != 0;
  }();
  return converts;
}
#endif

}  // namespace

float HalfToFloat(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = (bits >> 10) & 0x1F;
  const uint32_t mantissa = bits & 0x3FF;
  if (exponent == 0x1F) {  // Infinity, or NaN made quiet.
    const uint32_t quiet = mantissa != 0 ? 0x400000u : 0u;
    return BitsToFloat(sign | 0x7F800000u | quiet | (mantissa << 13));
  }
  if (exponent == 0) {  // Zero or subnormal: mantissa × 2^-24, exact in float.
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return BitsToFloat(sign | FloatBits(magnitude));
  }
  return BitsToFloat(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = FloatBits(value);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  uint32_t half;
  if (magnitude > 0x7F800000) {  // NaN.
    half = 0x7E00 | ((magnitude >> 13) & 0x3FF);
  } else if (magnitude >= 0x47800000) {  // 65536 and above.
    half = 0x7C00;
  } else if (magnitude >=
             0x38800000) {  // 2^-14 and above: normal; a carry may make it an infinity.
    half = RoundOff(magnitude - (112u << 23), 13);
  } else if (magnitude < 0x33000000) {  // Below 2^-25: rounds to zero.
    half = 0;
  } else {  // Subnormal: the mantissa with its hidden bit, in units of 2^-24.
    half = RoundOff((magnitude & 0x7FFFFF) | 0x800000, 126 - (magnitude >> 23));
  }
  return static_cast<uint16_t>(sign | half);
}

float Bfloat16ToFloat(uint16_t bits) {
  // The quiet bit goes on a NaN here too, so that both directions agree.
  const bool is_nan = (bits & 0x7FFF) > 0x7F80;
  return BitsToFloat(static_cast<uint32_t>(bits | (is_nan ? 0x40 : 0)) << 16);
}

uint16_t FloatToBfloat16(float value) {
  const uint32_t bits = FloatBits(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>(RoundOff(bits, 16));
}

void HalvesToFloats(Span<const uint16_t> in, Span<float> out) {
  size_t i = 0;
#ifdef MACE_HALF_X86
  if (ProcessorConverts()) i = HalvesToFloatsX86(in, out);
#endif
  for (; i < in.size(); ++i) out[i] = HalfToFloat(in[i]);
}

void FloatsToHalves(Span<const float> in, Span<uint16_t> out) {
  size_t i = 0;
#ifdef MACE_HALF_X86
  if (ProcessorConverts()) i = FloatsToHalvesX86(in, out);
#endif
  for (; i < in.size(); ++i) out[i] = FloatToHalf(in[i]);
}

void Bfloat16sToFloats(Span<const uint16_t> in, Span<float> out) {
  for (size_t i = 0; i < in.size(); ++i) out[i] = Bfloat16ToFloat(in[i]);
}

void FloatsToBfloat16s(Span<const float> in, Span<uint16_t> out) {
  for (size_t i = 0; i < in.size(); ++i) out[i] = FloatToBfloat16(in[i]);
}

}  // namespace mace

#undef MACE_HALF_X86
