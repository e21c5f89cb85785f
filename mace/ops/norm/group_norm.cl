// Regions of consecutive channels of an instance (`rows_each` rows of x), see group_norm.cc. SPREAD: 0 the deviation,
// 1 and 2 the norms of that order, 3 the mean alone. GROUP work-items share one sum.
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#include "group_reduce.clh"

// For each block of four channels of an instance, 8 floats in `sums`: the means, and the sums of squares about them.
#ifdef USE_group_norm_channels
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), __global float *sums, int instances, int rows_each, int channels) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int block = item % blocks;
  const int instance = item / blocks;
#if GROUP == 1
  if (instance >= instances) return;
#endif
  GROUP_MEMORY
  const int first_row = instance * rows_each;
  const int count = rows_each * x_width;
  float4 mean = 0.0f;
#if SPREAD == 0 || SPREAD == 3
  ADD_ALL(mean, count, READ4(x, first_row + i / x_width, i % x_width, block), v)
  mean /= (float)count;
#endif
  float4 sum = 0.0f;
#if SPREAD != 3
  ADD_ALL(sum, count, READ4(x, first_row + i / x_width, i % x_width, block) - mean, SPREAD == 1 ? fabs(v) : v * v)
#endif
  if (lane == 0) {
    vstore4(mean, 2 * item, sums);
    vstore4(sum, 2 * item + 1, sums);
  }
}
#endif

// For each region, the mean and the factor. About the region's mean m a channel of `count` elements with the mean k has
// the sum of squares about k, plus count * (k - m)^2.
#ifdef USE_group_norm_regions
ENTRY void KERNEL(ITEM_IDS __global const float *sums, __global float *regions, int instances, int channels, int per_group,
                  int count, float inside, float outside) {
  const int groups = channels / per_group;
  const int region = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  if (region >= instances * groups) return;
  GROUP_MEMORY
  const int pitch = (channels + 3) / 4 * 8;
  const int first = region % groups * per_group;
  __global const float *own = sums + region / groups * pitch;
  float4 mean = 0.0f;
#if SPREAD == 0 || SPREAD == 3
  for (int c = first + lane; c < first + per_group; c += GROUP) mean.x += own[c / 4 * 8 + c % 4];
  GROUP_RESULT(mean)
  mean.x /= per_group;
#endif
  float4 sum = 0.0f;
  for (int c = first + lane; c < first + per_group; c += GROUP) {
    const float apart = own[c / 4 * 8 + c % 4] - mean.x;
    sum.x += own[c / 4 * 8 + 4 + c % 4] + (SPREAD == 0 ? count * (apart * apart) : 0.0f);
  }
  GROUP_RESULT(sum)
  if (lane > 0) return;
#if SPREAD == 0
  const float divisor = sqrt(sum.x / ((float)count * per_group) + inside) + outside;
#elif SPREAD == 1
  const float divisor = sum.x + outside;
#elif SPREAD == 2
  const float divisor = sqrt(sum.x) + outside;
#else
  const float divisor = 1.0f;
#endif
  vstore2((float2)(mean.x, 1.0f / divisor), region, regions);
}
#endif

#ifdef USE_group_norm
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), __global const float *regions, int rows, int rows_each, int channels,
                  int per_group) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0);
  const int block = item % blocks;
  const int w = item / blocks % y_width;
  const int row = item / blocks / y_width;
  if (row >= rows) return;
  const int first = row / rows_each * (channels / per_group);
  const int last = channels - 1;
  const float2 r0 = vload2(first + 4 * block / per_group, regions);
  const float2 r1 = vload2(first + min(4 * block + 1, last) / per_group, regions);
  const float2 r2 = vload2(first + min(4 * block + 2, last) / per_group, regions);
  const float2 r3 = vload2(first + min(4 * block + 3, last) / per_group, regions);
  const float4 v = READ4(x, row, w, block) - (float4)(r0.x, r1.x, r2.x, r3.x);
  WRITE4(y, row, w, block, channels, v * (float4)(r0.y, r1.y, r2.y, r3.y));
}
#endif
