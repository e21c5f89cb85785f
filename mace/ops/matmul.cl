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
#define LOAD_LANES(p) vload16(0, p)
#define STORE_LANES(v, p) vstore16(v, 0, p)
#else
#define FLOATS float4
#define LOAD_FLOATS LOAD4
#define STORE_FLOATS STORE4
#define LOAD_LANES(p) vload4(0, p)
#define STORE_LANES(v, p) vstore4(v, 0, p)
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
  const bool whole = column + LANES <= columns;
  const int lanes = min(LANES, columns - column);
  float edge[LANES];
  for (int lane = 0; lane < LANES; ++lane) edge[lane] = 0.0f;

  FLOATS sum[ROWS];
#pragma unroll
  for (int t = 0; t < ROWS; ++t) sum[t] = 0.0f;
  for (int k = 0; k < depth; ++k) {
    FLOATS values;
#if TRANSPOSE_B
    for (int lane = 0; lane < lanes; ++lane) {
      edge[lane] = LOAD(b, b_base + (column + lane) * depth + k);
    }
    values = LOAD_LANES(edge);
#else
    if (whole) {
      values = LOAD_FLOATS(b, b_base + k * columns + column);
    } else {
      for (int lane = 0; lane < lanes; ++lane) {
        edge[lane] = LOAD(b, b_base + k * columns + column + lane);
      }
      values = LOAD_LANES(edge);
    }
#endif
#pragma unroll
    for (int t = 0; t < ROWS; ++t) {
      const int row = min(first_row + t, rows - 1);
#if TRANSPOSE_A
      sum[t] += LOAD(a, a_base + k * rows + row) * values;
#else
      sum[t] += LOAD(a, a_base + row * depth + k) * values;
#endif
    }
  }
#pragma unroll
  for (int t = 0; t < ROWS; ++t) {
    const int row = first_row + t;
    if (row >= rows) return;
    const int to = (batch * rows + row) * columns + column;
    STORE_LANES(sum[t], edge);
#if BIAS
    for (int lane = 0; lane < lanes; ++lane) edge[lane] += bias[column + lane];
#endif
    if (whole) {
      STORE_FLOATS(y, to, LOAD_LANES(edge));
    } else {
      for (int lane = 0; lane < lanes; ++lane) STORE(y, to + lane, edge[lane]);
    }
  }
}

#undef FLOATS
#undef LOAD_FLOATS
#undef STORE_FLOATS
#undef LOAD_LANES
#undef STORE_LANES
#endif
