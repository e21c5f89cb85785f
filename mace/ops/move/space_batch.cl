// SpaceToBatchND and BatchToSpaceND of images: the space tensor is [n, height, width, c], the batch
// tensor [block_h * block_w * n, batch_height, batch_width, c]. One block of four channels of the
// output a work-item. `top` and `left` are the paddings or crops before the space tensor's first
// row and column.

#undef SPACE_BATCH_PARAMETERS
#define SPACE_BATCH_PARAMETERS                                                         \
  int batches, int height, int width, int batch_height, int batch_width, int channels, \
      int block_h, int block_w, int top, int left

#ifdef USE_space_to_batch
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SPACE_BATCH_PARAMETERS) {
  const int blocks = (channels + 3) / 4;
  int rest = ITEM_ID(0);
  const int block = rest % blocks;
  rest /= blocks;
  const int w = rest % batch_width;
  const int row = rest / batch_width;
  const int k = row / batch_height;
  const int phase = k / batches;
  if (phase >= block_h * block_w) return;
  const int source_h = (row - k * batch_height) * block_h + phase / block_w - top;
  const int source_w = w * block_w + phase % block_w - left;
  float4 v = (float4)(0.0f);
  if (source_h >= 0 && source_h < height && source_w >= 0 && source_w < width) {
    v = READ4(x, (k % batches) * height + source_h, source_w, block);
  }
  WRITE4(y, row, w, block, channels, v);
}
#endif

#ifdef USE_batch_to_space
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), SPACE_BATCH_PARAMETERS) {
  const int blocks = (channels + 3) / 4;
  int rest = ITEM_ID(0);
  const int block = rest % blocks;
  rest /= blocks;
  const int w = rest % width;
  const int row = rest / width;
  const int n = row / height;
  if (n >= batches) return;
  const int padded_h = row - n * height + top;
  const int padded_w = w + left;
  const int k = ((padded_h % block_h) * block_w + padded_w % block_w) * batches + n;
  const float4 v = READ4(x, k * batch_height + padded_h / block_h, padded_w / block_w, block);
  WRITE4(y, row, w, block, channels, v);
}
#endif
