// conv2d_tiled: convolution as an implicit matrix product, a register tile of ROWS output pixels x
// VECTORS * LANES output channels at once, tiles_per_item such tiles of pixels a work-item. Buffers
// only.
//
// Macros: LANES (4, 8, 16: width of a vector), VECTORS (vectors of output channels), ROWS (pixels),
//   SPACED (1: below; 0: any pixels, four input channels at a step), SCALAR_LOADS (1: one element of
//   x at a time, which CPUs broadcast from memory for free; 0: four channels at once), POINTWISE (1:
//   1x1, stride 1, no padding), UNIT_STRIDE (1: stride_w is 1, known where that makes the distances of a
//   block's pixels constants), PREFETCH (so many input channels ahead; 0: none), RESIDUAL, CHANNEL_SCALE, ACTIVATION.
// SPACED, with SCALAR_LOADS alone: the pixels of a tile lie in x at equal distances, so that an
//   address and a step stand for ROWS addresses, few enough for the registers of a CPU. POINTWISE:
//   at least ROWS pixels in all. Else tiles do not cross output rows, which are at least ROWS wide.
// In blocks x (IN_BLOCK), y and residual (OUT_BLOCK) are SPACED, of one group, their blocks of LANES
//   channels; x may be in channels4 where y is in blocks.
// CHANNEL_SCALE (channel_scale.clh): SCALAR_LOADS multiply the weights by it, which a tile's pixels share, four channels
//   at once those of x.
// weights: [group][tile][kh][kw][i][VECTORS * LANES], i rounded up to 4 unless SPACED, zeros where
//   there is none.
// zeros: as many zeros as one group has input channels, read in place of pixels outside of x.
// Output pixels are numbered (n * out_h + oh) * out_w + ow.
#ifdef USE_conv2d_tiled
#include "channel_scale.clh"
#include "float_lanes.clh"
#include "fused_activation.clh"
#include "residual.clh"
#include "window.clh"

#define COLUMNS (LANES * VECTORS)

#if CHANNEL_SCALE && SCALAR_LOADS
#define SCALE_COLUMNS(i)                                                        \
  {                                                                             \
    const float factor = LOAD(factors, FIRST_CHANNEL + (i));                                   \
    _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) columns[v] *= factor;   \
  }
#else
#define SCALE_COLUMNS(i)
#endif
// The weights come from a cache behind the first, where each tile of pixels reads them again. OpenCL's prefetch() is
// nothing in PoCL.
#if PREFETCH && defined(__clang__)
#define PREFETCH_COLUMNS                                                        \
  _Pragma("unroll") for (int v = 0; v < VECTORS; ++v)                           \
      __builtin_prefetch(weights + weight + LANES * v + PREFETCH * COLUMNS);
#else
#define PREFETCH_COLUMNS
#endif
// Adds the products of input channel i: `value(t)` is its element of pixel t.
#define ADD_PRODUCTS(i, value)                                                  \
  {                                                                             \
    FLOATS columns[VECTORS];                                                    \
    _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) columns[v] =            \
        LOAD_FLOATS(weights, weight + LANES * v);                               \
    PREFETCH_COLUMNS                                                            \
    weight += COLUMNS;                                                          \
    SCALE_COLUMNS(i)                                                            \
    _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                          \
      const float element = value;                                              \
      _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) sum[t][v] += element * columns[v]; \
    }                                                                           \
  }

// The loop over channels for a tile of pixels. With more than one channel in the body, compilers load the elements of
// all channels before the products, into more registers than there are.
#define FOR_CHANNELS _Pragma("unroll 1") for (int i = 0; i < CHANNELS_HERE; ++i)
// FOR_BLOCKS: over the blocks of x, within which FOR_CHANNELS counts from FIRST_CHANNEL, at FIRST_ADDRESS.
#if IN_BLOCK
#define FOR_BLOCKS for (int first = 0; first < depth; first += IN_BLOCK)
#define FIRST_CHANNEL first
#define FIRST_ADDRESS (first / IN_BLOCK * x_pitch)
#define CHANNELS_HERE min(IN_BLOCK, depth - first)
#define PIXEL_STEP IN_BLOCK
#else
#define FOR_BLOCKS
#define FIRST_CHANNEL 0
#define FIRST_ADDRESS 0
#define CHANNELS_HERE depth
#define PIXEL_STEP x_pitch
#endif
// The index of the first of LANES channels of an output pixel, in y or residual.
#if OUT_BLOCK
#define OF_PIXEL(x, pixel, channel) ((channel) / OUT_BLOCK * x##_pitch + x##_offset + (pixel)*OUT_BLOCK)
#else
#define OF_PIXEL(x, pixel, channel) ((pixel)*x##_pitch + x##_offset + (channel))
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), RESIDUAL_PARAMETER CHANNEL_SCALE_PARAMETER
                  __global const STORAGE_T *restrict weights, __global const float *restrict bias,
