// Attention and MultiHeadAttention of com.microsoft.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/attention.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// What keys may be seen, as com.microsoft says it.
struct KeyMask {
  size_t input = 0;  // Which input of the node it is.
  int64_t batches = 0;
  int64_t queries = 0;
  int64_t keys = 0;        // Those of the past included.
  double filter = -10000;  // Added where a key is masked.
};

// 1 or 0 for each key, as floats: lengths [b] or lengths and starts [2 * b].
StatusOr<ValueId> EmitLengthMask(OnnxNode* node, const KeyMask& mask) {
  GraphBuilder* builder = node->builder();
  MACE_ASSIGN_OR_RETURN(const ValueId columns, EmitCounting(node, {1, 1, 1, mask.keys}));
  MACE_ASSIGN_OR_RETURN(const ValueId numbers,
                        EmitCast(node, node->input(mask.input), DType::kInt64));
  const bool starts = node->shape(mask.input)[0] == 2 * mask.batches;
  const auto part = [&](int64_t begin) -> StatusOr<ValueId> {
    MACE_ASSIGN_OR_RETURN(const ValueId id,
                          EmitSlice(node, numbers, 0, begin, begin + mask.batches));
    return builder->Reshape(id, {mask.batches, 1, 1, 1});
  };
  MACE_ASSIGN_OR_RETURN(const ValueId lengths, part(0));
  MACE_ASSIGN_OR_RETURN(ValueId seen, EmitEltwise(node, EltwiseType::kLess, columns, lengths));
  if (!starts) return seen;
  MACE_ASSIGN_OR_RETURN(const ValueId first, part(mask.batches));
  MACE_ASSIGN_OR_RETURN(const ValueId behind,
                        EmitEltwise(node, EltwiseType::kGreaterEqual, columns, first));
  return EmitEltwise(node, EltwiseType::kAnd, seen, behind);
}

// The bias of a mask of integers: lengths, [b, t] or [b, s, t].
StatusOr<ValueId> EmitKeyMask(OnnxNode* node, const KeyMask& mask) {
  if (!node->HasInput(mask.input)) return kNoValue;
  const Shape shape = node->shape(mask.input);
  ValueId seen = kNoValue;
  if (shape == Shape{mask.batches} || shape == Shape{2 * mask.batches}) {
    MACE_ASSIGN_OR_RETURN(seen, EmitLengthMask(node, mask));
  } else if (shape == Shape{mask.batches, mask.keys} ||
             shape == Shape{mask.batches, mask.queries, mask.keys}) {
    const int64_t rows = shape.rank() == 2 ? 1 : mask.queries;
    MACE_ASSIGN_OR_RETURN(seen,
                          EmitEltwise(node, EltwiseType::kGreater, node->input(mask.input), 0.0));
    MACE_ASSIGN_OR_RETURN(seen, node->builder()->Reshape(seen, {mask.batches, 1, rows, mask.keys}));
  } else {
    return Unsupported(
        "mask: expected [batch], [2 * batch], [batch, keys] or [batch, queries, "
        "keys] for " +
        std::to_string(mask.batches) + " batches and " + std::to_string(mask.keys) +
        " keys, found " + shape.ToString());
  }
  return EmitMaskBias(node, seen, mask.filter);
}

// The bias from the mask, an attention bias and the order of time.
Status AddBias(OnnxNode* node, const KeyMask& mask, size_t bias_input, OnnxAttention* attention) {
  KeyMask keys = mask;
  const Shape q = node->builder()->ShapeOf(attention->query);
  keys.batches = q[0];
  keys.queries = q[2];
  keys.keys = node->builder()->ShapeOf(attention->key)[2];
  keys.filter = node->Float("mask_filter_value", -10000);
  MACE_ASSIGN_OR_RETURN(attention->bias, EmitKeyMask(node, keys));
  if (node->Int("unidirectional", 0) != 0) {
    OnnxAttentionBand band;
    band.high = 0;
    band.offset = keys.keys - keys.queries;
    MACE_ASSIGN_OR_RETURN(const ValueId bias, EmitBandBias(node, keys.queries, keys.keys, band));
    MACE_ASSIGN_OR_RETURN(attention->bias, EmitBiasSum(node, attention->bias, bias));
  }
  if (node->HasInput(bias_input)) {
    MACE_ASSIGN_OR_RETURN(attention->bias,
                          EmitBiasSum(node, attention->bias, node->input(bias_input)));
  }
  const double scale = node->Float("scale", 0);
  if (scale != 0) attention->scale = scale;
  return Status::Ok();
}

