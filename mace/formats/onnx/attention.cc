#include "mace/formats/onnx/attention.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

Status CheckShapes(const Shape& q, const Shape& k, const Shape& v) {
  bool fits = q.rank() == 4 && k.rank() == 4 && v.rank() == 4;
  fits = fits && k[0] == q[0] && v[0] == q[0] && k[1] == v[1] && k[2] == v[2] && k[3] == q[3];
  fits = fits && k[1] > 0 && q[1] % k[1] == 0 && q[3] > 0;
  if (fits) return Status::Ok();
  return InvalidArgument(
      "expected queries, keys and values of [batch, heads, sequence, size], "
      "found " +
      q.ToString() + ", " + k.ToString() + " and " + v.ToString());
}

// a [b, n, s, k] times b [b, m, ...]: the heads that share one of b's become rows of one product.
StatusOr<ValueId> EmitGroupedProduct(OnnxNode* node, ValueId a, ValueId b, bool transpose_b) {
  GraphBuilder* builder = node->builder();
  const Shape x = builder->ShapeOf(a), y = builder->ShapeOf(b);
  if (x[1] == y[1]) return EmitMatMul(node, a, b, transpose_b);
  MACE_ASSIGN_OR_RETURN(a, builder->Reshape(a, {x[0], y[1], x[1] / y[1] * x[2], x[3]}));
  MACE_ASSIGN_OR_RETURN(const ValueId product, EmitMatMul(node, a, b, transpose_b));
  return builder->Reshape(product, {x[0], x[1], x[2], y[transpose_b ? 2 : 3]});
}

// Zeros for the queries that see no key.
StatusOr<ValueId> EmitMaskedRows(OnnxNode* node, ValueId weights, ValueId bias) {
  const int rank = node->builder()->ShapeOf(bias).rank();
  MACE_ASSIGN_OR_RETURN(const ValueId largest,
                        EmitReduce(node, ReduceType::kMax, bias, {rank - 1}));
  if (const HostTensor* known = node->builder()->ConstantOf(largest)) {
    const std::vector<float> values = ToFloatVector(*known);
    const bool all_see = std::all_of(values.begin(), values.end(), [](float value) {
      return value > -std::numeric_limits<float>::infinity();
    });
    if (all_see) return weights;
  }
  MACE_ASSIGN_OR_RETURN(const ValueId blind,
                        EmitEltwise(node, EltwiseType::kEqual, largest, kHiddenKeyBias));
  return EmitWhere(node, blind, node->AddScalar("/zero", 0), weights);
}

}  // namespace

Status EmitAttention(OnnxNode* node, OnnxAttention* attention) {
  GraphBuilder* builder = node->builder();
  const Shape q = builder->ShapeOf(attention->query), k = builder->ShapeOf(attention->key);
  MACE_RETURN_IF_ERROR(CheckShapes(q, k, builder->ShapeOf(attention->value)));
  const double scale = attention->scale.value_or(1 / std::sqrt(static_cast<double>(q[3])));
  MACE_ASSIGN_OR_RETURN(ValueId id, EmitEltwise(node, EltwiseType::kProd, attention->query, scale));
  MACE_ASSIGN_OR_RETURN(id, EmitGroupedProduct(node, id, attention->key, true));
  attention->products = id;
  if (attention->softcap > 0) {
    MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kProd, id, 1 / attention->softcap));
    MACE_ASSIGN_OR_RETURN(id, EmitActivation(node, "TANH", id));
    MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kProd, id, attention->softcap));
  }
  attention->capped = id;
  if (attention->bias != kNoValue) {
    MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node, EltwiseType::kSum, id, attention->bias));
  }
  const Shape scores = {q[0], q[1], q[2], k[2]};
  if (builder->ShapeOf(id) != scores) {
    return InvalidArgument("expected a mask that broadcasts to " + scores.ToString() + ", found " +
                           builder->ShapeOf(attention->bias).ToString());
  }
  attention->biased = id;
  if (attention->sink != kNoValue) {
    MACE_ASSIGN_OR_RETURN(id, EmitConcat(node, {id, attention->sink}, 3));
  }
  MACE_ASSIGN_OR_RETURN(id, EmitSoftmax(node, id, 3));
  if (attention->sink != kNoValue) {
    MACE_ASSIGN_OR_RETURN(id, EmitSlice(node, id, 3, 0, k[2]));
  }
  if (attention->zeros_masked && attention->bias != kNoValue) {
    MACE_ASSIGN_OR_RETURN(id, EmitMaskedRows(node, id, attention->bias));
  }
  attention->weights = id;
  MACE_ASSIGN_OR_RETURN(attention->output, EmitGroupedProduct(node, id, attention->value, false));
  return Status::Ok();
}