#if !POINTWISE
                  __global const STORAGE_T *restrict zeros, WINDOW_INTS
#endif
                  int pixels, int channels, int in_per_group, int out_per_group,
                  int tiles_per_group, int tiles, int pixel_tiles, int tiles_per_item,
                  int pixels_first, float a, float b) {
  const int index0 = ITEM_ID(0), index1 = ITEM_ID(1);
  const int tile = pixels_first ? index1 : index0;
  const int first_tile = tiles_per_item * (pixels_first ? index0 : index1);
  if (tile >= tiles || first_tile >= pixel_tiles) return;
  const int group = tile / tiles_per_group;
  const int first_channel = group * out_per_group + (tile - group * tiles_per_group) * COLUMNS;
  const int end_channel = (group + 1) * out_per_group;
  const int depth = SPACED ? in_per_group : (in_per_group + 3) / 4 * 4;

  const int end_tile = min(first_tile + tiles_per_item, pixel_tiles);
  for (int pixel_tile = first_tile; pixel_tile < end_tile; ++pixel_tile) {
    // The tile's own pixels begin at first_pixel; the one at the end of its row, or of all pixels,
    // begins to compute before that, so that it is full.
#if SPACED && !POINTWISE
    const int tiles_per_row = (out_w + ROWS - 1) / ROWS;
    const int row = pixel_tile / tiles_per_row;
    const int first_pixel = row * out_w + ROWS * (pixel_tile - row * tiles_per_row);
    const int end_pixel = (row + 1) * out_w;
    const int image = row / out_h;
#else
    DECLARE_PIXELS(pixel_tile, ROWS)
#endif
#if SPACED
    const int base_pixel = min(first_pixel, end_pixel - ROWS);
#else
    const int base_pixel = first_pixel;
#endif
#if CHANNEL_SCALE
    __global const STORAGE_T *factors = channel_scale + PIXEL_ADDRESS(channel_scale, image, 0, group * in_per_group);
#endif

    FLOATS sum[ROWS][VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      const FLOATS start = VLOAD(0, bias + tile * COLUMNS + LANES * v);
#pragma unroll
      for (int t = 0; t < ROWS; ++t) sum[t][v] = start;
    }

#if SPACED && POINTWISE
    int weight = tile * depth * COLUMNS;
    FOR_BLOCKS {
      __global const STORAGE_T *at =
          x + (base_pixel * PIXEL_STEP + x_offset + group * in_per_group + FIRST_ADDRESS);
      FOR_CHANNELS ADD_PRODUCTS(i, LOAD(at, t * PIXEL_STEP + i))
    }
#elif SPACED
    const int first_w = (base_pixel - row * out_w) * stride_w - pad_left;
    const int first_h = (row - image * out_h) * stride_h - pad_top;
    const int step = (UNIT_STRIDE ? 1 : stride_w) * PIXEL_STEP;
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int h = first_h + kh * dilation_h;
      if (h < 0 || h >= in_h) continue;
      __global const STORAGE_T *row_of_x = x + ADDRESS(x, image * in_h + h, 0, group * in_per_group);
      int weight = (tile * kernel_h + kh) * kernel_w * depth * COLUMNS;
      for (int kw = 0; kw < kernel_w; ++kw) {
        const int w = first_w + kw * dilation_w;
        const bool inside = w >= 0 && w + (ROWS - 1) * stride_w < x_width;
        FOR_BLOCKS {
          __global const STORAGE_T *row_of_block = row_of_x + FIRST_ADDRESS;
          if (inside) {
            __global const STORAGE_T *at = row_of_block + w * PIXEL_STEP;
            FOR_CHANNELS ADD_PRODUCTS(i, LOAD(at, t * step + i))
          } else {
            __global const STORAGE_T *from[ROWS];
#pragma unroll
            for (int t = 0; t < ROWS; ++t) {
              const int at = w + t * stride_w;
              from[t] = at >= 0 && at < x_width ? row_of_block + at * PIXEL_STEP : zeros;
            }
            FOR_CHANNELS ADD_PRODUCTS(i, LOAD(from[t], i))
          }
        }
      }
    }
#else
    __global const STORAGE_T *from[ROWS];
#if POINTWISE
    int weight = tile * depth * COLUMNS;
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
      from[t] = x + (min(first_pixel + t, end_pixel - 1) * x_pitch + x_offset + group * in_per_group);
    }
