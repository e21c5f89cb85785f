// Products of matrices bound to shapes: what MatMul and FullyConnected have in common.
//
//   y[batch][row][column] = activation(bias + sum over k of a[batch][row][k] * b[batch][k][column])
//
// Variants, all on tensors of any rank:
//   <op>_row_major  row-major buffers, any operand constant or not, any bias
//   <op>_blocks     channels4 in images or buffers; a bias only where it has one value a column
//   <op>_clblast    row-major buffers through CLBlast's GEMM; never chosen without a measurement
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_MATMUL_MATRIX_PRODUCT_H_
#define MACE_OPS_MATMUL_MATRIX_PRODUCT_H_

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
// Where element `index` of shape `to` lies in the tensor that `strides` was made of.
int64_t BroadcastOffset(const Shape& to, const BroadcastStrides& strides, int64_t index);

struct MatrixProduct {
  int64_t rows = 1, columns = 1, depth = 1;
  // The operand is stored the other way round: a as [depth, rows], b as [columns, depth].
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

// a [..., M, K] times b [..., K, N] where the last two axes may be the other way round; leading
// axes broadcast. An operand of one axis is a row (a) or a column (b), and its axis is missing in
// the output. kInvalidArgument shows both shapes where they do not fit.
struct Transposes {
  bool a = false, b = false;
};
StatusOr<MatrixProduct> BindMatrixProduct(const Shape& a, const Shape& b, Transposes transposes);

bool HasBias(const std::vector<OpInput>& inputs);

// Which inputs of an op are a, b and the bias. The variants' names begin with `op`.
struct ProductRequest {
  std::string op;
  MatrixProduct product;
  const LoweringRequest* lowering = nullptr;
  // The elements of a constant b where the product takes them in another order; called when they
  // are packed. Null: as they lie.
  std::function<std::vector<float>()> constant_b;

  const OpInput& input(size_t index) const { return lowering->inputs[index]; }
  bool biased() const { return HasBias(lowering->inputs); }
};

// Each adds its variant where it can express the product; they leave it where an index would not
// fit an int or a limit of the device is in the way.
void LowerProductRowMajor(const ProductRequest& request, std::vector<KernelVariant>* result);
void LowerProductBlocks(const ProductRequest& request, std::vector<KernelVariant>* result);
void LowerProductLibrary(const ProductRequest& request, std::vector<KernelVariant>* result);

// For the variants' own files.
//
// Appends operand `index` to the last launch as a row-major pointer: the activation, or packed
// weights where it is constant.
void AppendRowMajorOperand(const ProductRequest& request, size_t index, KernelVariant* variant);
// The macro BIAS of matmul.cl: 0 none, 1 a constant (float), 2 an activation.
int BiasKind(const ProductRequest& request);
// The bias has one value for each column, or one for all.
bool IsColumnBias(const ProductRequest& request);
// Whether all elements of operands, bias and output have indices that fit an int.
bool FitsInt32(const ProductRequest& request);
// Where the matrices of the batch begin, in elements.
struct BatchOffsets {
  std::vector<int64_t> a, b, bias;
};
BatchOffsets OffsetsOf(const ProductRequest& request);

}  // namespace mace

#endif  // MACE_OPS_MATMUL_MATRIX_PRODUCT_H_
