// y = a * b^T + bias for row-major a [rows, depth] and a matrix b [columns, depth] of BITS (2, 4, 8)
// bits an element, which are expanded as they are read.
//
// Macros: BITS, BIAS (0, 1), WORDS (words of 32 bits of a block), ROWS (rows of y whose sums a work-item
// has in registers). blocked_weights.h says how packed, scales and zeros lie; a tile is the columns of y
// that a group, or a vector, has.
#undef VALUES
#undef MASK
#undef BIAS_PARAMETER
#define VALUES (32 / BITS)
#define MASK ((1u << BITS) - 1)
#if BIAS
#define BIAS_PARAMETER __global const float *restrict bias,
#else
#define BIAS_PARAMETER
#endif

#ifdef USE_matmul_bits_vectors
// For processors: a work-item has 16 columns of y, a lane of a vector each, and ROWS * TURNS rows. Where TURNS is
// above 1, the elements of BITS_CHUNK steps are expanded once for all of the rows.
#undef BITS_CHUNK
#undef NUMBERS
#define BITS_CHUNK 64
// Element i of word w of 16 columns.
#define NUMBERS(w, i) \
  convert_float16(as_int16(vload16((w), tile) >> (uint16)(BITS * (i)) & (uint16)(MASK)))

ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict a, __global STORAGE_T *y,
                  __global const uint *restrict packed, __global const float *restrict scales,
                  __global const float *restrict zeros, BIAS_PARAMETER int rows, int columns,
                  int depth, int blocks) {
  const int column = 16 * ITEM_ID(0);
  const int first_row = ROWS * TURNS * ITEM_ID(1);
  if (column >= columns || first_row >= rows) return;

  __global const uint *tile = packed + column * blocks * WORDS;
  __global const float *tile_scales = scales + column * blocks;
  __global const float *tile_zeros = zeros + column * blocks;
  float16 sum[ROWS * TURNS];
  for (int t = 0; t < ROWS * TURNS; ++t) sum[t] = (float16)(0.0f);
#if TURNS == 1
  const int whole = depth / VALUES;
  int row[ROWS];
#pragma unroll
  for (int t = 0; t < ROWS; ++t) row[t] = min(first_row + t, rows - 1) * depth;
  for (int block = 0; block < blocks; ++block) {
    const float16 scale = vload16(block, tile_scales);
    const float16 zero = vload16(block, tile_zeros);
    const int last = min((block + 1) * WORDS, whole);
    for (int w = block * WORDS; w < last; ++w) {
#pragma unroll
      for (int i = 0; i < VALUES; ++i) {
        const float16 value = (NUMBERS(w, i) - zero) * scale;
#pragma unroll
        for (int t = 0; t < ROWS; ++t) {
          sum[t] = fma((float16)(LOAD(a, row[t] + w * VALUES + i)), value, sum[t]);
        }
      }
    }
  }
  if (depth % VALUES != 0) {
    const float16 scale = vload16(blocks - 1, tile_scales);
    const float16 zero = vload16(blocks - 1, tile_zeros);
    for (int i = 0; i < depth % VALUES; ++i) {
      const float16 value = (NUMBERS(whole, i) - zero) * scale;
      for (int t = 0; t < ROWS; ++t) {
        sum[t] = fma((float16)(LOAD(a, row[t] + whole * VALUES + i)), value, sum[t]);
      }
    }
  }
#else
  float16 chunk[BITS_CHUNK];
  for (int first = 0; first < depth; first += BITS_CHUNK) {
    const int count = min(BITS_CHUNK, depth - first);
    for (int k = 0; k < count; k += VALUES) {
      const int w = (first + k) / VALUES;
      const float16 scale = vload16(w / WORDS, tile_scales);
      const float16 zero = vload16(w / WORDS, tile_zeros);
#pragma unroll
      for (int i = 0; i < VALUES; ++i) chunk[k + i] = (NUMBERS(w, i) - zero) * scale;
    }
    for (int turn = 0; turn < TURNS && first_row + turn * ROWS < rows; ++turn) {
      float16 part[ROWS];
      int row[ROWS];
#pragma unroll
      for (int t = 0; t < ROWS; ++t) {
        part[t] = sum[turn * ROWS + t];
        row[t] = min(first_row + turn * ROWS + t, rows - 1) * depth + first;
      }
      for (int k = 0; k < count; ++k) {
        const float16 value = chunk[k];
#pragma unroll
        for (int t = 0; t < ROWS; ++t) part[t] = fma((float16)(LOAD(a, row[t] + k)), value, part[t]);
      }
#pragma unroll
      for (int t = 0; t < ROWS; ++t) sum[turn * ROWS + t] = part[t];
    }
  }
#endif
#if BIAS
  const float16 added = vload16(0, bias + column);
#else
  const float16 added = (float16)(0.0f);
#endif
  for (int t = 0; t < ROWS * TURNS && first_row + t < rows; ++t) {
    const int to = (first_row + t) * columns + column;
    const float16 result = sum[t] + added;
    if (column + 16 <= columns) {
      STORE16(y, to, result);
    } else {
      float last[16];
      vstore16(result, 0, last);
      for (int i = 0; i < columns - column; ++i) STORE(y, to + i, last[i]);
    }
  }
}
#endif

