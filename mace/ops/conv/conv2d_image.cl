// Convolutions of image storage, PIXELS neighbouring output pixels of a row x OUT_BLOCKS blocks of
// four output channels a work-item. Images only.
//   conv2d_3x3   kernel 3x3, dilation 1, STRIDE 1 or 2 in both directions: the columns of the input
//                that neighbouring pixels share are read once a kernel row
//   conv2d_1x1   kernel 1x1, any stride, no tap outside, CHANNEL_SCALE
//
// Macros: OUT_BLOCKS (1, 2), STRIDE (conv2d_3x3), RESIDUAL, ACTIVATION.
// weights: [OUT_BLOCKS output blocks][kh][input block of the group][kw][output block][4 in][4 out],
// zeros where there is none. Groups begin at multiples of four channels on both sides, and
// OUT_BLOCKS divides the output blocks of a group where there are several.
#if defined(USE_conv2d_3x3) || defined(USE_conv2d_1x1)
#include "channel_scale.clh"
#include "filter_tap.clh"
#include "fused_activation.clh"
#include "residual.clh"

#define PIXELS 4

// Starts with the bias. Behind the last block there is none.
#define START_SUMS                                                                           \
  float4 sum[OUT_BLOCKS][PIXELS];                                                            \
  _Pragma("unroll") for (int o = 0; o < OUT_BLOCKS; ++o) {                                   \
    const float4 start = 4 * (first_block + o) < channels ? vload4(first_block + o, bias) : 0.0f; \
    _Pragma("unroll") for (int t = 0; t < PIXELS; ++t) sum[o][t] = start;                    \
  }

#define WRITE_SUMS                                                            \
  _Pragma("unroll") for (int o = 0; o < OUT_BLOCKS; ++o) {                    \
    const int block = first_block + o;                                        \
    _Pragma("unroll") for (int t = 0; t < PIXELS; ++t) {                      \
      if (first_w + t < out_w && 4 * block < channels) {                      \
        float4 value = sum[o][t];                                             \
        ADD_RESIDUAL(value, row, first_w + t, block);                         \
        WRITE4(y, row, first_w + t, block, channels, ACTIVATE(value, a, b));  \
      }                                                                       \
    }                                                                         \
  }
#endif

#ifdef USE_conv2d_3x3
#define COLUMNS ((PIXELS - 1) * STRIDE + 3)

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER
                  __global const STORAGE_T *restrict weights,
                  __global const float *restrict bias, int in_h, int out_h, int out_w,
                  int pad_top, int pad_left, int out_rows, int channels, int in_blocks,
                  int out_blocks_per_group, float a, float b) {
  const int first_w = PIXELS * (int)ITEM_ID(0);
  const int first_block = OUT_BLOCKS * (int)ITEM_ID(1);
  const int row = ITEM_ID(2);
  if (first_w >= out_w || 4 * first_block >= channels || row >= out_rows) return;
  const int n = row / out_h;
  const int first_h = (row - n * out_h) * STRIDE - pad_top;
  const int first_in_block = x_offset / 4 + first_block / out_blocks_per_group * in_blocks;
  START_SUMS
  int weight = (int)ITEM_ID(1) * 9 * in_blocks * OUT_BLOCKS * 16;
  for (int kh = 0; kh < 3; ++kh) {
    const int h = first_h + kh;
    if (h < 0 || h >= in_h) {
      weight += 3 * in_blocks * OUT_BLOCKS * 16;
      continue;
    }
    for (int i = 0; i < in_blocks; ++i) {
      const int origin = (first_in_block + i) * x_width;
      float4 columns[COLUMNS];
#pragma unroll
      for (int j = 0; j < COLUMNS; ++j) {
        // Columns outside of x: outside of the image altogether, where the sampler gives zeros.
        const int w = first_w * STRIDE - pad_left + j;
        const int column = w >= 0 && w < x_width ? origin + w : -1;
        columns[j] = read_imagef(x, mace_sampler, (int2)(column, n * in_h + h));
      }
#pragma unroll
      for (int kw = 0; kw < 3; ++kw) {
#pragma unroll
        for (int o = 0; o < OUT_BLOCKS; ++o) {
          LOAD_FILTER_TAP
#pragma unroll
          for (int t = 0; t < PIXELS; ++t) ADD_FILTER_TAP(sum[o][t], columns[t * STRIDE + kw]);
        }
      }
    }
  }
  WRITE_SUMS
}
#undef COLUMNS
#endif

#ifdef USE_conv2d_1x1
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER CHANNEL_SCALE_PARAMETER
                  __global const STORAGE_T *restrict weights,
                  __global const float *restrict bias, int in_h, int out_h, int out_w,
                  int stride_h, int stride_w, int out_rows, int channels, int in_blocks,
                  int out_blocks_per_group, float a, float b) {
  const int first_w = PIXELS * (int)ITEM_ID(0);
  const int first_block = OUT_BLOCKS * (int)ITEM_ID(1);
  const int row = ITEM_ID(2);
  if (first_w >= out_w || 4 * first_block >= channels || row >= out_rows) return;
  const int n = row / out_h;
  const int in_row = n * in_h + (row - n * out_h) * stride_h;
  const int first_in_block = first_block / out_blocks_per_group * in_blocks;
  START_SUMS
  int weight = (int)ITEM_ID(1) * in_blocks * OUT_BLOCKS * 16;
  for (int i = 0; i < in_blocks; ++i) {
    float4 values[PIXELS];
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) {
      // Pixels behind the row repeat its last one; they are not stored.
      const int w = min(first_w + t, out_w - 1) * stride_w;
      values[t] = READ4(x, in_row, w, first_in_block + i);
    }
#if CHANNEL_SCALE
    const float4 factor = READ4(channel_scale, n, 0, first_in_block + i);
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) values[t] *= factor;
#endif
#pragma unroll
    for (int o = 0; o < OUT_BLOCKS; ++o) {
      LOAD_FILTER_TAP
#pragma unroll
      for (int t = 0; t < PIXELS; ++t) ADD_FILTER_TAP(sum[o][t], values[t]);
    }
  }
  WRITE_SUMS
}
#endif

#undef PIXELS
#undef START_SUMS
#undef WRITE_SUMS