Status RefuseInputs(const OnnxNode& node, std::initializer_list<size_t> inputs) {
  for (size_t i : inputs) {
    if (!node.HasInput(i)) continue;
    return Unsupported("input " + std::to_string(i) + " (a cache that is shared or a beam search)");
  }
  return Status::Ok();
}

// x [b, s, d], weights [d, q + k + v], [bias], [mask], [past [2, b, n, p, h]], [attention bias].
Status ConvertMicrosoftAttention(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 7));
  MACE_RETURN_IF_ERROR(RefuseInputs(*node, {6}));
  node->Ignore({"rotary_embedding_dim"});
  if (node->Int("do_rotary", 0) != 0) return Unsupported("do_rotary: expected 0, found 1");
  if (node->Int("past_present_share_buffer", 0) != 0) {
    return Unsupported("past_present_share_buffer: expected 0, found 1");
  }
  const int64_t heads = node->Int("num_heads", 0);
  AttributeMap none;
  std::vector<ValueId> inputs = {node->input(0), node->input(1)};
  if (node->HasInput(2)) inputs.push_back(node->input(2));
  MACE_ASSIGN_OR_RETURN(const ValueId all, node->Emit("/projected", "MatMul", inputs, none));
  const Shape projected = node->builder()->ShapeOf(all);
  const int64_t third = projected.back(0) / 3;
  const std::vector<int64_t> sizes = node->Ints("qkv_hidden_sizes", {third, third, third});
  if (sizes.size() != 3 || sizes[0] + sizes[1] + sizes[2] != projected.back(0)) {
    return InvalidArgument("qkv_hidden_sizes: expected three sizes of " +
                           std::to_string(projected.back(0)) + " columns, found [" +
                           JoinNumbers(sizes, ", ") + "]");
  }
  OnnxAttention attention;
  ValueId* const operands[] = {&attention.query, &attention.key, &attention.value};
  int64_t begin = 0;
  for (size_t i = 0; i < 3; ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId part, EmitSlice(node, all, 2, begin, begin + sizes[i]));
    MACE_ASSIGN_OR_RETURN(*operands[i], EmitSplitHeads(node, part, heads));
    begin += sizes[i];
  }
  if (node->HasInput(4)) {
    const Shape past = node->shape(4);
    if (past.rank() != 5 || past[0] != 2) {
      return InvalidArgument("past: expected [2, batch, heads, sequence, size], found " +
                             past.ToString());
    }
    for (int64_t i : {0, 1}) {
      MACE_ASSIGN_OR_RETURN(ValueId part, EmitSlice(node, node->input(4), 0, i, i + 1));
      MACE_ASSIGN_OR_RETURN(part,
                            node->builder()->Reshape(part, {past[1], past[2], past[3], past[4]}));
      MACE_ASSIGN_OR_RETURN(*operands[i + 1], EmitConcat(node, {part, *operands[i + 1]}, 2));
    }
  }
  KeyMask mask;
  mask.input = 3;
  MACE_RETURN_IF_ERROR(AddBias(node, mask, 5, &attention));
  MACE_RETURN_IF_ERROR(EmitAttention(node, &attention));
  MACE_ASSIGN_OR_RETURN(const ValueId output, EmitJoinHeads(node, attention.output));
  node->SetResult(output);
  if (!node->WantsOutput(1)) return Status::Ok();
  std::vector<ValueId> present;
  for (ValueId id : {attention.key, attention.value}) {
    const Shape shape = node->builder()->ShapeOf(id);
    MACE_ASSIGN_OR_RETURN(
        id, node->builder()->Reshape(id, {1, shape[0], shape[1], shape[2], shape[3]}));
    present.push_back(id);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId both, EmitConcat(node, std::move(present), 0));
  node->SetResult(both, 1);
  return Status::Ok();
}

class MultiHead {
 public:
  explicit MultiHead(OnnxNode* node) : node_(node) {}

  Status Convert() {
    MACE_RETURN_IF_ERROR(node_->RequireInputs(1, 10));
    MACE_RETURN_IF_ERROR(RefuseInputs(*node_, {kPastLength, kIndirection}));
    heads_ = node_->Int("num_heads", 0);
    const Shape query = node_->shape(kQuery);
    if (query.rank() == 5) {
      MACE_RETURN_IF_ERROR(
          ReadPacked(kQuery, {&attention_.query, &attention_.key, &attention_.value}));
    } else {
      MACE_RETURN_IF_ERROR(ReadQueryAndKeys());
    }
    MACE_RETURN_IF_ERROR(AddPast());
    KeyMask mask;
    mask.input = kMask;
    MACE_RETURN_IF_ERROR(AddBias(node_, mask, kAttentionBias, &attention_));
    return EmitAttentionResults(node_, &attention_);
  }

