// Reductions. REDUCE_TYPE is the attribute reduce_type: 0 mean, 1 minimum, 2 maximum, 3 product, 4
// sum. GROUP work-items share one result of four lanes (GROUP 1: no local memory).
//
// The input's 4-D view [n, height, w, channels] is cut into kept axes of the extents kept_n,
// kept_h, kept_w (1 where an axis is reduced) and reduced axes reduced_n, reduced_h, reduced_w (1
// where it is kept); `count` is the product of the latter.
//
//   reduce_positions  keeps the channels, LANES at a time (4; 16 in buffers where they divide the
//                     channels, in blocks those of a block, and GROUP is 1): kept positions in
//                     order are the result's positions
//   reduce_channels   reduces them too: kept positions in order are the result's elements
//   reduce_strided    row-major, any axes
//
// The last takes up to four runs of kept and of reduced axes, as extents and steps.
#undef COMBINE
#undef START
#if REDUCE_TYPE == 1
// Not fmin: a NaN must come through.
#define COMBINE(a, b) ((b) < (a) || (b) != (b) ? (b) : (a))
#define START INFINITY
#elif REDUCE_TYPE == 2
#define COMBINE(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))
#define START (-INFINITY)
#elif REDUCE_TYPE == 3
#define COMBINE(a, b) ((a) * (b))
#define START 1.0f
#else
#define COMBINE(a, b) ((a) + (b))
#define START 0.0f
#endif

#ifdef USE_reduce_positions
#include "float_lanes.clh"
#include "group_reduce.clh"
#if LANES > 4
#define READ_LANES(x, row, w, block) LOAD_FLOATS(x, ADDRESS(x, row, w, LANES * (block)))
#else
#define READ_LANES READ4
#endif
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int height, int kept_h, int kept_w, int reduced_h,
                  int reduced_w, int count, int positions, int channels, float scale) {
  const int blocks = (channels + LANES - 1) / LANES;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int block = item % blocks;
  const int position = item / blocks;
#if GROUP == 1
  if (position >= positions) return;
#endif
  const int kept_row = position / kept_w;
  const int w = position - kept_row * kept_w;
  const int row = kept_row / kept_h * height + kept_row % kept_h;
  FLOATS result = START;
  int r_n = lane / (reduced_w * reduced_h);
  int r_h = lane / reduced_w % reduced_h;
  int r_w = lane % reduced_w;
  for (int i = lane; i < count; i += GROUP) {
    const FLOATS v = READ_LANES(x, row + r_n * height + r_h, w + r_w, block);
    result = COMBINE(result, v);
    // The next place, without a division where no lane is shared.
#if GROUP == 1
    if (++r_w == reduced_w) {
      r_w = 0;
      if (++r_h == reduced_h) {
        r_h = 0;
        ++r_n;
      }
    }
#else
    const int next = i + GROUP;
    r_n = next / (reduced_w * reduced_h);
    r_h = next / reduced_w % reduced_h;
    r_w = next % reduced_w;
#endif
  }
#if GROUP > 1
  __local float4 shared[GROUP];
  result = FUNCTION(group_reduce)(result, lane, shared);
  if (lane > 0) return;
#endif
  const int to_row = position / y_width, to_w = position - to_row * y_width;
  result *= scale;
#if LANES == 4
  WRITE4(y, to_row, to_w, block, channels, result);
#else
  const int left = channels - LANES * block;
  if (left >= LANES) {
    STORE_FLOATS(y, OUT_ADDRESS(y, to_row, to_w, LANES * block), result);
  } else {
    for (int i = 0; 4 * i < left; ++i) {
      WRITE4(y, to_row, to_w, LANES / 4 * block + i, channels, BLOCK(result, i));
    }
  }
#endif
}
#undef READ_LANES
#endif

#ifdef USE_reduce_channels
#include "group_reduce.clh"
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int height, int kept_h, int kept_w, int reduced_h,
                  int reduced_w, int count, int elements, int channels, int y_positions,
                  int y_channels, float scale) {
  const int blocks = (channels + 3) / 4;
  const int y_blocks = (y_channels + 3) / 4;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int y_block = item % y_blocks;
  const int y_position = item / y_blocks;
#if GROUP == 1
  if (y_position >= y_positions) return;
#endif
  // Lanes of the last block beyond the last channel take no part.
  const int4 beyond = (int4)(0, 1, 2, 3) >= channels - 4 * (blocks - 1);
  float4 result = START;
  for (int k = 0; k < 4; ++k) {
    const int y_channel = 4 * y_block + k;
    const int element = y_position * y_channels + y_channel;
    float4 partial = START;
    if (y_channel < y_channels && element < elements) {
      const int kept_row = element / kept_w;
      const int w = element - kept_row * kept_w;
      const int row = kept_row / kept_h * height + kept_row % kept_h;
      for (int i = lane; i < count * blocks; i += GROUP) {
        const int place = i / blocks;
        const int block = i - place * blocks;
        const int r_row = place / reduced_w;
        float4 v = READ4(x, row + r_row / reduced_h * height + r_row % reduced_h,
                         w + place - r_row * reduced_w, block);
        if (block == blocks - 1) v = select(v, (float4)(START), beyond);
        partial = COMBINE(partial, v);
      }
    }
    const float2 low = COMBINE(partial.xy, partial.zw);
    const float one = COMBINE(low.x, low.y);
    if (k == 0) result.x = one;
    if (k == 1) result.y = one;
    if (k == 2) result.z = one;
    if (k == 3) result.w = one;
  }
#if GROUP > 1
  __local float4 shared[GROUP];
  result = FUNCTION(group_reduce)(result, lane, shared);
  if (lane > 0) return;
#endif
  WRITE4(y, y_position / y_width, y_position % y_width, y_block, y_channels, result * scale);
}
#endif

#ifdef USE_reduce_strided
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *x, __global STORAGE_T *y, int k0, int k1, int k2,
                  int k3, int ks0, int ks1, int ks2, int ks3, int r0, int r1, int r2, int r3,
                  int rs0, int rs1, int rs2, int rs3, int elements, float scale) {
  const int element = ITEM_ID(0);
  if (element >= elements) return;
  const int begin = element % k3 * ks3 + element / k3 % k2 * ks2 + element / k3 / k2 % k1 * ks1 +
                    element / k3 / k2 / k1 * ks0;
  float result = START;
  for (int i0 = 0; i0 < r0; ++i0) {
    for (int i1 = 0; i1 < r1; ++i1) {
      for (int i2 = 0; i2 < r2; ++i2) {
        for (int i3 = 0; i3 < r3; ++i3) {
          const float v = LOAD(x, begin + i0 * rs0 + i1 * rs1 + i2 * rs2 + i3 * rs3);
          result = COMBINE(result, v);
        }
      }
    }
  }
  STORE(y, element, result * scale);
}
#endif
