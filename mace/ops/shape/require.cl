// y = x, where the one element of `condition` holds; else that is reported. INTEGERS 1: x and y are of int in place of
// STORAGE_T. Row-major buffers.
#include "fault.clh"

#ifdef USE_require
#undef LOAD_ELEMENT
#undef STORE_ELEMENT
#undef ELEMENT_T
#if INTEGERS
#define ELEMENT_T int
#define LOAD_ELEMENT(p, i) ((p)[i])
#define STORE_ELEMENT(p, i, v) ((p)[i] = (v))
#else
#define ELEMENT_T STORAGE_T
#define LOAD_ELEMENT(p, i) LOAD(p, i)
#define STORE_ELEMENT(p, i, v) STORE(p, i, v)
#endif
ENTRY void KERNEL(ITEM_IDS __global const ELEMENT_T *restrict x, __global const STORAGE_T *restrict condition,
                  __global ELEMENT_T *restrict y, int total, __global int *fault) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  if (item == 0 && LOAD(condition, 0) == 0.0f) mace_report_fault(fault, FAULT_CONDITION, 1, 0, 0, 0);
  STORE_ELEMENT(y, item, LOAD_ELEMENT(x, item));
}
#endif
