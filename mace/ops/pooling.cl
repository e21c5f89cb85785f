// The mean or maximum over a sliding window of an NHWC tensor; what is outside of the input takes
// no part. POOLING_TYPE: 1 mean (of the elements inside, or with COUNT_PADDING 1 also of the padded
// ones), 2 maximum (with HALF_MATH compared in half). A work-item makes BLOCKS_PER_ITEM blocks of four channels at one position.
#ifdef USE_pooling
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int in_height, int out_height,
                  int channels, int kernel_h, int kernel_w, int stride_h, int stride_w,
                  int dilation_h, int dilation_w, int pad_top, int pad_left, int padded_height,
                  int padded_width) {
  const int blocks = (channels + 3) / 4;
  const int items = (blocks + BLOCKS_PER_ITEM - 1) / BLOCKS_PER_ITEM;
  const int item = ITEM_ID(0);
  const int first_block = item % items * BLOCKS_PER_ITEM;
  const int out_w = item / items % y_width;
  const int out_row = item / items / y_width;
  if (out_row >= rows) return;
  const int image = out_row / out_height;
  const int begin_h = (out_row - image * out_height) * stride_h - pad_top;
  const int begin_w = out_w * stride_w - pad_left;
  // The taps [first, end) of the window that are inside.
  const int first_h = begin_h < 0 ? (-begin_h + dilation_h - 1) / dilation_h : 0;
  const int first_w = begin_w < 0 ? (-begin_w + dilation_w - 1) / dilation_w : 0;
  const int end_h = min(kernel_h, (in_height - begin_h + dilation_h - 1) / dilation_h);
  const int end_w = min(kernel_w, (x_width - begin_w + dilation_w - 1) / dilation_w);
#if POOLING_TYPE == 1
#if COUNT_PADDING
  // Behind the padding there is nothing to count (a last window that was rounded up).
  const int counted_h =
      min(kernel_h, (padded_height - pad_top - begin_h + dilation_h - 1) / dilation_h);
  const int counted_w =
      min(kernel_w, (padded_width - pad_left - begin_w + dilation_w - 1) / dilation_w);
  const int count = counted_h * counted_w;
#else
  const int count = max(0, end_h - first_h) * max(0, end_w - first_w);
#endif
  const float scale = 1.0f / (float)max(count, 1);
#endif
  for (int block = first_block; block < min(first_block + BLOCKS_PER_ITEM, blocks); ++block) {
#if POOLING_TYPE == 1
    float4 result = 0.0f;
#else
    MATH4 result = -INFINITY;
#endif
    for (int h = first_h; h < end_h; ++h) {
      const int row = image * in_height + begin_h + h * dilation_h;
      for (int w = first_w; w < end_w; ++w) {
#if POOLING_TYPE == 1
        result += READ4(x, row, begin_w + w * dilation_w, block);
#else
        // Not fmax: a NaN must come through.
        const MATH4 v = READ_MATH4(x, row, begin_w + w * dilation_w, block);
        result = v > result || v != v ? v : result;
#endif
      }
    }
#if POOLING_TYPE == 1
    result *= scale;
    WRITE4(y, out_row, out_w, block, channels, result);
#else
    WRITE4(y, out_row, out_w, block, channels, FROM_MATH4(result));
#endif
  }
}
#endif
