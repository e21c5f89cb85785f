// y = activation(x * scale + offset), a scale and an offset for each channel; with NORMALIZE
// y = activation((x - mean) / sqrt(variance + epsilon) * scale + offset).
// Mean and variance are packed weights, or tensors where MEAN_TENSOR or VARIANCE_TENSOR is 1; scale
// and offset are as norm_operands.clh says.
#include "elementwise.clh"

#ifdef USE_batch_norm
#include "fused_activation.clh"
#include "norm_operands.clh"
#undef MEAN_PARAMETER
#undef MEAN4
#undef VARIANCE_PARAMETER
#undef VARIANCE4
#if NORMALIZE
#if MEAN_TENSOR
#define MEAN_PARAMETER TENSOR_IN(mean),
#define MEAN4(block) READ4(mean, 0, 0, (block))
#else
#define MEAN_PARAMETER __global const float *mean,
#define MEAN4(block) vload4((block), mean)
#endif
#if VARIANCE_TENSOR
#define VARIANCE_PARAMETER TENSOR_IN(variance),
#define VARIANCE4(block) READ4(variance, 0, 0, (block))
#else
#define VARIANCE_PARAMETER __global const float *variance,
#define VARIANCE4(block) vload4((block), variance)
#endif
#else
#define MEAN_PARAMETER
#define VARIANCE_PARAMETER
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SCALE_PARAMETER, OFFSET_PARAMETER,
                  MEAN_PARAMETER VARIANCE_PARAMETER float epsilon, int rows, int channels,
                  float a, float b) {
  const int blocks = (channels + 3) / 4;
  const int total = rows * y_width * blocks;
  const int first = ITEM_ID(0) * BLOCKS_PER_ITEM;
  for (int i = first; i < min(first + BLOCKS_PER_ITEM, total); ++i) {
    const int3 at = mace_block_position(i, y_width, blocks);
    float4 v = READ4(x, at.x, at.y, at.z);
#if NORMALIZE
    // A division and a square root: rsqrt is allowed a larger error.
    v = (v - MEAN4(at.z)) / sqrt(VARIANCE4(at.z) + epsilon);
#endif
    v = v * SCALE4(at.z) + OFFSET4(at.z);
    WRITE4(y, at.x, at.y, at.z, channels, ACTIVATE(v, a, b));
  }
}
#endif
