// Copies of strided_copy.h: a flat index is taken apart along RANK axes, innermost first; each has an extent and its
// strides in the input and in the output. RULE (OutsideRule) says what is read outside of [0, bound).

#undef AXIS
#undef AXES
#undef POSITION
#undef STEP
#undef WALK
#undef WALK_FROM_1
#undef WALK_FROM_2
#undef FILL_PARAMETER
#if RULE == 0
#define FILL_PARAMETER
#define AXIS(k) int extent##k, int in##k, int out##k
#define POSITION(k) i
#else
#define FILL_PARAMETER float fill,
#define AXIS(k) int extent##k, int in##k, int out##k, int start##k, int bound##k
#define POSITION(k) FUNCTION(position)(i + start##k, bound##k, &inside)
// The position inside that stands for p; under the constant rule `inside` becomes 0.
inline int FUNCTION(position)(int p, int bound, int *inside) {
  if (p >= 0 && p < bound) return p;
#if RULE == 1
  *inside = 0;
  return 0;
#elif RULE == 2
  return p < 0 ? -p : 2 * bound - 2 - p;
#elif RULE == 3
  return p < 0 ? -1 - p : 2 * bound - 1 - p;
#else
  return p < 0 ? 0 : bound - 1;
#endif
}
#endif

// Takes axis k off `rest` and moves `from` and `to` along it.
#define STEP(k)                           \
  {                                       \
    const int next = rest / extent##k;    \
    const int i = rest - next * extent##k; \
    rest = next;                          \
    from += POSITION(k) * in##k;          \
    to += i * out##k;                     \
  }

#if RANK == 2
#define AXES AXIS(0), AXIS(1)
#define WALK_FROM_2
#elif RANK == 4
#define AXES AXIS(0), AXIS(1), AXIS(2), AXIS(3)
#define WALK_FROM_2 STEP(2) STEP(3)
#elif RANK == 6
#define AXES AXIS(0), AXIS(1), AXIS(2), AXIS(3), AXIS(4), AXIS(5)
#define WALK_FROM_2 STEP(2) STEP(3) STEP(4) STEP(5)
#else
#define AXES AXIS(0), AXIS(1), AXIS(2), AXIS(3), AXIS(4), AXIS(5), AXIS(6), AXIS(7)
#define WALK_FROM_2 STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#endif
#define WALK_FROM_1 STEP(1) WALK_FROM_2
#define WALK STEP(0) WALK_FROM_1

#ifdef USE_strided_copy_row_major
// UNIT (1 or 4) elements a work-item; offsets, extents and strides are in units.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict input, __global STORAGE_T *output, int input_start,
                  int output_start, int total, FILL_PARAMETER AXES) {
  int rest = ITEM_ID(0);
  if (rest >= total) return;
  int from = input_start, to = output_start, inside = 1;
  WALK
#if UNIT == 4
#if RULE == 1
  STORE4(output, 4 * to, inside ? LOAD4(input, 4 * from) : (float4)(fill));
#else
  STORE4(output, 4 * to, LOAD4(input, 4 * from));
#endif
#else
#if RULE == 1
  STORE(output, to, inside ? LOAD(input, from) : fill);
#else
  STORE(output, to, LOAD(input, from));
#endif
#endif
}
#endif

// For processors, which walk along an axis much faster than they take an index apart. A work-item copies up to CHUNK
// neighbours along axis 0; DENSE (0, 1): they are neighbours in memory on both sides, and no rule is needed.
#ifdef USE_strided_copy_rows
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict input, __global STORAGE_T *output, int input_start,
                  int output_start, int total, FILL_PARAMETER AXES) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  const int chunks = (extent0 + CHUNK - 1) / CHUNK;
  int rest = item / chunks;
  int from = input_start, to = output_start, inside = 1;
  WALK_FROM_1
  int i = (item % chunks) * CHUNK;
  const int end = min(i + CHUNK, extent0);
#if DENSE
  for (; i + 16 <= end; i += 16) STORE16(output, to + i, LOAD16(input, from + i));
  for (; i < end; ++i) STORE(output, to + i, LOAD(input, from + i));
#else
  const int row_inside = inside;
  for (; i < end; ++i) {
    inside = row_inside;
    const int at = from + POSITION(0) * in0;
#if RULE == 1
    STORE(output, to + i * out0, inside ? LOAD(input, at) : fill);
#else
    STORE(output, to + i * out0, LOAD(input, at));
#endif
  }
