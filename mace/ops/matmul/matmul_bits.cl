// matmul_bits: y = a * b^T for row-major a [rows, depth] and a matrix b [columns, depth] of BITS
// (4, 8) bits an element, which are expanded as they are read. ROWS x LANES elements of y a
// work-item; SLICES (a power of two) work-items share the sums.
//
// Macros: BITS, LANES (1, 16), GROUP (work-items of a group along the columns), SLICES, ROWS.
// packed: [tile][word][column of the tile], with a word of VALUES neighbouring elements of a column of
// b^T; scales and zeros: [tile][block][column of the tile]. A tile is the columns of a group.
// WORDS: words of a block.
#ifdef USE_matmul_bits
#undef VALUES
#undef TILE
#undef FLOATS
#undef UINTS
#undef LOAD_UINTS
#undef LOAD_FLOATS
#undef TO_FLOATS
#undef ADD_WORD
#define VALUES (32 / BITS)
#define TILE (LANES * GROUP)
#if LANES == 16
#define FLOATS float16
#define UINTS uint16
#define LOAD_UINTS(p) vload16(0, p)
#define LOAD_FLOATS(p) vload16(0, p)
#define TO_FLOATS(v) convert_float16(v)
#else
#define FLOATS float
#define UINTS uint
#define LOAD_UINTS(p) (*(p))
#define LOAD_FLOATS(p) (*(p))
#define TO_FLOATS(v) ((float)(v))
#endif

// Adds the products of the first `count` elements of word w. row[t]: where row t of a begins.
#define ADD_WORD(w, count)                                                                    \
  {                                                                                           \
    const UINTS word = LOAD_UINTS(packed + (first_word + (w)) * TILE + lane);                 \
    const int block = (first_block + (w) / WORDS) * TILE + lane;                              \
    const FLOATS scale = LOAD_FLOATS(scales + block);                                         \
    const FLOATS zero = LOAD_FLOATS(zeros + block);                                           \
    _Pragma("unroll") for (int i = 0; i < (count); ++i) {                                     \
      const FLOATS value = (TO_FLOATS(word >> (BITS * i) & ((1u << BITS) - 1)) - zero) * scale; \
      _Pragma("unroll") for (int t = 0; t < ROWS; ++t) {                                      \
        sum[t] += LOAD(a, row[t] + (w)*VALUES + i) * value;                                   \
      }                                                                                       \
    }                                                                                         \
  }

__kernel void KERNEL(__global const STORAGE_T *restrict a, __global STORAGE_T *y,
                     __global const uint *restrict packed, __global const float *restrict scales,
                     __global const float *restrict zeros, int rows, int columns, int depth,
                     int blocks) {
#if SLICES > 1
  __local FLOATS partial[SLICES * GROUP];
#endif
  const int item = get_local_id(0);
  const int slice = get_local_id(1);
  const int lane = LANES * item;
  const int column = TILE * (int)get_group_id(0) + lane;
  const int first_row = ROWS * (int)get_global_id(2);
  const int first_block = get_group_id(0) * blocks;
  const int first_word = first_block * WORDS;

  FLOATS sum[ROWS];
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
#if SLICES > 1
    partial[slice * GROUP + item] = sum[t];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = SLICES / 2; step > 0; step /= 2) {
      if (slice < step) partial[slice * GROUP + item] += partial[(slice + step) * GROUP + item];
      barrier(CLK_LOCAL_MEM_FENCE);
    }
    sum[t] = partial[item];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    const int to = (first_row + t) * columns + column;
    if (slice == 0 && column < columns && first_row + t < rows) {
#if LANES == 16
      if (column + LANES <= columns) {
        STORE16(y, to, sum[t]);
      } else {
        float last[LANES];
        vstore16(sum[t], 0, last);
        for (int i = 0; i < columns - column; ++i) STORE(y, to + i, last[i]);
      }
#else
      STORE(y, to, sum[t]);
#endif
    }
  }
}
#endif