#ifdef USE_matmul_bits_slices
// For GPUs: a work-item has one column and ROWS rows of y, and SLICES (a power of two) work-items share
// the sums. GROUP: work-items of a group along the columns, as many as a tile has rows.

// Adds the products of the first `count` elements of word w. row[t]: where row t of a begins.
#undef ADD_WORD
#define ADD_WORD(w, count)                                                              \
  {                                                                                     \
    const uint word = packed[(first_word + (w)) * GROUP + item];                        \
    const int block = (first_block + (w) / WORDS) * GROUP + item;                       \
    const float scale = scales[block];                                                  \
    const float zero = zeros[block];                                                    \
    _Pragma("unroll") for (int i = 0; i < (count); ++i) {                               \
      const float value = ((float)(word >> (BITS * i) & MASK) - zero) * scale;          \
      _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                \
        sum[t] += LOAD(a, row[t] + (w)*VALUES + i) * value;                             \
      }                                                                                 \
    }                                                                                   \
  }

__kernel void KERNEL(__global const STORAGE_T *restrict a, __global STORAGE_T *y,
                     __global const uint *restrict packed, __global const float *restrict scales,
                     __global const float *restrict zeros, BIAS_PARAMETER int rows, int columns,
                     int depth, int blocks) {
  __local float partial[SLICES * GROUP];
  const int item = get_local_id(0);
  const int slice = get_local_id(1);
  const int column = GROUP * (int)get_group_id(0) + item;
  const int first_row = ROWS * (int)get_global_id(2);
  const int first_block = get_group_id(0) * blocks;
  const int first_word = first_block * WORDS;

  float sum[ROWS];
  int row[ROWS];
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    sum[t] = 0.0f;
    row[t] = min(first_row + t, rows - 1) * depth;
  }
  const int words = depth / VALUES;
  for (int w = slice; w < words; w += SLICES) ADD_WORD(w, VALUES)
  if (depth % VALUES != 0 && slice == words % SLICES) ADD_WORD(words, depth % VALUES)
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    partial[slice * GROUP + item] = sum[t];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = SLICES / 2; step > 0; step /= 2) {
      if (slice < step) partial[slice * GROUP + item] += partial[(slice + step) * GROUP + item];
      barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (slice == 0 && column < columns && first_row + t < rows) {
#if BIAS
      STORE(y, (first_row + t) * columns + column, partial[item] + bias[column]);
#else
      STORE(y, (first_row + t) * columns + column, partial[item]);
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
#endif

#ifdef USE_matmul_bits_expand
// The weights as floats [depth, columns], of which a work-item writes those of one word.
ENTRY void KERNEL(ITEM_IDS __global STORAGE_T *expanded, __global const uint *restrict packed,
                  __global const float *restrict scales, __global const float *restrict zeros,
                  int columns, int depth, int blocks) {
  const int item = ITEM_ID(0);
  const int w = item / columns;
  if (w * VALUES >= depth) return;
  const int column = item - w * columns;
  const int tile = column / TILE;
  const int lane = column - tile * TILE;
  const int block = (tile * blocks + w / WORDS) * TILE + lane;
  const uint word = packed[(tile * blocks * WORDS + w) * TILE + lane];
  const float scale = scales[block];
  const float zero = zeros[block];
  for (int i = 0; i < VALUES && w * VALUES + i < depth; ++i) {
    const float value = ((float)(word >> (BITS * i) & MASK) - zero) * scale;
    STORE(expanded, (w * VALUES + i) * columns + column, value);
  }
}
#endif
