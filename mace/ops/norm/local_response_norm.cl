// y = x / (bias + share * sum of squares)^beta over the channels from `front` before each one to `behind` after it.
//
//   local_response_norm          a work-item makes one block of four channels; padding lanes are zeros and add nothing
//   local_response_norm_vectors  fast on CPUs: a work-item makes all channels of a position, whose number is a multiple
//                                of 16; the window, of up to 16 channels on each side, is the macros FRONT and BEHIND
//
// BETA_QUARTERS: 4 * beta if that is 1 to 4, else 0. Square roots take a fraction of the time of pow.
#undef TO_MINUS_BETA
#if BETA_QUARTERS == 4
#define TO_MINUS_BETA(v, T) (1.0f / (v))
#elif BETA_QUARTERS == 3
#define TO_MINUS_BETA(v, T) (1.0f / (sqrt(v) * sqrt(sqrt(v))))
#elif BETA_QUARTERS == 2
#define TO_MINUS_BETA(v, T) (1.0f / sqrt(v))
#elif BETA_QUARTERS == 1
#define TO_MINUS_BETA(v, T) (1.0f / sqrt(sqrt(v)))
#else
#define TO_MINUS_BETA(v, T) pow((v), (T)(-beta))
#endif

#ifdef USE_local_response_norm
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int channels, int front, int behind, float share,
                  float beta, float bias) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0);
  const int block = item % blocks;
  const int w = item / blocks % y_width;
  const int row = item / blocks / y_width;
  if (row >= rows) return;
  const int first = max(0, 4 * block - front) / 4;
  const int last = min(blocks - 1, (4 * block + 3 + behind) / 4);
  float4 sum = 0.0f;
  for (int other = first; other <= last; ++other) {
    const float4 v = READ4(x, row, w, other);
    const float4 square = v * v;
    // How far the first lane of `other` is behind each lane of this block.
    const int4 distance = 4 * (other - block) - (int4)(0, 1, 2, 3);
    sum += select((float4)(0.0f), (float4)(square.x), distance >= -front && distance <= behind);
    sum += select((float4)(0.0f), (float4)(square.y), distance + 1 >= -front && distance + 1 <= behind);
    sum += select((float4)(0.0f), (float4)(square.z), distance + 2 >= -front && distance + 2 <= behind);
    sum += select((float4)(0.0f), (float4)(square.w), distance + 3 >= -front && distance + 3 <= behind);
  }
  WRITE4(y, row, w, block, channels, READ4(x, row, w, block) * TO_MINUS_BETA(bias + share * sum, float4));
}
#endif

#ifdef USE_local_response_norm_vectors
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int vectors, float share, float beta, float bias) {
  const int w = ITEM_ID(0) % y_width;
  const int row = ITEM_ID(0) / y_width;
  if (row >= rows) return;
  // The vector before this one, this one, and the one behind it.
  float squares[48];
  float16 v = LOAD16(x, ADDRESS(x, row, w, 0));
  vstore16((float16)(0.0f), 0, squares);
  vstore16(v * v, 1, squares);
  for (int i = 0; i < vectors; ++i) {
    const float16 next = i + 1 < vectors ? LOAD16(x, ADDRESS(x, row, w, 16 * (i + 1))) : (float16)(0.0f);
    vstore16(next * next, 2, squares);
    float16 sum = vload16(0, squares + 16 - FRONT);
    for (int k = 1 - FRONT; k <= BEHIND; ++k) sum += vload16(0, squares + 16 + k);
    STORE16(y, OUT_ADDRESS(y, row, w, 16 * i), v * TO_MINUS_BETA(bias + share * sum, float16));
    vstore16(v * v, 0, squares);
    vstore16(next * next, 1, squares);
    v = next;
  }
}
#endif
