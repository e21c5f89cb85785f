// Rows of x, of `inner` elements each, replaced by or combined with the rows of `updates` that `indices` send there, in
// their order. No two work-items write one element, so sums do not depend on who comes when: each looks at every index.
// REDUCTION: 0 none, 1 add, 2 mul, 3 max, 4 min. INTEGERS 1: int in place of STORAGE_T; with INTEGER_CHECK 1, a result
// beyond int32 is reported. Row-major buffers.
#include "fault.clh"

#undef ELEMENT_T
#undef VALUE_T
#undef LOAD_ELEMENT
#undef STORE_ELEMENT
#undef COMBINE
#if INTEGERS
#define ELEMENT_T int
#define VALUE_T long
#define LOAD_ELEMENT(p, i) ((long)(p)[i])
#define STORE_ELEMENT(p, i, v) ((p)[i] = (int)(v))
#else
#define ELEMENT_T STORAGE_T
#define VALUE_T float
#define LOAD_ELEMENT(p, i) LOAD(p, i)
#define STORE_ELEMENT(p, i, v) STORE(p, i, v)
#endif
#if REDUCTION == 0
#define COMBINE(a, b) (b)
#elif REDUCTION == 1
#define COMBINE(a, b) ((a) + (b))
#elif REDUCTION == 2
#define COMBINE(a, b) ((a) * (b))
#elif REDUCTION == 3
#define COMBINE(a, b) ((a) < (b) ? (b) : (a))
#else
#define COMBINE(a, b) ((b) < (a) ? (b) : (a))
#endif

#ifdef USE_scatter
// A work-item keeps one element of the result in a register, which has more digits than the element.
ENTRY void KERNEL(ITEM_IDS __global const ELEMENT_T *restrict x, __global const int *restrict indices,
                  __global const ELEMENT_T *restrict updates, __global ELEMENT_T *restrict y, int rows, int inner,
                  int count, __global int *fault) {
  const int item = ITEM_ID(0);
  if (item >= rows * inner) return;
  const int row = item / inner, column = item - row * inner;
  VALUE_T value = LOAD_ELEMENT(x, item);
  for (int i = 0; i < count; ++i) {
    const int index = indices[i], place = index < 0 ? index + rows : index;
    if (place == row) value = COMBINE(value, LOAD_ELEMENT(updates, i * inner + column));
#if REDUCTION == 2 && INTEGERS
    // A long holds the product of two steps at the most.
#if INTEGER_CHECK
    if (value != (long)(int)value) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, item, (int)value, 0);
#endif
    value = (long)(int)value;
#endif
    if (item == 0 && (place < 0 || place >= rows)) mace_report_fault(fault, FAULT_INDEX, 1, i, index, rows);
  }
#if INTEGER_CHECK
  if (value != (long)(int)value) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, item, (int)value, 0);
#endif
  STORE_ELEMENT(y, item, value);
}
#endif

#ifdef USE_scatter_blocks
// A work-item owns `block_rows` rows of `block_columns` columns of the result, and looks at every index once for all of
// them. Each combination is stored, which is exact for float32, and where the result is one of the operands.
ENTRY void KERNEL(ITEM_IDS __global const ELEMENT_T *restrict x, __global const int *restrict indices,
                  __global const ELEMENT_T *restrict updates, __global ELEMENT_T *restrict y, int rows, int inner,
                  int count, int block_rows, int block_columns, __global int *fault) {
  const int item = ITEM_ID(0), across = (inner + block_columns - 1) / block_columns;
  const int first_row = item / across * block_rows, first = item % across * block_columns;
  if (first_row >= rows) return;
  const int last_row = min(first_row + block_rows, rows), width = min(block_columns, inner - first);
  for (int row = first_row; row < last_row; ++row) {
    for (int c = 0; c < width; ++c) {
      const int at = row * inner + first + c;
      STORE_ELEMENT(y, at, LOAD_ELEMENT(x, at));
    }
  }
  for (int i = 0; i < count; ++i) {
    const int index = indices[i], row = index < 0 ? index + rows : index;
    if (item == 0 && (row < 0 || row >= rows)) mace_report_fault(fault, FAULT_INDEX, 1, i, index, rows);
    if (row < first_row || row >= last_row) continue;
    for (int c = 0; c < width; ++c) {
      const int at = row * inner + first + c;
      const VALUE_T update = LOAD_ELEMENT(updates, i * inner + first + c), value = LOAD_ELEMENT(y, at);
      STORE_ELEMENT(y, at, COMBINE(value, update));
    }
  }
}
#endif
