// argmax: where the largest (SMALLEST: 1 the smallest) of `extent` elements, `inner` apart, is.
// GROUP work-items share one of the `results` (1: no local memory). Row-major buffers.
#ifdef USE_argmax
#undef VALUE
#undef IS_BETTER
#if SMALLEST
#define VALUE(i) (-LOAD(x, i))
#else
#define VALUE(i) LOAD(x, i)
#endif
// Among equal values the first counts, and a NaN goes before any number.
#define IS_BETTER(value, index, best, best_index)           \
  ((value) > (best) || ((value) != (value) && (best) == (best)) || \
   (((value) == (best) || ((value) != (value) && (best) != (best))) && (index) < (best_index)))

ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global int *restrict y, int extent,
                  int inner, int results) {
  const int result = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
#if GROUP == 1
  if (result >= results) return;
#endif
  const int first = result / inner * extent * inner + result % inner;
  float best = VALUE(first);
  int best_index = 0;
  for (int k = lane; k < extent; k += GROUP) {
    const float value = VALUE(first + k * inner);
    if (IS_BETTER(value, k, best, best_index)) {
      best = value;
      best_index = k;
    }
  }
#if GROUP > 1
  __local float values[GROUP];
  __local int indices[GROUP];
  values[lane] = best;
  indices[lane] = best_index;
  for (int step = GROUP / 2; step > 0; step /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < step) {
      if (IS_BETTER(values[lane + step], indices[lane + step], values[lane], indices[lane])) {
        values[lane] = values[lane + step];
        indices[lane] = indices[lane + step];
      }
    }
  }
  if (lane > 0) return;
  best_index = indices[0];
#endif
  y[result] = best_index;
}
#endif
