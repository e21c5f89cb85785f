// conv2d_tensor: convolution as an implicit matrix product on NVIDIA's tensor cores: TF32 products
// of float storage or products of halves, float sums. Buffers only.
//
// A work-group computes TILE_M output pixels x TILE_N output channels, its warps WARP_M x WARP_N of it each; the warps
// of each of SLICES slices add up a part of every step. The sum runs over chunks of 16 bytes of input channels (CHUNK
// of them), BLOCKS_K chunks a step; STAGES steps are in local memory or on their way. Where `splits` work-groups share
// a tile, each adds up a part of the steps, and the one that comes last adds their sums together, in their order.
//
// Macros: TILE_M, TILE_N, WARP_M, WARP_N (multiples of 16), BLOCKS_K (2, 4, 8, 16), SLICES,
//   STAGES, POINTWISE (1: 1x1, stride 1, no padding), TAPS_INNER
//   (1: the sum goes through all taps of BLOCKS_K chunks before the next chunks, so that taps find in
//   the nearest cache what their neighbours read; a tap's chunks are a multiple of BLOCKS_K. 0: tap by
//   tap), RESIDUAL, CHANNEL_SCALE (with POINTWISE alone), ACTIVATION, NVIDIA_PTX (tensor_core.clh), and those
//   of input_tile.clh and split_k.clh.
// weights: [group][tile][step][two chunks][16 channels of TILE_N][lane][4 registers], zeros where
//   there is none: in the order in which lanes read them (tensor_tiles.cc). In float rounded to TF32.
// One work-group is (GROUP_ITEMS, 1, 1); group ids are those of split_k.clh.
#ifdef USE_conv2d_tensor
#include "channel_scale.clh"
#include "fused_activation.clh"

#define CHUNK (HALF_STORAGE ? 8 : 4)
#define WARPS_N (TILE_N / WARP_N)
#define SLICE_WARPS ((TILE_M / WARP_M) * WARPS_N)
#define GROUP_ITEMS (32 * SLICE_WARPS * SLICES)
#define STEP_PRODUCTS (BLOCKS_K / 2 / SLICES)
#define STAGE_X (TILE_M * BLOCKS_K)
#define STAGE_W (TILE_N * BLOCKS_K)
#define STAGE_CHUNKS (STAGE_X + STAGE_W)
#define LOADS_X ((STAGE_X + GROUP_ITEMS - 1) / GROUP_ITEMS)
#define LOADS_W ((STAGE_W + GROUP_ITEMS - 1) / GROUP_ITEMS)
// The results that a lane holds in the end: four channels of a pixel in each piece.
#define PIECES (WARP_M * WARP_N / 128)
#define VALUES (PIECES / SLICES)
// Rows of x lie BLOCKS_K chunks apart: this turns their chunks, so that eight rows of one column,
// which are read at once, lie in different banks.
#define TURN(row) (BLOCKS_K >= 8 ? (row) & 7 : BLOCKS_K == 4 ? (row) / 2 & 3 : (row) / 4 & 1)
#define STAGED_BLOCKS (CHUNK / 4)
#include "input_tile.clh"
#include "split_k.clh"
#include "tensor_core.clh"
#include "tile_output.clh"

// The operands of product k of the step that lies at `stage`.
#define LOAD_FRAGMENTS(a, b, stage, k)                                                        \
  {                                                                                           \
    _Pragma("unroll") for (int i = 0; i < WARP_M / 16; ++i) LOAD_ROWS(                        \
        a[i], (stage) + x_first + 16 * BLOCKS_K * i + ((2 * (k) + x_chunk) ^ x_turn));        \
    _Pragma("unroll") for (int j = 0; j < WARP_N / 16; ++j)                                   \
        LOAD_PACKED(b[j], (stage) + w_first + (k) * (2 * TILE_N) + 32 * j);                   \
  }

// Puts the share `part` of STEP_PRODUCTS of the item's part of step `ahead` of x into local memory, or zeros behind the
// last one: no branch keeps the compiler from putting copies between products.
#if DEPTHWISE
// All is fetched with the first share and stored with the last: products hide what the loads take.
#define FILL_X(part)                                                                          \
  if ((part) == 0) FETCH_DEPTHWISE(CHUNK * block, ahead < group_steps ? chunk_end : 0)        \
  if ((part) == STEP_PRODUCTS - 1) {                                                          \
    _Pragma("unroll") for (int j = 0; j < LOADS_X; ++j) {                                     \
      const int row = (item + j * GROUP_ITEMS) / BLOCKS_K;                                    \
      if (STAGE_X % GROUP_ITEMS != 0 && row >= TILE_M) continue;                              \
      STORE_CHUNK(fill + row * BLOCKS_K + (column ^ TURN(row)), next_x + j * STAGED_BLOCKS);  \
    }                                                                                         \
  }
