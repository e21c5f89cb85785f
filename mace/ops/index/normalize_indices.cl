// Integer indices as positions, of which those that count from the end become others, and one outside of its axis is
// reported and becomes 0. `extents`: of the axes, in turn. Row-major buffers.
#include "fault.clh"

#ifdef USE_normalize_indices
ENTRY void KERNEL(ITEM_IDS __global const int *restrict x, __global int *restrict y,
                  __global const int *restrict extents, int extent_count, int total, __global int *fault) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  const int index = x[item], extent = extents[item % extent_count];
  const int position = index < 0 ? index + extent : index;
  const int outside = position < 0 || position >= extent;
  if (outside) mace_report_fault(fault, FAULT_INDEX, 0, item, index, extent);
  y[item] = outside ? 0 : position;
}
#endif
