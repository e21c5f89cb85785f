// Rules for MACE's ops that choose and arrange the frames of Kaldi's networks.
#include <cstdint>
#include <utility>

#include "mace/formats/mace/kaldi.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

Status CheckFrames(const char* name, const Numbers& frames, int64_t low, int64_t end) {
  for (int64_t frame : frames) {
    if (frame >= low && frame < end) continue;
    return InvalidArgument(std::string(name) + ": expected " + std::to_string(low) + " to " +
                           std::to_string(end - 1) + ", found " + std::to_string(frame));
  }
  return Status::Ok();
}

// Subsample and ReplaceIndex: the frames that are named.
Status NormalizeSubsample(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  const Numbers frames = op->node.attributes.GetInts("forward_indexes");
  MACE_RETURN_IF_ERROR(CheckFrames("forward_indexes", frames, 0, x.back(1)));
  const MaceRewrite rewrite(op, builder);
  const ValueId indices = rewrite.Indices(frames, Shape({static_cast<int64_t>(frames.size())}));
  rewrite.Finish("Gather", {op->node.inputs[0], indices}, {{"axis", int64_t{x.rank() - 2}}});
  return Status::Ok();
}

// The first and the last frame, repeated in front and behind.
Status NormalizePadContext(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  const int64_t left = op->node.attributes.GetInt("left_context", 0);
  const int64_t right = op->node.attributes.GetInt("right_context", 0);
  constexpr int64_t kMaxContext = int64_t{1} << 20;
  for (int64_t context : {left, right}) {
    if (context < 0 || context > kMaxContext) {
      return InvalidArgument("left_context and right_context: expected 0 to " +
                             std::to_string(kMaxContext) + ", found " + std::to_string(context));
    }
  }
  const MaceRewrite rewrite(op, builder);
  MACE_RETURN_IF_ERROR(rewrite.Reserve(left + x.back(1) + right));
  Numbers frames(static_cast<size_t>(left), 0);
  for (int64_t frame = 0; frame < x.back(1); ++frame) frames.push_back(frame);
  frames.insert(frames.end(), static_cast<size_t>(right), x.back(1) - 1);
  const ValueId indices = rewrite.Indices(frames, Shape({static_cast<int64_t>(frames.size())}));
  rewrite.Finish("Gather", {op->node.inputs[0], indices}, {{"axis", int64_t{x.rank() - 2}}});
  return Status::Ok();
}

