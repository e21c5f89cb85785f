// Between the numbers and the integers of the device; row-major buffers.
#include "fault.clh"

#ifdef USE_cast_from_int
// TO_BOOL 1: anything but 0 is true.
ENTRY void KERNEL(ITEM_IDS __global const int *restrict x, __global STORAGE_T *restrict y, int total) {
  const int i = ITEM_ID(0);
  if (i >= total) return;
#if TO_BOOL
  STORE(y, i, x[i] != 0 ? 1.0f : 0.0f);
#else
  STORE(y, i, (float)x[i]);
#endif
}
#endif

#undef FAULT_PARAMETER
#if TO_INT64
#define FAULT_PARAMETER , __global int *fault
#else
#define FAULT_PARAMETER
#endif
#ifdef USE_cast_to_int
// Towards zero. A NaN becomes 0, and what the type does not hold the nearest that it does (CONVERT: the conversion to
// the type, as an int); an int64 (TO_INT64 1) beyond int is reported.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global int *restrict y, int total FAULT_PARAMETER) {
  const int i = ITEM_ID(0);
  if (i >= total) return;
  const float v = LOAD(x, i);
#if TO_INT64
  if (fabs(v) >= 2147483648.0f && v != -2147483648.0f) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, i, 0, 0);
#endif
  y[i] = v == v ? CONVERT(v) : 0;
}
#endif
