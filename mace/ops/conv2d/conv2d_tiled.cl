// conv2d_tiled: convolution as an implicit matrix product, a register tile of ROWS output pixels x
// VECTORS * LANES output channels a work-item. Buffers only.
//
// Macros: LANES (4, 8, 16: width of a vector), VECTORS (vectors of output channels), ROWS (pixels),
//   SCALAR_LOADS (1: one element of x at a time, which CPUs broadcast from memory for free; 0: four
//   channels at once), POINTWISE (1: 1x1, stride 1, no padding), RESIDUAL, ACTIVATION.
// weights: [group][tile][kh][kw][i, rounded up to 4][VECTORS * LANES], zeros where there is none.
// zeros: as many zeros as one group has input channels, read in place of pixels outside of x.
// Output pixels are numbered (n * out_h + oh) * out_w + ow.
#ifdef USE_conv2d_tiled
#include "fused_activation.clh"

#define COLUMNS (LANES * VECTORS)
#if LANES == 16
#define FLOATS float16
#define LOAD_FLOATS LOAD16
#define STORE_FLOATS STORE16
#define LOAD_BIAS(p) vload16(0, p)
#define BLOCK(v, i) \
  ((i) == 0 ? (v).s0123 : (i) == 1 ? (v).s4567 : (i) == 2 ? (v).s89ab : (v).scdef)
#elif LANES == 8
#define FLOATS float8
#define LOAD_FLOATS LOAD8
#define STORE_FLOATS STORE8
#define LOAD_BIAS(p) vload8(0, p)
#define BLOCK(v, i) ((i) == 0 ? (v).s0123 : (v).s4567)
#else
#define FLOATS float4
#define LOAD_FLOATS LOAD4
#define STORE_FLOATS STORE4
#define LOAD_BIAS(p) vload4(0, p)
#define BLOCK(v, i) (v)
#endif

// Adds the products of one input channel: `value(t)` is its element of pixel t.
#define ADD_PRODUCTS(value)                                                     \
  {                                                                             \
    FLOATS columns[VECTORS];                                                    \
    _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) columns[v] =            \
        LOAD_FLOATS(weights, weight + LANES * v);                               \
    weight += COLUMNS;                                                          \
    _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                          \
      const float element = value;                                              \
      _Pragma("unroll") for (int v = 0; v < VECTORS; ++v) sum[t][v] += element * columns[v]; \
    }                                                                           \
  }

__kernel void KERNEL(TENSOR_IN(x), TENSOR_OUT(y),
#if RESIDUAL
                     TENSOR_IN(residual),
#endif
                     __global const STORAGE_T *restrict weights, __global const float *restrict bias,
#if !POINTWISE
                     __global const STORAGE_T *restrict zeros, int in_h, int out_h, int out_w,
                     int kernel_h, int kernel_w, int stride_h, int stride_w, int dilation_h,
                     int dilation_w, int pad_top, int pad_left,
#endif
                     int pixels, int channels, int in_per_group, int out_per_group,
                     int tiles_per_group, int tiles, int pixels_first, float a, float b) {
  const int tile = get_global_id(pixels_first ? 1 : 0);
  const int first_pixel = ROWS * (int)get_global_id(pixels_first ? 0 : 1);
  if (tile >= tiles || first_pixel >= pixels) return;
  const int group = tile / tiles_per_group;
  const int first_channel = group * out_per_group + (tile - group * tiles_per_group) * COLUMNS;
  const int depth = (in_per_group + 3) / 4 * 4;

  FLOATS sum[ROWS][VECTORS];
#pragma unroll
  for (int v = 0; v < VECTORS; ++v) {
    const FLOATS start = LOAD_BIAS(bias + tile * COLUMNS + LANES * v);
#pragma unroll
    for (int t = 0; t < ROWS; ++t) sum[t][v] = start;
  }

  __global const STORAGE_T *from[ROWS];
#if POINTWISE
  int weight = tile * depth * COLUMNS;
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    from[t] = x + (min(first_pixel + t, pixels - 1) * x_pitch + x_offset + group * in_per_group);
  }
#else
  int weight = tile * kernel_h * kernel_w * depth * COLUMNS;
  int first_h[ROWS], first_w[ROWS], first_row[ROWS];
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    const int pixel = min(first_pixel + t, pixels - 1);
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
        ADD_PRODUCTS(LOAD(from[t], i))
        ADD_PRODUCTS(LOAD(from[t], i + 1))
        ADD_PRODUCTS(LOAD(from[t], i + 2))
        ADD_PRODUCTS(LOAD(from[t], i + 3))
#else
        float4 elements[ROWS];
#pragma unroll
        for (int t = 0; t < ROWS; ++t) elements[t] = LOAD4(from[t], i);
        ADD_PRODUCTS(elements[t].x)
        ADD_PRODUCTS(elements[t].y)
        ADD_PRODUCTS(elements[t].z)
        ADD_PRODUCTS(elements[t].w)
#endif
      }
#if !POINTWISE
    }
  }
#endif

  // A group's tiles end at the group: what is behind belongs to another tile.
  const int end_channel = (group + 1) * out_per_group;
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    const int pixel = first_pixel + t;
    if (pixel >= pixels) return;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      const int channel = first_channel + LANES * v;
      const int to = pixel * y_pitch + y_offset + channel;
#if RESIDUAL
      const int added = pixel * residual_pitch + residual_offset + channel;
#endif
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
    }
  }
}

#undef ADD_PRODUCTS
#undef COLUMNS
#undef FLOATS
#undef LOAD_FLOATS
#undef STORE_FLOATS
#undef LOAD_BIAS
#undef BLOCK
#endif