#else
#define FILL_X(part)                                                                          \
  {                                                                                           \
    const int inside_ =                                                                       \
        ahead < group_steps                                                                   \
            ? clamp(chunk_end - CHUNK * block, 0, CHUNK) * (int)sizeof(STORAGE_T)             \
            : 0;                                                                              \
    _Pragma("unroll") for (int j = 0; j < LOADS_X; ++j) {                                     \
      const int row = (item + j * GROUP_ITEMS) / BLOCKS_K;                                    \
      if (j * STEP_PRODUCTS / LOADS_X != (part)) continue;                                    \
      if (STAGE_X % GROUP_ITEMS != 0 && row >= TILE_M) continue;                              \
      COPY_ROW(fill + row * BLOCKS_K + (column ^ TURN(row)),                                  \
               x + (from[j] + INPUT_AHEAD(CHUNK * block)), IS_INPUT(j) ? inside_ : 0)         \
    }                                                                                         \
  }
#endif
// Fills the part of x and the part of the filter.
#define FILL_PART(part)                                                                       \
  {                                                                                           \
    FILL_X(part)                                                                              \
    const int filter_bytes = ahead < group_steps ? 16 : 0;                                    \
    _Pragma("unroll") for (int j = 0; j < LOADS_W; ++j) {                                     \
      const int chunk = item + j * GROUP_ITEMS;                                               \
      if (j * STEP_PRODUCTS / LOADS_W != (part)) continue;                                    \
      if (STAGE_W % GROUP_ITEMS != 0 && chunk >= STAGE_W) continue;                           \
      COPY_CHUNK(fill + STAGE_X + chunk, weights + (weight + j * GROUP_ITEMS * CHUNK),        \
                 filter_bytes);                                                               \
    }                                                                                         \
  }

// A copy cannot multiply: when the item's own copies of a step are there, and before others read them, it multiplies
// them by the channel scale's channels, fetched a step before. Zeros behind the last channel.
#if CHANNEL_SCALE
#define FETCH_FACTORS(step)                                                                   \
  {                                                                                           \
    const int channel_ = CHUNK * (first_block + (step) * BLOCKS_K);                           \
    __global const STORAGE_T *at_ = channel_scale + ADDRESS(channel_scale, image, 0, group * in_per_group + channel_); \
    factors[0] = factors[1] = 0.0f;                                                           \
    if (channel_ < chunk_end) factors[0] = LOAD_BLOCK(at_, 0);                                \
    if (CHUNK > 4 && channel_ + 4 < chunk_end) factors[1] = LOAD_BLOCK(at_, 4);               \
  }
#define SCALE_COPIES(stage)                                                                   \
  _Pragma("unroll") for (int j = 0; j < LOADS_X; ++j) {                                       \
    const int row = (item + j * GROUP_ITEMS) / BLOCKS_K;                                      \
    if (STAGE_X % GROUP_ITEMS != 0 && row >= TILE_M) continue;                                \
    FUNCTION(scale_chunk)(shared + (stage) + row * BLOCKS_K + (column ^ TURN(row)), factors); \
  }
inline void FUNCTION(scale_chunk)(__local uint4 *chunk, const float4 *factors) {
#if HALF_STORAGE
  __local half *halves = (__local half *)chunk;
  vstorea_half4(vloada_half4(0, halves) * factors[0], 0, halves);
  vstorea_half4(vloada_half4(1, halves) * factors[1], 1, halves);
#else
  *(__local float4 *)chunk *= factors[0];
#endif
}
#else
#define FETCH_FACTORS(step)
#define SCALE_COPIES(stage)
#endif

#if HALF_STORAGE
#define COPY_ROW(to, from, bytes) COPY_HALVES(aligned, to, from, bytes)
#else
#define COPY_ROW(to, from, bytes) COPY_CHUNK(to, from, bytes);
#endif

