// attention_tensor: y = softmax(scale * q k^T + mask) v on NVIDIA's tensor cores, with the softmax
// computed as keys go by (M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018): scores stay in
// registers. TF32 products of float storage or products of halves; float sums. Row-major buffers.
//
// A work-group takes ROWS queries of one head. Each of its WARPS warps takes every WARPS-th run of KEYS keys, with a
// softmax of its own; in the end the group adds the warps' results together in their order. Operands come straight from
// global memory: which element a lane names which part of a product is free as long as both factors agree, so that each
// lane loads four neighbours at once.
//
// Macros: WARPS, ROW_TILES (of 16 queries), DEPTH, VALUE_DEPTH (multiples of 16), MASK (0 none, 1 constant floats, 2 an
//   activation), NVIDIA_PTX (tensor_core.clh).
// Parameters: of each view its offset and its strides along batch, head and row (of q, y, mask) or column (of k, v) in
//   elements, multiples of four; elements of a row are neighbours. `mask` has a stride along columns, too.
// One work-group is (32 * WARPS, 1, 1); group ids are (tile of queries, head, batch).
#ifdef USE_attention_tensor

#define GROUP_ITEMS (32 * WARPS)
#define ROWS (16 * ROW_TILES)
#define KEYS 32
#define KEY_TILES (KEYS / 8)
#define VALUE_TILES (VALUE_DEPTH / 8)
// Values that a lane loads at once: the columns of so many tiles of eight.
#define LANE_VALUES (VALUE_DEPTH % 32 == 0 ? 4 : 2)
// Products of 16 elements of a depth.
#define PRODUCTS (HALF_STORAGE ? 1 : 2)
// The exponential of a score less the largest one. Scores are multiplied by log2(e) after that subtraction and not
// before, where a mask of the lowest float would become -infinity.
#define EXP(x) exp2((x) * 1.44269504f)
// Registers want loops without a counter; the plain text takes minutes to compile that way.
#if NVIDIA_PTX
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif
#include "tensor_core.clh"

#undef MASK_PARAMETERS
#undef MASK_VALUE
#if MASK == 1
#define MASK_PARAMETERS \
  __global const float *restrict mask, int mask_offset, int mask_batch, int mask_head, int mask_row, int mask_column,
#define MASK_VALUE(i) mask[i]
#elif MASK == 2
#define MASK_PARAMETERS \
  __global const STORAGE_T *restrict mask, int mask_offset, int mask_batch, int mask_head, int mask_row, int mask_column,
#define MASK_VALUE(i) LOAD(mask, i)
#else
#define MASK_PARAMETERS
#endif
#define VIEW(x) int x##_offset, int x##_batch, int x##_head, int x##_row
#define START(x) (x##_offset + batch * x##_batch + head * x##_head)

// Four neighbours in global memory as they are stored.
#if HALF_STORAGE
#define QUAD_T uint2
#else
#define QUAD_T uint4
#endif
#define LOAD_QUAD(p, i) (*(__global const QUAD_T *)((p) + (i)))

// The operands of a product that two quads of rows, or of keys, hold: registers (f)[p][...] of product p.
#if HALF_STORAGE
#define QUAD_ROWS(f, low, high) \
  (f)[0][0] = (low).x, (f)[0][1] = (high).x, (f)[0][2] = (low).y, (f)[0][3] = (high).y;
#define QUAD_COLUMNS(f, quad) (f)[0][0] = (quad).x, (f)[0][1] = (quad).y;
#else
#define QUAD_ROWS(f, low, high)                                                                  \
  (f)[0][0] = (low).x, (f)[0][1] = (high).x, (f)[0][2] = (low).y, (f)[0][3] = (high).y;          \
  (f)[1][0] = (low).z, (f)[1][1] = (high).z, (f)[1][2] = (low).w, (f)[1][3] = (high).w;          \
  ROUND_ROWS((f)[0])                                                                             \
  ROUND_ROWS((f)[1])
#define QUAD_COLUMNS(f, quad)                                                                    \
  (f)[0][0] = (quad).x, (f)[0][1] = (quad).y, (f)[1][0] = (quad).z, (f)[1][1] = (quad).w;        \
  ROUND_PAIR((f)[0])                                                                             \
  ROUND_PAIR((f)[1])
#endif

// LANE_VALUES neighbours of a value as they are stored, each in a register of its own.
inline void FUNCTION(load_values)(uint *to, __global const STORAGE_T *from) {
#if HALF_STORAGE
UNROLL
  for (int i = 0; i < LANE_VALUES / 2; ++i) {
    const uint pair = ((__global const uint *)from)[i];
    to[2 * i] = pair & 0xFFFFu, to[2 * i + 1] = pair >> 16;
  }
#else
UNROLL
  for (int i = 0; i < LANE_VALUES; ++i) to[i] = ((__global const uint *)from)[i];
#endif
}

