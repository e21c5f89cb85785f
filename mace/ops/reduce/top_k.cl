// top_k: the k first of `extent` elements, `inner` apart, in the order of top_k.cc, and where they are. GROUP work-items
// share one of the `lines` (1: no local memory); each round they look for the first of what comes behind the element
// that the last round found. Row-major buffers.
#ifdef USE_top_k
#undef IS_BEFORE
#undef IS_BETTER
#if SMALLEST
#define IS_BETTER(a, b) ((a) < (b) || ((a) == (a) && (b) != (b)))
#else
#define IS_BETTER(a, b) ((a) > (b) || ((a) != (a) && (b) == (b)))
#endif
// A total order: of equals the one with the lower index.
#define IS_BEFORE(a, a_index, b, b_index) \
  (IS_BETTER(a, b) || (!IS_BETTER(b, a) && (a_index) < (b_index)))

ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global STORAGE_T *restrict y,
                  __global int *restrict places, int extent, int inner, int k, int lines) {
  const int line = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
#if GROUP == 1
  if (line >= lines) return;
#else
  __local float values[GROUP];
  __local int indices[GROUP];
#endif
  const int first = line / inner * extent * inner + line % inner;
  const int result = line / inner * k * inner + line % inner;
  float last = 0.0f;
  int last_index = -1;
  for (int round = 0; round < k; ++round) {
    float best = 0.0f;
    int best_index = extent;  // None.
    for (int i = lane; i < extent; i += GROUP) {
      const float value = LOAD(x, first + i * inner);
      if (last_index >= 0 && !IS_BEFORE(last, last_index, value, i)) continue;
      if (best_index < extent && !IS_BEFORE(value, i, best, best_index)) continue;
      best = value;
      best_index = i;
    }
#if GROUP > 1
    values[lane] = best;
    indices[lane] = best_index;
    for (int step = GROUP / 2; step > 0; step /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);
      const int other = lane + step;
      if (lane < step && indices[other] < extent &&
          (indices[lane] == extent ||
           IS_BEFORE(values[other], indices[other], values[lane], indices[lane]))) {
        values[lane] = values[other];
        indices[lane] = indices[other];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    best = values[0];
    best_index = indices[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    if (lane == 0) {
      STORE(y, result + round * inner, best);
      places[result + round * inner] = best_index;
    }
    last = best;
    last_index = best_index;
  }
}
#endif
