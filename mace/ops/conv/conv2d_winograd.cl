// conv2d_winograd_*: a 3x3 convolution of stride 1 by Winograd's algorithm, F(OUT_TILE x OUT_TILE, 3x3) with OUT_TILE 2 or 4:
//   y = A^T [(G g G^T) * (B^T d B)] A    of each tile, where * is element by element and sums over input channels,
// d the IN_TILE x IN_TILE pixels of x (IN_TILE = OUT_TILE + 2) that a tile of y depends on, g the filter. Three launches
// for a block of tiles:
//   _input     v = B^T d B
//   _product   m = (G g G^T) * v: for each of the IN_TILE^2 points a matrix product
//   _output    y = A^T m A + bias, residual and activation
// The matrices are those of the points 0, 1, -1, infinity for OUT_TILE 2, and of 0, 1/sqrt(2), -1/sqrt(2), sqrt(2),
// -sqrt(2), infinity for 4: rounding errors are a third of those with 1, -1, 2, -2. winograd_lowering.cc has G.
// Between the launches all is float, whatever the storage. v: [point][rows][depth], m: [point][rows][pitch], with a row
// for each tile of the block and some more; a point's part begins `plane` elements behind the one before.
// Tiles are numbered (n * tiles_h + th) * tiles_w + tw.
// Macros: OUT_TILE, LANES (4, 8, 16: channels of a vector), in _product as conv2d_tiled has them: LANES, VECTORS, ROWS,
//   SCALAR_LOADS; in _output RESIDUAL, ACTIVATION. Buffers only.
#include "float_lanes.clh"
#define IN_TILE (OUT_TILE + 2)

#ifdef USE_conv2d_winograd_input
// to[0, IN_TILE) = B^T from[0, IN_TILE)
#if OUT_TILE == 4
#define TRANSFORM(to, from)                                      \
  {                                                              \
    const FLOATS even1 = from[4] - 2.0f * from[2];               \
    const FLOATS odd1 = 0.70710678f * from[3] - 1.41421356f * from[1]; \
    const FLOATS even2 = from[4] - 0.5f * from[2];               \
    const FLOATS odd2 = 1.41421356f * from[3] - 0.70710678f * from[1]; \
    to[0] = from[0] - 2.5f * from[2] + from[4];                  \
    to[1] = even1 + odd1;                                        \
    to[2] = even1 - odd1;                                        \
    to[3] = even2 + odd2;                                        \
    to[4] = even2 - odd2;                                        \
    to[5] = from[1] - 2.5f * from[3] + from[5];                  \
  }
#else
#define TRANSFORM(to, from)    \
  {                            \
    to[0] = from[0] - from[2]; \
    to[1] = from[1] + from[2]; \
    to[2] = from[2] - from[1]; \
    to[3] = from[3] - from[1]; \
  }
#endif

// Rows behind the tiles repeat the last one. A work-item: one row, vectors_per_item vectors of channels.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), __global float *restrict v, int in_h, int pad_top, int pad_left, int tiles_h,
                  int tiles_w, int first_tile, int tiles, int rows, int vectors, int vectors_per_item, int plane) {
  const int item = ITEM_ID(0), row = ITEM_ID(1);
  const int begin = item * vectors_per_item, end = min(begin + vectors_per_item, vectors);
  if (begin >= end || row >= rows) return;
  const int tile = first_tile + min(row, tiles - 1);
  const int tile_row = tile / tiles_w;
  const int n = tile_row / tiles_h;
  const int first_h = (tile_row - n * tiles_h) * OUT_TILE - pad_top;
  const int first_w = (tile - tile_row * tiles_w) * OUT_TILE - pad_left;
  for (int channel = LANES * begin; channel < LANES * end; channel += LANES) {
    FLOATS columns[IN_TILE][IN_TILE];  // [column][row]
#pragma unroll
    for (int c = 0; c < IN_TILE; ++c) {
      const int w = first_w + c;
      FLOATS pixels[IN_TILE];
#pragma unroll
      for (int r = 0; r < IN_TILE; ++r) {
        const int h = first_h + r;
        const bool inside = h >= 0 && h < in_h && w >= 0 && w < x_width;
        pixels[r] = (FLOATS)(0.0f);
        if (inside) pixels[r] = LOAD_FLOATS(x, ADDRESS(x, n * in_h + h, w, channel));
      }
      TRANSFORM(columns[c], pixels)
    }
    __global float *to = v + row * vectors * LANES + channel;
#pragma unroll
    for (int r = 0; r < IN_TILE; ++r) {
      FLOATS across[IN_TILE], result[IN_TILE];
#pragma unroll
      for (int c = 0; c < IN_TILE; ++c) across[c] = columns[c][r];
      TRANSFORM(result, across)
#pragma unroll
      for (int c = 0; c < IN_TILE; ++c) VSTORE(result[c], 0, to + (r * IN_TILE + c) * plane);
    }
  }
}
#undef TRANSFORM
#endif

#ifdef USE_conv2d_winograd_product
#define COLUMNS (LANES * VECTORS)
// Adds the products of one input channel: `value(t)` is its element in row t.
#define ADD_PRODUCTS(value)                                                                \
  {                                                                                        \
    FLOATS columns[VECTORS];                                                               \
    _Pragma("unroll") for (int k = 0; k < VECTORS; ++k) columns[k] = VLOAD(0, u + LANES * k); \
    u += COLUMNS;                                                                          \
    _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                     \
      const float element = value;                                                         \
      _Pragma("unroll") for (int k = 0; k < VECTORS; ++k) sum[t][k] += element * columns[k]; \
    }                                                                                      \
  }