StatusOr<ValueId> EmitBandBias(OnnxNode* node, int64_t queries, int64_t keys,
                               const OnnxAttentionBand& band) {
  // j - i for the key in the column and the query in the row.
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitCounting(node, {queries, 1}));
  MACE_ASSIGN_OR_RETURN(const ValueId columns, EmitCounting(node, {1, keys}));
  MACE_RETURN_IF_ERROR(node->builder()->Reserve(
      "a mask", static_cast<size_t>(queries) * static_cast<size_t>(keys) * sizeof(int64_t)));
  MACE_ASSIGN_OR_RETURN(ValueId distance, EmitEltwise(node, EltwiseType::kSub, columns, rows));
  ValueId offset = node->AddInts("/offset", {band.offset});
  if (band.offsets != kNoValue) {
    MACE_ASSIGN_OR_RETURN(const ValueId wide, EmitCast(node, band.offsets, DType::kInt64));
    MACE_ASSIGN_OR_RETURN(offset, EmitEltwise(node, EltwiseType::kSum, wide, offset));
    const int64_t batches = node->builder()->ShapeOf(offset).elements();
    MACE_ASSIGN_OR_RETURN(offset, node->builder()->Reshape(offset, {batches, 1, 1, 1}));
  }
  MACE_ASSIGN_OR_RETURN(distance, EmitEltwise(node, EltwiseType::kSub, distance, offset));
  ValueId bias = kNoValue;
  for (const bool low : {true, false}) {
    const std::optional<int64_t>& bound = low ? band.low : band.high;
    if (!bound.has_value()) continue;
    const ValueId limit = node->AddInts("/bound", {*bound});
    MACE_ASSIGN_OR_RETURN(
        const ValueId seen,
        EmitEltwise(node, low ? EltwiseType::kGreaterEqual : EltwiseType::kLessEqual, distance,
                    limit));
    MACE_ASSIGN_OR_RETURN(const ValueId part, EmitMaskBias(node, seen, kHiddenKeyBias));
    MACE_ASSIGN_OR_RETURN(bias, EmitBiasSum(node, bias, part));
  }
  return bias;
}

StatusOr<ValueId> EmitMaskBias(OnnxNode* node, ValueId mask, double otherwise) {
  return EmitWhere(node, mask, node->AddScalar("/zero", 0),
                   node->AddScalar("/masked", static_cast<float>(otherwise)));
}

StatusOr<ValueId> EmitBiasSum(OnnxNode* node, ValueId a, ValueId b) {
  if (a == kNoValue || b == kNoValue) return a == kNoValue ? b : a;
  return EmitEltwise(node, EltwiseType::kSum, a, b);
}

StatusOr<ValueId> EmitSplitHeads(OnnxNode* node, ValueId x, int64_t heads) {
  const Shape shape = node->builder()->ShapeOf(x);
  if (shape.rank() != 3 || heads < 1 || shape[2] % heads != 0) {
    return InvalidArgument("expected [batch, sequence, " + std::to_string(heads) +
                           " heads * size], found " + shape.ToString());
  }
  MACE_ASSIGN_OR_RETURN(x,
                        node->builder()->Reshape(x, {shape[0], shape[1], heads, shape[2] / heads}));
  return node->builder()->Transpose(x, {0, 2, 1, 3});
}

StatusOr<ValueId> EmitJoinHeads(OnnxNode* node, ValueId x) {
  const Shape shape = node->builder()->ShapeOf(x);
  MACE_ASSIGN_OR_RETURN(x, node->builder()->Transpose(x, {0, 2, 1, 3}));
  return node->builder()->Reshape(x, {shape[0], shape[2], shape[1] * shape[3]});
}

