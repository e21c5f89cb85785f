// ONNX's Attention and RotaryEmbedding (from op set 23 on), and TensorScatter.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/attention.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

class AttentionConversion {
 public:
  explicit AttentionConversion(OnnxNode* node) : node_(node) {}

  Status Convert() {
    MACE_RETURN_IF_ERROR(node_->RequireInputs(3, 7));
    MACE_RETURN_IF_ERROR(ReadOperands());
    if (node_->Has("scale")) attention_.scale = node_->Float("scale", 0);
    attention_.softcap = node_->Float("softcap", 0);
    attention_.zeros_masked = true;
    node_->Ignore({"softmax_precision"});  // Softmax is computed in float32.
    MACE_RETURN_IF_ERROR(AddMask());
    MACE_RETURN_IF_ERROR(AddBand());
    MACE_RETURN_IF_ERROR(AddLengths());
    MACE_RETURN_IF_ERROR(EmitAttention(node_, &attention_));
    return SetResults();
  }

 private:
  // The inputs of Attention.
  enum Input : size_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kLengths };

  Shape shape(ValueId id) const { return node_->builder()->ShapeOf(id); }
  int64_t queries() const { return shape(attention_.query)[2]; }
  int64_t keys() const { return shape(attention_.key)[2]; }

  Status ReadOperands() {
    ValueId* const operands[] = {&attention_.query, &attention_.key, &attention_.value};
    is_flat_ = node_->shape(kQuery).rank() == 3;
    for (size_t i : {kQuery, kKey, kValue}) {
      const char* const heads = i == kQuery ? "q_num_heads" : "kv_num_heads";
      const int64_t count = node_->Int(heads, 0);
      if (node_->shape(i).rank() != (is_flat_ ? 3 : 4)) {
        return InvalidArgument("expected queries, keys and values of one rank, 3 or 4, found " +
                               node_->shape(kQuery).ToString() + " and " +
                               node_->shape(i).ToString());
      }
      *operands[i] = node_->input(i);
      if (!is_flat_) continue;
      const Status split = SplitHeads(count, operands[i]);
      if (!split.ok()) return split.WithPrefix(heads);
    }
    if (node_->HasInput(kPastKey) != node_->HasInput(kPastValue)) {
      return InvalidArgument("expected past_key and past_value, found one of them");
    }
    if (!node_->HasInput(kPastKey)) return Status::Ok();
    if (node_->HasInput(kLengths)) {
      return InvalidArgument("expected past_key or nonpad_kv_seqlen, found both");
    }
    past_ = node_->shape(kPastKey).rank() == 4 ? node_->shape(kPastKey)[2] : 0;
    MACE_ASSIGN_OR_RETURN(attention_.key,
                          EmitConcat(node_, {node_->input(kPastKey), attention_.key}, 2));
    MACE_ASSIGN_OR_RETURN(attention_.value,
                          EmitConcat(node_, {node_->input(kPastValue), attention_.value}, 2));
    return Status::Ok();
  }

  Status SplitHeads(int64_t count, ValueId* operand) {
    MACE_ASSIGN_OR_RETURN(*operand, EmitSplitHeads(node_, *operand, count));
    return Status::Ok();
  }

  // attn_mask, of bools or floats, whose last axis may be too short: keys behind it are not seen.
  Status AddMask() {
    if (!node_->HasInput(kMask)) return Status::Ok();
    ValueId bias = node_->input(kMask);
    if (node_->dtype(kMask) == DType::kBool) {
      MACE_ASSIGN_OR_RETURN(bias, EmitMaskBias(node_, bias, kHiddenKeyBias));
    } else if (!IsFloat(node_->dtype(kMask))) {
      return InvalidArgument(std::string("attn_mask: expected bools or floats, found ") +
                             DTypeName(node_->dtype(kMask)));
    }
    const Shape mask = shape(bias);
    const int64_t missing = keys() - mask.back(0);
    if (mask.rank() < 1 || mask.rank() > 4 || missing < 0 ||
        (missing > 0 && mask.back(0) == 1 && node_->opset() < 24)) {
      return InvalidArgument("attn_mask: expected the last extent to be that of " +
                             std::to_string(keys()) + " keys, found " + mask.ToString());
    }
    if (missing > 0) {
      std::vector<int64_t> paddings(2 * static_cast<size_t>(mask.rank()), 0);
      paddings.back() = missing;
      AttributeMap pad;
      pad.Set("paddings", std::move(paddings));
      pad.Set("pad_type", int64_t{0});
      pad.Set("constant_value", kHiddenKeyBias);
      MACE_ASSIGN_OR_RETURN(bias, node_->Emit("/mask", "Pad", {bias}, std::move(pad)));
    }
    attention_.bias = bias;
    return Status::Ok();
  }

  // is_causal and the windows: which keys a query sees by its position.
  Status AddBand() {
    OnnxAttentionBand band;
    const int64_t left = node_->Int("left_window_size", -1);
    const int64_t right = node_->Int("right_window_size", -1);
    if (left < -1 || right < -1) {
      return InvalidArgument("left_window_size, right_window_size: expected -1 or more, found " +
                             std::to_string(left) + " and " + std::to_string(right));
    }
    if (left >= 0) band.low = -left;
    if (right >= 0) band.high = right;
    if (node_->Int("is_causal", 0) != 0) band.high = 0;
    if (!band.low.has_value() && !band.high.has_value()) return Status::Ok();
    band.offset = past_;
    if (node_->HasInput(kLengths)) {
      band.offsets = node_->input(kLengths);
      band.offset = -queries();
    }
    MACE_ASSIGN_OR_RETURN(const ValueId bias, EmitBandBias(node_, queries(), keys(), band));
    MACE_ASSIGN_OR_RETURN(attention_.bias, EmitBiasSum(node_, attention_.bias, bias));
    return Status::Ok();
  }

  // nonpad_kv_seqlen: how many keys each batch has.
  Status AddLengths() {
    if (!node_->HasInput(kLengths)) return Status::Ok();
    const Shape lengths = node_->shape(kLengths);
    if (lengths != Shape{shape(attention_.query)[0]}) {
      return InvalidArgument("nonpad_kv_seqlen: expected one number for each batch, found " +
                             lengths.ToString());
    }
    MACE_ASSIGN_OR_RETURN(ValueId count, EmitCast(node_, node_->input(kLengths), DType::kInt64));
    MACE_ASSIGN_OR_RETURN(count, node_->builder()->Reshape(count, {lengths[0], 1, 1, 1}));
    MACE_ASSIGN_OR_RETURN(const ValueId columns, EmitCounting(node_, {1, 1, 1, keys()}));
    MACE_ASSIGN_OR_RETURN(const ValueId is_key,
                          EmitEltwise(node_, EltwiseType::kLess, columns, count));
    MACE_ASSIGN_OR_RETURN(const ValueId bias, EmitMaskBias(node_, is_key, kHiddenKeyBias));
    MACE_ASSIGN_OR_RETURN(attention_.bias, EmitBiasSum(node_, attention_.bias, bias));
    return Status::Ok();
  }

  Status SetResults() {
    ValueId output = attention_.output;
    if (is_flat_) {
      MACE_ASSIGN_OR_RETURN(output, EmitJoinHeads(node_, output));
    }
    node_->SetResult(output);
    node_->SetResult(attention_.key, 1);
    node_->SetResult(attention_.value, 2);
    const int64_t mode = node_->Int("qk_matmul_output_mode", 0);
    const ValueId steps[] = {attention_.products, attention_.capped, attention_.biased,
                             attention_.weights};
    if (mode < 0 || mode > 3) {
      return InvalidArgument("qk_matmul_output_mode: expected 0 to 3, found " +
                             std::to_string(mode));
    }
    node_->SetResult(steps[mode], 3);
    return Status::Ok();
  }

  OnnxNode* const node_;
  OnnxAttention attention_;
  bool is_flat_ = false;  // Whether the heads lie in the last axis.
  int64_t past_ = 0;
};

