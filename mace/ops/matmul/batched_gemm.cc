#include "mace/ops/matmul/batched_gemm.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

Shape Leading(const Shape& shape) {
  const int rank = std::max(0, shape.rank() - 2);
  return Shape(std::vector<int64_t>(shape.dims().begin(), shape.dims().begin() + rank));
}

}  // namespace

BroadcastStrides StridesOf(const Shape& from, const Shape& to, int64_t unit) {
  BroadcastStrides strides = {};
  int64_t stride = unit;
  // Axes of one element may stand in front of all axes of `to`.
  for (int from_end = 0; from_end < std::min(from.rank(), to.rank()); ++from_end) {
    const int axis = to.rank() - 1 - from_end;
    const int64_t extent = from.back(from_end);
    strides[static_cast<size_t>(axis)] = extent == 1 ? 0 : stride;
    stride *= extent;
  }
  return strides;
}

int64_t BroadcastOffset(const Shape& to, const BroadcastStrides& strides, int64_t index) {
  int64_t offset = 0;
  for (int axis = to.rank() - 1; axis >= 0; --axis) {
    offset += index % to.dim(axis) * strides[static_cast<size_t>(axis)];
    index /= to.dim(axis);
  }
  return offset;
}

StatusOr<BatchedGemm> BindBatchedGemm(const Shape& a, const Shape& b, Transposes transposes) {
  const Status misfit =
      InvalidArgument("a " + a.ToString() + (transposes.a ? "^T" : "") + " does not fit b " +
                      b.ToString() + (transposes.b ? "^T" : ""));
  if (a.rank() < 1 || b.rank() < 1) return misfit;
  BatchedGemm p;
  // One axis: a row of a, a column of b, whatever the transposition says.
  p.transpose_a = transposes.a && a.rank() > 1;
  p.transpose_b = transposes.b && b.rank() > 1;
  p.rows = a.rank() == 1 ? 1 : a.back(p.transpose_a ? 0 : 1);
  p.depth = a.back(p.transpose_a ? 1 : 0);
  p.columns = b.rank() == 1 ? 1 : b.back(p.transpose_b ? 1 : 0);
  const int64_t b_depth = b.rank() == 1 ? b.dim(0) : b.back(p.transpose_b ? 0 : 1);
  if (p.depth != b_depth) return misfit;
  const StatusOr<Shape> batch = BroadcastShapes(Leading(a), Leading(b));
  if (!batch.ok()) return misfit;
  p.batch = *batch;
  p.a_stride = StridesOf(Leading(a), p.batch, p.rows * p.depth);
  p.b_stride = StridesOf(Leading(b), p.batch, p.depth * p.columns);
  std::vector<int64_t> dims = p.batch.dims();
  if (a.rank() > 1) dims.push_back(p.rows);
  if (b.rank() > 1) dims.push_back(p.columns);
  MACE_ASSIGN_OR_RETURN(p.output, Shape::Make(std::move(dims)));
  return p;
}

bool HasBias(const std::vector<OpInput>& inputs) { return inputs.size() > 2 && inputs[2].present; }

void AppendRowMajorOperand(const GemmRequest& request, size_t index, KernelVariant* variant) {
  static const char* const kNames[] = {"a", "b", "bias"};
  const OpInput& input = request.input(index);
  if (input.constant == nullptr) {
    variant->launches.back().arguments.push_back(RawInputArgument(static_cast<int>(index)));
    return;
  }
  PackedWeights weights;
  weights.name = kNames[index];
  weights.elements = static_cast<size_t>(input.info.shape.elements());
  weights.keep_float32 = index == 2;
  const bool is_own_order = index == 1 && request.pack_b;
  weights.pack = [constant = *input.constant](float* to) -> Status {
    CopyAsFloats(constant, to);
    return Status();
  };
  if (is_own_order) weights.pack = request.pack_b;
  weights.identity =
      PackingIdentity(is_own_order ? request.pack_b_order : "row-major", {}, {*input.constant});
  AppendWeights(std::move(weights), variant);
}

int BiasKind(const GemmRequest& request) {
  if (!request.biased()) return 0;
  return request.input(2).constant != nullptr ? 1 : 2;
}

bool IsColumnBias(const GemmRequest& request) {
  const Shape& bias = request.input(2).info.shape;
  if (bias.elements() == 1) return true;
  // Without a column axis in the output, its last axis is another one.
  const bool columns_last =
      request.gemm.output.back(0) == request.gemm.columns && request.input(1).info.shape.rank() > 1;
  return columns_last && bias.elements() == bias.back(0);
}

bool FitsInt32(const GemmRequest& request) {
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max() / 2;
  for (const OpInput& input : request.lowering->inputs) {
    if (input.present && input.info.shape.elements() > kMax) return false;
  }
  return request.gemm.output.elements() <= kMax;
}

BatchOffsets OffsetsOf(const GemmRequest& request) {
  const BatchedGemm& p = request.gemm;
  BroadcastStrides bias = {};
  if (request.biased()) bias = StridesOf(request.input(2).info.shape, p.output, 1);
  BatchOffsets offsets;
  for (int64_t i = 0; i < p.matrices(); ++i) {
    offsets.a.push_back(BroadcastOffset(p.batch, p.a_stride, i));
    offsets.b.push_back(BroadcastOffset(p.batch, p.b_stride, i));
    // The axes of the batch are the first of the output.
    offsets.bias.push_back(BroadcastOffset(p.batch, bias, i));
  }
  return offsets;
}

}  // namespace mace