StatusOr<ValueId> EmitRotary(OnnxNode* node, ValueId x, const OnnxRotary& rotary) {
  GraphBuilder* builder = node->builder();
  const Shape shape = builder->ShapeOf(x), angles = builder->ShapeOf(rotary.cosines);
  const int64_t half = angles.back(0), size = 2 * half;
  if (size > shape.back(0) || angles != builder->ShapeOf(rotary.sines)) {
    return InvalidArgument("expected cosines and sines for at most half of a head of " +
                           shape.ToString() + ", found " + angles.ToString() + " and " +
                           builder->ShapeOf(rotary.sines).ToString());
  }
  MACE_ASSIGN_OR_RETURN(ValueId turned, EmitSlice(node, x, 3, 0, size));
  std::vector<int64_t> dims = {shape[0], shape[1], shape[2], half};
  // As [..., half, 2] or [..., 2, half].
  std::vector<int64_t> pairs = {shape[0], shape[1], shape[2], 2, 2};
  pairs[rotary.interleaved ? 3 : 4] = half;
  const int64_t axis = rotary.interleaved ? 4 : 3;
  MACE_ASSIGN_OR_RETURN(turned, builder->Reshape(turned, pairs));
  ValueId parts[2];
  for (int64_t i : {0, 1}) {
    MACE_ASSIGN_OR_RETURN(parts[i], EmitSlice(node, turned, axis, i, i + 1));
    MACE_ASSIGN_OR_RETURN(parts[i], builder->Reshape(parts[i], dims));
  }
  const auto product = [&](ValueId a, ValueId b) {
    return EmitEltwise(node, EltwiseType::kProd, a, b);
  };
  MACE_ASSIGN_OR_RETURN(const ValueId cos_first, product(parts[0], rotary.cosines));
  MACE_ASSIGN_OR_RETURN(const ValueId sin_second, product(parts[1], rotary.sines));
  MACE_ASSIGN_OR_RETURN(const ValueId sin_first, product(parts[0], rotary.sines));
  MACE_ASSIGN_OR_RETURN(const ValueId cos_second, product(parts[1], rotary.cosines));
  MACE_ASSIGN_OR_RETURN(ValueId first, EmitEltwise(node, EltwiseType::kSub, cos_first, sin_second));
  MACE_ASSIGN_OR_RETURN(ValueId second,
                        EmitEltwise(node, EltwiseType::kSum, sin_first, cos_second));
  if (builder->ShapeOf(first) != Shape(dims)) {
    return InvalidArgument("cosines " + angles.ToString() + " do not fit " + shape.ToString());
  }
  dims.insert(dims.begin() + axis, 1);
  MACE_ASSIGN_OR_RETURN(first, builder->Reshape(first, dims));
  MACE_ASSIGN_OR_RETURN(second, builder->Reshape(second, dims));
  MACE_ASSIGN_OR_RETURN(turned, EmitConcat(node, {first, second}, axis));
  MACE_ASSIGN_OR_RETURN(turned, builder->Reshape(turned, {shape[0], shape[1], shape[2], size}));
  if (size == shape[3]) return turned;
  MACE_ASSIGN_OR_RETURN(const ValueId rest, EmitSlice(node, x, 3, size, shape[3]));
  return EmitConcat(node, {turned, rest}, 3);
}

StatusOr<ValueId> EmitRotaryRows(OnnxNode* node, ValueId cache, ValueId positions) {
  const Shape table = node->builder()->ShapeOf(cache), at = node->builder()->ShapeOf(positions);
  if (table.rank() != 2 || at.rank() != 2) {
    return InvalidArgument(
        "expected a cache [positions, size] and positions [batch, sequence], "
        "found " +
        table.ToString() + " and " + at.ToString());
  }
  MACE_ASSIGN_OR_RETURN(const ValueId rows, EmitGather(node, cache, positions, 0));
  return node->builder()->Reshape(rows, {at[0], 1, at[1], table[1]});
}

Status EmitAttentionResults(OnnxNode* node, OnnxAttention* attention) {
  MACE_RETURN_IF_ERROR(EmitAttention(node, attention));
  MACE_ASSIGN_OR_RETURN(const ValueId output, EmitJoinHeads(node, attention->output));
  node->SetResult(output);
  node->SetResult(attention->key, 1);
  node->SetResult(attention->value, 2);
  return Status::Ok();
}

}  // namespace mace
