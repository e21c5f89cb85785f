// y = f(x) element by element. UNARY_FUNCTION numbers the functions in the order of unary.cc's
// table; a, b are their parameters.
#include "elementwise.clh"

#ifdef USE_unary
#undef UNARY
#if UNARY_FUNCTION == 0
#define UNARY(v) sqrt(v)
#elif UNARY_FUNCTION == 1
#define UNARY(v) (1.0f / sqrt(v))
#elif UNARY_FUNCTION == 2
#define UNARY(v) exp(v)
#elif UNARY_FUNCTION == 3
#define UNARY(v) log(v)
#elif UNARY_FUNCTION == 4
#define UNARY(v) floor(v)
#elif UNARY_FUNCTION == 5
#define UNARY(v) ceil(v)
#elif UNARY_FUNCTION == 6
#define UNARY(v) rint(v)
#elif UNARY_FUNCTION == 7
// Stable for large |v|; a NaN passes through the logarithm.
#define UNARY(v) (fmax((v), 0.0f) + log1p(exp(-fabs(v))))
#elif UNARY_FUNCTION == 8
#define UNARY(v) ((v) / (1.0f + fabs(v)))
#elif UNARY_FUNCTION == 9
#define UNARY(v) erf(v)
#elif UNARY_FUNCTION == 10
#define UNARY(v) ((v)*clamp((v) * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f))
#elif UNARY_FUNCTION == 11
#define UNARY(v) (0.5f * (v) * (1.0f + erf((v)*0.70710678f)))
#elif UNARY_FUNCTION == 12
#define UNARY(v) (0.5f * (v) * (1.0f + tanh(0.79788456f * ((v) + 0.044715f * (v) * (v) * (v)))))
#elif UNARY_FUNCTION == 13
#define UNARY(v) sin(v)
#elif UNARY_FUNCTION == 14
#define UNARY(v) cos(v)
#elif UNARY_FUNCTION == 15
#define UNARY(v) tan(v)
#elif UNARY_FUNCTION == 16
#define UNARY(v) asin(v)
#elif UNARY_FUNCTION == 17
#define UNARY(v) acos(v)
#elif UNARY_FUNCTION == 18
#define UNARY(v) atan(v)
#elif UNARY_FUNCTION == 19
#define UNARY(v) sinh(v)
#elif UNARY_FUNCTION == 20
#define UNARY(v) cosh(v)
#elif UNARY_FUNCTION == 21
#define UNARY(v) asinh(v)
#elif UNARY_FUNCTION == 22
#define UNARY(v) acosh(v)
#elif UNARY_FUNCTION == 23
#define UNARY(v) atanh(v)
#elif UNARY_FUNCTION == 24
#define UNARY(v) (-(v))
#elif UNARY_FUNCTION == 25
#define UNARY(v) fabs(v)
#elif UNARY_FUNCTION == 26
#define UNARY(v) ((v) * (v))
#elif UNARY_FUNCTION == 27
#define UNARY(v) (1.0f / (v))
#elif UNARY_FUNCTION == 28
// The built-in sign turns a NaN into zero.
#define UNARY(v) ((v) == (v) ? sign(v) : (v))
#elif UNARY_FUNCTION == 29
#define UNARY(v) log1p(v)
#elif UNARY_FUNCTION == 30
#define UNARY(v) expm1(v)
#elif UNARY_FUNCTION == 31
#define UNARY(v) ((v)*tanh(fmax((v), 0.0f) + log1p(exp(-fabs(v)))))
#elif UNARY_FUNCTION == 32
#define UNARY(v) ((v) / (1.0f + exp(-(v))))
#elif UNARY_FUNCTION == 33
#define UNARY(v) ((v) < 0.0f ? b * a * expm1(v) : b * (v))
#elif UNARY_FUNCTION == 34
#define UNARY(v) ((v) < 0.0f ? a * expm1((v) / a) : (v))
#elif UNARY_FUNCTION == 35
#define UNARY(v) ((v) <= a ? 0.0f : (v))
#elif UNARY_FUNCTION == 36
#define UNARY(v) tanh(v)
#elif UNARY_FUNCTION == 37
#define UNARY(v) (1.0f / (1.0f + exp(-(v))))
#elif UNARY_FUNCTION == 38
#define UNARY(v) ((v) < 0.0f ? 0.0f : (v))
#elif UNARY_FUNCTION == 39
#define UNARY(v) (clamp(rint((v) / a), b, b + 255.0f) * a)
#elif UNARY_FUNCTION == 40
#define UNARY(v) (rint((v) / a) * a)
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int channels, float a, float b) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
#if BLOCKS_PER_ITEM == 4
  if (DENSE(x, channels) && DENSE(y, channels) && first + 4 <= total) {
    const float16 v = LOAD16(x, x_offset + 4 * first);
    STORE16(y, y_offset + 4 * first, UNARY(v));
    return;
  }
#endif
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const float4 v = READ4(x, at.x, at.y, at.z);
    WRITE4(y, at.x, at.y, at.z, channels, UNARY(v));
  }
}
#endif