__kernel __attribute__((reqd_work_group_size(GROUP_ITEMS, 1, 1))) void KERNEL(
    __global const STORAGE_T *restrict q, VIEW(q), __global const STORAGE_T *restrict k, VIEW(k),
    __global const STORAGE_T *restrict v, VIEW(v), MASK_PARAMETERS __global STORAGE_T *y, VIEW(y),
    int rows, int columns, float scale) {
  __local float4 sums[WARPS * ROWS * (VALUE_DEPTH / 4)];
  __local float tops[WARPS * ROWS], totals[WARPS * ROWS];
  TENSOR_EXCHANGE
  const int item = get_local_id(0);
  const int lane = item % 32, warp = item / 32;
  // The row and the column of the lane in a fragment.
  const int across = lane / 4, along = lane % 4;
  const int first_row = ROWS * (int)get_group_id(0);
  const int head = get_group_id(1), batch = get_group_id(2);

  uint q_rows[ROW_TILES][DEPTH / 16 * PRODUCTS][4];
UNROLL
  for (int m = 0; m < ROW_TILES; ++m) {
    const int row = first_row + 16 * m + across;
    const int low = START(q) + min(row, rows - 1) * q_row + 4 * along;
    const int high = START(q) + min(row + 8, rows - 1) * q_row + 4 * along;
UNROLL
    for (int d = 0; d < DEPTH / 16; ++d) {
      const QUAD_T low_quad = LOAD_QUAD(q, low + 16 * d), high_quad = LOAD_QUAD(q, high + 16 * d);
      QUAD_ROWS(q_rows[m] + d * PRODUCTS, low_quad, high_quad)
    }
  }

  // The softmax of rows `across` and `across` + 8 of each tile, as far as it has come. The total is
  // the lane's own part.
  float top[ROW_TILES][2], total[ROW_TILES][2];
  float sum[ROW_TILES][VALUE_TILES][4];
UNROLL
  for (int m = 0; m < ROW_TILES; ++m) {
    top[m][0] = top[m][1] = -INFINITY;
    total[m][0] = total[m][1] = 0.0f;
UNROLL
    for (int j = 0; j < VALUE_TILES; ++j) {
UNROLL
      for (int e = 0; e < 4; ++e) sum[m][j][e] = 0.0f;
    }
  }

  // All warps go round equally often, so that the plain text of tensor_core.clh may wait for them.
  const int rounds = (columns + WARPS * KEYS - 1) / (WARPS * KEYS);
  for (int round = 0; round < rounds; ++round) {
    const int first_key = (round * WARPS + warp) * KEYS;
    float score[ROW_TILES][KEY_TILES][4];
UNROLL
    for (int n = 0; n < KEY_TILES; ++n) {
UNROLL
      for (int m = 0; m < ROW_TILES; ++m) {
UNROLL
        for (int e = 0; e < 4; ++e) score[m][n][e] = 0.0f;
      }
      const int from = START(k) + min(first_key + 8 * n + across, columns - 1) * k_row + 4 * along;
UNROLL
      for (int d = 0; d < DEPTH / 16; ++d) {
        const QUAD_T quad = LOAD_QUAD(k, from + 16 * d);
        uint key[PRODUCTS][2];
        QUAD_COLUMNS(key, quad)
UNROLL
        for (int p = 0; p < PRODUCTS; ++p) {
UNROLL
          for (int m = 0; m < ROW_TILES; ++m) ADD_PRODUCT(score[m][n], q_rows[m][d * PRODUCTS + p], key[p]);
        }
      }
    }

UNROLL
    for (int m = 0; m < ROW_TILES; ++m) {
UNROLL
      for (int half_tile = 0; half_tile < 2; ++half_tile) {
        float new_top = top[m][half_tile];
UNROLL
        for (int i = 0; i < 2 * KEY_TILES; ++i) {
          const int n = i / 2, e = 2 * half_tile + i % 2;
          const int column = first_key + 8 * n + 2 * along + i % 2;
          float value = score[m][n][e] * scale;
#if MASK
          const int row = min(first_row + 16 * m + 8 * half_tile + across, rows - 1);
          value += MASK_VALUE(START(mask) + row * mask_row + min(column, columns - 1) * mask_column);
#endif
          value = column < columns ? value : -INFINITY;
          score[m][n][e] = value;
          new_top = fmax(new_top, value);
        }
        LANES_MAX(new_top)
        // Where all scores are -infinity so far, their weights are 0.
        const float base = new_top == -INFINITY ? 0.0f : new_top;
        const float factor = EXP(top[m][half_tile] - base);
        top[m][half_tile] = new_top;
        float part = total[m][half_tile] * factor;
UNROLL
        for (int i = 0; i < 2 * KEY_TILES; ++i) {
          const int n = i / 2, e = 2 * half_tile + i % 2;
          score[m][n][e] = EXP(score[m][n][e] - base);
          part += score[m][n][e];
        }
        total[m][half_tile] = part;
UNROLL
        for (int j = 0; j < VALUE_TILES; ++j) {
          sum[m][j][2 * half_tile] *= factor;
          sum[m][j][2 * half_tile + 1] *= factor;
        }
      }
    }

    // Weights times values, 16 keys at a time: a lane has those of keys 2 * along and 2 * along + 1
    // of each of two tiles.
UNROLL
    for (int n = 0; n < KEY_TILES; n += 2) {
      uint weight[ROW_TILES][PRODUCTS][4];
UNROLL
      for (int m = 0; m < ROW_TILES; ++m) {
#if HALF_STORAGE
UNROLL
        for (int i = 0; i < 4; ++i) {
          weight[m][0][i] = PACK_HALVES(score[m][n + i / 2][i % 2 * 2], score[m][n + i / 2][i % 2 * 2 + 1]);
        }
#else
UNROLL
        for (int p = 0; p < 2; ++p) {
          weight[m][p][0] = as_uint(score[m][n + p][0]), weight[m][p][1] = as_uint(score[m][n + p][2]);
          weight[m][p][2] = as_uint(score[m][n + p][1]), weight[m][p][3] = as_uint(score[m][n + p][3]);
          ROUND_ROWS(weight[m][p])
        }
#endif
      }
      int from[4];
UNROLL
      for (int i = 0; i < 4; ++i) {
        const int key = first_key + 8 * n + 8 * (i / 2) + 2 * along + i % 2;
        from[i] = START(v) + min(key, columns - 1) * v_row + LANE_VALUES * across;
      }
UNROLL
      for (int j = 0; j < VALUE_TILES; j += LANE_VALUES) {
        uint values[4][LANE_VALUES];
UNROLL
        for (int i = 0; i < 4; ++i) FUNCTION(load_values)(values[i], v + (from[i] + 8 * j));
UNROLL
        for (int c = 0; c < LANE_VALUES; ++c) {
          uint value[PRODUCTS][2];
#if HALF_STORAGE
          value[0][0] = values[0][c] | values[1][c] << 16, value[0][1] = values[2][c] | values[3][c] << 16;
#else
          value[0][0] = values[0][c], value[0][1] = values[1][c];
          value[1][0] = values[2][c], value[1][1] = values[3][c];
          ROUND_PAIR(value[0])
          ROUND_PAIR(value[1])
#endif
UNROLL
          for (int p = 0; p < PRODUCTS; ++p) {
UNROLL
            for (int m = 0; m < ROW_TILES; ++m) ADD_PRODUCT(sum[m][j + c], weight[m][p], value[p]);
          }
        }
      }
    }
  }

  // The softmax over the keys of all warps.
UNROLL
  for (int m = 0; m < ROW_TILES; ++m) {
UNROLL
    for (int half_tile = 0; half_tile < 2; ++half_tile) {
      LANES_SUM(total[m][half_tile])
      if (along == 0) {
        const int row = warp * ROWS + 16 * m + 8 * half_tile + across;
        tops[row] = top[m][half_tile];
        totals[row] = total[m][half_tile];
      }
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
UNROLL
  for (int m = 0; m < ROW_TILES; ++m) {
UNROLL
    for (int half_tile = 0; half_tile < 2; ++half_tile) {
      const int row = 16 * m + 8 * half_tile + across;
      float all_top = -INFINITY, all_total = 0.0f;
UNROLL
      for (int w = 0; w < WARPS; ++w) all_top = fmax(all_top, tops[w * ROWS + row]);
      const float base = all_top == -INFINITY ? 0.0f : all_top;
UNROLL
      for (int w = 0; w < WARPS; ++w) all_total += totals[w * ROWS + row] * EXP(tops[w * ROWS + row] - base);
      const float factor = EXP(top[m][half_tile] - base) / all_total;
      __local float *to = (__local float *)sums + (warp * ROWS + row) * VALUE_DEPTH;
UNROLL
      for (int j = 0; j < VALUE_TILES; ++j) {
UNROLL
        for (int e = 0; e < 2; ++e) {
          // Tile j holds column j % LANE_VALUES of each lane's neighbours.
          to[j / LANE_VALUES * (8 * LANE_VALUES) + LANE_VALUES * (2 * along + e) + j % LANE_VALUES] =
              sum[m][j][2 * half_tile + e] * factor;
        }
      }
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < ROWS * (VALUE_DEPTH / 4); i += GROUP_ITEMS) {
    const int row = i / (VALUE_DEPTH / 4), column = 4 * (i % (VALUE_DEPTH / 4));
    float4 value = sums[i];
UNROLL
    for (int w = 1; w < WARPS; ++w) value += sums[w * ROWS * (VALUE_DEPTH / 4) + i];
    if (first_row + row < rows) STORE4(y, START(y) + (first_row + row) * y_row + column, value);
  }
}

#undef GROUP_ITEMS
#undef ROWS
#undef KEYS
#undef KEY_TILES
#undef VALUE_TILES
#undef LANE_VALUES
#undef PRODUCTS
#undef EXP
#undef UNROLL
#undef VIEW
#undef START
#undef QUAD_T
#undef LOAD_QUAD
#undef QUAD_ROWS
#undef QUAD_COLUMNS
#endif
