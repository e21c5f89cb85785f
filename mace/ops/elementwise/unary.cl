// y = f(x) element by element, f the function of unary.clh with the number UNARY_FUNCTION.
#include "elementwise.clh"
#include "unary.clh"

#ifdef USE_unary
#undef UNARY
#define UNARY(v) NUMBERED(UNARY_, UNARY_FUNCTION)(v, a, b)

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