#endif
}
#endif

// Axis 0 is dense in the output and axis 1 in the input. A work-item copies eight neighbours along axis 1, each with up
// to CHUNK neighbours along axis 0.
#ifdef USE_strided_copy_turned
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict input, __global STORAGE_T *output, int input_start,
                  int output_start, int total, AXES) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  const int chunks = (extent0 + CHUNK - 1) / CHUNK;
  const int tiles = (extent1 + 7) / 8;
  const int tile = item / chunks % tiles;
  int rest = item / chunks / tiles;
  int from = input_start, to = output_start;
  WALK_FROM_2
  from += 8 * tile;
  to += 8 * tile * out1;
  const int begin = (item % chunks) * CHUNK;
  const int end = min(begin + CHUNK, extent0);
  if (8 * tile + 8 <= extent1) {
    for (int i = begin; i < end; ++i) {
      const float8 v = LOAD8(input, from + i * in0);
      STORE(output, to + i, v.s0);
      STORE(output, to + i + out1, v.s1);
      STORE(output, to + i + 2 * out1, v.s2);
      STORE(output, to + i + 3 * out1, v.s3);
      STORE(output, to + i + 4 * out1, v.s4);
      STORE(output, to + i + 5 * out1, v.s5);
      STORE(output, to + i + 6 * out1, v.s6);
      STORE(output, to + i + 7 * out1, v.s7);
    }
    return;
  }
  for (int k = 0; k < extent1 - 8 * tile; ++k) {
    for (int i = begin; i < end; ++i) STORE(output, to + i + k * out1, LOAD(input, from + i * in0 + k));
  }
}
#endif

#include "pixel_place.clh"

#ifdef USE_strided_copy_blocks
// One block of four channels a work-item; offsets, extents and strides are in blocks of the dense [pixel][block].
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), TENSOR_OUT(output), int input_blocks, int output_blocks, int channels,
                  int input_start, int output_start, int total, FILL_PARAMETER AXES) {
  int rest = ITEM_ID(0);
  if (rest >= total) return;
  int from = input_start, to = output_start, inside = 1;
  WALK
  const int source = from / input_blocks;
  const int target = to / output_blocks;
  float4 v = READ4(input, PIXEL_ROW(input, source), PIXEL_COLUMN(input, source), from - source * input_blocks);
#if RULE == 1
  if (!inside) v = (float4)(fill);
#endif
  const int block = to - target * output_blocks;
  WRITE4(output, PIXEL_ROW(output, target), PIXEL_COLUMN(output, target), block, channels, v);
}
#endif

#ifdef USE_strided_copy_lanes
// The channel of a pixel.
inline float FUNCTION(lane)(TENSOR_IN(input), int channels, int element) {
  const int pixel = element / channels;
  const int channel = element - pixel * channels;
#if STORAGE_IMAGE
  const float4 v = READ4(input, PIXEL_ROW(input, pixel), PIXEL_COLUMN(input, pixel), channel / 4);
  return mace_lane(v, channel & 3);
#else
  return LOAD(input, ADDRESS(input, 0, pixel, channel));
#endif
}

// One block of the output a work-item, its channels read one by one; the copy fills the output in dense order.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), TENSOR_OUT(output), int input_channels, int pixels, int channels,
                  int input_start, int output_start, int total, FILL_PARAMETER AXES) {
  const int blocks = (channels + 3) / 4;
  const int pixel = ITEM_ID(0) / blocks;
  const int block = ITEM_ID(0) - pixel * blocks;
  if (pixel >= pixels) return;
  float lanes[4];
  for (int lane = 0; lane < 4; ++lane) {
    lanes[lane] = 0.0f;
    if (4 * block + lane >= channels) continue;
    int rest = pixel * channels + 4 * block + lane;
    int from = input_start, to = output_start, inside = 1;
    WALK
    lanes[lane] = FUNCTION(lane)(input, input_pitch, input_offset, input_width, input_channels, from);
#if RULE == 1
    if (!inside) lanes[lane] = fill;
#endif
  }
  const float4 v = (float4)(lanes[0], lanes[1], lanes[2], lanes[3]);
  WRITE4(output, PIXEL_ROW(output, pixel), PIXEL_COLUMN(output, pixel), block, channels, v);
}
#endif
