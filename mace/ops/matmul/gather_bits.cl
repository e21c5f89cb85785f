// Rows of a matrix [rows, depth] of BITS (2, 4, 8) bits an element, as floats, at the indices of a tensor;
// negative ones count from the end, and one outside is reported.
//
// Macros: BITS, WORDS (words of 32 bits of a block), TILE (rows of a tile): blocked_weights.h says how packed,
// scales and zeros lie.
#include "fault.clh"
#undef VALUES
#undef NUMBER
#define VALUES (32 / BITS)
#define NUMBER(word, i) (packed[(word)*TILE + lane] >> (BITS * (i)) & ((1u << BITS) - 1))

#ifdef USE_gather_bits
// One word of a row a work-item.
ENTRY void KERNEL(ITEM_IDS __global const int *restrict indices, __global STORAGE_T *y,
                  __global const uint *restrict packed, __global const float *restrict scales,
                  __global const float *restrict zeros, int count, int rows, int depth, int blocks,
                  __global int *fault) {
  const int words = (depth + VALUES - 1) / VALUES;
  const int item = ITEM_ID(0);
  const int slice = item / words;
  if (slice >= count) return;
  const int w = item - slice * words;
  const int values = min(VALUES, depth - w * VALUES);
  const int to = slice * depth + w * VALUES;
  const int index = indices[slice];
  const int row = index < 0 ? index + rows : index;
  if (row < 0 || row >= rows) {
    if (w == 0) mace_report_fault(fault, FAULT_INDEX, 0, slice, index, rows);
    for (int i = 0; i < values; ++i) STORE(y, to + i, NAN);
    return;
  }
  const int tile = row / TILE;
  const int lane = row - tile * TILE;
  const int block = (tile * blocks + w / WORDS) * TILE + lane;
  const int word = tile * blocks * WORDS + w;
  const float scale = scales[block];
  const float zero = zeros[block];
  for (int i = 0; i < values; ++i) {
    STORE(y, to + i, ((float)NUMBER(word, i) - zero) * scale);
  }
}
#endif
