// y = activation(x) element by element.
//   activation        ACTIVATION and its parameters a, b as fused_activation.clh says
//   activation_prelu  y = x < 0 ? slope * x : x
//
// SLOPE_KIND: 0 packed weights, 1 a tensor with a slope for each channel, 2 a tensor of one
// element.
#include "elementwise.clh"

#ifdef USE_activation
#include "fused_activation.clh"

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int channels, float a, float b) {
#if OUT_BLOCK
  const int item = ITEM_ID(0), at = OUT_BLOCK * item;
  const int left = channels - item / (rows * y_width) * OUT_BLOCK;
  if (left <= 0) return;
  const WIDE v = LOAD_WIDE(x, x_offset + at);
  STORE_WIDE(y, y_offset + at, MASK_BLOCK(ACTIVATE(v, a, b), left));
#else
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
#if BLOCKS_PER_ITEM == 4
  if (DENSE(x, channels) && DENSE(y, channels) && first + 4 <= total) {
    const float16 v = LOAD16(x, x_offset + 4 * first);
    STORE16(y, y_offset + 4 * first, ACTIVATE(v, a, b));
    return;
  }
#endif
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const float4 v = READ4(x, at.x, at.y, at.z);
    WRITE4(y, at.x, at.y, at.z, channels, ACTIVATE(v, a, b));
  }
#endif
}
#endif

#ifdef USE_activation_prelu
#include "fused_activation.clh"
#undef SLOPE_PARAMETER
#undef SLOPE4
#if SLOPE_KIND == 0
#define SLOPE_PARAMETER __global const float *slope
#define SLOPE4(block) vload4((block), slope)
#elif SLOPE_KIND == 1
#define SLOPE_PARAMETER TENSOR_IN(slope)
#define SLOPE4(block) READ4(slope, 0, 0, (block))
#else
#define SLOPE_PARAMETER TENSOR_IN(slope)
#define SLOPE4(block) ((float4)(READ4(slope, 0, 0, 0).x))
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SLOPE_PARAMETER, int rows, int channels) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const float4 v = READ4(x, at.x, at.y, at.z);
    WRITE4(y, at.x, at.y, at.z, channels, ACTIVATE_PRELU(v, SLOPE4(at.z)));
  }
}
#endif
