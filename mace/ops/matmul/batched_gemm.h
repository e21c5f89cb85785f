// A batch of matrix products bound to shapes, which MatMul and FullyConnected share:
//
//   y[batch][row][column] = activation(bias + sum over k of a[batch][row][k] * b[batch][k][column])
//
// Variants, all for tensors of any rank:
//   <op>_row_major  row-major buffers, any operand constant or not, any bias
//   <op>_local      row-major buffers by tiles in a GPU's local memory
//   <op>_blocks     channels4 in images or buffers; without bias, or with one value for each column
//   <op>_clblast    row-major buffers through CLBlast's GEMM; only chosen after a measurement
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_BATCHED_GEMM_H_
#define MACE_OPS_MATMUL_BATCHED_GEMM_H_

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "mace/graph/shape.h"
#include "mace/ops/elementwise/fused_activation.h"
#include "mace/ops/op.h"

namespace mace {

// Elements between neighbours along each axis of a broadcast shape; 0 where it is broadcast.
using BroadcastStrides = std::array<int64_t, Shape::kMaxRank>;
// The strides of a tensor of shape `from`, whose elements are `unit` apart, when it is broadcast to
// `to`.
BroadcastStrides StridesOf(const Shape& from, const Shape& to, int64_t unit);
// The offset of element `index` of shape `to` in the tensor for which `strides` was made.
int64_t BroadcastOffset(const Shape& to, const BroadcastStrides& strides, int64_t index);

struct BatchedGemm {
  int64_t rows = 1, columns = 1, depth = 1;
  // True: the operand is stored transposed: a as [depth, rows], b as [columns, depth].
  bool transpose_a = false, transpose_b = false;
  // FullyConnected's weights [columns, depth / taps, taps]: element k of a column is
  // (k % (depth / taps)) * taps + k / (depth / taps). 1: element k. REQUIRES: transpose_b above 1.
  int64_t taps = 1;
  Shape batch;                     // The broadcast leading axes.
  BroadcastStrides a_stride = {};  // Elements along the axes of batch.
  BroadcastStrides b_stride = {};
  Shape output;
  FusedActivation activation;
  // The bias is input 2 where the op is given one; it broadcasts to `output`.

  int64_t matrices() const { return batch.elements(); }
};

// Whether the last two axes of the operands are transposed.
struct Transposes {
  bool a = false, b = false;
};
// a [..., M, K] times b [..., K, N], each possibly transposed; leading axes broadcast. An operand
// with one axis is a row (a) or a column (b), and its axis is missing in the output.
// kInvalidArgument shows both shapes if they do not fit.
StatusOr<BatchedGemm> BindBatchedGemm(const Shape& a, const Shape& b, Transposes transposes);

bool HasBias(const std::vector<OpInput>& inputs);

// The request from which the variants of an op are made. Inputs 0 and 1 of the op are a and b,
// input 2 is the bias.
struct GemmRequest {
  std::string op;  // Begins the variants' names.
  BatchedGemm gemm;
  const LoweringRequest* lowering = nullptr;
  // Packs the elements of b, as float32, from a constant that holds them in another order (its
  // shape may be another one than that of b). Null: in their order.
  std::function<Status(float*)> pack_b;
  // Names the order that pack_b makes; no two orders of a constant have one name.
  std::string pack_b_order = "flattened";

  const OpInput& input(size_t index) const { return lowering->inputs[index]; }
  bool biased() const { return HasBias(lowering->inputs); }
};

// Each function adds its variant if it can express the product, every index fits an int, and the
// device's limits allow it.
void LowerGemmRowMajor(const GemmRequest& request, std::vector<KernelVariant>* result);
void LowerGemmLocal(const GemmRequest& request, std::vector<KernelVariant>* result);
void LowerGemmBlocks(const GemmRequest& request, std::vector<KernelVariant>* result);
void LowerGemmLibrary(const GemmRequest& request, std::vector<KernelVariant>* result);

// For the variants' own files.
//
// Appends operand `index` to the last launch as a row-major pointer: the activation, or packed
// weights if it is constant.
void AppendRowMajorOperand(const GemmRequest& request, size_t index, KernelVariant* variant);
// The macro BIAS of matmul.cl: 0 none, 1 a constant (float), 2 an activation.
int BiasKind(const GemmRequest& request);
// The bias has one value for each column, or one for all.
bool IsColumnBias(const GemmRequest& request);
// Whether all elements of operands, bias and output have indices that fit an int.
bool FitsInt32(const GemmRequest& request);
// The offsets of the batch's matrices, in elements.
struct BatchOffsets {
  std::vector<int64_t> a, b, bias;
};
BatchOffsets OffsetsOf(const GemmRequest& request);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_BATCHED_GEMM_H_
