// conv2d_depthwise: one output channel for each input channel; LANES channels x PIXELS neighbouring
// output pixels of a row at once, tiles_per_item such tiles in a row a work-item. Image (LANES 4) or
// buffer.
//
// Macros: LANES (4, 8, 16: divides the padded channels), PIXELS,
//   WINDOW_W, WINDOW_STRIDE (kernel width and stride where the dilation is 1 and they are small: the
//   input of all pixels is then read once a kernel row; 0: any),
//   WINDOW_H (kernel height, where all reads of a work-item are to be under way at once; 0: row by
//   row, and rows outside of x are left out), RESIDUAL, ACTIVATION.
// In blocks (IN_BLOCK, OUT_BLOCK) LANES are those of a block.
// weights: [kh][kw][channels rounded up to 4, or to whole blocks].
#ifdef USE_conv2d_depthwise
#include "float_lanes.clh"
#include "fused_activation.clh"
#include "residual.clh"
#include "window.clh"

#if LANES > 4
#define READ(x, row, w) LOAD_FLOATS(x, ADDRESS(x, row, w, channel))
#define WEIGHT(i) LOAD_FLOATS(weights, i)
#define BIAS(i) VLOAD(0, bias + (i))
#define WRITE(x, row, w, v) STORE_FLOATS(x, OUT_ADDRESS(x, row, w, channel), v)
#else
#define READ(x, row, w) READ4(x, row, w, channel / 4)
#define WEIGHT(i) LOAD_BLOCK(weights, i)
#define BIAS(i) (*(__global const float4 *)(bias + (i)))
#define WRITE(x, row, w, v) WRITE4(x, row, w, channel / 4, channels, v)
#endif

#if WINDOW_W
#define COLUMNS ((PIXELS - 1) * WINDOW_STRIDE + WINDOW_W)
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER
                  __global const STORAGE_T *restrict weights, __global const float *restrict bias,
                  WINDOW_INTS int out_rows, int channels, int tiles_per_item, float a, float b) {
  const int channel = LANES * (int)ITEM_ID(0);
  const int row = ITEM_ID(2);
  const int padded_channels = 4 * PADDED_BLOCKS(channels);
  if (channel >= padded_channels || row >= out_rows) return;
  const int n = row / out_h;
  const int first_h = (row - n * out_h) * stride_h - pad_top;
  const FLOATS start = BIAS(channel);
  const int first_tile = tiles_per_item * (int)ITEM_ID(1);
  for (int tile = first_tile; tile < first_tile + tiles_per_item; ++tile) {
    const int out_x = PIXELS * tile;
    if (out_x >= out_w) return;
    const int first_w = out_x * stride_w - pad_left;
    FLOATS sum[PIXELS];
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) sum[t] = start;
#if WINDOW_H
    const bool interior = false;  // One text for all, whose reads are predicated.
#elif WINDOW_W
    const bool interior = first_w >= 0 && first_w + COLUMNS <= x_width;
#endif
#if WINDOW_H
#pragma unroll
    for (int kh = 0; kh < WINDOW_H; ++kh) {
      const int h = first_h + kh * dilation_h;
      const bool row_inside = h >= 0 && h < in_h;
#else
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int h = first_h + kh * dilation_h;
      if (h < 0 || h >= in_h) continue;
      const bool row_inside = true;
#endif
      const int in_row = n * in_h + h;
#if WINDOW_W
      FLOATS columns[COLUMNS];
      if (interior && row_inside) {
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) columns[j] = READ(x, in_row, first_w + j);
      } else {
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) {
          const int w = first_w + j;
          columns[j] = 0.0f;
          if (row_inside && w >= 0 && w < x_width) columns[j] = READ(x, in_row, w);
        }
      }
#pragma unroll
      for (int kw = 0; kw < WINDOW_W; ++kw) {
        const FLOATS weight = WEIGHT((kh * WINDOW_W + kw) * padded_channels + channel);
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) sum[t] += columns[t * WINDOW_STRIDE + kw] * weight;
      }
#else
      for (int kw = 0; kw < kernel_w; ++kw) {
        const FLOATS weight = WEIGHT((kh * kernel_w + kw) * padded_channels + channel);
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) {
          const int w = first_w + t * stride_w + kw * dilation_w;
          if (row_inside && w >= 0 && w < x_width) sum[t] += READ(x, in_row, w) * weight;
        }
      }
#endif
    }
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) {
      const int w = out_x + t;
      if (w < out_w) {
        FLOATS value = sum[t];
#if RESIDUAL
        value += READ(residual, row, w);
#endif
        value = ACTIVATE(value, a, b);
#if OUT_BLOCK
        value = MASK_BLOCK(value, channels - channel);
#elif LANES > 4
        if (channel + LANES > channels) {
          for (int block = 0; block < LANES / 4; ++block) {
            WRITE4(y, row, w, channel / 4 + block, channels, BLOCK(value, block));
          }
          continue;
        }
#endif
        WRITE(y, row, w, value);
      }
    }
  }
}

#undef READ
#undef WEIGHT
#undef BIAS
#undef WRITE
#undef COLUMNS
#endif
