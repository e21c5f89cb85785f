// Integers combined over runs of axes, as reduce_strided of reduce.cl does with floats. REDUCE_TYPE: the attribute
// reduce_type. An int32 wraps around; with INTEGER_CHECK 1, a result beyond int32 is reported. Row-major buffers.
#include "fault.clh"

#ifdef USE_reduce_integers
#undef COMBINE
#undef FAULT_PARAMETER
#if REDUCE_TYPE == 1
#define COMBINE(a, b) min(a, b)
#elif REDUCE_TYPE == 2
#define COMBINE(a, b) max(a, b)
#elif REDUCE_TYPE == 3
#define COMBINE(a, b) ((long)(int)((a) * (b)))
#else
#define COMBINE(a, b) ((a) + (b))
#endif
#if INTEGER_CHECK
#define FAULT_PARAMETER , __global int *fault
#else
#define FAULT_PARAMETER
#endif
ENTRY void KERNEL(ITEM_IDS __global const int *x, __global int *y, int k0, int k1, int k2, int k3, int ks0, int ks1,
                  int ks2, int ks3, int r0, int r1, int r2, int r3, int rs0, int rs1, int rs2, int rs3, int elements,
                  int count FAULT_PARAMETER) {
  const int element = ITEM_ID(0);
  if (element >= elements) return;
  const int begin = element % k3 * ks3 + element / k3 % k2 * ks2 + element / k3 / k2 % k1 * ks1 +
                    element / k3 / k2 / k1 * ks0;
  long result = 0;
  for (int i = 0; i < count; ++i) {
    const int i2 = i / r3, i1 = i2 / r2;
    const long v = x[begin + i1 / r1 * rs0 + i1 % r1 * rs1 + i2 % r2 * rs2 + i % r3 * rs3];
    result = i == 0 ? v : COMBINE(result, v);
  }
#if REDUCE_TYPE == 0
  result /= count;
#endif
#if INTEGER_CHECK
  if (result != (long)(int)result) mace_report_fault(fault, FAULT_BEYOND_INT32, 0, element, (int)result, 0);
#endif
  y[element] = (int)result;
}
#endif
