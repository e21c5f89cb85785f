// Between the layouts of layout.h. A plain pointer holds channels at ((row * width) + w) * pitch +
// offset + c, which is row_major where pitch is the channel count, and channels4 in a buffer where
// it is a multiple of four.
//
// Macros: PLAIN_HALF (what the plain pointer points to: 1 half, 0 float); the kernel's own precision is
// that of the channels4 tensor.
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
// Plain pointer to channels4 in a buffer or an image. Global size: blocks, width, rows.
ENTRY void KERNEL(ITEM_IDS __global const PLAIN_T *restrict input, int input_pitch, int input_offset,
                  TENSOR_OUT(output), int rows, int width, int channels) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (4 * block >= channels || w >= width || row >= rows) return;
  const int at = (row * width + w) * input_pitch + input_offset + 4 * block;
  const int left = channels - 4 * block;
  float4 v;
  v.x = PLAIN_LOAD(input, at);
  v.y = left > 1 ? PLAIN_LOAD(input, at + 1) : 0.0f;
  v.z = left > 2 ? PLAIN_LOAD(input, at + 2) : 0.0f;
  v.w = left > 3 ? PLAIN_LOAD(input, at + 3) : 0.0f;
  WRITE4(output, row, w, block, channels, v);
}
#endif

#ifdef USE_convert_unpack
// channels4 in a buffer or an image to a plain pointer, with zeros in the padding lanes where
// `padded` is not 0. Also from row_major, seen as one pixel of all elements (its region has room to
// read past the last).
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), __global PLAIN_T *output, int output_pitch,
                  int output_offset, int rows, int width, int channels, int padded) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (4 * block >= channels || w >= width || row >= rows) return;
  const int at = (row * width + w) * output_pitch + output_offset + 4 * block;
  const int left = padded ? 4 : channels - 4 * block;
  const float4 v = mace_mask_lanes(READ4(input, row, w, block), channels - 4 * block);
  PLAIN_STORE(output, at, v.x);
  if (left > 1) PLAIN_STORE(output, at + 1, v.y);
  if (left > 2) PLAIN_STORE(output, at + 2, v.z);
  if (left > 3) PLAIN_STORE(output, at + 3, v.w);
}
#endif

#ifdef USE_convert_copy
// channels4 to channels4 in the same storage: into a slice of a concatenation, or between images of
// different precision.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(input), TENSOR_OUT(output), int rows, int width, int channels) {
  const int block = ITEM_ID(0), w = ITEM_ID(1), row = ITEM_ID(2);
  if (4 * block >= channels || w >= width || row >= rows) return;
  WRITE4(output, row, w, block, channels, READ4(input, row, w, block));
}
#endif