// filter: [point][channel tile][depth][COLUMNS]. ROWS x COLUMNS of m at once, tiles_per_item times one below the other a
// work-item.
ENTRY void KERNEL(ITEM_IDS __global const float *restrict v, __global const float *restrict filter,
                  __global float *restrict m, int depth, int row_tiles, int tiles_per_item, int channel_tiles,
                  int points, int v_plane, int m_plane) {
  const int first_tile = ITEM_ID(0) * tiles_per_item, channel_tile = ITEM_ID(1), point = ITEM_ID(2);
  if (channel_tile >= channel_tiles || point >= points) return;
  const int end_tile = min(first_tile + tiles_per_item, row_tiles);
  const int pitch = channel_tiles * COLUMNS;
  for (int row_tile = first_tile; row_tile < end_tile; ++row_tile) {
    __global const float *from = v + point * v_plane + row_tile * ROWS * depth;
    __global const float *u = filter + (point * channel_tiles + channel_tile) * depth * COLUMNS;
    FLOATS sum[ROWS][VECTORS];
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
#pragma unroll
      for (int k = 0; k < VECTORS; ++k) sum[t][k] = (FLOATS)(0.0f);
    }
#if SCALAR_LOADS
#pragma unroll 1
    for (int i = 0; i < depth; ++i) ADD_PRODUCTS(from[t * depth + i])
#else
    for (int i = 0; i < depth; i += 4) {
      float4 elements[ROWS];
#pragma unroll
      for (int t = 0; t < ROWS; ++t) elements[t] = vload4(0, from + t * depth + i);
      ADD_PRODUCTS(elements[t].x)
      ADD_PRODUCTS(elements[t].y)
      ADD_PRODUCTS(elements[t].z)
      ADD_PRODUCTS(elements[t].w)
    }
#endif
    __global float *to = m + point * m_plane + row_tile * ROWS * pitch + channel_tile * COLUMNS;
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
#pragma unroll
      for (int k = 0; k < VECTORS; ++k) VSTORE(sum[t][k], 0, to + t * pitch + LANES * k);
    }
  }
}
#undef ADD_PRODUCTS
#undef COLUMNS
#endif

#ifdef USE_conv2d_winograd_output
#include "fused_activation.clh"
#include "residual.clh"
// to[0, OUT_TILE) = A^T from[0, IN_TILE)
#if OUT_TILE == 4
#define TRANSFORM(to, from)                                                 \
  {                                                                         \
    const FLOATS sum1 = from[1] + from[2], difference1 = from[1] - from[2]; \
    const FLOATS sum2 = from[3] + from[4], difference2 = from[3] - from[4]; \
    to[0] = from[0] + sum1 + sum2;                                          \
    to[1] = 0.70710678f * difference1 + 1.41421356f * difference2;          \
    to[2] = 0.5f * sum1 + 2.0f * sum2;                                      \
    to[3] = 0.35355339f * difference1 + 2.82842712f * difference2 + from[5]; \
  }
#else
#define TRANSFORM(to, from)                       \
  {                                               \
    to[0] = from[0] + from[1] + from[2];          \
    to[1] = from[1] - from[2] + from[3];          \
  }
#endif
#if LANES == 4
#define MASKED(v) mace_mask_lanes(v, channels - channel)
#else
#define MASKED(v) (v)
#endif

// LANES above 4: channels are a multiple of LANES. A work-item: one tile, vectors_per_item vectors of channels.
ENTRY void KERNEL(ITEM_IDS TENSOR_OUT(y), RESIDUAL_PARAMETER __global const float *restrict m,
                  __global const float *restrict bias, int out_h, int tiles_h,
                  int tiles_w, int first_tile, int tiles, int pitch, int plane, int channels, int vectors,
                  int vectors_per_item, float a, float b) {
  const int item = ITEM_ID(0), row = ITEM_ID(1);
  const int begin = item * vectors_per_item, end = min(begin + vectors_per_item, vectors);
  if (begin >= end || row >= tiles) return;
  const int tile = first_tile + row;
  const int tile_row = tile / tiles_w;
  const int n = tile_row / tiles_h;
  const int first_h = (tile_row - n * tiles_h) * OUT_TILE;
  const int first_w = (tile - tile_row * tiles_w) * OUT_TILE;
  for (int channel = LANES * begin; channel < LANES * end; channel += LANES) {
    __global const float *from = m + row * pitch + channel;
    FLOATS columns[IN_TILE][OUT_TILE];  // [column][row]
#pragma unroll
    for (int c = 0; c < IN_TILE; ++c) {
      FLOATS down[IN_TILE];
#pragma unroll
      for (int r = 0; r < IN_TILE; ++r) down[r] = VLOAD(0, from + (r * IN_TILE + c) * plane);
      TRANSFORM(columns[c], down)
    }
    const FLOATS start = VLOAD(0, bias + channel);
#pragma unroll
    for (int r = 0; r < OUT_TILE; ++r) {
      if (first_h + r >= out_h) continue;
      FLOATS across[IN_TILE], result[OUT_TILE];
#pragma unroll
      for (int c = 0; c < IN_TILE; ++c) across[c] = columns[c][r];
      TRANSFORM(result, across)
#pragma unroll
      for (int c = 0; c < OUT_TILE; ++c) {
        if (first_w + c >= y_width) continue;
        FLOATS value = result[c] + start;
#if RESIDUAL
        value += LOAD_FLOATS(residual, OUT_ADDRESS(residual, n * out_h + first_h + r, first_w + c, channel));
#endif
        STORE_FLOATS(y, OUT_ADDRESS(y, n * out_h + first_h + r, first_w + c, channel), MASKED(ACTIVATE(value, a, b)));
      }
    }
  }
}
#undef TRANSFORM
#undef MASKED
#endif

#undef IN_TILE
