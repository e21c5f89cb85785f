// deconv2d: transposed convolution, gathered: output (oh, ow) takes input (ih, iw) under the taps
// with oh + pad_top = ih * stride_h + kh * dilation_h, likewise for w. Image or buffer.
//
// Macros: GROUPED (0: four output channels x four output pixels a stride apart, which see the same
//   taps; groups begin at multiples of four channels. 1: one output pixel, each lane with its own
//   group), ACTIVATION.
// weights: GROUPED 0: [output block][kh][kw][input block of the group][4 in][4 out];
//   1: [output channel][kh][kw][input channel of the group].
#ifdef USE_deconv2d
#include "fused_activation.clh"
#include "window.clh"

#if GROUPED
#define PIXELS 1
#else
#define PIXELS 4
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), __global const STORAGE_T *restrict weights,
                  __global const float *restrict bias, WINDOW_INTS int out_rows, int channels,
                  int in_per_group, int out_per_group, float a, float b) {
  const int block = ITEM_ID(1);
  const int row = ITEM_ID(2);
  const int tile = ITEM_ID(0);
  // Neighbouring work-items begin at neighbouring pixels, then come the next PIXELS strides.
  const int step = PIXELS == 1 ? 1 : stride_w;
  const int first_w = tile / step * step * PIXELS + tile % step;
  if (first_w >= out_w || 4 * block >= channels || row >= out_rows) return;
  const int n = row / out_h;
  const int padded_h = row - n * out_h + pad_top;
  const int padded_w = first_w + pad_left;
  float4 sum[PIXELS];
#pragma unroll
  for (int t = 0; t < PIXELS; ++t) sum[t] = vload4(block, bias);
  for (int kh = 0; kh < kernel_h; ++kh) {
    const int scaled_h = padded_h - kh * dilation_h;
    const int h = scaled_h / stride_h;
    if (scaled_h < 0 || h * stride_h != scaled_h || h >= in_h) continue;
    for (int kw = 0; kw < kernel_w; ++kw) {
      // Below zero it may still reach the input a few strides on.
      const int scaled_w = padded_w - kw * dilation_w;
      if (scaled_w % stride_w != 0) continue;
      const int w = scaled_w / stride_w;
#if GROUPED
      if (w < 0 || w >= x_width) continue;
      float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
      for (int lane = 0; lane < min(4, channels - 4 * block); ++lane) {
        const int out_channel = 4 * block + lane;
        const int first_channel = out_channel / out_per_group * in_per_group;
        const int weight = ((out_channel * kernel_h + kh) * kernel_w + kw) * in_per_group;
        for (int i = 0; i < in_per_group; ++i) {
          const int channel = first_channel + i;
          const float4 values = READ4(x, n * in_h + h, w, channel / 4);
          sums[lane] += mace_lane(values, channel % 4) * LOAD(weights, weight + i);
        }
      }
      sum[0] += (float4)(sums[0], sums[1], sums[2], sums[3]);
#else
      const int in_blocks = (in_per_group + 3) / 4;
      const int first_in_block = 4 * block / out_per_group * in_blocks;
      int weight = ((block * kernel_h + kh) * kernel_w + kw) * in_blocks * 16;
      for (int i = 0; i < in_blocks; ++i, weight += 16) {
        const float16 columns = LOAD16(weights, weight);
#pragma unroll
        for (int t = 0; t < PIXELS; ++t) {
          float4 value = 0.0f;
          if (w + t >= 0 && w + t < x_width) {
            value = READ4(x, n * in_h + h, w + t, first_in_block + i);
          }
          sum[t] += value.x * columns.s0123 + value.y * columns.s4567 + value.z * columns.s89ab +
                    value.w * columns.scdef;
        }
      }
#endif
    }
  }
#pragma unroll
  for (int t = 0; t < PIXELS; ++t) {
    const int w = first_w + t * stride_w;
    if (w < out_w) WRITE4(y, row, w, block, channels, ACTIVATE(sum[t], a, b));
  }
}

#undef PIXELS
#endif
