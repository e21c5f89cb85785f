// conv2d_int8: convolution of 8-bit numbers with sums in int32, one group: an implicit matrix
// product like conv2d_tiled, a register tile of ROWS output pixels x VECTORS * LANES output channels
// at once, four input channels at a step. Buffers only.
//
//   y = round(scale * (sum of u * (w - filter_offset) + start) + bias), between low and high, + zero
//
// where u is a q of x, w a signed byte, and start is -zero point of x times the sum of the filter.
//
// Macros: LANES (4, 8, 16: width of a vector of output channels), VECTORS, ROWS, POINTWISE (1: 1x1,
//   stride 1, no padding; at least ROWS pixels in all. Else tiles do not cross output rows, which
//   are at least ROWS wide), FILTER_OFFSET (1: it is not 0, and u is summed as well),
//   PRODUCTS (how bytes are multiplied, ByteProducts in device_info.h).
// weights: [tile][kh][kw][i / 4][VECTORS * LANES] ints of four signed bytes, i from the lowest byte
//   on; zeros where there is none.
// edge: x's zero point as many times as x has channels, then zeros up to a multiple of 4; read in
//   place of pixels outside of x.
// Output pixels are numbered (n * out_h + oh) * out_w + ow. depth: ints of four input channels.
#ifdef USE_conv2d_int8
#include "int8.clh"
#include "window.clh"

#define COLUMNS (LANES * VECTORS)

// sum += the products of the four bytes of each lane of a (unsigned) and w (signed). No product saturates: the lowering
// offers only filters that fit.
#if PRODUCTS == 2 && LANES == 16
// The instruction is written as text, because the compiler of a driver for older processors has no name for it, while
// its assembler has.
#define ADD_PRODUCTS(sum, a, w) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#elif PRODUCTS == 3 && LANES == 4
#define ADD_LANE(sum, a, w) __asm__("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(a), "r"(w))
#define ADD_PRODUCTS(sum, a, b)  \
  {                              \
    ADD_LANE(sum.x, a.x, (b).x); \
    ADD_LANE(sum.y, a.y, (b).y); \
    ADD_LANE(sum.z, a.z, (b).z); \
    ADD_LANE(sum.w, a.w, (b).w); \
  }
#else
#define ADD_PRODUCTS(sum, a, w)                                                        \
  sum += (a & 255) * (((w) << 24) >> 24) + ((a >> 8) & 255) * (((w) << 16) >> 24) +    \
         ((a >> 16) & 255) * (((w) << 8) >> 24) + ((a >> 24) & 255) * ((w) >> 24)
#endif

// All products of one tap: `value(t)` is four channels of pixel t, at step i.
#define ADD_TAP(value)                                                                     \
  _Pragma("unroll 1") for (int i = 0; i < depth; ++i) {                                    \
    INTS columns[VECTORS];                                                                 \
    _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) columns[v] =                       \
        LOAD_INTS(weight + LANES * v);                                                     \
    weight += COLUMNS;                                                                     \
    _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                     \
      const INTS element = value;                                                          \
      _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) {                                \
        ADD_PRODUCTS(sum[t][v], element, columns[v]);                                      \
      }                                                                                    \
      SUM_ELEMENT                                                                          \
    }                                                                                      \
  }

#if FILTER_OFFSET
#define SUM_ELEMENT ADD_PRODUCTS(elements[t], element, ones);
#else
#define SUM_ELEMENT
#endif

