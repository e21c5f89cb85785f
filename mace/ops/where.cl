// y = c ? a : b for a condition c of 0 and 1 (a NaN in what is not chosen stays out).
//
//   where          channels4, broadcasts that the 4-D view can express
//   where_strided  row-major, any broadcast
#include "broadcast_operand.clh"
#include "elementwise.clh"

// The condition's, as A's and B's; never a number.
#undef C_PARAMETER
#undef C4
#undef C_POINTER
#undef C1
#if C_KIND == 0
#define C_PARAMETER OPERAND_TENSOR(c)
#define C4(n, h, w, block) TENSOR4(c, n, h, w, block)
#define C_POINTER __global const STORAGE_T *c
#define C1(i) LOAD(c, i)
#else
#define C_PARAMETER OPERAND_WEIGHTS(c)
#define C4(n, h, w, block) WEIGHTS4(c, n, h, w, block)
#define C_POINTER __global const float *c
#define C1(i) c[i]
#endif

#ifdef USE_where
ENTRY void KERNEL(ITEM_IDS C_PARAMETER A_PARAMETER B_PARAMETER TENSOR_OUT(y), int rows, int height, int channels,
                  float a_scalar, float b_scalar) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const int n = at.x / height;
    const int h = at.x - n * height;
#if C_SPLAT
    const float4 condition = C4(n, h, at.y, 0).x;
#else
    const float4 condition = C4(n, h, at.y, at.z);
#endif
    const float4 v = A_BLOCK(a_scalar, n, h, at.y, at.z);
    const float4 u = B_BLOCK(b_scalar, n, h, at.y, at.z);
    WRITE4(y, at.x, at.y, at.z, channels, select(u, v, condition != (float4)(0.0f)));
  }
}
#endif

#ifdef USE_where_strided
ENTRY void KERNEL(ITEM_IDS C_POINTER, A_POINTER, B_POINTER, __global STORAGE_T *y, OPERAND_EXTENTS, OPERAND_STEPS(c),
                  OPERAND_STEPS(a), OPERAND_STEPS(b), int total) {
  const int index = ITEM_ID(0);
  if (index >= total) return;
  const int8 at = mace_position_of(index, (int8)(e0, e1, e2, e3, e4, e5, e6, e7));
  const float condition = C1(mace_sum8(at * STEPS_OF(c)));
  const float v = A1(mace_sum8(at * STEPS_OF(a)));
  const float u = B1(mace_sum8(at * STEPS_OF(b)));
  STORE(y, index, condition != 0.0f ? v : u);
}
#endif