Status ConvertAttention(OnnxNode* node) { return AttentionConversion(node).Convert(); }

// x, the caches of cosines and sines, [positions].
Status ConvertRotaryEmbedding(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 4));
  const Shape x = node->shape(0);
  const bool is_flat = x.rank() == 3;
  if (!is_flat && x.rank() != 4) {
    return InvalidArgument("expected a tensor of rank 3 or 4, found " + x.ToString());
  }
  ValueId id = node->input(0);
  const int64_t heads = node->Int("num_heads", 0);
  if (is_flat) {
    const StatusOr<ValueId> split = EmitSplitHeads(node, id, heads);
    if (!split.ok()) return split.status().WithPrefix("num_heads");
    id = *split;
  }
  const Shape split = node->builder()->ShapeOf(id);
  OnnxRotary rotary;
  rotary.interleaved = node->Int("interleaved", 0) != 0;
  ValueId* const rows[] = {&rotary.cosines, &rotary.sines};
  for (size_t i : {size_t{0}, size_t{1}}) {
    const ValueId cache = node->input(i + 1);
    const Shape shape = node->shape(i + 1);
    if (node->HasInput(3)) {
      MACE_ASSIGN_OR_RETURN(*rows[i], EmitRotaryRows(node, cache, node->input(3)));
      continue;
    }
    if (shape.rank() != 3 || shape[0] != split[0] || shape[1] != split[2]) {
      return InvalidArgument(
          "expected caches [batch, sequence, size] where no position is given, "
          "found " +
          shape.ToString());
    }
    MACE_ASSIGN_OR_RETURN(*rows[i],
                          node->builder()->Reshape(cache, {shape[0], 1, shape[1], shape[2]}));
  }
  const int64_t size = node->Int("rotary_embedding_dim", 0);
  const int64_t wanted = size == 0 ? split[3] : size;
  if (node->builder()->ShapeOf(rotary.cosines).back(0) * 2 != wanted) {
    return InvalidArgument("rotary_embedding_dim: expected twice the cosines of a position, " +
                           node->shape(1).ToString() + ", found " + std::to_string(wanted));
  }
  MACE_ASSIGN_OR_RETURN(id, EmitRotary(node, id, rotary));
  if (is_flat) {
    MACE_ASSIGN_OR_RETURN(id, EmitJoinHeads(node, id));
  }
  node->SetResult(id);
  return Status::Ok();
}

