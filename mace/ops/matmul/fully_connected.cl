// fully_connected: a work-group of ITEMS work-items shares the sum of four output channels of one
// row of the batch. Image or buffer.
//
// Macros: ITEMS (a power of two, the local size), ACTIVATION.
// weights: [output block][h][w][input block][4 in][4 out]. Row r of the batch is image r where
// `images` is 1, pixel r of the one row of pixels where it is 0; its result is position r of y.
#ifdef USE_fully_connected
#include "fused_activation.clh"

__kernel void KERNEL(TENSOR_IN(x), TENSOR_OUT(y), __global const STORAGE_T *restrict weights,
                     __global const float *restrict bias, int in_h, int in_w, int in_blocks,
                     int channels, int images, float a, float b) {
#if ITEMS > 1
  __local float4 partial[ITEMS];
#endif
  const int item = get_local_id(0);
  const int block = get_global_id(1);
  const int r = get_global_id(2);
  const int count = in_h * in_w * in_blocks;
  float4 sum = 0.0f;
  for (int k = item; k < count; k += ITEMS) {
    const int pixel = k / in_blocks;
    const int row = images ? r * in_h + pixel / in_w : 0;
    const int w = images ? pixel % in_w : r;
    const float4 value = READ4(x, row, w, k - pixel * in_blocks);
    const float16 columns = LOAD16(weights, (block * count + k) * 16);
    sum += value.x * columns.s0123 + value.y * columns.s4567 + value.z * columns.s89ab +
           value.w * columns.scdef;
  }
#if ITEMS > 1
  partial[item] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = ITEMS / 2; step > 0; step /= 2) {
    if (item < step) partial[item] += partial[item + step];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (item > 0) return;
  sum = partial[0];
#endif
  const float4 value = sum + vload4(block, bias);
  WRITE4(y, r / y_width, r % y_width, block, channels, ACTIVATE(value, a, b));
}
#endif
