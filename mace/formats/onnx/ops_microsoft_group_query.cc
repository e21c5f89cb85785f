// RotaryEmbedding and GroupQueryAttention of com.microsoft.
#include <algorithm>
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

// Positions [b, s] as int64: each batch's first position [b] or [1], then one after the other.
StatusOr<ValueId> EmitPositionsFrom(OnnxNode* node, ValueId first, int64_t batches,
                                    int64_t sequence) {
  MACE_ASSIGN_OR_RETURN(const ValueId steps, EmitCounting(node, {1, sequence}));
  MACE_ASSIGN_OR_RETURN(ValueId start, EmitCast(node, first, DType::kInt64));
  const int64_t count = node->builder()->ShapeOf(start).elements();
  MACE_ASSIGN_OR_RETURN(start, node->builder()->Reshape(start, {count, 1}));
  MACE_ASSIGN_OR_RETURN(const ValueId positions,
                        EmitEltwise(node, EltwiseType::kSum, steps, start));
  if (count == batches) return positions;
  // One start for all batches.
  AttributeMap tile;
  tile.Set("multiples", std::vector<int64_t>{batches, 1});
  return node->Emit("/positions", "Tile", {positions}, std::move(tile));
}

// x [b, s, n * h] or [b, n, s, h], positions [1] or [b, s], caches of cosines and sines.
Status ConvertMicrosoftRotaryEmbedding(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4, 4));
  if (node->Int("is_packed_batching", 0) != 0) {
    return Unsupported("is_packed_batching: expected 0, found 1");
  }
  if (node->Float("scale", 1) != 1) return Unsupported("scale: expected 1");
  const Shape x = node->shape(0), at = node->shape(1);
  const int64_t half = node->shape(2).back(0);
  const int64_t size = node->Int("rotary_embedding_dim", 0);
  if ((x.rank() != 3 && x.rank() != 4) || half < 1) {
    return InvalidArgument("expected a tensor of rank 3 or 4 and caches, found " + x.ToString() +
                           " and " + node->shape(2).ToString());
  }
  ValueId id = node->input(0);
  if (x.rank() == 3) {
    const int64_t heads = node->Int("num_heads", 0);
    if (size > 0 && heads < 1) return InvalidArgument("num_heads: expected 1 or more, found 0");
    MACE_ASSIGN_OR_RETURN(id, EmitSplitHeads(node, id, heads > 0 ? heads : x[2] / (2 * half)));
  } else {
    node->Ignore({"num_heads"});
  }
  const Shape split = node->builder()->ShapeOf(id);
  if (2 * half != (size > 0 ? size : split[3])) {
    return InvalidArgument("rotary_embedding_dim: expected twice the cosines of a position, " +
                           node->shape(2).ToString() + ", found " +
                           std::to_string(size > 0 ? size : split[3]));
  }
  ValueId positions = node->input(1);
  if (at.elements() == 1 && at != Shape{split[0], split[2]}) {
    MACE_ASSIGN_OR_RETURN(positions, EmitPositionsFrom(node, positions, split[0], split[2]));
  } else if (at != Shape{split[0], split[2]}) {
    return InvalidArgument("position_ids: expected [1] or [batch, sequence] of " +
                           split.ToString() + ", found " + at.ToString());
  }
  OnnxRotary rotary;
  rotary.interleaved = node->Int("interleaved", 0) != 0;
  MACE_ASSIGN_OR_RETURN(rotary.cosines, EmitRotaryRows(node, node->input(2), positions));
  MACE_ASSIGN_OR_RETURN(rotary.sines, EmitRotaryRows(node, node->input(3), positions));
  MACE_ASSIGN_OR_RETURN(id, EmitRotary(node, id, rotary));
  if (x.rank() == 3) {
    MACE_ASSIGN_OR_RETURN(id, EmitJoinHeads(node, id));
  }
  node->SetResult(id);
  return Status::Ok();
}

class GroupQuery {
 public:
  explicit GroupQuery(OnnxNode* node) : node_(node) {}