// Goes to the step after the one that was copied.
#define NEXT_STEP                                          \
  {                                                        \
    COMMIT_COPIES();                                       \
    ++ahead;                                               \
    fill += STAGE_CHUNKS;                                  \
    fill = fill == STAGES * STAGE_CHUNKS ? 0 : fill;       \
    weight += STAGE_W * CHUNK;                             \
    NEXT_BLOCK(in_chunks)                                  \
  }

__kernel __attribute__((reqd_work_group_size(GROUP_ITEMS, 1, 1))) void KERNEL(TILE_PARAMETERS) {
  __local uint4 shared[STAGES * STAGE_CHUNKS];
  TENSOR_EXCHANGE
  const int item = get_local_id(0);
  const int lane = item % 32;
  const int slice = item / (32 * SLICE_WARPS);
  const int warp = item / 32 - slice * SLICE_WARPS;
  const int warp_m = warp / WARPS_N * WARP_M, warp_n = warp % WARPS_N * WARP_N;
  FOR_TILES {
    DECLARE_TILE
    DECLARE_PIXELS(pixel_tile, TILE_M)
    const int group = tile / tiles_per_group;
    const int first_channel = group * out_per_group + (tile - group * tiles_per_group) * TILE_N;

    // The part of x that this item copies: one column of chunks, LOADS_X pixels.
    const int in_chunks = (in_per_group + CHUNK - 1) / CHUNK;
    const int chunk_end = (in_per_group + 3) / 4 * 4;
#if HALF_STORAGE && !DEPTHWISE
    // A tensor, or the part of a wider one, may begin between two chunks.
    const bool aligned = ((x_pitch | x_offset | (group * in_per_group)) & 7) == 0;
#endif
    const int column = item % BLOCKS_K;
    const int first_block = first_step * BLOCKS_K + column;
#if DEPTHWISE
    float4 next_x[LOADS_X * STAGED_BLOCKS];
#endif
    DECLARE_PLACES
#pragma unroll
    for (int j = 0; j < LOADS_X; ++j) {
      const int pixel = min(first_pixel + (item + j * GROUP_ITEMS) / BLOCKS_K, end_pixel - 1);
      FIND_PLACE(j, pixel)
    }
#if TAPS_INNER
    const int first_tap = first_step % (kernel_h * kernel_w);
    int block = first_step / (kernel_h * kernel_w) * BLOCKS_K + column;
#else
    const int first_tap = POINTWISE ? 0 : first_block / in_chunks;
    int block = first_block - first_tap * in_chunks;
#endif
    DECLARE_TAP(first_tap)
    int weight = ((tile * steps + first_step) * STAGE_W + item) * CHUNK;

    float sum[WARP_M / 16][WARP_N / 8][4];
#pragma unroll
    for (int i = 0; i < WARP_M / 16; ++i) {
#pragma unroll
      for (int j = 0; j < WARP_N / 8; ++j) {
#pragma unroll
        for (int e = 0; e < 4; ++e) sum[i][j][e] = 0.0f;
      }
    }

    // Which chunks a lane names of a stage.
    const int x_row = lane % 16, x_chunk = lane / 16;
    const int x_turn = TURN(x_row);
    const int x_first = (warp_m + x_row) * BLOCKS_K;
    const int w_first = STAGE_X + 2 * warp_n + lane;

    // Step s is copied STAGES - 1 steps before it is used, its fragments one product before.
    int ahead = 0, fill = 0;
#pragma unroll
    for (int s = 0; s < STAGES - 1; ++s) {
#pragma unroll
      for (int part = 0; part < STEP_PRODUCTS; ++part) FILL_PART(part)
      NEXT_STEP
    }
#if CHANNEL_SCALE
    float4 factors[2];
#endif
    FETCH_FACTORS(0)
    WAIT_FOR_COPIES(STAGES - 2);
    SCALE_COPIES(0)
    barrier(CLK_LOCAL_MEM_FENCE);
    const int first_k = slice * STEP_PRODUCTS;
    uint a_now[WARP_M / 16][4], b_now[WARP_N / 16][4];
    uint a_next[WARP_M / 16][4], b_next[WARP_N / 16][4];
    LOAD_FRAGMENTS(a_now, b_now, 0, first_k)
    int stage = 0;
    for (int step = 0; step < group_steps; ++step) {
      FETCH_FACTORS(step + 1)
#pragma unroll
      for (int k = 0; k < STEP_PRODUCTS; ++k) {
        FILL_PART(k)
        if (k + 1 < STEP_PRODUCTS) {
          LOAD_FRAGMENTS(a_next, b_next, stage, first_k + k + 1)
        } else {
          NEXT_STEP
          WAIT_FOR_COPIES(STAGES - 2);
          stage += STAGE_CHUNKS;
          stage = stage == STAGES * STAGE_CHUNKS ? 0 : stage;
          SCALE_COPIES(stage)
          // After the barrier the copied chunks are there for all items, and the stage before is free.
          barrier(CLK_LOCAL_MEM_FENCE);
          LOAD_FRAGMENTS(a_next, b_next, stage, first_k)
        }
#pragma unroll
        for (int i = 0; i < WARP_M / 16; ++i) {
          ROUND_ROWS(a_now[i]);
#pragma unroll
          for (int j = 0; j < WARP_N / 8; ++j) ADD_PRODUCT(sum[i][j], a_now[i], b_now[j / 2] + j % 2 * 2);
        }
#pragma unroll
        for (int r = 0; r < 4; ++r) {
#pragma unroll
          for (int i = 0; i < WARP_M / 16; ++i) a_now[i][r] = a_next[i][r];
#pragma unroll
          for (int j = 0; j < WARP_N / 16; ++j) b_now[j][r] = b_next[j][r];
        }
      }
    }
    WAIT_FOR_COPIES(0);

    // Piece p: rows 8 * (p % 2) + lane / 4 of the 16 rows, channels 4 * (lane % 4) of the 16 columns,
    // for the packing puts a lane's columns of both products side by side.
    float4 value[VALUES];
#define PIECE(p)                                                        \
    (float4)(sum[(p) / (WARP_N / 8)][(p) / 2 % (WARP_N / 16) * 2][(p) % 2 * 2],     \
             sum[(p) / (WARP_N / 8)][(p) / 2 % (WARP_N / 16) * 2][(p) % 2 * 2 + 1], \
             sum[(p) / (WARP_N / 8)][(p) / 2 % (WARP_N / 16) * 2 + 1][(p) % 2 * 2], \
             sum[(p) / (WARP_N / 8)][(p) / 2 % (WARP_N / 16) * 2 + 1][(p) % 2 * 2 + 1])
#if SLICES > 1
    // Slice s finishes the pieces p with p % SLICES == s.
    __local float4 *sums = (__local float4 *)shared;
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int p = 0; p < PIECES; ++p) {
      sums[((slice * SLICE_WARPS + warp) * PIECES + p) * 32 + lane] = PIECE(p);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int i = 0; i < VALUES; ++i) {
      const int from_sum = (warp * PIECES + i * SLICES + slice) * 32 + lane;
      value[i] = sums[from_sum];
#pragma unroll
      for (int s = 1; s < SLICES; ++s) value[i] += sums[s * SLICE_WARPS * PIECES * 32 + from_sum];
    }
#else
#pragma unroll
    for (int p = 0; p < PIECES; ++p) value[p] = PIECE(p);
#endif

    DECLARE_END_CHANNEL(value)
#pragma unroll
    for (int i = 0; i < VALUES; ++i) {
      const int p = i * SLICES + (SLICES > 1 ? slice : 0);
      const int pixel = first_pixel + warp_m + p / (WARP_N / 8) * 16 + p % 2 * 8 + lane / 4;
      const int channel = first_channel + warp_n + p / 2 % (WARP_N / 16) * 16 + lane % 4 * 4;
      if (pixel >= end_pixel || channel >= end_channel) continue;
      WRITE_RESULT(value[i], pixel, channel)
    }
  }
}

#undef CHUNK
#undef WARPS_N
#undef SLICE_WARPS
#undef GROUP_ITEMS
#undef STEP_PRODUCTS
#undef STAGE_X
#undef STAGE_W
#undef STAGE_CHUNKS
#undef LOADS_X
#undef LOADS_W
#undef PIECES
#undef VALUES
#undef TURN
#undef FILL_X
#undef FILL_PART
#undef STAGED_BLOCKS
#undef COPY_ROW
#undef NEXT_STEP
#undef FETCH_FACTORS
#undef SCALE_COPIES
#undef LOAD_FRAGMENTS
#undef PIECE
#endif
