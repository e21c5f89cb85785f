// y = x + bias, a bias for each channel. BIAS_TENSOR 0: packed weights, 1: a tensor.
#include "elementwise.clh"

#ifdef USE_bias_add
#undef BIAS_PARAMETER
#undef BIAS4
#if BIAS_TENSOR
#define BIAS_PARAMETER TENSOR_IN(bias)
#define BIAS4(block) READ4(bias, 0, 0, (block))
#else
#define BIAS_PARAMETER __global const float *bias
#define BIAS4(block) vload4((block), bias)
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), BIAS_PARAMETER, int rows, int channels) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    WRITE4(y, at.x, at.y, at.z, channels, READ4(x, at.x, at.y, at.z) + BIAS4(at.z));
  }
}
#endif
