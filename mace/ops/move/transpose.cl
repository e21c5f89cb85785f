// Transposition that makes another axis the channels, by squares of 4 x 4 elements: whole blocks on both sides.

#ifdef USE_transpose_tile
#include "pixel_place.clh"

// A work-item takes the channels [4 * cb, 4 * cb + 4) of four input pixels that are input_step apart, and writes them
// as the block kb of four output pixels that are output_step apart. The two axes that are neither have extents and
// pixel steps.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int channels, int output_channels, int input_step, int output_step,
                  int extent1, int input1, int output1, int extent0, int input0, int output0) {
  const int blocks = (channels + 3) / 4;
  const int output_blocks = (output_channels + 3) / 4;
  int rest = ITEM_ID(0);
  const int cb = rest % blocks;
  rest /= blocks;
  const int kb = rest % output_blocks;
  rest /= output_blocks;
  const int i0 = rest % extent0;
  const int i1 = rest / extent0;
  if (i1 >= extent1) return;
  const int from = i1 * input1 + i0 * input0 + 4 * kb * input_step;
  const int to = i1 * output1 + i0 * output0 + 4 * cb * output_step;
  float4 v[4];
  for (int k = 0; k < 4; ++k) {
    const int pixel = from + k * input_step;
    v[k] = (float4)(0.0f);
    if (4 * kb + k < output_channels) v[k] = READ4(x, PIXEL_ROW(x, pixel), PIXEL_COLUMN(x, pixel), cb);
  }
  const float4 columns[4] = {(float4)(v[0].x, v[1].x, v[2].x, v[3].x), (float4)(v[0].y, v[1].y, v[2].y, v[3].y),
                             (float4)(v[0].z, v[1].z, v[2].z, v[3].z), (float4)(v[0].w, v[1].w, v[2].w, v[3].w)};
  for (int c = 0; c < 4; ++c) {
    if (4 * cb + c >= channels) break;
    const int pixel = to + c * output_step;
    WRITE4(y, PIXEL_ROW(y, pixel), PIXEL_COLUMN(y, pixel), kb, output_channels, columns[c]);
  }
}
#endif
