// c = activation(f(a, b)) element by element with NumPy's broadcasting. ELTWISE_TYPE is the
// attribute `type`.
//
//   eltwise          channels4, broadcasts that the 4-D view can express
//   eltwise_strided  row-major, any broadcast: eight extents, and eight steps an operand
//
// p, q: the weights of a SUM (1, 1 by default), or the bounds of a CLIP. What is true or false is 1 or 0.
#include "broadcast_operand.clh"
#include "elementwise.clh"

// T is the type of a and b.
#undef ELTWISE
#if ELTWISE_TYPE == 0
#define ELTWISE(T, a, b) (p * (a) + q * (b))
#elif ELTWISE_TYPE == 1
#define ELTWISE(T, a, b) ((a) - (b))
#elif ELTWISE_TYPE == 2
#define ELTWISE(T, a, b) ((a) * (b))
#elif ELTWISE_TYPE == 3
#define ELTWISE(T, a, b) ((a) / (b))
#elif ELTWISE_TYPE == 4
// fmin and fmax would drop a NaN.
#define ELTWISE(T, a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
#elif ELTWISE_TYPE == 5
#define ELTWISE(T, a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#elif ELTWISE_TYPE == 6
#define ELTWISE(T, a, b) (-(a))
#elif ELTWISE_TYPE == 7
#define ELTWISE(T, a, b) fabs(a)
#elif ELTWISE_TYPE == 8
#define ELTWISE(T, a, b) (((a) - (b)) * ((a) - (b)))
#elif ELTWISE_TYPE == 9
#define ELTWISE(T, a, b) pow((a), (b))
#elif ELTWISE_TYPE == 11
#define ELTWISE(T, a, b) floor((a) / (b))
#elif ELTWISE_TYPE == 12
#define ELTWISE(T, a, b) ((a) < p ? p : ((a) > q ? q : (a)))
#elif ELTWISE_TYPE == 13
#define ELTWISE(T, a, b) ((a) == (a) ? sign(a) : (a))
#elif ELTWISE_TYPE == 24
#define ELTWISE(T, a, b) fmod((a), (b))
#elif ELTWISE_TYPE == 10
#define ELTWISE(T, a, b) TRUTH(T, (a) == (b))
#elif ELTWISE_TYPE == 15
#define ELTWISE(T, a, b) TRUTH(T, (a) != (b))
#elif ELTWISE_TYPE == 16
#define ELTWISE(T, a, b) TRUTH(T, (a) < (b))
#elif ELTWISE_TYPE == 17
#define ELTWISE(T, a, b) TRUTH(T, (a) <= (b))
#elif ELTWISE_TYPE == 18
#define ELTWISE(T, a, b) TRUTH(T, (a) > (b))
#elif ELTWISE_TYPE == 19
#define ELTWISE(T, a, b) TRUTH(T, (a) >= (b))
#elif ELTWISE_TYPE == 20
#define ELTWISE(T, a, b) TRUTH(T, ((a) != (T)(0.0f)) & ((b) != (T)(0.0f)))
#elif ELTWISE_TYPE == 21
#define ELTWISE(T, a, b) TRUTH(T, ((a) != (T)(0.0f)) | ((b) != (T)(0.0f)))
#elif ELTWISE_TYPE == 22
#define ELTWISE(T, a, b) TRUTH(T, ((a) != (T)(0.0f)) ^ ((b) != (T)(0.0f)))
#endif
#undef TRUTH
#define TRUTH(T, condition) select((T)(0.0f), (T)(1.0f), (condition))

#ifdef USE_eltwise
#include "fused_activation.clh"
ENTRY void KERNEL(ITEM_IDS A_PARAMETER B_PARAMETER TENSOR_OUT(y), int rows, int height, int channels,
                  float scalar, float p, float q, float act_a, float act_b) {
  const int blocks = (channels + 3) / 4;
#if WHOLE_PIXELS
  const int pixel = ITEM_ID(0);
  if (pixel >= rows * y_width) return;
  const int row = pixel / y_width, w = pixel - row * y_width;
  const int n = row / height, h = row - n * height;
  const int to = ADDRESS(y, row, w, 0);
  int c = 0;
  for (; c + 16 <= channels; c += 16) {
    const float16 v = A16(n, h, w, c);
    const float16 u = B16(n, h, w, c);
    const float16 result = ELTWISE(float16, v, u);
    STORE16(y, to + c, ACTIVATE(result, act_a, act_b));
  }
  for (int block = c / 4; block < blocks; ++block) {
    const float4 v = A4(n, h, w, block);
    const float4 u = B4(n, h, w, block);
    const float4 result = ELTWISE(float4, v, u);
    WRITE4(y, row, w, block, channels, ACTIVATE(result, act_a, act_b));
  }
#else
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
#if SAME_SHAPE && BLOCKS_PER_ITEM == 4
#if A_KIND == 0
  const bool dense_a = DENSE(a, channels);
#else
  const bool dense_a = true;
#endif
#if B_KIND == 0
  const bool dense_b = DENSE(b, channels);
#else
  const bool dense_b = true;
#endif
  if (dense_a && dense_b && DENSE(y, channels) && first + 4 <= total) {
#if A_KIND == 0
    const float16 v = LOAD16(a, a_offset + 4 * first);
#else
    const float16 v = scalar;
#endif
#if B_KIND == 0
    const float16 u = LOAD16(b, b_offset + 4 * first);
#else
    const float16 u = scalar;
#endif
    const float16 result = ELTWISE(float16, v, u);
    STORE16(y, y_offset + 4 * first, ACTIVATE(result, act_a, act_b));
    return;
  }
#endif
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const int n = at.x / height;
    const int h = at.x - n * height;
    const float4 v = A_BLOCK(scalar, n, h, at.y, at.z);
    const float4 u = B_BLOCK(scalar, n, h, at.y, at.z);
    const float4 result = ELTWISE(float4, v, u);
    WRITE4(y, at.x, at.y, at.z, channels, ACTIVATE(result, act_a, act_b));
  }
#endif
}
#endif

#ifdef USE_eltwise_strided
#include "fused_activation.clh"
ENTRY void KERNEL(ITEM_IDS A_POINTER, B_POINTER, __global STORAGE_T *y, OPERAND_EXTENTS, OPERAND_STEPS(a),
                  OPERAND_STEPS(b), int total, float p, float q, float act_a, float act_b) {
  const int index = ITEM_ID(0);
  if (index >= total) return;
  const int8 at = mace_position_of(index, (int8)(e0, e1, e2, e3, e4, e5, e6, e7));
  const float v = A1(mace_sum8(at * STEPS_OF(a)));
  const float u = B1(mace_sum8(at * STEPS_OF(b)));
  const float result = ELTWISE(float, v, u);
  STORE(y, index, ACTIVATE(result, act_a, act_b));
}
#endif
