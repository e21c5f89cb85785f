// y = the mean over h and w of (x - m)^2, m [n, 1, 1, channels]. GROUP work-items share one block
// of four channels of an image. M_WEIGHTS 1: m is packed weights laid out like a dense channels4
// buffer.
#ifdef USE_sqr_diff_mean
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#include "group_reduce.clh"
#undef M_PARAMETER
#undef M4
#if M_WEIGHTS
#define M_PARAMETER __global const float *m
#define M4(image, block) vload4((image)*blocks + (block), m)
#else
#define M_PARAMETER TENSOR_IN(m)
#define M4(image, block) READ4(m, (image), 0, (block))
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), M_PARAMETER, TENSOR_OUT(y), int images, int height, int channels,
                  float scale) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int block = item % blocks;
  const int image = item / blocks;
#if GROUP == 1
  if (image >= images) return;
#endif
  const float4 other = M4(image, block);
  GROUP_MEMORY
  float4 sum = 0.0f;
  ADD_ALL(sum, height * x_width, READ4(x, image * height + i / x_width, i % x_width, block) - other, v * v)
  if (lane > 0) return;
  WRITE4(y, image, 0, block, channels, sum * scale);
}
#endif
