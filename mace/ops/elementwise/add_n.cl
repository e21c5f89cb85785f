// y = the sum of COUNT (1 to 8) tensors of one shape; with CONSTANT 1 also of packed weights laid
// out like a dense channels4 buffer; with ACCUMULATE 1 (buffers only) also of what y held before.
#include "elementwise.clh"

#ifdef USE_add_n
#undef X1
#undef X2
#undef X3
#undef X4
#undef X5
#undef X6
#undef X7
#undef ADD1
#undef ADD2
#undef ADD3
#undef ADD4
#undef ADD5
#undef ADD6
#undef ADD7
#undef CONSTANT_PARAMETER
#if COUNT > 1
#define X1 , TENSOR_IN(x1)
#define ADD1(row, w, block) +READ4(x1, row, w, block)
#else
#define X1
#define ADD1(row, w, block)
#endif
#if COUNT > 2
#define X2 , TENSOR_IN(x2)
#define ADD2(row, w, block) +READ4(x2, row, w, block)
#else
#define X2
#define ADD2(row, w, block)
#endif
#if COUNT > 3
#define X3 , TENSOR_IN(x3)
#define ADD3(row, w, block) +READ4(x3, row, w, block)
#else
#define X3
#define ADD3(row, w, block)
#endif
#if COUNT > 4
#define X4 , TENSOR_IN(x4)
#define ADD4(row, w, block) +READ4(x4, row, w, block)
#else
#define X4
#define ADD4(row, w, block)
#endif
#if COUNT > 5
#define X5 , TENSOR_IN(x5)
#define ADD5(row, w, block) +READ4(x5, row, w, block)
#else
#define X5
#define ADD5(row, w, block)
#endif
#if COUNT > 6
#define X6 , TENSOR_IN(x6)
#define ADD6(row, w, block) +READ4(x6, row, w, block)
#else
#define X6
#define ADD6(row, w, block)
#endif
#if COUNT > 7
#define X7 , TENSOR_IN(x7)
#define ADD7(row, w, block) +READ4(x7, row, w, block)
#else
#define X7
#define ADD7(row, w, block)
#endif
#if CONSTANT
#define CONSTANT_PARAMETER , __global const float *constants
#else
#define CONSTANT_PARAMETER
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x0) X1 X2 X3 X4 X5 X6 X7 CONSTANT_PARAMETER, TENSOR_OUT(y), int rows,
                  int channels) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const int row = at.x, w = at.y, block = at.z;
#if HALF_MATH && !ACCUMULATE
    float4 sum = FROM_MATH4(READ_MATH4(x0, row, w, block) + READ_MATH4(x1, row, w, block));
#else
    float4 sum =
        READ4(x0, row, w, block) ADD1(row, w, block) ADD2(row, w, block) ADD3(row, w, block)
            ADD4(row, w, block) ADD5(row, w, block) ADD6(row, w, block) ADD7(row, w, block);
#endif
#if CONSTANT
    sum += vload4(i, constants);
#endif
#if ACCUMULATE
    sum += LOAD4(y, OUT_ADDRESS(y, row, w, 4 * block));
#endif
    WRITE4(y, row, w, block, channels, sum);
  }
}
#endif
