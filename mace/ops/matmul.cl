// matmul: y[batch] = a[batch] * b[batch] (+ bias) on row-major buffers, ROWS x LANES elements of y
// a work-item.
//
// Macros: LANES (4, 16), ROWS, TRANSPOSE_A, TRANSPOSE_B (0, 1), BIAS (0, 1: `columns` floats).
// The batch is three axes; a_batch* and b_batch* are the elements between neighbours along each, 0
// where an operand is broadcast.
#ifdef USE_matmul

#if LANES == 16
#define FLOATS float16
#define LOAD_FLOATS LOAD16
#define STORE_FLOATS STORE16
#define LOAD_BIAS(p) vload16(0, p)
#define GATHER(f)                                                                        \
  (float16)(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), \
            f(13), f(14), f(15))
#else
#define FLOATS float4
#define LOAD_FLOATS LOAD4
#define STORE_FLOATS STORE4
#define LOAD_BIAS(p) vload4(0, p)
#define GATHER(f) (float4)(f(0), f(1), f(2), f(3))
#endif

#if TRANSPOSE_A
#define A(row, k) LOAD(a, a_base + (k)*rows + (row))
#else
#define A(row, k) LOAD(a, a_base + (row)*depth + (k))
#endif
#if TRANSPOSE_B
#define B(k, column) LOAD(b, b_base + (column)*depth + (k))
#define LANE(i) B(k, column + i)
#define B_LANES GATHER(LANE)
#else
#define B(k, column) LOAD(b, b_base + (k)*columns + (column))
#define B_LANES LOAD_FLOATS(b, b_base + k * columns + column)
#endif

__kernel void KERNEL(__global const STORAGE_T *restrict a, __global const STORAGE_T *restrict b,
#if BIAS
                     __global const float *restrict bias,
#endif
                     __global STORAGE_T *y, int rows, int columns, int depth, int batches,
                     int batch1, int batch2, int a_batch0, int a_batch1, int a_batch2,
                     int b_batch0, int b_batch1, int b_batch2) {
  const int column = LANES * (int)get_global_id(0);
  const int first_row = ROWS * (int)get_global_id(1);
  const int batch = get_global_id(2);
  if (column >= columns || first_row >= rows || batch >= batches) return;
  const int i2 = batch % batch2, i1 = batch / batch2 % batch1, i0 = batch / batch2 / batch1;
  const int a_base = i0 * a_batch0 + i1 * a_batch1 + i2 * a_batch2;
  const int b_base = i0 * b_batch0 + i1 * b_batch1 + i2 * b_batch2;
  const int to = (batch * rows + first_row) * columns;

  if (column + LANES > columns) {  // The last columns, one by one.
    for (int row = first_row; row < min(first_row + ROWS, rows); ++row) {
      for (int last = column; last < columns; ++last) {
        float value = 0.0f;
        for (int k = 0; k < depth; ++k) value += A(row, k) * B(k, last);
#if BIAS
        value += bias[last];
#endif
        STORE(y, to + (row - first_row) * columns + last, value);
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
      sum[t] += LOAD_BIAS(bias + column);
#endif
      STORE_FLOATS(y, to + t * columns + column, sum[t]);
    }
  }
}

#undef FLOATS
#undef LOAD_FLOATS
#undef STORE_FLOATS
#undef LOAD_BIAS
#undef GATHER
#undef A
#undef B
#undef LANE
#undef B_LANES
#endif
