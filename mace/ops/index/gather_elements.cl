// Each element by its own index along one axis; its other coordinates are those of the index. The steps are those of x,
// 0 along the axis. Row-major buffers.
#include "broadcast_operand.clh"
#include "fault.clh"

#ifdef USE_gather_elements
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global const int *restrict indices,
                  __global STORAGE_T *y, OPERAND_EXTENTS, OPERAND_STEPS(x), int axis_step, int extent, int total,
                  __global int *fault) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  const int index = indices[item];
  const int position = index < 0 ? index + extent : index;
  if (position < 0 || position >= extent) {
    mace_report_fault(fault, FAULT_INDEX, 1, item, index, extent);
    STORE(y, item, NAN);
    return;
  }
  const int8 at = mace_position_of(item, (int8)(e0, e1, e2, e3, e4, e5, e6, e7));
  STORE(y, item, LOAD(x, mace_sum8(at * STEPS_OF(x)) + position * axis_step));
}
#endif
