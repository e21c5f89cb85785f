// conv2d_grouped: any groups, one output pixel and block of four channels a work-item, each lane
// with its own group. The way that always works, not the fast one.
//
// Macros: RESIDUAL, CHANNEL_SCALE, ACTIVATION. weights: [output channel, up to a multiple of 4][kh][kw][input
// channel of the group].
#ifdef USE_conv2d_grouped
#include "channel_scale.clh"
#include "fused_activation.clh"
#include "residual.clh"
#include "window.clh"

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER CHANNEL_SCALE_PARAMETER
                  __global const STORAGE_T *restrict weights, __global const float *restrict bias,
                  WINDOW_INTS int out_rows, int channels,
                  int in_per_group, int out_per_group, float a, float b) {
  const int out_x = ITEM_ID(0);
  const int block = ITEM_ID(1);
  const int row = ITEM_ID(2);
  if (out_x >= out_w || 4 * block >= channels || row >= out_rows) return;
  const int n = row / out_h;
  const int first_h = (row - n * out_h) * stride_h - pad_top;
  const int first_w = out_x * stride_w - pad_left;
  float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int lane = 0; lane < min(4, channels - 4 * block); ++lane) {
    const int out_channel = 4 * block + lane;
    const int first_channel = out_channel / out_per_group * in_per_group;
    float sum = bias[out_channel];
    int weight = out_channel * kernel_h * kernel_w * in_per_group;
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int h = first_h + kh * dilation_h;
      for (int kw = 0; kw < kernel_w; ++kw, weight += in_per_group) {
        const int w = first_w + kw * dilation_w;
        if (h < 0 || h >= in_h || w < 0 || w >= x_width) continue;
        for (int i = 0; i < in_per_group; ++i) {
          const int channel = first_channel + i;
          float4 values = READ4(x, n * in_h + h, w, channel / 4);
#if CHANNEL_SCALE
          values *= READ4(channel_scale, n, 0, channel / 4);
#endif
          sum += mace_lane(values, channel % 4) * LOAD(weights, weight + i);
        }
      }
    }
    sums[lane] = sum;
  }
  float4 value = (float4)(sums[0], sums[1], sums[2], sums[3]);
  ADD_RESIDUAL(value, row, out_x, block);
  WRITE4(y, row, out_x, block, channels, ACTIVATE(value, a, b));
}
#endif
