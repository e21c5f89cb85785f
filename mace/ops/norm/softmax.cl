// Softmax, and its logarithm with USE_LOG 1, over one axis of a tensor; the largest value
// is subtracted first, so that no exponential overflows. A NaN passes through the exponentials and
// the sum.
//
//   softmax_channels  over the channels
//   softmax_rows      over the last axis of a row-major tensor, LANES (1, 16) elements at once
//   softmax_axis      over rows (OVER_WIDTH 0) or columns (1), four channels a work-item
//
// GROUP work-items share one position of softmax_channels and softmax_rows (GROUP 1: no local memory).
#if defined(USE_softmax_channels) || defined(USE_softmax_rows)
#undef COMBINE
#define COMBINE(a, b) fmax((a), (b))
#undef GROUP_T
#undef GROUP_REDUCE
#define GROUP_T float
#define GROUP_REDUCE group_maximum
#include "group_reduce.clh"
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#define GROUP_T float
#define GROUP_REDUCE group_sum
#include "group_reduce.clh"
#endif

#ifdef USE_softmax_rows
#undef EXPONENTIAL
#undef FINISHED
#define EXPONENTIAL(v) exp((v) - top)
// Floats are stored as exponentials first, so that each is computed once; halves would be rounded twice.
#if HALF_STORAGE || USE_LOG
#define KEEP 0
#else
#define KEEP 1
#endif
#if USE_LOG
#define FINISHED(i, load) ((load(x, i) - top) - log_sum)
#elif KEEP
#define FINISHED(i, load) (load(y, i) * scale)
#else
#define FINISHED(i, load) (EXPONENTIAL(load(x, i)) * scale)
#endif

// x and y may be the same memory.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *x, __global STORAGE_T *y, int positions, int channels) {
  const int position = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
#if GROUP == 1
  if (position >= positions) return;
#endif
  // Whole vectors, then the elements behind them.
  const int begin = position * channels;
  const int end = begin + channels;
  const int tail = LANES == 1 ? begin : begin + channels / LANES * LANES;

  float top = -INFINITY;
#if LANES == 16
  float16 top16 = -INFINITY;
  for (int i = begin + 16 * lane; i < tail; i += 16 * GROUP) top16 = fmax(top16, LOAD16(x, i));
  const float8 top8 = fmax(top16.lo, top16.hi);
  const float4 top4 = fmax(top8.lo, top8.hi);
  top = fmax(fmax(top4.x, top4.y), fmax(top4.z, top4.w));
#endif
  for (int i = tail + lane; i < end; i += GROUP) top = fmax(top, LOAD(x, i));
#if GROUP > 1
  __local float shared[GROUP];
  top = FUNCTION(group_maximum)(top, lane, shared);
#endif

  float sum = 0.0f;
#if LANES == 16
  float16 sum16 = 0.0f;
  for (int i = begin + 16 * lane; i < tail; i += 16 * GROUP) {
    const float16 e = EXPONENTIAL(LOAD16(x, i));
    if (KEEP) STORE16(y, i, e);
    sum16 += e;
  }
  const float8 sum8 = sum16.lo + sum16.hi;
  const float4 sum4 = sum8.lo + sum8.hi;
  sum = (sum4.x + sum4.y) + (sum4.z + sum4.w);
#endif
  for (int i = tail + lane; i < end; i += GROUP) {
    const float e = EXPONENTIAL(LOAD(x, i));
    if (KEEP) STORE(y, i, e);
    sum += e;
  }
#if GROUP > 1
  sum = FUNCTION(group_sum)(sum, lane, shared);
#endif

#if USE_LOG
  const float log_sum = log(sum);
#else
  const float scale = 1.0f / sum;
#endif
#if LANES == 16
  for (int i = begin + 16 * lane; i < tail; i += 16 * GROUP) STORE16(y, i, FINISHED(i, LOAD16));
#endif
  for (int i = tail + lane; i < end; i += GROUP) STORE(y, i, FINISHED(i, LOAD));
}
#undef KEEP
#endif

#ifdef USE_softmax_channels
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int positions, int channels) {
  const int position = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
#if GROUP == 1
  if (position >= positions) return;
#endif
  const int blocks = (channels + 3) / 4;
  const int row = position / y_width;
  const int w = position - row * y_width;
  // Lanes beyond the last channel take no part. A float4 of those that do: 1 there, 0 beyond.
  const int last = channels - 4 * (blocks - 1);
  const int4 beyond = (int4)(0, 1, 2, 3) >= last;

  float4 top4 = -INFINITY;
  for (int block = lane; block < blocks; block += GROUP) {
    float4 v = READ4(x, row, w, block);
    if (block == blocks - 1) v = select(v, (float4)(-INFINITY), beyond);
    top4 = fmax(top4, v);
  }
  float top = fmax(fmax(top4.x, top4.y), fmax(top4.z, top4.w));
#if GROUP > 1
  __local float shared[GROUP];
  top = FUNCTION(group_maximum)(top, lane, shared);
#endif

  float4 sum4 = 0.0f;
  for (int block = lane; block < blocks; block += GROUP) {
    float4 e = exp(READ4(x, row, w, block) - top);
    if (block == blocks - 1) e = select(e, (float4)(0.0f), beyond);
    sum4 += e;
  }
  float sum = (sum4.x + sum4.y) + (sum4.z + sum4.w);
#if GROUP > 1
  sum = FUNCTION(group_sum)(sum, lane, shared);
#endif

#if USE_LOG
  const float log_sum = log(sum);
#else
  const float scale = 1.0f / sum;
#endif
  for (int block = lane; block < blocks; block += GROUP) {
    const float4 v = READ4(x, row, w, block) - top;
#if USE_LOG
    WRITE4(y, row, w, block, channels, v - log_sum);
#else
    WRITE4(y, row, w, block, channels, exp(v) * scale);
#endif
  }
}
#endif

#ifdef USE_softmax_axis
// The rows are [outer, extent, inner] with OVER_WIDTH 0; with 1 the axis is the width and `inner`
// is unused.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int outer, int extent, int inner, int channels) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0);
  const int block = item % blocks;
  const int rest = item / blocks;
#if OVER_WIDTH
  const int row = rest;
  const int w = 0;
  const int row_step = 0;
  const int w_step = 1;
  if (row >= outer) return;
#else
  const int w = rest % y_width;
  const int at = rest / y_width;
  const int row = at / inner * extent * inner + at % inner;
  const int row_step = inner;
  const int w_step = 0;
  if (at >= outer * inner) return;
#endif
  float4 top = READ4(x, row, w, block);
  for (int i = 1; i < extent; ++i)
    top = fmax(top, READ4(x, row + i * row_step, w + i * w_step, block));
  float4 sum = 0.0f;
  for (int i = 0; i < extent; ++i)
    sum += exp(READ4(x, row + i * row_step, w + i * w_step, block) - top);
#if USE_LOG
  const float4 log_sum = log(sum);
#else
  const float4 scale = 1.0f / sum;
#endif
  for (int i = 0; i < extent; ++i) {
    const float4 v = READ4(x, row + i * row_step, w + i * w_step, block) - top;
#if USE_LOG
    WRITE4(y, row + i * row_step, w + i * w_step, block, channels, v - log_sum);
#else
    WRITE4(y, row + i * row_step, w + i * w_step, block, channels, exp(v) * scale);
#endif
  }
}
#endif
