// dynamic_quantize_lstm: the kernels of DynamicQuantizeLstm (dynamic_quantize_lstm.h) for drivers of CPUs that multiply
// bytes in vectors. Each kernel's float operations are those of the reference, in its order, and its sums are integers,
// so that the answers are the same bits.
//
//   lstm_range     the least and the largest number of parts of x
//   lstm_levels    x in bytes, with one scale and zero point
//   lstm_product   w times x of all steps
//   lstm_steps     an item walks a direction through all steps
//
// Units are padded to tiles of 16. The columns of a tile are its units of the gates i, o, f, c: COLUMNS numbers, tile
// behind tile, direction behind direction. Memory holds:
//   weights   [tile][word][column]: a word is four signed bytes of one column, from neighbouring rows, the first of them
//             in the lowest bits; zeros behind the last row and the last unit
//   columns   [tile][part][column], parts: scale, zero point (the bits of an int), sum of the column's bytes (likewise),
//             bias (of w and r, added; in r's alone)
//   products  [row of x][tile][column]
// Levels are unsigned bytes in words of four; `range` holds the scale and the bits of the zero point.
//
// Macros: PRODUCTS (ByteProducts in device_info.h), ROWS (rows of x that are multiplied together, at most all). Of
// lstm_steps also HIDDEN, DIRECTIONS, REVERSED (bit d: direction d begins at the last step), H0, C0 (1: given).
#if defined(USE_lstm_product) || defined(USE_lstm_steps)
#undef GATES
#undef ADD_PRODUCTS
#define GATES 4
#define LANES 16
#define COLUMNS (GATES * LANES)
#define PARTS 4
#if PRODUCTS == 2
// The instruction is written as text, as in conv2d_int8.cl.
#define ADD_PRODUCTS(sum, a, w) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#else
#define ADD_PRODUCTS(sum, a, w)                                                        \
  sum += (a & 255) * (((w) << 24) >> 24) + ((a >> 8) & 255) * (((w) << 16) >> 24) +    \
         ((a >> 16) & 255) * (((w) << 8) >> 24) + ((a >> 24) & 255) * ((w) >> 24)
#endif

// sums[row][gate] of a tile: ROWS rows of levels, `words` words each, that begin `pitch` words apart.
#define ADD_TILE(sums, levels, pitch, weight, words)                                                 \
  {                                                                                                  \
    _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                               \
      _Pragma("unroll") for (int g = 0; g < GATES; ++g) sums[t][g] = (int16)(0);                     \
    }                                                                                                \
    __global const int *at = weight;                                                                 \
    _Pragma("unroll 1") for (int k = 0; k < (words); ++k, at += COLUMNS) {                           \
      int16 w[GATES];                                                                                \
      _Pragma("unroll") for (int g = 0; g < GATES; ++g) w[g] = vload16(0, at + LANES * g);           \
      _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                             \
        const int16 factor = (int16)((levels)[t * (pitch) + k]);                                     \
        _Pragma("unroll") for (int g = 0; g < GATES; ++g) { ADD_PRODUCTS(sums[t][g], factor, w[g]); } \
      }                                                                                              \
    }                                                                                                \
  }

// A sum of bytes as the product of what they stand for. row_sum: that of the row's levels, less their zero points.
inline float16 FUNCTION(scaled)(int16 sum, int row_sum, __global const float *columns, float scale, int zero_point) {
#pragma OPENCL FP_CONTRACT OFF
  __global const int *const integers = (__global const int *)columns;
  const int16 whole = sum - zero_point * vload16(0, integers + 2 * COLUMNS) - row_sum * vload16(0, integers + COLUMNS);
  return convert_float16(whole) * (scale * vload16(0, columns));
}
#endif

#if defined(USE_lstm_levels) || defined(USE_lstm_steps)
#ifndef MACE_LSTM_LEVELS
#define MACE_LSTM_LEVELS
// A number's level, as a float of the type: adding 1.5 * 2^23 rounds to a whole number, half to even. A NaN becomes 0.
#define MACE_LSTM_LEVEL(type, number, scale, zero_point, result)                       \
  {                                                                                    \
    type level = (((number) / (scale) + 12582912.0f) - 12582912.0f) + (zero_point);    \
    level = level > (type)(0.0f) ? level : (type)(0.0f);                               \
    result = level < (type)(255.0f) ? level : (type)(255.0f);                          \
  }
