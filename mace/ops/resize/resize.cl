// y = x resized in h and w. METHOD says what a result is made from: 0 the nearest element, 1 four elements, linearly,
// 2 four by four elements, by cubic convolution.
//
// `table` holds the sources (resize_sources.h) of the rows of an image of the result, then of the columns, made at plan
// time, so that reference and kernel choose the same elements. A source is
//   METHOD 0   a coordinate
//   METHOD 1   the lower and the upper coordinate, and the share of the upper one
//   METHOD 2   four coordinates, and their shares
#ifdef USE_resize
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), __global const float *table, int rows, int in_height, int out_height,
                  int channels) {
  const int blocks = (channels + 3) / 4;
  const int items = (blocks + BLOCKS_PER_ITEM - 1) / BLOCKS_PER_ITEM;
  const int item = ITEM_ID(0);
  const int first_block = item % items * BLOCKS_PER_ITEM;
  const int out_w = item / items % y_width;
  const int out_row = item / items / y_width;
  if (out_row >= rows) return;
  const int image = out_row / out_height;
  const int first_row = image * in_height;
  const int of_row = out_row - image * out_height;
  const int of_column = out_height + out_w;
#if METHOD == 0
  const int row = first_row + (int)table[of_row];
  const int w = (int)table[of_column];
#elif METHOD == 1
  const float3 h = vload3(of_row, table);
  const float3 w = vload3(of_column, table);
  const int top = first_row + (int)h.x;
  const int bottom = first_row + (int)h.y;
#else
  __global const float *h = table + 8 * of_row;
  const float8 w = vload8(of_column, table);
  const int4 at = convert_int4(w.lo);
#endif
  for (int block = first_block; block < min(first_block + BLOCKS_PER_ITEM, blocks); ++block) {
#if METHOD == 0
    const float4 v = READ4(x, row, w, block);
#elif METHOD == 1
    const float4 top_left = READ4(x, top, (int)w.x, block);
    const float4 top_right = READ4(x, top, (int)w.y, block);
    const float4 bottom_left = READ4(x, bottom, (int)w.x, block);
    const float4 bottom_right = READ4(x, bottom, (int)w.y, block);
    const float4 upper = top_left + (top_right - top_left) * w.z;
    const float4 lower = bottom_left + (bottom_right - bottom_left) * w.z;
    const float4 v = upper + (lower - upper) * h.z;
#else
    float4 v = 0.0f;
    for (int i = 0; i < 4; ++i) {
      const int row = first_row + (int)h[i];
      v += h[4 + i] * (READ4(x, row, at.x, block) * w.s4 + READ4(x, row, at.y, block) * w.s5 +
                       READ4(x, row, at.z, block) * w.s6 + READ4(x, row, at.w, block) * w.s7);
    }
#endif
    WRITE4(y, out_row, out_w, block, channels, v);
  }
}
#endif