ENTRY void KERNEL(ITEM_IDS __global const uchar *restrict x, int x_pitch, int x_offset,
                  int x_width, __global uchar *y, int y_pitch, int y_offset, int y_width,
                  __global const int *restrict weights, __global const int *restrict starts,
                  __global const float *restrict bias,
#if !POINTWISE
                  __global const int *restrict edge, WINDOW_INTS
#endif
                  int pixels, int channels, int depth, int tiles, int pixel_tiles,
                  int tiles_per_item, int pixels_first, int filter_offset, int zero, float scale,
                  float low, float high) {
  const int index0 = ITEM_ID(0), index1 = ITEM_ID(1);
  const int tile = pixels_first ? index1 : index0;
  const int first_tile = tiles_per_item * (pixels_first ? index0 : index1);
  if (tile >= tiles || first_tile >= pixel_tiles) return;
  const int pitch = x_pitch / 4;
  __global const int *const first_x = (__global const int *)(x + x_offset);
#if FILTER_OFFSET
  const INTS ones = 0x01010101;
#endif
  const int end_tile = min(first_tile + tiles_per_item, pixel_tiles);
  for (int pixel_tile = first_tile; pixel_tile < end_tile; ++pixel_tile) {
    // The tile's own pixels begin at first_pixel; the one at the end of its row, or of all pixels,
    // begins to compute before that, so that it is full.
#if POINTWISE
    const int first_pixel = ROWS * pixel_tile;
    const int base_pixel = min(first_pixel, pixels - ROWS);
#else
    const int tiles_per_row = (out_w + ROWS - 1) / ROWS;
    const int row = pixel_tile / tiles_per_row;
    const int first_pixel = row * out_w + ROWS * (pixel_tile - row * tiles_per_row);
    const int base_pixel = min(first_pixel, (row + 1) * out_w - ROWS);
#endif
    INTS sum[ROWS][VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      const INTS start = LOAD_INTS(starts + tile * COLUMNS + LANES * v);
#pragma unroll
      for (int t = 0; t < ROWS; ++t) sum[t][v] = start;
    }
#if FILTER_OFFSET
    INTS elements[ROWS];
#pragma unroll
    for (int t = 0; t < ROWS; ++t) elements[t] = 0;
#endif

#if POINTWISE
    __global const int *weight = weights + tile * depth * COLUMNS;
    __global const int *at = first_x + base_pixel * pitch;
    ADD_TAP(at[t * pitch + i])
#else
    const int n = row / out_h;
    const int first_w = (base_pixel - row * out_w) * stride_w - pad_left;
    const int first_h = (row - n * out_h) * stride_h - pad_top;
    const int step = stride_w * pitch;
    __global const int *weight = weights + tile * kernel_h * kernel_w * depth * COLUMNS;
    for (int kh = 0; kh < kernel_h; ++kh) {
      const int h = first_h + kh * dilation_h;
      const bool row_inside = h >= 0 && h < in_h;
      __global const int *row_of_x = first_x + (n * in_h + (row_inside ? h : 0)) * x_width * pitch;
      for (int kw = 0; kw < kernel_w; ++kw) {
        const int w = first_w + kw * dilation_w;
        if (row_inside && w >= 0 && w + (ROWS - 1) * stride_w < x_width) {
          __global const int *at = row_of_x + w * pitch;
          ADD_TAP(at[t * step + i])
        } else {
          __global const int *from[ROWS];
#pragma unroll
          for (int t = 0; t < ROWS; ++t) {
            const int at = w + t * stride_w;
            from[t] = row_inside && at >= 0 && at < x_width ? row_of_x + at * pitch : edge;
          }
          ADD_TAP(from[t][i])
        }
      }
    }
#endif

#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      const int channel = tile * COLUMNS + LANES * v;
      const FLOATS added = LOAD_FLOATS(bias + channel);
#pragma unroll
      for (int t = 0; t < ROWS; ++t) {
#if FILTER_OFFSET
        sum[t][v] -= filter_offset * elements[t];
#endif
        if (base_pixel + t < first_pixel) continue;
        const FLOATS value = TO_FLOATS(sum[t][v]) * scale + added;
        const BYTES bytes = ROUND_TO_INT8(value, low, high, zero);
        WRITE_BYTES(y, (base_pixel + t) * y_pitch + y_offset + channel, bytes, channel, channels)
      }
    }
  }
}

#undef COLUMNS
#undef ADD_PRODUCTS
#undef ADD_LANE
#undef ADD_TAP
#undef SUM_ELEMENT
#endif