// past, update, [write positions]: a cache whose rows from each batch's position on are replaced.
Status ConvertTensorScatter(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  const Shape past = node->shape(0), update = node->shape(1);
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(node->Int("axis", -2), past.rank()));
  const std::string mode = node->String("mode", "linear");
  if (mode != "linear" && mode != "circular") {
    return Unsupported("mode: expected linear or circular, found " + Printable(mode));
  }
  bool fits = axis > 0 && update.rank() == past.rank() && update.elements() > 0;
  for (int i = 0; fits && i < past.rank(); ++i) {
    fits = i == axis ? update[i] <= past[i] : update[i] == past[i];
  }
  if (fits && node->HasInput(2)) fits = node->shape(2) == Shape{past[0]};
  if (!fits) {
    return InvalidArgument("update " + update.ToString() + " does not fit the cache " +
                           past.ToString() + " along axis " + std::to_string(axis));
  }
  GraphBuilder* builder = node->builder();
  // Rows [batch, before, axis], flat, each of what lies behind the axis.
  const int64_t before = past.elements(1, axis), rows = past[axis], written = update[axis];
  const int64_t run = past.elements(axis + 1, past.rank());
  MACE_ASSIGN_OR_RETURN(ValueId at, EmitCounting(node, {1, 1, written}));
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(ValueId start, EmitCast(node, node->input(2), DType::kInt64));
    MACE_ASSIGN_OR_RETURN(start, builder->Reshape(start, {past[0], 1, 1}));
    MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node, EltwiseType::kSum, at, start));
  }
  if (mode == "circular") {
    MACE_ASSIGN_OR_RETURN(
        at, EmitEltwise(node, EltwiseType::kModulo, at, node->AddInts("/rows", {rows})));
  }
  AttributeMap bounds;
  bounds.Set("extents", std::vector<int64_t>{rows});
  MACE_ASSIGN_OR_RETURN(at, node->Emit("/indices", "NormalizeIndices", {at}, std::move(bounds)));
  MACE_ASSIGN_OR_RETURN(ValueId first, EmitCounting(node, {past[0], before, 1}));
  MACE_ASSIGN_OR_RETURN(
      first, EmitEltwise(node, EltwiseType::kProd, first, node->AddInts("/rows", {rows})));
  MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node, EltwiseType::kSum, at, first));
  MACE_ASSIGN_OR_RETURN(at, builder->Reshape(at, {past[0] * before * written}));
  MACE_ASSIGN_OR_RETURN(const ValueId x,
                        builder->Reshape(node->input(0), {past[0] * before * rows, run}));
  MACE_ASSIGN_OR_RETURN(const ValueId updates,
                        builder->Reshape(node->input(1), {past[0] * before * written, run}));
  MACE_ASSIGN_OR_RETURN(ValueId y, node->Emit("", "Scatter", {x, at, updates}));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, past.dims()));
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxAttentionConverters[] = {
    {"Attention", ConvertAttention},
    {"RotaryEmbedding", ConvertRotaryEmbedding},
    {"TensorScatter", ConvertTensorScatter},
    {nullptr, nullptr},
};

}  // namespace mace
