// y = x resized, each result the nearest element. `table` holds the input's row for each row of an
// image of the result, then its column for each column: made at plan time, so that reference and
// kernel choose the same elements.
#ifdef USE_resize_nearest_neighbor
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), __global const float *table, int rows,
                  int in_height, int out_height, int channels) {
  const int blocks = (channels + 3) / 4;
  const int items = (blocks + BLOCKS_PER_ITEM - 1) / BLOCKS_PER_ITEM;
  const int item = ITEM_ID(0);
  const int first_block = item % items * BLOCKS_PER_ITEM;
  const int out_w = item / items % y_width;
  const int out_row = item / items / y_width;
  if (out_row >= rows) return;
  const int image = out_row / out_height;
  const int row = image * in_height + (int)table[out_row - image * out_height];
  const int w = (int)table[out_height + out_w];
  for (int block = first_block; block < min(first_block + BLOCKS_PER_ITEM, blocks); ++block) {
    WRITE4(y, out_row, out_w, block, channels, READ4(x, row, w, block));
  }
}
#endif
