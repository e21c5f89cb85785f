// c = activation(f(a, b)) element by element with NumPy's broadcasting. ELTWISE_TYPE is the
// attribute `type`.
//
//   eltwise          channels4, broadcasts that the 4-D view can express
//   eltwise_strided  row-major, any broadcast: eight extents, and eight steps an operand
//
// A_KIND, B_KIND say what an operand is: 0 a tensor, 1 packed weights laid out like a channels4
// buffer, 2 the float `scalar`. Where it has extent 1 the steps given for it are 0. A_SPLAT,
// B_SPLAT 1: it has one channel for the many of the result. p, q: the weights of a SUM (1, 1 by
// default), or the bounds of a CLIP.
#include "elementwise.clh"

#undef ELTWISE
#if ELTWISE_TYPE == 0
#define ELTWISE(a, b) (p * (a) + q * (b))
#elif ELTWISE_TYPE == 1
#define ELTWISE(a, b) ((a) - (b))
#elif ELTWISE_TYPE == 2
#define ELTWISE(a, b) ((a) * (b))
#elif ELTWISE_TYPE == 3
#define ELTWISE(a, b) ((a) / (b))
#elif ELTWISE_TYPE == 4
// fmin and fmax would drop a NaN.
#define ELTWISE(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
#elif ELTWISE_TYPE == 5
#define ELTWISE(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#elif ELTWISE_TYPE == 6
#define ELTWISE(a, b) (-(a))
#elif ELTWISE_TYPE == 7
#define ELTWISE(a, b) fabs(a)
#elif ELTWISE_TYPE == 8
#define ELTWISE(a, b) (((a) - (b)) * ((a) - (b)))
#elif ELTWISE_TYPE == 9
#define ELTWISE(a, b) pow((a), (b))
#elif ELTWISE_TYPE == 11
#define ELTWISE(a, b) floor((a) / (b))
#elif ELTWISE_TYPE == 12
#define ELTWISE(a, b) ((a) < p ? p : ((a) > q ? q : (a)))
#elif ELTWISE_TYPE == 13
#define ELTWISE(a, b) ((a) == (a) ? sign(a) : (a))
#elif ELTWISE_TYPE == 24
#define ELTWISE(a, b) fmod((a), (b))
#endif

#ifdef USE_eltwise
#include "fused_activation.clh"
#undef A_PARAMETER
#undef A4
#undef B_PARAMETER
#undef B4
#if A_KIND == 0
#define A_PARAMETER TENSOR_IN(x), int x_n, int x_h, int x_w,
#define A4(row, w, block) READ4(x, row, w, block)
#elif A_KIND == 1
#define A_PARAMETER __global const float *x, int x_n, int x_h, int x_w, int x_width, int x_pitch,
#define A4(row, w, block) vload4(0, x + ((row)*x_width + (w)) * x_pitch + 4 * (block))
#else
#define A_PARAMETER
#endif
#if B_KIND == 0
#define B_PARAMETER TENSOR_IN(z), int z_n, int z_h, int z_w,
#define B4(row, w, block) READ4(z, row, w, block)
#elif B_KIND == 1
#define B_PARAMETER __global const float *z, int z_n, int z_h, int z_w, int z_width, int z_pitch,
#define B4(row, w, block) vload4(0, z + ((row)*z_width + (w)) * z_pitch + 4 * (block))
#else
#define B_PARAMETER
#endif

ENTRY void KERNEL(ITEM_IDS A_PARAMETER B_PARAMETER TENSOR_OUT(y), int rows, int height, int channels,
                  float scalar, float p, float q, float act_a, float act_b) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
#if SAME_SHAPE && BLOCKS_PER_ITEM == 4
#if A_KIND == 0
  const bool dense_a = DENSE(x, channels);
#else
  const bool dense_a = true;
#endif
#if B_KIND == 0
  const bool dense_b = DENSE(z, channels);
#else
  const bool dense_b = true;
#endif
  if (dense_a && dense_b && DENSE(y, channels) && first + 4 <= total) {
#if A_KIND == 0
    const float16 v = LOAD16(x, x_offset + 4 * first);
#else
    const float16 v = scalar;
#endif
#if B_KIND == 0
    const float16 u = LOAD16(z, z_offset + 4 * first);
#else
    const float16 u = scalar;
#endif
    const float16 result = ELTWISE(v, u);
    STORE16(y, y_offset + 4 * first, ACTIVATE(result, act_a, act_b));
    return;
  }
#endif
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const int n = at.x / height;
    const int h = at.x - n * height;
#if A_KIND == 2
    const float4 v = scalar;
#elif A_SPLAT
    const float4 v = A4(n * x_n + h * x_h, at.y * x_w, 0).x;
#else
    const float4 v = A4(n * x_n + h * x_h, at.y * x_w, at.z);
#endif
#if B_KIND == 2
    const float4 u = scalar;
#elif B_SPLAT
    const float4 u = B4(n * z_n + h * z_h, at.y * z_w, 0).x;
#else
    const float4 u = B4(n * z_n + h * z_h, at.y * z_w, at.z);
#endif
    const float4 result = ELTWISE(v, u);
    WRITE4(y, at.x, at.y, at.z, channels, ACTIVATE(result, act_a, act_b));
  }
}
#endif

#ifdef USE_eltwise_strided
#include "fused_activation.clh"
#undef A_POINTER
#undef A1
#undef B_POINTER
#undef B1
#if A_KIND == 0
#define A_POINTER __global const STORAGE_T
#define A1(i) LOAD(x, i)
#else
#define A_POINTER __global const float
#define A1(i) x[i]
#endif
#if B_KIND == 0
#define B_POINTER __global const STORAGE_T
#define B1(i) LOAD(z, i)
#else
#define B_POINTER __global const float
#define B1(i) z[i]
#endif

ENTRY void KERNEL(ITEM_IDS A_POINTER *x, B_POINTER *z, __global STORAGE_T *y, int e0, int e1, int e2,
                  int e3, int e4, int e5, int e6, int e7, int x0, int x1, int x2, int x3, int x4,
                  int x5, int x6, int x7, int z0, int z1, int z2, int z3, int z4, int z5, int z6,
                  int z7, int total, float p, float q, float act_a, float act_b) {
  const int extent[8] = {e0, e1, e2, e3, e4, e5, e6, e7};
  const int step_x[8] = {x0, x1, x2, x3, x4, x5, x6, x7};
  const int step_z[8] = {z0, z1, z2, z3, z4, z5, z6, z7};
  const int index = ITEM_ID(0);
  if (index >= total) return;
  int at_x = 0;
  int at_z = 0;
  int rest = index;
  for (int axis = 7; axis >= 0; --axis) {
    const int outer = rest / extent[axis];
    const int coordinate = rest - outer * extent[axis];
    at_x += coordinate * step_x[axis];
    at_z += coordinate * step_z[axis];
    rest = outer;
  }
  const float v = A1(at_x);
  const float u = B1(at_z);
  const float result = ELTWISE(v, u);
  STORE(y, index, ACTIVATE(result, act_a, act_b));
}
#endif
