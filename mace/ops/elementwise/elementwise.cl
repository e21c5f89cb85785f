// y = what the steps of an op, or of several, make of one element of each operand, with NumPy's broadcasting. The
// planned text comes in by macros (elementwise_lowering.cc):
//
//   ELEMENT_OPERANDS   parameters, each as OPERAND_TENSOR or OPERAND_WEIGHTS of broadcast_operand.clh; none for a number
//   ELEMENT_NUMBERS    parameters `, float k0, float k1`...
//   ELEMENT_STEPS(T)   declarations that compute values of type T from v0, v1, ...; ELEMENT_RESULT is the last one's name
//   ELEMENT_LOAD...    declares v0, v1, ...: element, block or run of sixteen of each operand that is no number
//
//   elementwise          channels4, broadcasts that the 4-D view can express
//   elementwise_flat     row-major, operands of the result's shape and numbers: no padding stands between the rows
//   elementwise_strided  row-major, any broadcast: eight extents, and eight steps an operand
#include "broadcast_operand.clh"
#include "elementwise.clh"
#include "eltwise.clh"
#include "fused_activation.clh"
#include "unary.clh"

#ifdef USE_elementwise
// In blocks (SAME_SHAPE alone): a work-item takes the channels of a block at one position.
// WHOLE_PIXELS 1: a work-item takes all channels of a pixel, so that no position is computed for single blocks.
ENTRY void KERNEL(ITEM_IDS ELEMENT_OPERANDS TENSOR_OUT(y), int rows, int height, int channels ELEMENT_NUMBERS) {
#if OUT_BLOCK
  const int item = ITEM_ID(0), at = OUT_BLOCK * item;
  const int left = channels - item / (rows * y_width) * OUT_BLOCK;
  if (left <= 0) return;
  ELEMENT_LOAD_WIDE(at)
  ELEMENT_STEPS(WIDE)
  STORE_WIDE(y, y_offset + at, MASK_BLOCK(ELEMENT_RESULT, left));
#else
  const int blocks = (channels + 3) / 4;
#if WHOLE_PIXELS
  const int pixel = ITEM_ID(0);
  if (pixel >= rows * y_width) return;
  const int row = pixel / y_width, w = pixel - row * y_width;
  const int n = row / height, h = row - n * height;
  const int to = OUT_ADDRESS(y, row, w, 0);
  int c = 0;
  for (; c + 16 <= channels; c += 16) {
    ELEMENT_LOAD16(n, h, w, c)
    ELEMENT_STEPS(float16)
    STORE16(y, to + c, ELEMENT_RESULT);
  }
  for (int block = c / 4; block < blocks; ++block) {
    ELEMENT_LOAD4(n, h, w, block)
    ELEMENT_STEPS(float4)
    WRITE4(y, row, w, block, channels, ELEMENT_RESULT);
  }
#else
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
#if SAME_SHAPE && BLOCKS_PER_ITEM == 4
  if (ELEMENT_DENSE(channels) DENSE(y, channels) && first + 4 <= total) {
    ELEMENT_LOAD_WIDE(4 * first)
    ELEMENT_STEPS(WIDE)
    STORE_WIDE(y, y_offset + 4 * first, ELEMENT_RESULT);
    return;
  }
#endif
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    const int n = at.x / height;
    const int h = at.x - n * height;
    ELEMENT_LOAD4(n, h, at.y, at.z)
    ELEMENT_STEPS(float4)
    WRITE4(y, at.x, at.y, at.z, channels, ELEMENT_RESULT);
  }
#endif
#endif
}
#endif

// LANES (4, 16) elements a work-item.
#ifdef USE_elementwise_flat
#include "float_lanes.clh"
ENTRY void KERNEL(ITEM_IDS ELEMENT_OPERANDS __global STORAGE_T *y, int total ELEMENT_NUMBERS) {
  const int first = LANES * (int)ITEM_ID(0);
  if (first + LANES <= total) {
    ELEMENT_LOAD_LANES(first)
    ELEMENT_STEPS(FLOATS)
    STORE_FLOATS(y, first, ELEMENT_RESULT);
    return;
  }
  for (int at = first; at < total; ++at) {
    ELEMENT_LOAD(at)
    ELEMENT_STEPS(float)
    STORE(y, at, ELEMENT_RESULT);
  }
}
#endif

#ifdef USE_elementwise_strided
ENTRY void KERNEL(ITEM_IDS ELEMENT_OPERANDS __global STORAGE_T *y, OPERAND_EXTENTS, int total ELEMENT_NUMBERS) {
  const int index = ITEM_ID(0);
  if (index >= total) return;
  const int8 at = mace_position_of(index, (int8)(e0, e1, e2, e3, e4, e5, e6, e7));
  ELEMENT_LOAD(at)
  ELEMENT_STEPS(float)
  STORE(y, index, ELEMENT_RESULT);
}
#endif
