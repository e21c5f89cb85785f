// Matrix products: y[batch] = activation(a[batch] * b[batch] + bias).
//
//   matmul         row-major buffers, ROWS x LANES elements of y a work-item
//   matmul_local   row-major buffers, 64 x 64 elements of y a work-group, which shares its operands in
//                  local memory
//   matmul_blocks  channels4, image or buffer, 4 x 4 elements of y a work-item
//   matmul_finish  bias and activation of a row-major product that is there already
//
// Macros: LANES (4, 16), ROWS, TRANSPOSE_A, TRANSPOSE_B (0, 1: a is [depth, rows], b [columns,
//   depth]), ACTIVATION, BIAS (0 none, 1 constant floats, 2 an activation), BIAS_ROW (matmul; 1: the
//   bias is a row, the same for all rows of y), TAPS (1: element k of a column of b is at
//   k % inner * taps + k / inner), A_CONSTANT, B_CONSTANT (matmul_blocks: the
//   operand is packed weights), TABLE (1: `table` holds three numbers for each matrix of the batch,
//   which of a's and b's matrices it multiplies and where its bias begins; 0: matrix i multiplies
//   the a_step * i-th of a and the b_step * i-th of b).
// The parameters of a feature that is off are not there.

#undef BATCH_PARAMETERS
#undef A_MATRIX
#undef B_MATRIX
#undef BIAS_START
#if TABLE
#define BATCH_PARAMETERS __global const float *restrict table
#define A_MATRIX(batch) ((int)table[3 * (batch)])
#define B_MATRIX(batch) ((int)table[3 * (batch) + 1])
#define BIAS_START(batch) ((int)table[3 * (batch) + 2])
#else
#define BATCH_PARAMETERS int a_step, int b_step
#define A_MATRIX(batch) ((batch)*a_step)
#define B_MATRIX(batch) ((batch)*b_step)
#define BIAS_START(batch) 0
#endif

#undef BIAS_T
#undef BIAS_VALUE
#if BIAS == 2
#define BIAS_T STORAGE_T
#define BIAS_VALUE(i) LOAD(bias, i)
#else
#define BIAS_T float
#define BIAS_VALUE(i) bias[i]
#endif

#ifdef USE_matmul
#include "float_lanes.clh"
#include "fused_activation.clh"

#if LANES == 16
#define GATHER(f)                                                                        \
  (float16)(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), \
            f(13), f(14), f(15))
#else
#define GATHER(f) (float4)(f(0), f(1), f(2), f(3))
#endif

#if TRANSPOSE_A
#define A(row, k) LOAD(a, a_base + (k)*rows + (row))
#else
#define A(row, k) LOAD(a, a_base + (row)*depth + (k))
#endif
#if TRANSPOSE_B
#if TAPS
#define B(k, column) LOAD(b, b_base + (column)*depth + (k) % inner * taps + (k) / inner)
#else
#define B(k, column) LOAD(b, b_base + (column)*depth + (k))
#endif
#define LANE(i) B(k, column + i)
#define B_LANES GATHER(LANE)
#else
#define B(k, column) LOAD(b, b_base + (k)*columns + (column))
#define B_LANES LOAD_FLOATS(b, b_base + k * columns + column)
#endif
#define BIAS_LANE(i) BIAS_VALUE(bias_base + (first_row + t) * bias_row + (column + i) * bias_column)
#if !BIAS_ROW
#define BIAS_LANES GATHER(BIAS_LANE)
#elif BIAS == 2
#define BIAS_LANES LOAD_FLOATS(bias, bias_base + column)
#else
#define BIAS_LANES VLOAD(0, bias + bias_base + column)
#endif

ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict a, __global const STORAGE_T *restrict b,
#if BIAS
                  __global const BIAS_T *restrict bias,
#endif
                  __global STORAGE_T *y, int rows, int columns, int depth, int batches,
                  BATCH_PARAMETERS,
#if BIAS
                  int bias_row, int bias_column,