  Status Convert() {
    MACE_RETURN_IF_ERROR(node_->RequireInputs(1, 12));
    if (!node_->HasInput(kLengths) || !node_->HasInput(kTotal)) {
      return InvalidArgument("expected seqlens_k and total_sequence_length, found none");
    }
    MACE_RETURN_IF_ERROR(RefuseQuantizedCaches());
    MACE_RETURN_IF_ERROR(ReadOperands());
    MACE_RETURN_IF_ERROR(FindPast());
    MACE_RETURN_IF_ERROR(Rotate());
    MACE_RETURN_IF_ERROR(Append(kPastKey, &attention_.key));
    MACE_RETURN_IF_ERROR(Append(kPastValue, &attention_.value));
    MACE_RETURN_IF_ERROR(AddBias());
    MACE_RETURN_IF_ERROR(AddSink());
    return EmitAttentionResults(node_, &attention_);
  }

 private:
  // The inputs of GroupQueryAttention.
  enum Input : size_t {
    kQuery,
    kKey,
    kValue,
    kPastKey,
    kPastValue,
    kLengths,  // The keys of each batch, those of this call included, less 1.
    kTotal,
    kCosines,
    kSines,
    kPositions,
    kBias,
    kSink
  };

  Shape shape(ValueId id) const { return node_->builder()->ShapeOf(id); }

  Status RefuseQuantizedCaches() {
    for (const char* name : {"k_quant_type", "v_quant_type"}) {
      const std::string type = node_->String(name, "NONE");
      if (type != "NONE") {
        return Unsupported(std::string(name) + ": expected NONE, found " + Printable(type));
      }
    }
    node_->Ignore({"kv_cache_bit_width"});
    if (node_->Int("qk_output", 0) != 0) return Unsupported("qk_output: expected 0");
    return Status::Ok();
  }

  Status ReadOperands() {
    const int64_t heads = node_->Int("num_heads", 0), groups = node_->Int("kv_num_heads", 0);
    if (heads < 1 || groups < 1 || heads % groups != 0) {
      return InvalidArgument(
          "num_heads, kv_num_heads: expected a number and a divisor of it, "
          "found " +
          std::to_string(heads) + " and " + std::to_string(groups));
    }
    ValueId query = node_->input(kQuery), key = kNoValue, value = kNoValue;
    if (node_->HasInput(kKey) && node_->HasInput(kValue)) {
      key = node_->input(kKey);
      value = node_->input(kValue);
    } else {
      // All heads of one token lie behind each other: of the query, then keys, then values.
      const Shape packed = shape(query);
      const int64_t size = packed.back(0) / (heads + 2 * groups);
      if (packed.rank() != 3 || size * (heads + 2 * groups) != packed.back(0)) {
        return InvalidArgument("expected all heads packed in the last axis, found " +
                               packed.ToString());
      }
      const ValueId all = query;
      MACE_ASSIGN_OR_RETURN(query, EmitSlice(node_, all, 2, 0, heads * size));
      MACE_ASSIGN_OR_RETURN(key, EmitSlice(node_, all, 2, heads * size, (heads + groups) * size));
      MACE_ASSIGN_OR_RETURN(value,
                            EmitSlice(node_, all, 2, (heads + groups) * size, packed.back(0)));
    }
    MACE_ASSIGN_OR_RETURN(attention_.query, EmitSplitHeads(node_, query, heads));
    MACE_ASSIGN_OR_RETURN(attention_.key, EmitSplitHeads(node_, key, groups));
    MACE_ASSIGN_OR_RETURN(attention_.value, EmitSplitHeads(node_, value, groups));
    return Status::Ok();
  }

  // How many keys each batch has from earlier calls, [b] as int64.
  Status FindPast() {
    const Shape q = shape(attention_.query);
    batches_ = q[0];
    queries_ = q[2];
    MACE_ASSIGN_OR_RETURN(total_, node_->Number(kTotal));
    if (node_->shape(kLengths).elements() != batches_) {
      return InvalidArgument("seqlens_k: expected one number for each batch, found " +
                             node_->shape(kLengths).ToString());
    }
    room_ = node_->HasInput(kPastKey) ? node_->shape(kPastKey).back(1) : 0;
    if (total_ < queries_ || shape(attention_.key)[2] != queries_) {
      return InvalidArgument("total_sequence_length: expected at least the " +
                             std::to_string(queries_) + " tokens of the call, found " +
                             std::to_string(total_));
    }
    // A first call has no past, and may have padding behind its tokens.
    if (total_ == queries_) {
      past_ = node_->AddInts("/past", std::vector<int64_t>(static_cast<size_t>(batches_), 0));
      return Status::Ok();
    }
    if (room_ < total_ - queries_) {
      return InvalidArgument("past_key: expected at least " + std::to_string(total_ - queries_) +
                             " keys, found " + std::to_string(room_));
    }
    MACE_ASSIGN_OR_RETURN(ValueId id, EmitCast(node_, node_->input(kLengths), DType::kInt64));
    MACE_ASSIGN_OR_RETURN(id, node_->builder()->Reshape(id, {batches_}));
    MACE_ASSIGN_OR_RETURN(past_, EmitEltwise(node_, EltwiseType::kSum, id,
                                             node_->AddInts("/before", {1 - queries_})));
    return Status::Ok();
  }