// The scale and the zero point of numbers between low, at most 0, and high, at least 0.
inline float2 mace_lstm_scale(float low, float high) {
  const float scale = low == high ? 1.0f : (high - low) / 255.0f;
  float zero_point;
  MACE_LSTM_LEVEL(float, -low, scale, 0.0f, zero_point)
  return (float2)(scale, zero_point);
}
// The least of the lanes and 0.
inline float mace_lstm_least(float16 v) {
  float least = 0.0f;
  const float lanes[16] = {v.s0, v.s1, v.s2, v.s3, v.s4, v.s5, v.s6, v.s7,
                           v.s8, v.s9, v.sa, v.sb, v.sc, v.sd, v.se, v.sf};
  for (int i = 0; i < 16; ++i) least = lanes[i] < least ? lanes[i] : least;
  return least;
}
// The sum of the lanes.
inline int mace_lstm_sum(int16 v) {
  const int8 eight = v.lo + v.hi;
  const int4 four = eight.lo + eight.hi;
  return four.x + four.y + four.z + four.w;
}
#endif
#endif

// Item p takes `each` numbers from p * each on. ranges: [part][least, largest], of the numbers and 0.
#ifdef USE_lstm_range
ENTRY void KERNEL(ITEM_IDS __global const float *restrict x, __global float *ranges, int count, int each, int parts) {
  const int part = ITEM_ID(0);
  if (part >= parts) return;
  const int end = min(count, (part + 1) * each);
  float16 lows = (float16)(0.0f), highs = lows;
  int i = part * each;
  for (; i + 16 <= end; i += 16) {
    const float16 v = vload16(0, x + i);
    lows = v < lows ? v : lows;
    highs = v > highs ? v : highs;
  }
  float low = 0.0f, high = 0.0f;
  for (; i < end; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  float lanes[32];
  vstore16(lows, 0, lanes);
  vstore16(highs, 0, lanes + 16);
  for (int k = 0; k < 16; ++k) {
    low = lanes[k] < low ? lanes[k] : low;
    high = lanes[k + 16] > high ? lanes[k + 16] : high;
  }
  ranges[2 * part] = low;
  ranges[2 * part + 1] = high;
}
#endif

// Item r makes the levels of row r, and the sum of them less their zero points; item 0 also the range.
#ifdef USE_lstm_levels
ENTRY void KERNEL(ITEM_IDS __global const float *restrict x, __global const float *restrict ranges,
                  __global uchar *levels, __global int *row_sums, __global float *range, int parts, int rows, int width,
                  int words) {
  const int row = ITEM_ID(0);
  if (row >= rows) return;
  float low = 0.0f, high = 0.0f;
  for (int part = 0; part < parts; ++part) {
    low = ranges[2 * part] < low ? ranges[2 * part] : low;
    high = ranges[2 * part + 1] > high ? ranges[2 * part + 1] : high;
  }
  const float2 scale = mace_lstm_scale(low, high);
  __global const float *const from = x + row * width;
  __global uchar *const to = levels + row * words * 4;
  int16 sums = (int16)(0);
  int i = 0;
  for (; i + 16 <= width; i += 16) {
    float16 rounded;
    MACE_LSTM_LEVEL(float16, vload16(0, from + i), scale.x, scale.y, rounded)
    const int16 whole = convert_int16(rounded);
    sums += whole;
    vstore4(as_int4(convert_uchar16(whole & 255)), 0, (__global int *)(to + i));
  }
  int sum = mace_lstm_sum(sums);
  for (; i < 4 * words; ++i) {
    float rounded = 0.0f;
    if (i < width) MACE_LSTM_LEVEL(float, from[i], scale.x, scale.y, rounded)
    sum += (int)rounded;
    to[i] = (uchar)rounded;
  }
  row_sums[row] = sum - (int)scale.y * width;
  if (row == 0) {
    range[0] = scale.x;
    range[1] = as_float((int)scale.y);
  }
}
#endif

// Item (tile, row / ROWS); the last rows end with the last row, so that there are always ROWS.
#ifdef USE_lstm_product
ENTRY void KERNEL(ITEM_IDS __global const int *restrict levels, __global const int *restrict row_sums,
                  __global const float *restrict range, __global const int *restrict weights,
                  __global const float *restrict columns, __global float *products, int rows, int words, int tiles) {
  const int tile = ITEM_ID(0), begin = ROWS * ITEM_ID(1);
  if (tile >= tiles || begin >= rows) return;
  const int first = min(begin, rows - ROWS);
  int16 sums[ROWS][GATES];
  __global const int *const x = levels + first * words;
  __global const int *const weight = weights + tile * words * COLUMNS;
  ADD_TILE(sums, x, words, weight, words)
  const float scale = range[0];
  const int zero_point = as_int(range[1]);
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    __global float *const to = products + ((first + t) * tiles + tile) * COLUMNS;
#pragma unroll
    for (int g = 0; g < GATES; ++g) {
      __global const float *const column = columns + tile * PARTS * COLUMNS + LANES * g;
      vstore16(FUNCTION(scaled)(sums[t][g], row_sums[first + t], column, scale, zero_point), 0, to + LANES * g);
    }
  }
}
#endif

