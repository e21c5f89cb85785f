// Normalisation over the channels of a channels4 tensor, each position by itself. GROUP work-items share one position
// (GROUP 1: no local memory). CENTERED 0 leaves the mean where it is.
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#include "group_reduce.clh"
#include "norm_operands.clh"

#ifdef USE_layer_norm
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SCALE_PARAMETER, OFFSET_PARAMETER,
                  int positions, int channels, float epsilon) {
  const int position = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
#if GROUP == 1
  if (position >= positions) return;
#endif
  GROUP_MEMORY
  const int blocks = (channels + 3) / 4;
  const int row = position / y_width;
  const int w = position - row * y_width;
  // Padding lanes are zeros, but not their differences from the mean.
  const int4 beyond = (int4)(0, 1, 2, 3) >= channels - 4 * (blocks - 1);
  float mean = 0.0f;
#if CENTERED
  float4 sum = 0.0f;
  ADD_ALL(sum, blocks, READ4(x, row, w, i), v)
  mean = ((sum.x + sum.y) + (sum.z + sum.w)) / channels;
#endif
  float4 squares = 0.0f;
  ADD_ALL(squares, blocks, READ4(x, row, w, i) - mean,
          i == blocks - 1 ? select(v * v, (float4)(0.0f), beyond) : v * v)
  const float variance = ((squares.x + squares.y) + (squares.z + squares.w)) / channels;
  const float factor = 1.0f / sqrt(variance + epsilon);
  for (int block = lane; block < blocks; block += GROUP) {
    const float4 v = (READ4(x, row, w, block) - mean) * factor;
    WRITE4(y, row, w, block, channels, v * SCALE4(block) + OFFSET4(block));
  }
}
#endif