  Status Rotate() {
    const int64_t rotates = node_->Int("do_rotary", 0);
    OnnxRotary rotary;
    rotary.interleaved = node_->Int("rotary_interleaved", 0) != 0;
    if (rotates == 0) return Status::Ok();
    if (!node_->HasInput(kCosines) || !node_->HasInput(kSines)) {
      return InvalidArgument("do_rotary: expected cos_cache and sin_cache, found none");
    }
    ValueId positions = kNoValue;
    if (node_->HasInput(kPositions)) {
      positions = node_->input(kPositions);
      if (node_->shape(kPositions) != Shape{batches_, queries_}) {
        return InvalidArgument("position_ids: expected [batch, sequence], found " +
                               node_->shape(kPositions).ToString());
      }
      if (total_ == queries_ && batches_ > 1) {
        return Unsupported(
            "position_ids: expected none in a first call of several batches, which "
            "engines read differently");
      }
    } else {
      MACE_ASSIGN_OR_RETURN(positions, EmitPositionsFrom(node_, past_, batches_, queries_));
    }
    MACE_ASSIGN_OR_RETURN(rotary.cosines, EmitRotaryRows(node_, node_->input(kCosines), positions));
    MACE_ASSIGN_OR_RETURN(rotary.sines, EmitRotaryRows(node_, node_->input(kSines), positions));
    MACE_ASSIGN_OR_RETURN(attention_.query, EmitRotary(node_, attention_.query, rotary));
    MACE_ASSIGN_OR_RETURN(attention_.key, EmitRotary(node_, attention_.key, rotary));
    return Status::Ok();
  }