#endif
#if TAPS
                  int inner, int taps,
#endif
                  float activation_a, float activation_b) {
  const int column = LANES * (int)ITEM_ID(0);
  const int first_row = ROWS * (int)ITEM_ID(1);
  const int batch = ITEM_ID(2);
  if (column >= columns || first_row >= rows || batch >= batches) return;
  const int a_base = A_MATRIX(batch) * (rows * depth);
  const int b_base = B_MATRIX(batch) * (depth * columns);
#if BIAS
  const int bias_base = BIAS_START(batch);
#endif
  const int to = (batch * rows + first_row) * columns;

  if (column + LANES > columns) {  // The last columns, one by one.
    for (int t = 0; t < min(ROWS, rows - first_row); ++t) {
      for (int last = 0; last < columns - column; ++last) {
        float value = 0.0f;
        for (int k = 0; k < depth; ++k) value += A(first_row + t, k) * B(k, column + last);
#if BIAS
        value += BIAS_LANE(last);
#endif
        STORE(y, to + t * columns + column + last, ACTIVATE(value, activation_a, activation_b));
      }
    }
    return;
  }

  FLOATS sum[ROWS];
#pragma unroll
  for (int t = 0; t < ROWS; ++t) sum[t] = 0.0f;
  for (int k = 0; k < depth; ++k) {
    const FLOATS values = B_LANES;
#pragma unroll
    for (int t = 0; t < ROWS; ++t) sum[t] += A(min(first_row + t, rows - 1), k) * values;
  }
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    if (first_row + t < rows) {
#if BIAS
      sum[t] += BIAS_LANES;
#endif
      STORE_FLOATS(y, to + t * columns + column, ACTIVATE(sum[t], activation_a, activation_b));
    }
  }
}

#undef GATHER
#undef A
#undef B
#undef LANE
#undef B_LANES
#undef BIAS_LANE
#undef BIAS_LANES
#endif

// A group of 256 work-items takes TILE x TILE elements of y, an item 4 x 4 of them; DEPTH of the sum
// are in local memory at a time, while the next ones are on their way.
#ifdef USE_matmul_local
#include "fused_activation.clh"
#undef TILE
#undef DEPTH
#undef PITCH
#undef FETCH
#undef FETCH_ALL
#undef AT
#define TILE 64
#define DEPTH 16
// Elements from one k to the next: a multiple of four that spreads the banks.
#define PITCH (TILE + 4)
// Fetches element number `j` of the item. `transposed`: neighbours in memory differ by the place in the tile, else by k.
#define FETCH(p, base, count, transposed)                                                     \
  {                                                                                           \
    const int number = item + 256 * j;                                                        \
    const int k = begin + ((transposed) ? number / TILE : number % DEPTH);                    \
    const int i = base + ((transposed) ? number % TILE : number / DEPTH);                     \
    fetched_##p[j] = 0.0f;                                                                    \
    if (k < depth && i < count) {                                                             \
      fetched_##p[j] = LOAD(p, p##_base + ((transposed) ? k * count + i : i * depth + k));    \
    }                                                                                         \
  }
#define FETCH_ALL                                                                             \
  _Pragma("unroll") for (int j = 0; j < 4; ++j) {                                             \
    FETCH(a, first_row, rows, TRANSPOSE_A)                                                    \
    FETCH(b, first_column, columns, !TRANSPOSE_B)                                             \
  }
// Where element number `j` of the item lies in local memory.
#define AT(transposed)                                                                        \
  ((transposed) ? (item + 256 * j) / TILE * PITCH + (item + 256 * j) % TILE                   \
                : (item + 256 * j) % DEPTH * PITCH + (item + 256 * j) / DEPTH)

