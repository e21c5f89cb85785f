// Softmax, and its logarithm with USE_LOG 1, over one axis of a channels4 tensor; the largest value
// is subtracted first, so that no exponential overflows. A NaN passes through the exponentials and
// the sum.
//
//   softmax_channels  over the channels
//   softmax_axis      over rows (OVER_WIDTH 0) or columns (1), four channels a work-item
//
// GROUP work-items share one position of softmax_channels (GROUP 1: no local memory).
#ifdef USE_softmax_channels
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