  // The past followed by `now`, without what is between the past of a batch and its room: position
  // t is of the past where it is below the batch's number of past keys.
  Status Append(size_t input, ValueId* now) {
    if (!node_->HasInput(input)) {
      if (total_ == queries_) return Status::Ok();
      return InvalidArgument("past_key, past_value: expected both, found none");
    }
    const Shape past = node_->shape(input), fresh = shape(*now);
    if (past.rank() != 4 || past[0] != fresh[0] || past[1] != fresh[1] || past[3] != fresh[3] ||
        past[2] != room_) {
      return InvalidArgument("past: expected [batch, heads, room, size] for " + fresh.ToString() +
                             ", found " + past.ToString());
    }
    MACE_ASSIGN_OR_RETURN(const ValueId both, EmitConcat(node_, {node_->input(input), *now}, 2));
    if (room_ + queries_ == total_ && batches_ == 1) {
      *now = both;  // The room is full.
      return Status::Ok();
    }
    const int64_t keys = std::max(room_, total_);
    MACE_ASSIGN_OR_RETURN(const ValueId columns, EmitCounting(node_, {1, keys}));
    MACE_ASSIGN_OR_RETURN(const ValueId count, node_->builder()->Reshape(past_, {batches_, 1}));
    const ValueId room = node_->AddInts("/room", {room_});
    const ValueId tokens = node_->AddInts("/tokens", {queries_});
    MACE_ASSIGN_OR_RETURN(const ValueId end, EmitEltwise(node_, EltwiseType::kSum, count, tokens));
    MACE_ASSIGN_OR_RETURN(const ValueId is_past,
                          EmitEltwise(node_, EltwiseType::kLess, columns, count));
    MACE_ASSIGN_OR_RETURN(const ValueId is_behind,
                          EmitEltwise(node_, EltwiseType::kGreaterEqual, columns, end));
    MACE_ASSIGN_OR_RETURN(ValueId at, EmitEltwise(node_, EltwiseType::kSub, columns, count));
    MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node_, EltwiseType::kSum, at, room));
    MACE_ASSIGN_OR_RETURN(at, EmitWhere(node_, is_past, columns, at));
    const ValueId last = node_->AddInts("/last", {room_ + queries_ - 1});
    MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node_, EltwiseType::kMin, at, last));
    MACE_ASSIGN_OR_RETURN(*now, EmitRowsOfBatches(both, at));
    // Zeros behind the tokens of the call.
    MACE_ASSIGN_OR_RETURN(const ValueId behind,
                          node_->builder()->Reshape(is_behind, {batches_, 1, keys, 1}));
    MACE_ASSIGN_OR_RETURN(*now, EmitWhere(node_, behind, node_->AddScalar("/zero", 0), *now));
    return Status::Ok();
  }

  // Rows of x [b, m, k, h] along axis 2, chosen for each batch: positions [b, t].
  StatusOr<ValueId> EmitRowsOfBatches(ValueId x, ValueId positions) {
    GraphBuilder* builder = node_->builder();
    const Shape from = shape(x);
    const int64_t rows = shape(positions)[1];
    MACE_ASSIGN_OR_RETURN(ValueId first, EmitCounting(node_, {from[0], from[1], 1}));
    MACE_ASSIGN_OR_RETURN(
        first, EmitEltwise(node_, EltwiseType::kProd, first, node_->AddInts("/rows", {from[2]})));
    MACE_ASSIGN_OR_RETURN(ValueId at, builder->Reshape(positions, {from[0], 1, rows}));
    MACE_ASSIGN_OR_RETURN(at, EmitEltwise(node_, EltwiseType::kSum, first, at));
    MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {from[0] * from[1] * from[2], from[3]}));
    return EmitGather(node_, x, at, 0);
  }

  // Keys up to the query itself, those of the window, and an attention bias.
  Status AddBias() {
    attention_.softcap = node_->Float("softcap", 0);
    const double scale = node_->Float("scale", 0);
    if (scale != 0) attention_.scale = scale;
    const int64_t keys = shape(attention_.key)[2];
    OnnxAttentionBand band;
    band.high = 0;
    band.offsets = past_;
    const int64_t window = node_->Int("local_window_size", -1);
    if (window > 0) band.low = 1 - window;
    MACE_ASSIGN_OR_RETURN(attention_.bias, EmitBandBias(node_, queries_, keys, band));
    if (!node_->HasInput(kBias)) return Status::Ok();
    if (node_->shape(kBias).back(0) != keys) {
      return Unsupported("attention_bias: expected " + std::to_string(keys) + " keys, found " +
                         node_->shape(kBias).ToString());
    }
    MACE_ASSIGN_OR_RETURN(attention_.bias,
                          EmitBiasSum(node_, attention_.bias, node_->input(kBias)));
    return Status::Ok();
  }

  // A further logit for each head: of head_sink, or 0 for smooth_softmax.
  Status AddSink() {
    const bool smooth = node_->Int("smooth_softmax", 0) > 0;
    if (!smooth && !node_->HasInput(kSink)) return Status::Ok();
    const Shape q = shape(attention_.query);
    ValueId sink = node_->AddScalar("/sink", 0);
    if (node_->HasInput(kSink)) {
      if (node_->shape(kSink) != Shape{q[1]}) {
        return InvalidArgument("head_sink: expected one number for each head, found " +
                               node_->shape(kSink).ToString());
      }
      sink = node_->input(kSink);
    }
    const int64_t heads = shape(sink).elements();
    MACE_ASSIGN_OR_RETURN(sink, node_->builder()->Reshape(sink, {1, heads, 1, 1}));
    AttributeMap tile;
    tile.Set("multiples", std::vector<int64_t>{q[0], q[1] / heads, q[2], 1});
    MACE_ASSIGN_OR_RETURN(attention_.sink, node_->Emit("/sink", "Tile", {sink}, std::move(tile)));
    return Status::Ok();
  }

  OnnxNode* const node_;
  OnnxAttention attention_;
  int64_t batches_ = 0, queries_ = 0, total_ = 0;
  int64_t room_ = 0;  // The keys that past_key has room for.
  ValueId past_ = kNoValue;
};

Status ConvertGroupQueryAttention(OnnxNode* node) { return GroupQuery(node).Convert(); }

}  // namespace

const OnnxConverterEntry kMicrosoftGroupQueryConverters[] = {
    {"GroupQueryAttention", ConvertGroupQueryAttention},
    {"RotaryEmbedding", ConvertMicrosoftRotaryEmbedding},
    {nullptr, nullptr},
};

}  // namespace mace