__kernel __attribute__((reqd_work_group_size(256, 1, 1))) void KERNEL(
    __global const STORAGE_T *restrict a, __global const STORAGE_T *restrict b,
#if BIAS
    __global const BIAS_T *restrict bias,
#endif
    __global STORAGE_T *y, int rows, int columns, int depth, int batches, BATCH_PARAMETERS,
#if BIAS
    int bias_row, int bias_column,
#endif
    float activation_a, float activation_b) {
  __local float a_tile[DEPTH * PITCH];
  __local float b_tile[DEPTH * PITCH];
  const int item = get_local_id(0);
  const int column_tiles = (columns + TILE - 1) / TILE;
  const int first_column = TILE * ((int)get_group_id(0) % column_tiles);
  const int first_row = TILE * ((int)get_group_id(0) / column_tiles);
  const int batch = get_group_id(1);
  const int a_base = A_MATRIX(batch) * (rows * depth);
  const int b_base = B_MATRIX(batch) * (depth * columns);
  const int item_row = 4 * (item / 16);
  const int item_column = 4 * (item % 16);
  float4 sum[4];
#pragma unroll
  for (int t = 0; t < 4; ++t) sum[t] = 0.0f;
  float fetched_a[4], fetched_b[4];
  int begin = 0;
  FETCH_ALL
  while (begin < depth) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      a_tile[AT(TRANSPOSE_A)] = fetched_a[j];
      b_tile[AT(!TRANSPOSE_B)] = fetched_b[j];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    begin += DEPTH;
    FETCH_ALL
#pragma unroll
    for (int k = 0; k < DEPTH; ++k) {
      const float4 left = vload4(0, a_tile + k * PITCH + item_row);
      const float4 right = vload4(0, b_tile + k * PITCH + item_column);
      sum[0] += left.x * right;
      sum[1] += left.y * right;
      sum[2] += left.z * right;
      sum[3] += left.w * right;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const int column = first_column + item_column;
#pragma unroll
  for (int t = 0; t < 4; ++t) {
    const int row = first_row + item_row + t;
    const float values[4] = {sum[t].x, sum[t].y, sum[t].z, sum[t].w};
    for (int i = 0; i < 4; ++i) {
      if (row >= rows || column + i >= columns) continue;
      float value = values[i];
#if BIAS
      value += BIAS_VALUE(BIAS_START(batch) + row * bias_row + (column + i) * bias_column);
#endif
      STORE(y, (batch * rows + row) * columns + column + i,
            ACTIVATE(value, activation_a, activation_b));
    }
  }
}

#undef TILE
#undef DEPTH
#undef PITCH
#undef FETCH
#undef FETCH_ALL
#undef AT
#endif

// An operand is a matrix [w][channels] in each row of its image. `bias`: one float a column, padded
// to a multiple of four.
#ifdef USE_matmul_blocks
#include "fused_activation.clh"

#undef A_PARAMETER
#undef A4
#undef B_PARAMETER
#undef B4
#if A_CONSTANT
#define A_PARAMETER __global const STORAGE_T *restrict a, int a_width, int a_blocks
#define A4(w, block) LOAD4(a, ((a_row * a_width + (w)) * a_blocks + (block)) * 4)
#else
#define A_PARAMETER TENSOR_IN(a)
#define A4(w, block) READ4(a, a_row, w, block)
#endif
#if B_CONSTANT
#define B_PARAMETER __global const STORAGE_T *restrict b, int b_width, int b_blocks
#define B4(w, block) LOAD4(b, ((b_row * b_width + (w)) * b_blocks + (block)) * 4)
#else
#define B_PARAMETER TENSOR_IN(b)
#define B4(w, block) READ4(b, b_row, w, block)
#endif
// Elements beyond the sum are zero in both operands: padding lanes are zero already, and pixels are set to zero. (One
// of the two would not do: the other could be infinite.)
#define A_PIXEL(w) ((w) < depth ? A4(w, row / 4) : (float4)(0.0f))
#define B_PIXEL(w) ((w) < depth ? B4(w, block) : (float4)(0.0f))
#define PRODUCT(left) ((left).x * right0 + (left).y * right1 + (left).z * right2 + (left).w * right3)
#define TURNED(lane) (float4)(turned0.lane, turned1.lane, turned2.lane, turned3.lane)
#define FINISH(t, sum)                                                            \
  if (row + t < rows) {                                                           \
    const int position = batch * rows + row + t;                                  \
    WRITE4(y, position / y_width, position % y_width, block, columns,             \
           ACTIVATE(sum + added, activation_a, activation_b));                    \
  }

ENTRY void KERNEL(ITEM_IDS A_PARAMETER, B_PARAMETER, TENSOR_OUT(y),
#if BIAS
                  __global const float *restrict bias,
#endif
                  int rows, int columns, int depth, int batches, BATCH_PARAMETERS,
                  float activation_a, float activation_b) {
  const int block = ITEM_ID(0);
  const int row = 4 * (int)ITEM_ID(1);
  const int batch = ITEM_ID(2);
  if (4 * block >= columns || row >= rows || batch >= batches) return;
  const int a_row = A_MATRIX(batch);
  const int b_row = B_MATRIX(batch);
  float4 sum0 = 0.0f, sum1 = 0.0f, sum2 = 0.0f, sum3 = 0.0f;
  for (int k = 0; k < depth; k += 4) {
    float4 left0, left1, left2, left3;  // Rows of y; the lanes are k.
#if TRANSPOSE_A
    {
      const float4 turned0 = A_PIXEL(k), turned1 = A_PIXEL(k + 1);
      const float4 turned2 = A_PIXEL(k + 2), turned3 = A_PIXEL(k + 3);
      left0 = TURNED(x), left1 = TURNED(y), left2 = TURNED(z), left3 = TURNED(w);
    }
#else
    left0 = A4(row, k / 4), left1 = A4(min(row + 1, rows - 1), k / 4);
    left2 = A4(min(row + 2, rows - 1), k / 4), left3 = A4(min(row + 3, rows - 1), k / 4);
#endif
    float4 right0, right1, right2, right3;  // Elements of k; the lanes are columns.
#if TRANSPOSE_B
    {
      const int last = columns - 1;
      const float4 turned0 = B4(4 * block, k / 4), turned1 = B4(min(4 * block + 1, last), k / 4);
      const float4 turned2 = B4(min(4 * block + 2, last), k / 4);
      const float4 turned3 = B4(min(4 * block + 3, last), k / 4);
      right0 = TURNED(x), right1 = TURNED(y), right2 = TURNED(z), right3 = TURNED(w);
    }
#else
    right0 = B_PIXEL(k), right1 = B_PIXEL(k + 1);
    right2 = B_PIXEL(k + 2), right3 = B_PIXEL(k + 3);
#endif
    sum0 += PRODUCT(left0), sum1 += PRODUCT(left1), sum2 += PRODUCT(left2), sum3 += PRODUCT(left3);
  }
#if BIAS
  const float4 added = vload4(block, bias);
#else
  const float4 added = 0.0f;
#endif
  FINISH(0, sum0)
  FINISH(1, sum1)
  FINISH(2, sum2)
  FINISH(3, sum3)
}

#undef A_PARAMETER
#undef B_PARAMETER
#undef A4
#undef B4
#undef A_PIXEL
#undef B_PIXEL
#undef PRODUCT
#undef TURNED
#undef FINISH
#endif

// `bias` has `columns` values, or one where bias_column is 0.
#ifdef USE_matmul_finish
#include "fused_activation.clh"

ENTRY void KERNEL(ITEM_IDS __global STORAGE_T *y,
#if BIAS
                  __global const BIAS_T *restrict bias, int bias_column,
#endif
                  int columns, int elements, float activation_a, float activation_b) {
  const int i = ITEM_ID(0);
  if (i >= elements) return;
  float value = LOAD(y, i);
#if BIAS
  value += BIAS_VALUE(i % columns * bias_column);
#endif
  STORE(y, i, ACTIVATE(value, activation_a, activation_b));
}
#endif
