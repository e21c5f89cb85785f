// Between the layouts of layout.h. A plain pointer holds channels at ((row * width) + w) * pitch +
// offset + c, which is row_major where pitch is the channel count, and channels4 in a buffer where
// it is a multiple of four; or in blocks.
//
// Macros: PLAIN_HALF (what the plain pointer points to: 1 half, 0 float), PLAIN_BLOCK (channels of a
// block there, or 0); the kernel's own precision is that of the other tensor.
#undef PLAIN_ADDRESS
#undef PLAIN_BLOCKS
#if PLAIN_BLOCK
#define PLAIN_ADDRESS(pitch, offset)                                             \
  (4 * block / PLAIN_BLOCK * (pitch) + (offset) + (row * width + w) * PLAIN_BLOCK + \
   4 * block % PLAIN_BLOCK)
#define PLAIN_BLOCKS(channels) (((channels) + PLAIN_BLOCK - 1) / PLAIN_BLOCK * (PLAIN_BLOCK / 4))
#else
#define PLAIN_ADDRESS(pitch, offset) ((row * width + w) * (pitch) + (offset) + 4 * block)
#define PLAIN_BLOCKS(channels) (((channels) + 3) / 4)
#endif
#undef PLAIN_T
#undef PLAIN_LOAD
#undef PLAIN_STORE
#if PLAIN_HALF
#define PLAIN_T half
#define PLAIN_LOAD(p, i) vload_half((i), (p))
#define PLAIN_STORE(p, i, v) vstore_half((v), (i), (p))
#else
#define PLAIN_T float
#define PLAIN_LOAD(p, i) ((p)[i])
#define PLAIN_STORE(p, i, v) ((p)[i] = (v))
#endif

#ifdef USE_convert_pack
// Plain pointer to channels4 or blocks in a buffer, or to an image. Global size: blocks of four, width, rows.
ENTRY void KERNEL(ITEM_IDS __global const PLAIN_T *restrict input, int input_pitch, int input_offset,
                  TENSOR_OUT(output), int rows, int width, int channels) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (block >= PADDED_BLOCKS(channels) || w >= width || row >= rows) return;
  const int at = PLAIN_ADDRESS(input_pitch, input_offset);
  const int left = channels - 4 * block;
  float4 v;
  v.x = left > 0 ? PLAIN_LOAD(input, at) : 0.0f;
  v.y = left > 1 ? PLAIN_LOAD(input, at + 1) : 0.0f;
  v.z = left > 2 ? PLAIN_LOAD(input, at + 2) : 0.0f;
  v.w = left > 3 ? PLAIN_LOAD(input, at + 3) : 0.0f;
  WRITE4(output, row, w, block, channels, v);
}
#endif

#ifdef USE_convert_unpack
// channels4 or blocks in a buffer, or an image, to a plain pointer, with zeros in the padding lanes where
// `padded` is not 0. Also from row_major, seen as one pixel of all elements (its region has room to
// read past the last).
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), __global PLAIN_T *output, int output_pitch,
                  int output_offset, int rows, int width, int channels, int padded) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (block >= PLAIN_BLOCKS(channels) || w >= width || row >= rows) return;
  const int at = PLAIN_ADDRESS(output_pitch, output_offset);
  const int left = padded ? 4 : channels - 4 * block;
  float4 v = 0.0f;
  if (4 * block < channels) v = mace_mask_lanes(READ4(input, row, w, block), channels - 4 * block);
  PLAIN_STORE(output, at, v.x);
  if (left > 1) PLAIN_STORE(output, at + 1, v.y);
  if (left > 2) PLAIN_STORE(output, at + 2, v.z);
  if (left > 3) PLAIN_STORE(output, at + 3, v.w);
}
#endif

#ifdef USE_convert_copy
// From a layout to the same in the same storage: into a slice of a concatenation, or between images
// of different precision.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), TENSOR_OUT(output), int rows, int width, int channels) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (block >= PADDED_BLOCKS(channels) || w >= width || row >= rows) return;
  WRITE4(output, row, w, block, channels, READ4(input, row, w, block));
}
#endif
