// conv2d_direct: four output channels x four neighbouring output pixels of a row a work-item, image
// or buffer.
//
// Macros: POINTWISE (1: kernel 1x1 and no padding, so that no tap is outside),
//   RESIDUAL, CHANNEL_SCALE, ACTIVATION.
// weights: [output block][kh][kw][input block of the group][4 in][4 out], zeros where there is none.
// Groups begin at multiples of four channels on both sides.
#ifdef USE_conv2d_direct
#include "channel_scale.clh"
#include "filter_tap.clh"
#include "fused_activation.clh"
#include "residual.clh"
#include "window.clh"

#define PIXELS 4

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER CHANNEL_SCALE_PARAMETER
                  __global const STORAGE_T *restrict weights, __global const float *restrict bias,
                  WINDOW_INTS int out_rows, int channels, int in_blocks, int out_blocks_per_group,
                  float a, float b) {
  const int first_w = PIXELS * (int)ITEM_ID(0);
  const int block = ITEM_ID(1);
  const int row = ITEM_ID(2);
  if (first_w >= out_w || 4 * block >= channels || row >= out_rows) return;
  const int first_in_block = block / out_blocks_per_group * in_blocks;
  const int n = row / out_h;
  const int first_h = (row - n * out_h) * stride_h - pad_top;

  float4 sum[PIXELS];
#pragma unroll
  for (int t = 0; t < PIXELS; ++t) sum[t] = vload4(block, bias);
  int weight = block * kernel_h * kernel_w * in_blocks * 16;
  for (int kh = 0; kh < kernel_h; ++kh) {
    const int h = first_h + kh * dilation_h;
    const bool row_inside = h >= 0 && h < in_h;
    if (!row_inside) {
      weight += kernel_w * in_blocks * 16;
      continue;
    }
    for (int kw = 0; kw < kernel_w; ++kw) {
      for (int i = 0; i < in_blocks; ++i) {
        LOAD_FILTER_TAP
#if CHANNEL_SCALE
        const float4 factor = READ4(channel_scale, n, 0, first_in_block + i);
#endif
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) {
#if POINTWISE
          // Pixels behind the row repeat its last one; they are not stored.
          const int w = min(first_w + t, out_w - 1) * stride_w;
          float4 value = READ4(x, n * in_h + h, w, first_in_block + i);
#else
          const int w = (first_w + t) * stride_w - pad_left + kw * dilation_w;
          float4 value = 0.0f;
          if (w >= 0 && w < x_width) value = READ4(x, n * in_h + h, w, first_in_block + i);
#endif
#if CHANNEL_SCALE
          value *= factor;
#endif
          ADD_FILTER_TAP(sum[t], value);
        }
      }
    }
  }
#pragma unroll
  for (int t = 0; t < PIXELS; ++t) {
    const int w = first_w + t;
    if (w < out_w) {
      float4 value = sum[t];
      ADD_RESIDUAL(value, row, w, block);
      WRITE4(y, row, w, block, channels, ACTIVATE(value, a, b));
    }
  }
}

#undef PIXELS
#endif
