// depthwise_int8: one output channel for each input channel, all int8; LANES channels x PIXELS neighbouring output
// pixels of a row at once. It saves memory traffic only: sums and products are floats, which are exact for so few of so
// small numbers. Buffers only.
//
//   y = round(scale * (sum of u * w + start) + bias), between low and high, + zero
//
// where u is a q of x, w a whole number, and start is -zero point of x times the sum of the filter.
//
// Macros: LANES (4, 8, 16: divides the channels rounded up to 4), PIXELS, WINDOW_W, WINDOW_STRIDE
//   (as in conv2d_depthwise: kernel width and stride where the input of all pixels is read once a
//   kernel row; 0: any).
// weights: [kh][kw][channels rounded up to 4] floats; start and bias likewise.
#ifdef USE_depthwise_int8
#include "int8.clh"
#include "window.clh"

#if WINDOW_W
#define COLUMNS ((PIXELS - 1) * WINDOW_STRIDE + WINDOW_W)
#endif
#define READ(at) TO_FLOATS(LOAD_BYTES(row_of_x + (at) * x_pitch))

ENTRY void KERNEL(ITEM_IDS __global const uchar *restrict x, int x_pitch, int x_offset,
                  int x_width, __global uchar *y, int y_pitch, int y_offset, int y_width,
                  __global const float *restrict weights, __global const float *restrict starts,
                  __global const float *restrict bias, WINDOW_INTS int out_rows, int channels,
                  int tiles_per_item, int x_zero, int zero, float scale, float low, float high) {
  const int channel = LANES * (int)ITEM_ID(0);
  const int row = ITEM_ID(2);
  const int padded_channels = (channels + 3) / 4 * 4;
  if (channel >= padded_channels || row >= out_rows) return;
  const int n = row / out_h;
  const int first_h = (row - n * out_h) * stride_h - pad_top;
  const FLOATS start = LOAD_FLOATS(starts + channel), added = LOAD_FLOATS(bias + channel);
  const FLOATS outside = (float)x_zero;
  const int first_tile = tiles_per_item * (int)ITEM_ID(1);
  for (int tile = first_tile; tile < first_tile + tiles_per_item; ++tile) {
    const int out_x = PIXELS * tile;
    if (out_x >= out_w) return;
    const int first_w = out_x * stride_w - pad_left;
    FLOATS sum[PIXELS];
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) sum[t] = start;
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int h = first_h + kh * dilation_h;
      const bool row_inside = h >= 0 && h < in_h;
      __global const uchar *row_of_x =
          x + (n * in_h + (row_inside ? h : 0)) * x_width * x_pitch + x_offset + channel;
#if WINDOW_W
      FLOATS columns[COLUMNS];
      if (row_inside && first_w >= 0 && first_w + COLUMNS <= x_width) {
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) columns[j] = READ(first_w + j);
      } else {
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) {
          const int w = first_w + j;
          columns[j] = outside;
          if (row_inside && w >= 0 && w < x_width) columns[j] = READ(w);
        }
      }
#pragma unroll
      for (int kw = 0; kw < WINDOW_W; ++kw) {
        const FLOATS weight =
            LOAD_FLOATS(weights + (kh * WINDOW_W + kw) * padded_channels + channel);
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) sum[t] += columns[t * WINDOW_STRIDE + kw] * weight;
      }
#else
      for (int kw = 0; kw < kernel_w; ++kw) {
        const FLOATS weight =
            LOAD_FLOATS(weights + (kh * kernel_w + kw) * padded_channels + channel);
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) {
          const int w = first_w + t * stride_w + kw * dilation_w;
          FLOATS element = outside;
          if (row_inside && w >= 0 && w < x_width) element = READ(w);
          sum[t] += element * weight;
        }
      }
#endif
    }
#pragma unroll
    for (int t = 0; t < PIXELS; ++t) {
      if (out_x + t < out_w) {
        const FLOATS value = sum[t] * scale + added;
        const BYTES bytes = ROUND_TO_INT8(value, low, high, zero);
        WRITE_BYTES(y, (row * y_width + out_x + t) * y_pitch + y_offset + channel, bytes, channel,
                    channels)
      }
    }
  }
}

#undef COLUMNS
#undef READ
#endif
