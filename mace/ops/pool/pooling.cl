// The mean or maximum over a sliding window of an NHWC tensor; what is outside of the input takes
// no part. POOLING_TYPE: 1 mean (of the elements inside, or with COUNT_PADDING 1 also of the padded
// ones), 2 maximum (with HALF_MATH compared in half). A work-item makes BLOCKS_PER_ITEM blocks of four channels at one position, in
// blocks (IN_BLOCK, OUT_BLOCK) the channels of a block.
#ifdef USE_pooling
#include "elementwise.clh"
#undef POOLED
#undef POOLED_MATH
#undef READ_POOLED
#undef READ_POOLED_MATH
#undef FROM_POOLED
#undef WRITE_POOLED
#undef POOLED_BLOCKS
#if OUT_BLOCK
#define POOLED WIDE
#define POOLED_BLOCKS(channels) (((channels) + OUT_BLOCK - 1) / OUT_BLOCK)
#define POOLED_MATH WIDE
#define READ_POOLED(x, row, w, block) LOAD_WIDE(x, ADDRESS(x, row, w, OUT_BLOCK * (block)))
#define READ_POOLED_MATH READ_POOLED
#define FROM_POOLED(v) (v)
#define WRITE_POOLED(y, row, w, block, channels, v) \
  STORE_WIDE(y, OUT_ADDRESS(y, row, w, OUT_BLOCK * (block)), MASK_BLOCK(v, (channels)-OUT_BLOCK * (block)))
#else
#define POOLED float4
#define POOLED_BLOCKS(channels) (((channels) + 3) / 4)
#define POOLED_MATH MATH4
#define READ_POOLED READ4
#define READ_POOLED_MATH READ_MATH4
#define FROM_POOLED FROM_MATH4
#define WRITE_POOLED WRITE4
#endif

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), int rows, int in_height, int out_height,
                  int channels, int kernel_h, int kernel_w, int stride_h, int stride_w,
                  int dilation_h, int dilation_w, int pad_top, int pad_left, int padded_height,
                  int padded_width) {
  const int blocks = POOLED_BLOCKS(channels);
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
    POOLED result = 0.0f;
#else
    POOLED_MATH result = -INFINITY;
#endif
    for (int h = first_h; h < end_h; ++h) {
      const int row = image * in_height + begin_h + h * dilation_h;
      for (int w = first_w; w < end_w; ++w) {
#if POOLING_TYPE == 1
        result += READ_POOLED(x, row, begin_w + w * dilation_w, block);
#else
        // Not fmax: a NaN must come through.
        const POOLED_MATH v = READ_POOLED_MATH(x, row, begin_w + w * dilation_w, block);
        result = v > result || v != v ? v : result;
#endif
      }
    }
#if POOLING_TYPE == 1
    result *= scale;
    WRITE_POOLED(y, out_row, out_w, block, channels, result);
#else
    WRITE_POOLED(y, out_row, out_w, block, channels, FROM_POOLED(result));
#endif
  }
}
#endif
