// One step of a long short-term memory, see lstm_cell.cc. GROUP work-items share four units of one batch: each goes
// through every GROUP-th block of the inputs. The state before is a tensor where OUTPUT_TENSOR and CELL_TENSOR are 1,
// else packed weights.
// weights: [row of x, then of the output before, each padded to blocks of four][block of units][gate][4 units]
#ifdef USE_lstm_cell
#include "tanh.clh"
#undef COMBINE
#define COMBINE(a, b) ((a) + (b))
#include "group_reduce.clh"
#undef OUTPUT_PARAMETER
#undef OUTPUT4
#undef CELL_PARAMETER
#undef CELL4
#if OUTPUT_TENSOR
#define OUTPUT_PARAMETER TENSOR_IN(output_before)
#define OUTPUT4(n, block) READ4(output_before, 0, (n), (block))
#else
#define OUTPUT_PARAMETER __global const float *output_before
#define OUTPUT4(n, block) vload4((n)*blocks + (block), output_before)
#endif
#if CELL_TENSOR
#define CELL_PARAMETER TENSOR_IN(cell_before)
#define CELL4(n, block) READ4(cell_before, 0, (n), (block))
#else
#define CELL_PARAMETER __global const float *cell_before
#define CELL4(n, block) vload4((n)*blocks + (block), cell_before)
#endif

inline float4 FUNCTION(sigmoid4)(float4 x) { return 1.0f / (1.0f + exp(-x)); }

ENTRY void KERNEL(ITEM_IDS TENSOR_IN(x), TENSOR_OUT(cell), TENSOR_OUT(y), __global const STORAGE_T *restrict weights,
                  __global const float *restrict bias, OUTPUT_PARAMETER, CELL_PARAMETER, int batch, int width,
                  int units, float forget_bias) {
  const int blocks = (units + 3) / 4;
  const int item = ITEM_ID(0) / GROUP;
  const int lane = ITEM_ID(0) % GROUP;
  const int block = item % blocks;
  const int n = item / blocks;
  if (n >= batch) return;
#if GROUP > 1
  __local float4 shared[GROUP];
#endif
  const int x_blocks = (width + 3) / 4;
  float16 gates = 0.0f;
  for (int i = lane; i < x_blocks + blocks; i += GROUP) {
    const float4 v = i < x_blocks ? READ4(x, 0, n, i) : OUTPUT4(n, i - x_blocks);
    const int row = 4 * i * blocks + block;
    gates += v.x * LOAD16(weights, 16 * row);
    gates += v.y * LOAD16(weights, 16 * (row + blocks));
    gates += v.z * LOAD16(weights, 16 * (row + 2 * blocks));
    gates += v.w * LOAD16(weights, 16 * (row + 3 * blocks));
  }
#if GROUP > 1
  gates.s0123 = FUNCTION(group_reduce)(gates.s0123, lane, shared);
  gates.s4567 = FUNCTION(group_reduce)(gates.s4567, lane, shared);
  gates.s89ab = FUNCTION(group_reduce)(gates.s89ab, lane, shared);
  gates.scdef = FUNCTION(group_reduce)(gates.scdef, lane, shared);
  if (lane > 0) return;
#endif
  gates += vload16(block, bias);
  const float4 next = FUNCTION(sigmoid4)(gates.s0123) * TANH(gates.s4567) +
                      FUNCTION(sigmoid4)(gates.s89ab + forget_bias) * CELL4(n, block);
  WRITE4(cell, 0, n, block, units, next);
  WRITE4(y, 0, n, block, units, FUNCTION(sigmoid4)(gates.scdef) * TANH(next));
}
#endif
