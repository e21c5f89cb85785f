// Between floats (row_major or channels4, which a pitch tells apart, blocks, or an image) and 8 bits
// of channels4, a pixel a work-item. Global size: 1, width, rows.
//
// real = scale * (q - zero). The kernel's storage and precision are those of the floats.
#ifdef USE_quantize
#undef LANES
#define LANES 16
#include "int8.clh"

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), __global uchar *y, int y_pitch, int y_offset, int y_width,
                  int rows, int width, int channels, float scale, int zero) {
  const int w = ITEM_ID(1), row = ITEM_ID(2);
  if (ITEM_ID(0) > 0 || w >= width || row >= rows) return;
  const int to = (row * width + w) * y_pitch + y_offset;
  const float low = -zero, high = 255 - zero;
  int channel = 0;
#if !STORAGE_IMAGE && IN_BLOCK != 8
  for (; channel + 16 <= channels; channel += 16) {
    const float16 value = LOAD16(x, ADDRESS(x, row, w, channel)) / scale;
    STORE_BYTES(y + to + channel, ROUND_TO_INT8(value, low, high, zero));
  }
#endif
  for (; channel < channels; channel += 4) {
#if STORAGE_IMAGE
    float4 value = READ4(x, row, w, channel / 4);
#else
    const int from = ADDRESS(x, row, w, channel), left = channels - channel;
    float4 value = LOAD(x, from);
    if (left > 1) value.y = LOAD(x, from + 1);
    if (left > 2) value.z = LOAD(x, from + 2);
    if (left > 3) value.w = LOAD(x, from + 3);
#endif
    value = max(min(value / scale, (float4)(high)), (float4)(low)) + MACE_ROUNDER;
    const uchar4 bytes = convert_uchar4((as_int4(value) + zero) & 255);
    *(__global int *)(y + to + channel) = as_int(mace_mask_bytes(bytes, channels - channel));
  }
}
#undef LANES
#endif

#ifdef USE_dequantize
#undef LANES
#define LANES 16
#include "int8.clh"

// `padded`: y has padding lanes.
ENTRY void KERNEL(ITEM_IDS __global const uchar *restrict x, int x_pitch, int x_offset, int x_width,
                  TENSOR_OUT(y), int rows, int width, int channels, float scale, int zero,
                  int padded) {
  const int w = ITEM_ID(1), row = ITEM_ID(2);
  if (ITEM_ID(0) > 0 || w >= width || row >= rows) return;
  __global const uchar *from = x + (row * width + w) * x_pitch + x_offset;
  int channel = 0;
#if !STORAGE_IMAGE && OUT_BLOCK != 8
  for (; channel + 16 <= channels; channel += 16) {
    const float16 value = (convert_float16(LOAD_BYTES(from + channel)) - (float)zero) * scale;
    STORE16(y, OUT_ADDRESS(y, row, w, channel), value);
  }
#endif
  for (; channel < channels; channel += 4) {
    const uchar4 bytes = as_uchar4(*(__global const int *)(from + channel));
    const float4 value = (convert_float4(bytes) - (float)zero) * scale;
#if STORAGE_IMAGE
    WRITE4(y, row, w, channel / 4, channels, value);
#else
    const int to = OUT_ADDRESS(y, row, w, channel);
    const int left = channels - channel;
    STORE(y, to, value.x);
    if (padded || left > 1) STORE(y, to + 1, left > 1 ? value.y : 0.0f);
    if (padded || left > 2) STORE(y, to + 2, left > 2 ? value.z : 0.0f);
    if (padded || left > 3) STORE(y, to + 3, left > 3 ? value.w : 0.0f);
#endif
  }
#if OUT_BLOCK
  for (; channel < 4 * PADDED_BLOCKS(channels); channel += 4) {
    WRITE4(y, row, w, channel / 4, channels, (float4)(0.0f));
  }
#endif
}
#undef LANES
#endif
