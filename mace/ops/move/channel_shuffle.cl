// channel_shuffle: four output channels a step, gathered one by one; a work-item takes steps_each of
// them, neighbours of one pixel. Image or buffer.
//
// Macros: GROUPS; INPUTS (1, or 2 where GROUPS is 2: each input is one group, of `each` channels);
//   OUTPUTS (1, 2: the shuffled channels from channels0 on go to the second).
// Channel k of the shuffled ones is channel k / GROUPS of group k % GROUPS.
#ifdef USE_channel_shuffle
#if INPUTS == 2
#define SECOND_INPUT TENSOR_IN(x1),
#else
#define SECOND_INPUT
#endif
#if OUTPUTS == 2
#define SECOND_OUTPUT TENSOR_OUT(y1),
#else
#define SECOND_OUTPUT
#endif
#if STORAGE_IMAGE
inline float FUNCTION(lane_of)(float4 v, int lane) {
  const float2 half_of = lane < 2 ? v.lo : v.hi;
  return lane % 2 == 0 ? half_of.x : half_of.y;
}
#define ELEMENT(x, c) FUNCTION(lane_of)(READ4(x, row, w, (c) / 4), (c) % 4)
#else
#define ELEMENT(x, c) LOAD(x, ADDRESS(x, row, w, c))
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x0), SECOND_INPUT TENSOR_OUT(y0), SECOND_OUTPUT int pixels,
                  int each, int channels0, int channels1, int steps_each) {
  const int pixel = ITEM_ID(1);
  if (pixel >= pixels) return;
  const int row = pixel / y0_width;
  const int w = pixel - row * y0_width;
  const int blocks0 = (channels0 + 3) / 4;
  const int blocks = blocks0 + (channels1 + 3) / 4;
  const int first = steps_each * (int)ITEM_ID(0);
  for (int step = first; step < min(first + steps_each, blocks); ++step) {
    const bool second = OUTPUTS == 2 && step >= blocks0;
    const int block = second ? step - blocks0 : step;
    const int k = 4 * block + (second ? channels0 : 0);
    // Lanes beyond the last channel are masked, but must not be read outside of the tensor.
    float4 v;
#if INPUTS == 2
    const int c = k / 2;
    const int next = min(c + 1, each - 1);
    if (k % 2 == 0) {
      v = (float4)(ELEMENT(x0, c), ELEMENT(x1, c), ELEMENT(x0, next), ELEMENT(x1, next));
    } else {
      const int second_next = min(c + 2, each - 1);
      v = (float4)(ELEMENT(x1, c), ELEMENT(x0, next), ELEMENT(x1, next), ELEMENT(x0, second_next));
    }
#else
    const int last = channels0 + channels1 - 1;
    const int k1 = min(k + 1, last), k2 = min(k + 2, last), k3 = min(k + 3, last);
    v = (float4)(ELEMENT(x0, k % GROUPS * each + k / GROUPS),
                 ELEMENT(x0, k1 % GROUPS * each + k1 / GROUPS),
                 ELEMENT(x0, k2 % GROUPS * each + k2 / GROUPS),
                 ELEMENT(x0, k3 % GROUPS * each + k3 / GROUPS));
#endif
#if OUTPUTS == 2
    if (second) {
      WRITE4(y1, row, w, block, channels1, v);
      continue;
    }
#endif
    WRITE4(y0, row, w, block, channels0, v);
  }
}

#undef SECOND_INPUT
#undef SECOND_OUTPUT
#undef ELEMENT
#endif
