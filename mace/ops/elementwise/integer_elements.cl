// y = what one step makes of one element of each operand, in integers, with NumPy's broadcasting; row-major buffers. The
// planned text comes in by macros (integer_elements.cc):
//
//   INTEGER_OPERANDS   parameters, each a pointer with its steps; a number is an int
//   INTEGER_LOAD(at)   declares v0, v1, ... of type long
//   INTEGER_RESULT     the expression of the result
//   INTEGER_WRAP(v)    an int that the type of the result holds: v, or what it wraps around to
//   INTEGER_CHECK      1: a result beyond int is reported
//   INTEGER_DIVIDES    1: a divisor of 0, INTEGER_DIVISOR, is reported
//   TO_BOOL            1: the result is a bool, 1 or 0 in STORAGE_T
#include "broadcast_operand.clh"
#include "fault.clh"

#ifdef USE_integer_elements
#undef RESULT_T
#undef FAULT_PARAMETER
#if TO_BOOL
#define RESULT_T STORAGE_T
#else
#define RESULT_T int
#endif
#if INTEGER_CHECK || INTEGER_DIVIDES
#define FAULT_PARAMETER , __global int *fault
#else
#define FAULT_PARAMETER
#endif
ENTRY void KERNEL(ITEM_IDS INTEGER_OPERANDS __global RESULT_T *y, OPERAND_EXTENTS, int total FAULT_PARAMETER) {
  const int index = ITEM_ID(0);
  if (index >= total) return;
  const int8 at = mace_position_of(index, (int8)(e0, e1, e2, e3, e4, e5, e6, e7));
  INTEGER_LOAD(at)
#if INTEGER_DIVIDES
  if (INTEGER_DIVISOR == 0) {
    mace_report_fault(fault, FAULT_BY_ZERO, 1, index, 0, 0);
    y[index] = 0;
    return;
  }
#endif
  const long result = INTEGER_RESULT;
#if INTEGER_CHECK
  if (result != (long)(int)result) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, index, (int)result, 0);
#endif
#if TO_BOOL
  STORE(y, index, result != 0 ? 1.0f : 0.0f);
#else
  y[index] = INTEGER_WRAP(result);
#endif
}
#endif
