// Slices at the positions of a table: the input is [outer, extent, inner], the output [outer, count, inner].
// COMPUTED 1: the table is a tensor of integers, of which negative ones count from the end, and one outside is reported;
// 0: a constant of positions.
#include "fault.clh"
#undef TABLE_T
#undef POSITION
#undef FAULT_PARAMETER
#if COMPUTED
#define TABLE_T int
#define FAULT_PARAMETER , __global int *fault
#define POSITION(i) (positions[i] < 0 ? positions[i] + extent : positions[i])
#else
#define TABLE_T float
#define FAULT_PARAMETER
#define POSITION(i) ((int)positions[i])
#endif

#ifdef USE_gather_row_major
// One element a work-item.
ENTRY void KERNEL(ITEM_IDS __global const STORAGE_T *restrict x, __global STORAGE_T *y,
                  __global const TABLE_T *restrict positions, int outer, int extent, int count,
                  int inner FAULT_PARAMETER) {
  const int item = ITEM_ID(0);
  const int slice = item / inner;
  if (slice >= outer * count) return;
  const int o = slice / count;
  const int position = POSITION(slice - o * count);
#if COMPUTED
  if (position < 0 || position >= extent) {
    const int at = slice - o * count;
    mace_report_fault(fault, FAULT_INDEX, 1, at, positions[at], extent);
    STORE(y, item, NAN);
    return;
  }
#endif
  const int from = o * extent + position;
  STORE(y, item, LOAD(x, from * inner + item - slice * inner));
}
#endif

#ifdef USE_gather_blocks
#include "pixel_place.clh"
// One block of four channels a work-item; `inner` counts the blocks of whole pixels.
ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(y), __global const TABLE_T *restrict positions,
                  int outer, int extent, int count, int inner, int channels FAULT_PARAMETER) {
  const int blocks = (channels + 3) / 4;
  const int item = ITEM_ID(0);
  const int slice = item / inner;
  if (slice >= outer * count) return;
  const int o = slice / count;
  const int target = item / blocks;
  const int position = POSITION(slice - o * count);
#if COMPUTED
  if (position < 0 || position >= extent) {
    const int at = slice - o * count;
    mace_report_fault(fault, FAULT_INDEX, 1, at, positions[at], extent);
    WRITE4(y, PIXEL_ROW(y, target), PIXEL_COLUMN(y, target), item - target * blocks, channels, (float4)(NAN));
    return;
  }
#endif
  const int from = (o * extent + position) * inner + item - slice * inner;
  const int source = from / blocks;
  const float4 v = READ4(x, PIXEL_ROW(x, source), PIXEL_COLUMN(x, source), from - source * blocks);
  WRITE4(y, PIXEL_ROW(y, target), PIXEL_COLUMN(y, target), item - target * blocks, channels, v);
}
#endif
