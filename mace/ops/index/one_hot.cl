// Each number as a row of `depth` elements along an axis of which the elements lie `inner` apart: `on` at the place that
// it names, `off` elsewhere. FROM_INTEGERS, TO_INTEGERS 1: int in place of STORAGE_T. Row-major buffers.

#ifdef USE_one_hot
#undef PLACE_T
#undef RESULT_T
#if FROM_INTEGERS
#define PLACE_T int
#else
#define PLACE_T STORAGE_T
#endif
#if TO_INTEGERS
#define RESULT_T int
#else
#define RESULT_T STORAGE_T
#endif
ENTRY void KERNEL(ITEM_IDS __global const PLACE_T *restrict x, __global RESULT_T *restrict y, int depth, int inner,
                  int total, VALUE_T on, VALUE_T off) {
  const int item = ITEM_ID(0);
  if (item >= total) return;
  const int row = item / inner, place = row % depth, at = row / depth * inner + item % inner;
#if FROM_INTEGERS
  const int is_on = x[at] == place;
#else
  const int is_on = LOAD(x, at) == (float)place;
#endif
#if TO_INTEGERS
  y[item] = is_on ? on : off;
#else
  STORE(y, item, is_on ? on : off);
#endif
}
#endif