// Several frames side by side make one; the last const_component_dim features of a frame are not
// spliced but taken from a frame of their own.
Status NormalizeSplice(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  const AttributeMap& attributes = op->node.attributes;
  const int64_t each = static_cast<int64_t>(attributes.GetInts("context").size());
  const int64_t kept = attributes.GetInt("const_component_dim", 0);
  const Numbers frames = attributes.GetInts("forward_indexes");
  const Numbers constant_frames = attributes.GetInts("forward_const_indexes");
  const int64_t count = each == 0 ? 0 : static_cast<int64_t>(frames.size()) / each;
  if (count == 0 || static_cast<int64_t>(frames.size()) != count * each) {
    return InvalidArgument("forward_indexes: expected a multiple of the " + std::to_string(each) +
                           " numbers in context, found " + std::to_string(frames.size()));
  }
  const int64_t features = x.back(0) - kept;
  if (kept < 0 || features < 1) {
    return InvalidArgument("const_component_dim: expected 0 to " + std::to_string(x.back(0) - 1) +
                           ", found " + std::to_string(kept));
  }
  if (kept > 0 && static_cast<int64_t>(constant_frames.size()) != count) {
    return InvalidArgument("forward_const_indexes: expected " + std::to_string(count) +
                           " frames, found " + std::to_string(constant_frames.size()));
  }
  MACE_RETURN_IF_ERROR(CheckFrames("forward_indexes", frames, 0, x.back(1)));
  MACE_RETURN_IF_ERROR(CheckFrames("forward_const_indexes", constant_frames, 0, x.back(1)));
  const MaceRewrite rewrite(op, builder);
  const int64_t axis = x.rank() - 2;
  const auto slice = [&](int64_t start, int64_t end) {
    return rewrite.Emit(
        "Slice", {op->node.inputs[0]},
        {{"starts", Numbers{start}}, {"ends", Numbers{end}}, {"axes", Numbers{axis + 1}}});
  };
  ValueId spliced = op->node.inputs[0];
  if (kept > 0) {
    MACE_ASSIGN_OR_RETURN(spliced, slice(0, features));
  }
  MACE_ASSIGN_OR_RETURN(spliced, rewrite.EmitGather(spliced, axis, frames));
  const Numbers dims = WithLast(x, 2, {count, each * features});
  if (kept == 0) {
    rewrite.FinishAs(spliced, dims);
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(spliced, rewrite.Reshape(spliced, dims));
  MACE_ASSIGN_OR_RETURN(ValueId constant, slice(features, x.back(0)));
  MACE_ASSIGN_OR_RETURN(constant, rewrite.EmitGather(constant, axis, constant_frames));
  rewrite.Finish("Concat", {spliced, constant}, {{"axis", axis + 1}});
  return Status::Ok();
}

// Frame j is frame forward_indexes[j] of the input; where that is negative, frame
// cache_forward_indexes[j] of the second input, or zeros. There are as many frames as before.
Status NormalizeIfDefined(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  const Numbers frames = op->node.attributes.GetInts("forward_indexes");
  const Numbers cached = op->node.attributes.GetInts("cache_forward_indexes");
  const MaceRewrite rewrite(op, builder);
  MACE_RETURN_IF_ERROR(rewrite.Reserve(x.back(1)));
  const size_t chunk = static_cast<size_t>(x.back(1));
  const bool has_cache = op->node.inputs.size() > 1 && op->node.inputs[1] != kNoValue;
  if (frames.size() > chunk || cached.size() > frames.size()) {
    return InvalidArgument("forward_indexes: expected " + std::to_string(cached.size()) + " to " +
                           std::to_string(chunk) + " frames, found " +
                           std::to_string(frames.size()));
  }
  MACE_RETURN_IF_ERROR(CheckFrames("forward_indexes", frames, INT32_MIN, x.back(1)));
  MACE_RETURN_IF_ERROR(CheckFrames("cache_forward_indexes", cached, 0, x.back(1)));
  if (has_cache && builder->ShapeOf(op->node.inputs[1]) != x) {
    return InvalidArgument("expected two inputs of one shape, found " + x.ToString() + " and " +
                           builder->ShapeOf(op->node.inputs[1]).ToString());
  }
  const int64_t axis = x.rank() - 2;
  const int64_t zeros_at = x.back(1) * (has_cache ? 2 : 1);
  Numbers from(chunk, zeros_at);
  for (size_t i = 0; i < frames.size(); ++i) {
    if (has_cache && i < cached.size())
      from[i] = x.back(1) + cached[i];
    else if (frames[i] >= 0)
      from[i] = frames[i];
  }
  std::vector<ValueId> parts = {op->node.inputs[0]};
  if (has_cache) parts.push_back(op->node.inputs[1]);
  MACE_ASSIGN_OR_RETURN(const ValueId zero, rewrite.Filled(0, WithLast(x, 2, {1, x.back(0)})));
  parts.push_back(zero);
  MACE_ASSIGN_OR_RETURN(const ValueId all, rewrite.Emit("Concat", parts, {{"axis", axis}}));
  const ValueId indices = rewrite.Indices(from, Shape({x.back(1)}));
  rewrite.Finish("Gather", {all, indices}, {{"axis", axis}});
  return Status::Ok();
}

}  // namespace

StatusOr<Shape> FramesOf(const MaceOp& op, int min_rank, GraphBuilder* builder) {
  const int rank = InputRank(op, 0, builder);
  if (rank < min_rank) {
    return InvalidArgument("expected an input of rank " + std::to_string(min_rank) +
                           " or more, found rank " + std::to_string(rank));
  }
  Shape shape = builder->ShapeOf(op.node.inputs[0]);
  if (shape.elements() > 0) return shape;
  return InvalidArgument("expected frames with elements, found shape " + shape.ToString());
}

std::vector<int64_t> WithLast(const Shape& shape, size_t count, const std::vector<int64_t>& last) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end() - static_cast<int64_t>(count));
  dims.insert(dims.end(), last.begin(), last.end());
  return dims;
}

MaceRule FindMaceFramesRule(const std::string& type) {
  if (type == "IfDefined") return NormalizeIfDefined;
  if (type == "PadContext") return NormalizePadContext;
  if (type == "ReplaceIndex" || type == "Subsample") return NormalizeSubsample;
  if (type == "Splice") return NormalizeSplice;
  return nullptr;
}

}  // namespace mace