#else
    int weight = tile * kernel_h * kernel_w * depth * COLUMNS;
    int first_h[ROWS], first_w[ROWS], first_row[ROWS];
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
      const int pixel = min(first_pixel + t, end_pixel - 1);
      const int row = pixel / out_w;
      const int n = row / out_h;
      first_w[t] = (pixel - row * out_w) * stride_w - pad_left;
      first_h[t] = (row - n * out_h) * stride_h - pad_top;
      first_row[t] = n * in_h;
    }
    for (int kh = 0; kh < kernel_h; ++kh) {
      for (int kw = 0; kw < kernel_w; ++kw) {
#pragma unroll
        for (int t = 0; t < ROWS; ++t) {
          const int h = first_h[t] + kh * dilation_h;
          const int w = first_w[t] + kw * dilation_w;
          const bool inside = h >= 0 && h < in_h && w >= 0 && w < x_width;
          from[t] = inside ? x + ADDRESS(x, first_row[t] + h, w, group * in_per_group) : zeros;
        }
#endif
        for (int i = 0; i < depth; i += 4) {
#if SCALAR_LOADS
          ADD_PRODUCTS(i, LOAD(from[t], i))
          ADD_PRODUCTS(i + 1, LOAD(from[t], i + 1))
          ADD_PRODUCTS(i + 2, LOAD(from[t], i + 2))
          ADD_PRODUCTS(i + 3, LOAD(from[t], i + 3))
#else
          float4 elements[ROWS];
#pragma unroll
          for (int t = 0; t < ROWS; ++t) elements[t] = LOAD4(from[t], i);
#if CHANNEL_SCALE
          const float4 factor = LOAD4(factors, i);
#pragma unroll
          for (int t = 0; t < ROWS; ++t) elements[t] *= factor;
#endif
          ADD_PRODUCTS(i, elements[t].x)
          ADD_PRODUCTS(i + 1, elements[t].y)
          ADD_PRODUCTS(i + 2, elements[t].z)
          ADD_PRODUCTS(i + 3, elements[t].w)
#endif
        }
#if !POINTWISE
      }
    }
#endif
#endif

    // A group's tiles end at the group: what is behind belongs to another tile.
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
      const int pixel = base_pixel + t;
#if SPACED
      if (pixel < first_pixel) continue;
#else
      if (pixel >= end_pixel) break;
#endif
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        const int channel = first_channel + LANES * v;
#if OUT_BLOCK
        if (channel >= end_channel) break;
#endif
        const int to = OF_PIXEL(y, pixel, channel);
#if RESIDUAL
        const int added = OF_PIXEL(residual, pixel, channel);
#endif
#if OUT_BLOCK
        FLOATS value = sum[t][v];
#if RESIDUAL
        value += LOAD_FLOATS(residual, added);
#endif
        STORE_FLOATS(y, to, MASK_BLOCK(ACTIVATE(value, a, b), channels - channel));
#else
        if (channel + LANES <= end_channel) {
          FLOATS value = sum[t][v];
#if RESIDUAL
          value += LOAD_FLOATS(residual, added);
#endif
          STORE_FLOATS(y, to, ACTIVATE(value, a, b));
        } else {
          for (int lane = 0; channel + lane < end_channel; lane += 4) {
            float4 value = BLOCK(sum[t][v], lane / 4);
#if RESIDUAL
            value += LOAD4(residual, added + lane);
#endif
            STORE4(y, to + lane, mace_mask_lanes(ACTIVATE(value, a, b), channels - channel - lane));
          }
        }
#endif
      }
    }
  }
}

#undef ADD_PRODUCTS
#undef SCALE_COLUMNS
#undef FOR_CHANNELS
#undef FOR_BLOCKS
#undef FIRST_CHANNEL
#undef FIRST_ADDRESS
#undef CHANNELS_HERE
#undef PIXEL_STEP
#undef OF_PIXEL
#undef PREFETCH_COLUMNS
#undef COLUMNS
#endif
