// Running sums (PRODUCT 1: products) along one axis of `extent` elements, `inner` apart; a work-item takes a line.
// EXCLUSIVE 1: each leaves its own element out. REVERSE 1: from the end. Row-major buffers.
#include "fault.clh"
#undef COMBINE
#undef FAULT_PARAMETER
#if PRODUCT
#define COMBINE(a, b) ((a) * (b))
#define NOTHING 1
#else
#define COMBINE(a, b) ((a) + (b))
#define NOTHING 0
#endif
#if INTEGER_CHECK
#define FAULT_PARAMETER , __global int *fault
#else
#define FAULT_PARAMETER
#endif

#ifdef USE_cumsum
// The sum's rounding errors are added up beside it (Neumaier), so that they do not grow along the axis.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global STORAGE_T *restrict y, int extent, int inner,
                  int lines) {
  const int line = ITEM_ID(0);
  if (line >= lines) return;
  const int first = line / inner * extent * inner + line % inner;
  float sum = NOTHING, error = 0.0f;
  for (int k = 0; k < extent; ++k) {
    const int at = first + (REVERSE ? extent - 1 - k : k) * inner;
    const float before = sum + error, v = LOAD(x, at);
    const float next = COMBINE(sum, v);
#if !PRODUCT
    // An infinity has no error.
    if (isfinite(next)) error += fabs(sum) >= fabs(v) ? (sum - next) + v : (v - next) + sum;
#endif
    sum = next;
    STORE(y, at, EXCLUSIVE ? before : sum + error);
  }
}
#endif

#ifdef USE_cumsum_integers
// An int32 wraps around; with INTEGER_CHECK 1, a sum beyond int32 is reported.
ENTRY void KERNEL(ITEM_IDS __global const int *restrict x, __global int *restrict y, int extent, int inner,
                  int lines FAULT_PARAMETER) {
  const int line = ITEM_ID(0);
  if (line >= lines) return;
  const int first = line / inner * extent * inner + line % inner;
  long sum = NOTHING;
  for (int k = 0; k < extent; ++k) {
    const int at = first + (REVERSE ? extent - 1 - k : k) * inner;
    const long next = COMBINE(sum, (long)x[at]), result = EXCLUSIVE ? sum : next;
#if INTEGER_CHECK
    if (result != (long)(int)result) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, at, (int)result, 0);
    sum = next;
#else
    sum = (long)(int)next;
#endif
    y[at] = (int)result;
  }
}
#endif
#undef NOTHING
