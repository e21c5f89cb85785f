// y = activation((x - mean) / sqrt(variance + epsilon) * scale + offset), mean and variance (of the
// population) over the positions of each instance: `rows_each` rows of x. Scale and offset are as
// norm_operands.clh says. GROUP work-items share one block of four channels of an instance.
#ifdef USE_instance_norm
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#include "fused_activation.clh"
#include "group_reduce.clh"
#include "norm_operands.clh"

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SCALE_PARAMETER, OFFSET_PARAMETER, int instances,
                  int rows_each, int channels, float epsilon, float a, float b) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int block = item % blocks;
  const int instance = item / blocks;
#if GROUP == 1
  if (instance >= instances) return;
#endif
  GROUP_MEMORY
  const int first_row = instance * rows_each;
  const int count = rows_each * x_width;
  float4 mean = 0.0f;
  ADD_ALL(mean, count, READ4(x, first_row + i / x_width, i % x_width, block), v)
  mean /= (float)count;
  float4 variance = 0.0f;
  ADD_ALL(variance, count, READ4(x, first_row + i / x_width, i % x_width, block) - mean, v * v)
  const float4 factor = SCALE4(block) / sqrt(variance / (float)count + epsilon);
  const float4 offset = OFFSET4(block);
  for (int i = lane; i < count; i += GROUP) {
    const float4 v =
        (READ4(x, first_row + i / x_width, i % x_width, block) - mean) * factor + offset;
    WRITE4(y, first_row + i / x_width, i % x_width, block, channels, ACTIVATE(v, a, b));
  }
}
#endif