// state: [direction][h, c][sequence][padded unit]; state_levels: for each direction the words of its state's levels,
// [sequence][word], then the sum of each sequence's levels.
#ifdef USE_lstm_steps
#include "lstm_functions.clh"
#undef H0_PARAMETER
#undef C0_PARAMETER
#undef H0_VALUE
#undef C0_VALUE
#define TILES ((HIDDEN + LANES - 1) / LANES)
#define PADDED (TILES * LANES)
#define WORDS (PADDED / 4)        // Of the levels of a state.
#define DEPTH ((HIDDEN + 3) / 4)  // Of a column of r.
#if H0
#define H0_PARAMETER __global const float *restrict h0,
#define H0_VALUE(i) h0[i]
#else
#define H0_PARAMETER
#define H0_VALUE(i) 0.0f
#endif
#if C0
#define C0_PARAMETER __global const float *restrict c0,
#define C0_VALUE(i) c0[i]
#else
#define C0_PARAMETER
#define C0_VALUE(i) 0.0f
#endif

// The levels of the state h, and the sums of each sequence's. Returns the scale and the zero point.
inline float2 FUNCTION(quantize)(__global const float *h, __global int *levels, __global int *row_sums, int sequences) {
  float16 lows = (float16)(0.0f), highs = lows;
  for (int i = 0; i < sequences * PADDED; i += LANES) {
    const float16 v = vload16(0, h + i);
    lows = v < lows ? v : lows;
    highs = v > highs ? v : highs;
  }
  const float2 scale = mace_lstm_scale(mace_lstm_least(lows), -mace_lstm_least(-highs));
  for (int n = 0; n < sequences; ++n) {
    int16 sums = (int16)(0);
    for (int u = 0; u < PADDED; u += LANES) {
      float16 rounded;
      MACE_LSTM_LEVEL(float16, vload16(0, h + n * PADDED + u), scale.x, scale.y, rounded)
      const int16 whole = convert_int16(rounded);
      sums += whole;
      vstore4(as_int4(convert_uchar16(whole & 255)), 0, levels + n * WORDS + u / 4);
    }
    // The numbers behind the last unit are 0, so that their levels are the zero point.
    row_sums[n] = mace_lstm_sum(sums) - (int)scale.y * PADDED;
  }
  return scale;
}

// The units of a tile in one sequence: replaces those of h and c.
inline void FUNCTION(update)(const float16 *gates, __global float *h, __global float *c) {
#pragma OPENCL FP_CONTRACT OFF
  const float16 kept = vload16(0, c) * mace_lstm_logistic(gates[2]);
  const float16 added = mace_lstm_logistic(gates[0]) * mace_lstm_tanh(gates[3]);
  const float16 sum = kept + added;
  vstore16(sum, 0, c);
  vstore16(mace_lstm_logistic(gates[1]) * mace_lstm_tanh(sum), 0, h);
}

