// conv2d_local: convolution as an implicit matrix product, for devices with fast local memory.
// A work-group computes TILE_M output pixels x TILE_N output channels. Its work-items form SLICES
// slices, each of which adds up a part of the sum over taps and input channels, BLOCKS_K blocks of
// input channels a step: it stages them in local memory (twice: one is filled while the other is
// used) and multiplies them in register tiles of ITEM_M x ITEM_N. The slices' sums meet in local
// memory. Image or buffer; weights are in a buffer.
//
// Macros: TILE_M, TILE_N, BLOCKS_K, ITEM_M, ITEM_N, SLICES (ITEM_M and ITEM_N multiples of 4 that
//   divide TILE_M and TILE_N; BLOCKS_K divides the work-items of a slice), BLOCK_DEPTH (channels of
//   a block: 4, or the input channels of a group where these are fewer, so that none is wasted),
//   POINTWISE (1: 1x1, stride 1, no padding), RESIDUAL, CHANNEL_SCALE, ACTIVATION, and those of
//   input_tile.clh and split_k.clh, by which several work-groups share a tile where there are few.
// weights: [group][tile][block of (kh, kw, i)][BLOCK_DEPTH][TILE_N], zeros where there is none;
//   blocks are padded to SLICES * steps * BLOCKS_K.
// One work-group is (SLICES * (TILE_M / ITEM_M) * (TILE_N / ITEM_N), 1, 1); group ids are those of
// split_k.clh. Output pixels are numbered (n * out_h + oh) * out_w + ow.
#ifdef USE_conv2d_local
#include "channel_scale.clh"
#include "fused_activation.clh"

#define ITEMS_N (TILE_N / ITEM_N)
#define SLICE_ITEMS ((TILE_M / ITEM_M) * ITEMS_N)
#define GROUP_ITEMS (SLICE_ITEMS * SLICES)
#define TILE_K (BLOCKS_K * BLOCK_DEPTH)
#define LOADS_X ((TILE_M * BLOCKS_K + SLICE_ITEMS - 1) / SLICE_ITEMS)
#define LOADS_W ((TILE_K * TILE_N / 4 + SLICE_ITEMS - 1) / SLICE_ITEMS)
// Four floats more than a row needs: fewer conflicts between the banks that a step's stores hit.
#define PITCH_M (TILE_M + 4)
#define STAGE_FLOATS (TILE_K * (PITCH_M + TILE_N))
#define SUM_FLOATS (SLICES > 1 ? SLICES * TILE_M * TILE_N : 0)
#define SHARED_FLOATS \
  (2 * SLICES * STAGE_FLOATS > SUM_FLOATS ? 2 * SLICES * STAGE_FLOATS : SUM_FLOATS)

// The part of a tile that an item finishes: its own sums, or where slices meet, each GROUP_ITEMS-th float4 of the tile.
#if SLICES > 1
#define VALUES ((TILE_M * TILE_N / 4 + GROUP_ITEMS - 1) / GROUP_ITEMS)
#define VALUES_LEFT (TILE_M * TILE_N / 4 % GROUP_ITEMS != 0)
#else
#define VALUES (ITEM_M * ITEM_N / 4)
#endif

#define TAPS_INNER 0
#define STAGED_BLOCKS 1
#include "input_tile.clh"
#include "split_k.clh"
#include "tile_output.clh"

// Fetches the item's part of a step's tile of x: zeros outside of the image and behind the last block.
#if DEPTHWISE
// Summed where the products of the step before have hidden what the loads take, if so many fit in registers.
#define SUM_LATE ((LOADS_X + 1) * TAPS <= 36)
#define FETCH_X                             \
  FETCH_TAPS(4 * block, 4 * in_blocks)      \
  if (!SUM_LATE) { SUM_TAPS(0) }
#else
#define FETCH_X                                                                     \
  {                                                                                 \
    const PLACE ahead_ = INPUT_AHEAD(4 * block);                                    \
    _Pragma("unroll") for (int j = 0; j < LOADS_X; ++j) {                           \
      next_x[j] = 0.0f;                                                             \
      if (block < in_blocks && IS_INPUT(j)) next_x[j] = LOAD_X(from[j], ahead_);    \
    }                                                                               \
  }
