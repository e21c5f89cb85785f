// squeeze_excite: two layers of the one pixel of an image, a work-group an image: y = activation(W h + bias) with
// h = squeeze_activation(V x + squeeze_bias), which stays in local memory. Image or buffer.
//
// Macros: GROUP (work-items), BLOCKS_X and BLOCKS_H (blocks of four channels of x and of h), LANES_H and LANES_Y (powers
//   of two up to GROUP: work-items that share a block of h and of y), SQUEEZE_ACTIVATION, ACTIVATION.
// Weights of both: [output block][input channel, up to a multiple of 4][4 out], zeros where there is none.
#ifdef USE_squeeze_excite
#include "fused_activation.clh"

// The sum over the input channels from `lane` on, `lanes` apart: neighbouring work-items read neighbouring addresses.
inline float4 FUNCTION(part_of_sum)(__local const float *input, int channels,
                                    __global const STORAGE_T *column, int lane, int lanes) {
  float4 sum = 0.0f;
#pragma unroll 4
  for (int i = lane; i < channels; i += lanes) sum += input[i] * LOAD_BLOCK(column, 4 * i);
  return sum;
}

// Finishes as many blocks at once as the group has LANES for: `block`, whose sum is sums[item] for the first of its
// lanes, goes to `store`. `item` of the group is the same for all layers.
#define LAYER(input, channels, blocks, lanes, weights, store)                                       \
  for (int first = 0; first < (blocks); first += GROUP / (lanes)) {                                 \
    const int lane = item % (lanes), block = first + item / (lanes);                                \
    sums[item] = 0.0f;                                                                              \
    if (block < (blocks)) {                                                                         \
      sums[item] = FUNCTION(part_of_sum)(input, channels, (weights) + block * (channels) * 4, lane, \
                                         lanes);                                                    \
    }                                                                                               \
    for (int others = (lanes) / 2; others > 0; others /= 2) {                                       \
      barrier(CLK_LOCAL_MEM_FENCE);                                                                 \
      if (lane < others) sums[item] += sums[item + others];                                         \
    }                                                                                               \
    if (lane == 0 && block < (blocks)) store                                                        \
    barrier(CLK_LOCAL_MEM_FENCE); /* What is stored is there, and the sums may be used again. */    \
  }

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void KERNEL(
    TENSOR_IN(x), TENSOR_OUT(y), __global const STORAGE_T *restrict squeeze_weights,
    __global const float *restrict squeeze_bias, __global const STORAGE_T *restrict weights,
    __global const float *restrict bias, int channels, float squeeze_a, float squeeze_b, float a,
    float b) {
  __local float4 x4[BLOCKS_X], hidden4[BLOCKS_H], sums[GROUP];
  const int item = get_local_id(0), image = get_group_id(0);
  for (int i = item; i < BLOCKS_X; i += GROUP) x4[i] = READ4(x, image, 0, i);
  barrier(CLK_LOCAL_MEM_FENCE);
  LAYER((__local const float *)x4, 4 * BLOCKS_X, BLOCKS_H, LANES_H, squeeze_weights, {
    const float4 value = sums[item] + *(__global const float4 *)(squeeze_bias + 4 * block);
    hidden4[block] = ACTIVATE_OF(SQUEEZE_ACTIVATION, value, squeeze_a, squeeze_b);
  })
  const int blocks_y = (channels + 3) / 4;
  LAYER((__local const float *)hidden4, 4 * BLOCKS_H, blocks_y, LANES_Y, weights, {
    const float4 value = sums[item] + *(__global const float4 *)(bias + 4 * block);
    WRITE4(y, image, 0, block, channels, ACTIVATE(value, a, b));
  })
}

#undef LAYER
#endif
