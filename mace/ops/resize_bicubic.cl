// y = x resized, each result from four by four elements. `table` holds four coordinates and their four shares for each
// row of an image of the result, then for each column: made at plan time, so that reference and kernel choose the same
// elements.
#ifdef USE_resize_bicubic
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
  __global const float *h = table + 8 * (out_row - image * out_height);
  const float8 w = vload8(out_height + out_w, table);
  const int4 at = convert_int4(w.lo);
  for (int block = first_block; block < min(first_block + BLOCKS_PER_ITEM, blocks); ++block) {
    float4 sum = 0.0f;
    for (int i = 0; i < 4; ++i) {
      const int row = image * in_height + (int)h[i];
      sum += h[4 + i] * (READ4(x, row, at.x, block) * w.s4 + READ4(x, row, at.y, block) * w.s5 +
                         READ4(x, row, at.z, block) * w.s6 + READ4(x, row, at.w, block) * w.s7);
    }
    WRITE4(y, out_row, out_w, block, channels, sum);
  }
}
#endif
