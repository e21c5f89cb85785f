// y = x resized, each result between four elements. `table` holds (lower, upper, lerp) for each row
// of an image of the result, then for each column: made at plan time, so that reference and kernel
// choose the same elements.
#ifdef USE_resize_bilinear
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
  const float3 h = vload3(out_row - image * out_height, table);
  const float3 w = vload3(out_height + out_w, table);
  const int top = image * in_height + (int)h.x;
  const int bottom = image * in_height + (int)h.y;
  for (int block = first_block; block < min(first_block + BLOCKS_PER_ITEM, blocks); ++block) {
    const float4 top_left = READ4(x, top, (int)w.x, block);
    const float4 top_right = READ4(x, top, (int)w.y, block);
    const float4 bottom_left = READ4(x, bottom, (int)w.x, block);
    const float4 bottom_right = READ4(x, bottom, (int)w.y, block);
    const float4 upper = top_left + (top_right - top_left) * w.z;
    const float4 lower = bottom_left + (bottom_right - bottom_left) * w.z;
    WRITE4(y, out_row, out_w, block, channels, upper + (lower - upper) * h.z);
  }
}
#endif
