// y = x / (bias + share * sum of squares)^beta over the channels from `front` before each one to `behind` after it. A
// work-item makes one block of four channels; padding lanes are zeros and add nothing.
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
  WRITE4(y, row, w, block, channels, READ4(x, row, w, block) / pow(bias + share * sum, (float4)(beta)));
}
#endif
