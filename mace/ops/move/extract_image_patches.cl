// y[n, oh, ow, tap * in_channels + c] = x[n, ih, iw, c] under the tap, zero in the padding. WHOLE_BLOCKS 1: the input's
// channels are a multiple of four, so that a block of the result has one tap.
#ifdef USE_extract_image_patches
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int in_height, int in_channels, int out_height,
                  int channels, int kernel_w, int stride_h, int stride_w, int dilation_h, int dilation_w,
                  int pad_top, int pad_left) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0);
  const int block = item % blocks;
  const int out_w = item / blocks % y_width;
  const int row = item / blocks / y_width;
  if (row >= rows) return;
  const int image = row / out_height;
  const int top = (row - image * out_height) * stride_h - pad_top;
  const int left = out_w * stride_w - pad_left;
  float values[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int lane = 0; lane < min(4, channels - 4 * block); lane += WHOLE_BLOCKS ? 4 : 1) {
    const int channel = 4 * block + lane;
    const int tap = channel / in_channels;
    const int c = channel - tap * in_channels;
    const int h = top + tap / kernel_w * dilation_h;
    const int w = left + tap % kernel_w * dilation_w;
    if (h < 0 || h >= in_height || w < 0 || w >= x_width) continue;
    const float4 v = READ4(x, image * in_height + h, w, c / 4);
#if WHOLE_BLOCKS
    vstore4(v, 0, values);
#else
    const int from = c % 4;
    values[lane] = from == 0 ? v.x : from == 1 ? v.y : from == 2 ? v.z : v.w;
#endif
  }
  WRITE4(y, row, out_w, block, channels, vload4(0, values));
}
#endif