// The first units of a tile, as far as there are HIDDEN.
inline void FUNCTION(write_units)(__global float *to, __global const float *from, int tile) {
  const int u = tile * LANES;
  if (u + LANES <= HIDDEN) {
    vstore16(vload16(0, from + u), 0, to + u);
  } else {
    for (int i = u; i < HIDDEN; ++i) to[i] = from[i];
  }
}

ENTRY void KERNEL(ITEM_IDS __global const float *restrict products, __global const int *restrict r,
                  __global const float *restrict r_columns, H0_PARAMETER C0_PARAMETER __global float *state,
                  __global int *state_levels, __global float *y, __global float *last_h, __global float *last_c,
                  int steps, int sequences) {
#pragma OPENCL FP_CONTRACT OFF
  const int direction = ITEM_ID(0);
  if (direction >= DIRECTIONS) return;
  const int units = sequences * PADDED;
  __global float *const h = state + direction * 2 * units;
  __global float *const c = h + units;
  __global int *const levels = state_levels + direction * sequences * (WORDS + 1);
  __global int *const row_sums = levels + sequences * WORDS;
  const int given = direction * sequences * HIDDEN;
  for (int n = 0; n < sequences; ++n) {
    for (int u = 0; u < PADDED; ++u) {
      h[n * PADDED + u] = u < HIDDEN ? H0_VALUE(given + n * HIDDEN + u) : 0.0f;
      c[n * PADDED + u] = u < HIDDEN ? C0_VALUE(given + n * HIDDEN + u) : 0.0f;
    }
  }
  for (int step = 0; step < steps; ++step) {
    const int t = (REVERSED >> direction & 1) ? steps - 1 - step : step;
    __global float *const result = y + (t * DIRECTIONS + direction) * sequences * HIDDEN;
    const float2 scale = FUNCTION(quantize)(h, levels, row_sums, sequences);
    for (int tile = 0; tile < TILES; ++tile) {
      const int place = direction * TILES + tile;
      __global const int *const weight = r + place * DEPTH * COLUMNS;
      __global const float *const column = r_columns + place * PARTS * COLUMNS;
      for (int n = 0; n < sequences; n += ROWS) {
        // The last rows end with the last sequence; those before n are done.
        const int first = min(n, sequences - ROWS);
        int16 sums[ROWS][GATES];
        ADD_TILE(sums, levels + first * WORDS, WORDS, weight, DEPTH)
#pragma unroll
        for (int k = 0; k < ROWS; ++k) {
          const int row = first + k;
          if (row < n) continue;
          __global const float *const input =
              products + ((t * sequences + row) * DIRECTIONS * TILES + place) * COLUMNS;
          float16 gates[GATES];
#pragma unroll
          for (int g = 0; g < GATES; ++g) {
            const float16 recurrent = FUNCTION(scaled)(sums[k][g], row_sums[row], column + LANES * g, scale.x, (int)scale.y);
            gates[g] = (vload16(0, input + LANES * g) + recurrent) + vload16(0, column + 3 * COLUMNS + LANES * g);
          }
          FUNCTION(update)(gates, h + row * PADDED + tile * LANES, c + row * PADDED + tile * LANES);
          FUNCTION(write_units)(result + row * HIDDEN, h + row * PADDED, tile);
        }
      }
    }
  }
  for (int n = 0; n < sequences; ++n) {
    for (int tile = 0; tile < TILES; ++tile) {
      FUNCTION(write_units)(last_h + given + n * HIDDEN, h + n * PADDED, tile);
      FUNCTION(write_units)(last_c + given + n * HIDDEN, c + n * PADDED, tile);
    }
  }
}
#undef TILES
#undef PADDED
#undef WORDS
#undef DEPTH
#endif

#undef GATES
#undef LANES
#undef COLUMNS
#undef PARTS
#undef ADD_PRODUCTS
#undef ADD_TILE