#endif

// Adds the products of one element of x with the item's columns.
#define ADD_ROW(t, element)                                                     \
  {                                                                             \
    const float factor = element;                                               \
    _Pragma("unroll") for (int v = 0; v < ITEM_N / 4; ++v) sum[t][v] += factor * columns[v]; \
  }

__kernel __attribute__((reqd_work_group_size(GROUP_ITEMS, 1, 1))) void KERNEL(TILE_PARAMETERS) {
  __local float4 shared4[SHARED_FLOATS / 4];
  __local float *shared = (__local float *)shared4;
  const int item = get_local_id(0);
  const int slice = item / SLICE_ITEMS;
  const int lane = item - slice * SLICE_ITEMS;
  const int item_m = lane / ITEMS_N;
  const int item_n = lane - item_m * ITEMS_N;
  const int in_blocks = (in_per_group + 3) / 4;
  FOR_TILES {
    DECLARE_TILE
    DECLARE_PIXELS(pixel_tile, TILE_M)
    const int group = tile / tiles_per_group;
    const int first_channel = group * out_per_group + (tile - group * tiles_per_group) * TILE_N;

    // Which elements of x this item stages: one block of channels, LOADS_X pixels.
    const int stage_block = lane % BLOCKS_K;
    const int first_block = (slice * steps + first_step) * BLOCKS_K + stage_block;
    DECLARE_PLACES
#pragma unroll
    for (int j = 0; j < LOADS_X; ++j) {
      const int pixel = min(first_pixel + (lane + j * SLICE_ITEMS) / BLOCKS_K, end_pixel - 1);
      FIND_PLACE(j, pixel)
    }
    const int first_tap = POINTWISE ? 0 : first_block / in_blocks;
    int block = first_block - first_tap * in_blocks;
    DECLARE_TAP(first_tap)
    int weight = ((tile * SLICES + slice) * steps + first_step) * TILE_K * TILE_N + 4 * lane;

    float4 sum[ITEM_M][ITEM_N / 4];
#pragma unroll
    for (int t = 0; t < ITEM_M; ++t) {
#pragma unroll
      for (int v = 0; v < ITEM_N / 4; ++v) sum[t][v] = 0.0f;
    }

    // Step s is fetched before step s - 1 is computed and staged after it.
    for (int step = 0; step <= group_steps; ++step) {
      float4 next_x[LOADS_X], next_w[LOADS_W];
#if DEPTHWISE
      DECLARE_TAPS
#endif
#if CHANNEL_SCALE
      float4 factor = 0.0f;  // Of the channels of next_x.
#endif
      if (step < group_steps) {
        FETCH_X
#if CHANNEL_SCALE
        if (block < in_blocks) factor = READ4(channel_scale, image, 0, group * in_per_group / 4 + block);
#endif
        NEXT_BLOCK(in_blocks)
#pragma unroll
        for (int j = 0; j < LOADS_W; ++j) {
          if (TILE_K * TILE_N / 4 % SLICE_ITEMS == 0 ||
              lane + j * SLICE_ITEMS < TILE_K * TILE_N / 4) {
            next_w[j] = LOAD_BLOCK(weights, weight + 4 * j * SLICE_ITEMS);
          }
        }
        weight += TILE_K * TILE_N;
      }
      if (step > 0) {
        __local const float *stage = shared + (2 * slice + ((step - 1) & 1)) * STAGE_FLOATS;
        __local const float4 *rows4 = (__local const float4 *)stage + item_m;
        __local const float4 *columns4 = (__local const float4 *)(stage + TILE_K * PITCH_M) + item_n;
#pragma unroll
        for (int k = 0; k < TILE_K; ++k) {
          float4 rows[ITEM_M / 4], columns[ITEM_N / 4];
#pragma unroll
          for (int j = 0; j < ITEM_M / 4; ++j) rows[j] = rows4[k * PITCH_M / 4 + j * TILE_M / ITEM_M];
#pragma unroll
          for (int v = 0; v < ITEM_N / 4; ++v) columns[v] = columns4[k * TILE_N / 4 + v * ITEMS_N];
#pragma unroll
          for (int j = 0; j < ITEM_M / 4; ++j) {
            ADD_ROW(4 * j, rows[j].x)
            ADD_ROW(4 * j + 1, rows[j].y)
            ADD_ROW(4 * j + 2, rows[j].z)
            ADD_ROW(4 * j + 3, rows[j].w)
          }
        }
      }
      if (step < group_steps) {
        __local float *stage = shared + (2 * slice + (step & 1)) * STAGE_FLOATS;
#if DEPTHWISE
        if (SUM_LATE) { SUM_TAPS(0) }
#endif
#pragma unroll
        for (int j = 0; j < LOADS_X; ++j) {
          const int m = (lane + j * SLICE_ITEMS) / BLOCKS_K;
          if (TILE_M * BLOCKS_K % SLICE_ITEMS == 0 || m < TILE_M) {
            __local float *to = stage + stage_block * BLOCK_DEPTH * PITCH_M + m;
#if CHANNEL_SCALE
            next_x[j] *= factor;
#endif
            to[0] = next_x[j].x;
            if (BLOCK_DEPTH > 1) to[PITCH_M] = next_x[j].y;
            if (BLOCK_DEPTH > 2) to[2 * PITCH_M] = next_x[j].z;
            if (BLOCK_DEPTH > 3) to[3 * PITCH_M] = next_x[j].w;
          }
        }
        __local float4 *to4 = (__local float4 *)(stage + TILE_K * PITCH_M);
#pragma unroll
        for (int j = 0; j < LOADS_W; ++j) {
          const int i = lane + j * SLICE_ITEMS;
          if (TILE_K * TILE_N / 4 % SLICE_ITEMS == 0 || i < TILE_K * TILE_N / 4) to4[i] = next_w[j];
        }
      }
      barrier(CLK_LOCAL_MEM_FENCE);
    }

    float4 value[VALUES];
#if SLICES > 1
#pragma unroll
    for (int t = 0; t < ITEM_M; ++t) {
      const int m = 4 * item_m + t / 4 * (4 * TILE_M / ITEM_M) + t % 4;
#pragma unroll
      for (int v = 0; v < ITEM_N / 4; ++v) {
        shared4[(slice * TILE_M + m) * (TILE_N / 4) + item_n + v * ITEMS_N] = sum[t][v];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
#pragma unroll
    for (int i = 0; i < VALUES; ++i) {
#if SLICES > 1
      const int at = item + i * GROUP_ITEMS;
      value[i] = 0.0f;
      if (VALUES_LEFT && at >= TILE_M * TILE_N / 4) continue;
      value[i] = shared4[at];
#pragma unroll
      for (int s = 1; s < SLICES; ++s) value[i] += shared4[s * (TILE_M * TILE_N / 4) + at];
#else
      value[i] = sum[i / (ITEM_N / 4)][i % (ITEM_N / 4)];
#endif
    }

    DECLARE_END_CHANNEL(value)
#pragma unroll
    for (int i = 0; i < VALUES; ++i) {
#if SLICES > 1
      const int at = item + i * GROUP_ITEMS;
      if (VALUES_LEFT && at >= TILE_M * TILE_N / 4) continue;
      const int pixel = first_pixel + at / (TILE_N / 4);
      const int channel = first_channel + 4 * (at % (TILE_N / 4));
#else
      const int t = i / (ITEM_N / 4), v = i % (ITEM_N / 4);
      const int pixel = first_pixel + 4 * item_m + t / 4 * (4 * TILE_M / ITEM_M) + t % 4;
      const int channel = first_channel + 4 * (item_n + v * ITEMS_N);
#endif
      if (pixel >= end_pixel || channel >= end_channel) continue;
      WRITE_RESULT(value[i], pixel, channel)
    }
  }
}

#undef ITEMS_N
#undef SLICE_ITEMS
#undef GROUP_ITEMS
#undef TILE_K
#undef LOADS_X
#undef LOADS_W
#undef PITCH_M
#undef STAGE_FLOATS
#undef SUM_FLOATS
#undef SHARED_FLOATS
#undef ADD_ROW
#undef TAPS_INNER
#undef STAGED_BLOCKS
#undef FETCH_X
#undef SUM_LATE
#undef VALUES
#undef VALUES_LEFT
#endif