 private:
  // The inputs of MultiHeadAttention.
  enum Input : size_t {
    kQuery,
    kKey,
    kValue,
    kBias,
    kMask,
    kAttentionBias,
    kPastKey,
    kPastValue,
    kPastLength,
    kIndirection
  };

  // [b, s, n, parts, h] as so many of [b, n, s, h].
  Status ReadPacked(size_t input, const std::vector<ValueId*>& parts) {
    const Shape shape = node_->shape(input);
    if (node_->HasInput(kBias)) return Unsupported("a bias of packed queries, keys and values");
    if (shape.rank() != 5 || shape[3] != static_cast<int64_t>(parts.size()) || shape[2] != heads_) {
      return InvalidArgument("expected [batch, sequence, heads, " + std::to_string(parts.size()) +
                             ", size], found " + shape.ToString());
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      const int64_t begin = static_cast<int64_t>(i);
      MACE_ASSIGN_OR_RETURN(ValueId part,
                            EmitSlice(node_, node_->input(input), 3, begin, begin + 1));
      MACE_ASSIGN_OR_RETURN(
          part, node_->builder()->Reshape(part, {shape[0], shape[1], shape[2], shape[4]}));
      MACE_ASSIGN_OR_RETURN(*parts[i], node_->builder()->Transpose(part, {0, 2, 1, 3}));
    }
    return Status::Ok();
  }

  Status ReadQueryAndKeys() {
    MACE_RETURN_IF_ERROR(AddHeads(kQuery, 0, &attention_.query));
    if (node_->HasInput(kKey) && node_->shape(kKey).rank() == 5) {
      return ReadPacked(kKey, {&attention_.key, &attention_.value});
    }
    if (!node_->HasInput(kKey) || !node_->HasInput(kValue)) {
      return InvalidArgument("expected keys and values, or all packed into one input, found none");
    }
    if (node_->shape(kKey).rank() == 4) {
      // The bias of the queries alone counts here.
      attention_.key = node_->input(kKey);
      attention_.value = node_->input(kValue);
      return Status::Ok();
    }
    const int64_t hidden = node_->shape(kQuery).back(0);
    MACE_RETURN_IF_ERROR(AddHeads(kKey, hidden, &attention_.key));
    return AddHeads(kValue, hidden + node_->shape(kKey).back(0), &attention_.value);
  }

  // An input [b, s, n * h] with its part of the bias, from `begin` on.
  Status AddHeads(size_t input, int64_t begin, ValueId* to) {
    ValueId id = node_->input(input);
    if (node_->HasInput(kBias)) {
      const int64_t end = begin + node_->shape(input).back(0);
      if (node_->shape(kBias).rank() != 1 || node_->shape(kBias)[0] < end) {
        return InvalidArgument("bias: expected those of queries, keys and values, found " +
                               node_->shape(kBias).ToString());
      }
      MACE_ASSIGN_OR_RETURN(const ValueId part,
                            EmitSlice(node_, node_->input(kBias), 0, begin, end));
      MACE_ASSIGN_OR_RETURN(id, EmitEltwise(node_, EltwiseType::kSum, id, part));
    }
    MACE_ASSIGN_OR_RETURN(*to, EmitSplitHeads(node_, id, heads_));
    return Status::Ok();
  }

  Status AddPast() {
    if (node_->HasInput(kPastKey) != node_->HasInput(kPastValue)) {
      return InvalidArgument("expected past_key and past_value, found one of them");
    }
    if (!node_->HasInput(kPastKey)) return Status::Ok();
    MACE_ASSIGN_OR_RETURN(attention_.key,
                          EmitConcat(node_, {node_->input(kPastKey), attention_.key}, 2));
    MACE_ASSIGN_OR_RETURN(attention_.value,
                          EmitConcat(node_, {node_->input(kPastValue), attention_.value}, 2));
    return Status::Ok();
  }

  OnnxNode* const node_;
  OnnxAttention attention_;
  int64_t heads_ = 0;
};

Status ConvertMultiHeadAttention(OnnxNode* node) { return MultiHead(node).Convert(); }

}  // namespace

const OnnxConverterEntry kMicrosoftAttentionConverters[] = {
    {"Attention", ConvertMicrosoftAttention},
    {"MultiHeadAttention", ConvertMultiHeadAttention},
    {nullptr, nullptr},
};

}  // namespace mace
