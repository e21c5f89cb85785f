// Between the numbers and the integers of the device; row-major buffers.

#ifdef USE_cast_from_int
ENTRY void KERNEL(ITEM_IDS __global const int *restrict x, __global STORAGE_T *restrict y, int total) {
  const int i = ITEM_ID(0);
  if (i < total) STORE(y, i, (float)x[i]);
}
#endif

#ifdef USE_cast_to_int
// Towards zero; what does not fit becomes the nearest that does, a NaN 0.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global int *restrict y, int total) {
  const int i = ITEM_ID(0);
  if (i >= total) return;
  const float v = LOAD(x, i);
  y[i] = v == v ? convert_int_sat_rtz(v) : 0;
}
#endif
