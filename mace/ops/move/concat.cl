// Concatenation along the channels where the inputs' channels are no multiples of four.

#ifdef USE_concat_lanes
#undef LANE
// Channel c of an input.
#define LANE(x) mace_lane(READ4(x, row, w, c / 4), c & 3)

// Blocks [first_block, first_block + block_count) of the output, whose channels are in a (which begins at channel
// `begin`) and the inputs behind it.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(a), TENSOR_IN(b), TENSOR_IN(c4), TENSOR_IN(d), TENSOR_OUT(y), int a_channels,
                  int b_channels, int c_channels, int d_channels, int begin, int first_block, int block_count,
                  int rows, int channels) {
  const int pixel = ITEM_ID(0) / block_count;
  const int block = first_block + (ITEM_ID(0) - pixel * block_count);
  const int row = pixel / y_width;
  const int w = pixel - row * y_width;
  if (row >= rows) return;
  float lanes[4];
  for (int lane = 0; lane < 4; ++lane) {
    int c = 4 * block + lane - begin;
    lanes[lane] = 0.0f;
    if (c < a_channels) {
      lanes[lane] = LANE(a);
      continue;
    }
    c -= a_channels;
    if (c < b_channels) {
      lanes[lane] = LANE(b);
      continue;
    }
    c -= b_channels;
    if (c < c_channels) {
      lanes[lane] = LANE(c4);
      continue;
    }
    c -= c_channels;
    if (c < d_channels) lanes[lane] = LANE(d);
  }
  WRITE4(y, row, w, block, channels, (float4)(lanes[0], lanes[1], lanes[2], lanes[3]));
}
#endif
