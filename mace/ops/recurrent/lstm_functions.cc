#include "mace/ops/recurrent/lstm_functions.h"

#include <algorithm>
#include <cmath>

// The x86 instructions are used where the processor has them, whatever the build was told.
#if defined(__x86_64__) && defined(__GNUC__)
#define MACE_LSTM_FUNCTIONS_X86 1
#include <immintrin.h>
#endif

namespace mace {
namespace {

// Horner's rule; the coefficient of the highest power comes first.
template <size_t count>
float Polynomial(const float (&coefficients)[count], float x) {
  float result = coefficients[0];
  for (size_t i = 1; i < count; ++i) result = std::fma(x, result, coefficients[i]);
  return result;
}

// The coefficients of x^9 to x, and of x^10 to 1.
constexpr float kLogisticTop[] = {4.37031012579801e-11f, 1.15627324459942e-07f,
                                  6.08574864600143e-05f, 8.51377133304701e-03f,
                                  2.48287947061529e-01f};
constexpr float kLogisticBottom[] = {6.10247389755681e-13f, 5.76102136993427e-09f,
                                     6.29106785017040e-06f, 1.70198817374094e-03f,
                                     1.16817656904453e-01f, 9.93151921023180e-01f};
// The coefficients of x^13 to x, and of x^6 to 1.
constexpr float kTanhTop[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                              5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                              4.89352455891786e-03f};
constexpr float kTanhBottom[] = {1.19825839466702e-06f, 1.18534705686654e-04f,
                                 2.26843463243900e-03f, 4.89352518554385e-03f};

#ifdef MACE_LSTM_FUNCTIONS_X86
#define MACE_FMA __attribute__((target("avx2,fma")))

// No product is followed by a sum but those of Horner's rule, so that a compiler finds nothing else
// to fuse.
template <size_t count>
MACE_FMA inline __m256 Polynomial8(const float (&coefficients)[count], __m256 x) {
  __m256 result = _mm256_set1_ps(coefficients[0]);
  for (size_t i = 1; i < count; ++i) {
    result = _mm256_fmadd_ps(x, result, _mm256_set1_ps(coefficients[i]));
  }
  return result;
}

// As std::clamp: a NaN, which is the second operand of each instruction, stays one.
MACE_FMA inline __m256 Clamp8(__m256 x, float low, float high) {
  return _mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), x));
}

// Both functions replace whole groups of eight and return how many numbers that were.
MACE_FMA size_t LogisticX86(float* numbers, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 x = Clamp8(_mm256_loadu_ps(numbers + i), -18, 18);
    const __m256 square = _mm256_mul_ps(x, x);
    const __m256 top = _mm256_mul_ps(Polynomial8(kLogisticTop, square), x);
    const __m256 quotient = _mm256_div_ps(top, Polynomial8(kLogisticBottom, square));
    _mm256_storeu_ps(numbers + i, Clamp8(_mm256_add_ps(quotient, _mm256_set1_ps(0.5f)), 0, 1));
  }
  return i;
}

MACE_FMA size_t TanhX86(float* numbers, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 x = Clamp8(_mm256_loadu_ps(numbers + i), -9, 9);
    const __m256 square = _mm256_mul_ps(x, x);
    const __m256 top = _mm256_mul_ps(Polynomial8(kTanhTop, square), x);
    _mm256_storeu_ps(numbers + i, _mm256_div_ps(top, Polynomial8(kTanhBottom, square)));
  }
  return i;
}

bool ProcessorFuses() {
  static const bool fuses =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return fuses;
}
#endif

}  // namespace

float LstmLogistic(float x) {
  x = std::clamp(x, -18.0f, 18.0f);
  const float square = x * x;
  const float top = Polynomial(kLogisticTop, square) * x;
  return std::clamp(top / Polynomial(kLogisticBottom, square) + 0.5f, 0.0f, 1.0f);
}

float LstmTanh(float x) {
  x = std::clamp(x, -9.0f, 9.0f);
  const float square = x * x;
  return Polynomial(kTanhTop, square) * x / Polynomial(kTanhBottom, square);
}

void ApplyLstmLogistic(float* numbers, size_t count) {
  size_t i = 0;
#ifdef MACE_LSTM_FUNCTIONS_X86
  if (ProcessorFuses()) i = LogisticX86(numbers, count);
#endif
  for (; i < count; ++i) numbers[i] = LstmLogistic(numbers[i]);
}

void ApplyLstmTanh(float* numbers, size_t count) {
  size_t i = 0;
#ifdef MACE_LSTM_FUNCTIONS_X86
  if (ProcessorFuses()) i = TanhX86(numbers, count);
#endif
  for (; i < count; ++i) numbers[i] = LstmTanh(numbers[i]);
}

}  // namespace mace

#undef MACE_FMA
#undef MACE_LSTM_FUNCTIONS_X86
