// Rules for MACE's ops that compute the features of Kaldi's networks.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/mace/kaldi.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

// Types of Eltwise and of Reduce.
constexpr int64_t kSub = 1, kProd = 2, kMax = 5, kGreater = 18;
constexpr int64_t kMean = 0, kSum = 4;

// Sums of consecutive features, input 1 says of how many each.
Status NormalizeSumGroup(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 1, builder));
  const HostTensor* tensor =
      op->node.inputs.size() > 1 ? builder->ConstantOf(op->node.inputs[1]) : nullptr;
  if (tensor == nullptr) return Unsupported("sizes of groups that are computed at run time");
  const Numbers sizes = ToInt64Vector(*tensor);
  int64_t total = 0, largest = 0;
  for (int64_t size : sizes) {
    if (size < 1 || size > x.back(0) - total) {
      return InvalidArgument("sizes: expected at least 1 and at most " + std::to_string(x.back(0)) +
                             " together, found [" + JoinNumbers(sizes, ", ") + "]");
    }
    total += size;
    largest = std::max(largest, size);
  }
  if (sizes.empty()) return InvalidArgument("sizes: expected a number or more, found none");
  // Groups are filled up to one size with a feature that is zero.
  const int64_t count = static_cast<int64_t>(sizes.size()), axis = x.rank() - 1;
  const MaceRewrite rewrite(op, builder);
  MACE_ASSIGN_OR_RETURN(const Shape groups, Shape::Make({count, largest}));
  MACE_RETURN_IF_ERROR(rewrite.Reserve(groups.elements()));
  Numbers from(static_cast<size_t>(count * largest), x.back(0));
  int64_t next = 0;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < sizes[static_cast<size_t>(i)]; ++k)
      from[static_cast<size_t>(i * largest + k)] = next++;
  }
  ValueId all = op->node.inputs[0];
  if (total < count * largest) {
    MACE_ASSIGN_OR_RETURN(const ValueId zero, rewrite.Filled(0, WithLast(x, 1, {1})));
    MACE_ASSIGN_OR_RETURN(all, rewrite.Emit("Concat", {all, zero}, {{"axis", axis}}));
  }
  if (total < count * largest || total < x.back(0)) {
    MACE_ASSIGN_OR_RETURN(all, rewrite.EmitGather(all, axis, from));
  }
  MACE_ASSIGN_OR_RETURN(all, rewrite.Reshape(all, WithLast(x, 1, {count, largest})));
  rewrite.Finish("Reduce", {all}, {{"reduce_type", kSum}, {"axis", Numbers{axis + 1}}});
  return Status::Ok();
}

// The norm of each group of consecutive features; of order 0 the number of those that are not 0.
Status NormalizePNorm(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 1, builder));
  const int64_t order = op->node.attributes.GetInt("p", 2);
  const int64_t count = op->node.attributes.GetInt("output_dim", 0);
  if (order < 0 || order > 2) {
    return InvalidArgument("p: expected 0, 1 or 2, found " + std::to_string(order));
  }
  if (count < 1 || x.back(0) % count != 0) {
    return InvalidArgument("output_dim: expected a divisor of the " + std::to_string(x.back(0)) +
                           " features, found " + std::to_string(count));
  }
  const MaceRewrite rewrite(op, builder);
  const int64_t axis = x.rank() - 1;
  MACE_ASSIGN_OR_RETURN(
      ValueId id, rewrite.Reshape(op->node.inputs[0], WithLast(x, 1, {count, x.back(0) / count})));
  MACE_ASSIGN_OR_RETURN(id, rewrite.EmitUnary(order == 2 ? "square" : "abs", id));
  if (order == 0) {
    MACE_ASSIGN_OR_RETURN(id, rewrite.EmitScalar(kGreater, id, FLT_EPSILON));
    MACE_ASSIGN_OR_RETURN(
        id, rewrite.Emit("Cast", {id}, {{"dtype", std::string(DTypeName(DType::kFloat32))}}));
  }
  const MaceRewrite::Attributes sum = {{"reduce_type", kSum}, {"axis", Numbers{axis + 1}}};
  if (order < 2) {
    rewrite.Finish("Reduce", {id}, sum);
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(id, rewrite.Emit("Reduce", {id}, sum));
  rewrite.Finish("Unary", {id}, {{"function", std::string("sqrt")}});
  return Status::Ok();
}

StatusOr<int64_t> BlockOf(const MaceOp& op, int64_t features) {
  const int64_t block = op.node.attributes.GetInt("block_dim", 0);
  if (block == 0 || block == -1) return features;
  if (block > 0 && features % block == 0) return block;
  return InvalidArgument("block_dim: expected a divisor of the " + std::to_string(features) +
                         " features, found " + std::to_string(block));
}

StatusOr<double> TargetOf(const MaceOp& op) {
  const double target = op.node.attributes.GetFloat("target_rms", 1);
  if (target > 0 && std::isfinite(target)) return target;
  return InvalidArgument("target_rms: expected a number above 0, found " + std::to_string(target));
}

// Each block of features is scaled so that the root of the mean of its squares is target_rms; with
// add_log_stddev the logarithm of what that root was, floored, stands behind each block.
Status NormalizeTargetRms(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 1, builder));
  MACE_ASSIGN_OR_RETURN(const int64_t block, BlockOf(*op, x.back(0)));
  MACE_ASSIGN_OR_RETURN(const double target, TargetOf(*op));
  const bool add_log = op->node.attributes.GetInt("add_log_stddev", 0) != 0;
  const MaceRewrite rewrite(op, builder);
  const int64_t blocks = x.back(0) / block, axis = x.rank();
  MACE_ASSIGN_OR_RETURN(const ValueId id,
                        rewrite.Reshape(op->node.inputs[0], WithLast(x, 1, {blocks, block})));
  MACE_ASSIGN_OR_RETURN(ValueId scale, rewrite.EmitUnary("square", id));
  MACE_ASSIGN_OR_RETURN(
      scale,
      rewrite.Emit("Reduce", {scale},
                   {{"reduce_type", kMean}, {"axis", Numbers{axis}}, {"keepdims", int64_t{1}}}));
  MACE_ASSIGN_OR_RETURN(scale, rewrite.EmitScalar(kProd, scale, 1 / (target * target)));
  MACE_ASSIGN_OR_RETURN(scale, rewrite.EmitScalar(kMax, scale, 1e-6));
  MACE_ASSIGN_OR_RETURN(scale, rewrite.EmitUnary("rsqrt", scale));
  MACE_ASSIGN_OR_RETURN(ValueId y, rewrite.Emit("Eltwise", {id, scale}, {{"type", kProd}}));
  if (add_log) {
    MACE_ASSIGN_OR_RETURN(scale, rewrite.EmitUnary("log", scale));
    MACE_ASSIGN_OR_RETURN(scale, rewrite.EmitScalar(kSub, scale, std::log(target), 0));
    MACE_ASSIGN_OR_RETURN(y, rewrite.Emit("Concat", {y, scale}, {{"axis", axis}}));
  }
  rewrite.FinishAs(y, WithLast(x, 1, {blocks * (add_log ? block + 1 : block)}));
  return Status::Ok();
}

// A BatchNorm with given scale and offset (test_mode), or with the mean and variance of all frames:
// an InstanceNorm that is scaled to target_rms.
Status NormalizeKaldiBatchNorm(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  MACE_ASSIGN_OR_RETURN(const int64_t block, BlockOf(*op, x.back(0)));
  MACE_ASSIGN_OR_RETURN(const double target, TargetOf(*op));
  const double epsilon = op->node.attributes.GetFloat("epsilon", 1e-3);
  const bool given = op->node.attributes.GetInt("test_mode", 0) != 0;
  std::vector<ValueId> inputs = op->node.inputs;
  if (given && inputs.size() != 3) {
    return InvalidArgument("test_mode: expected a scale and an offset, found " +
                           std::to_string(inputs.size()) + " inputs");
  }
  const MaceRewrite rewrite(op, builder);
  MACE_ASSIGN_OR_RETURN(inputs[0], rewrite.Reshape(inputs[0], {1, x.elements() / block, block}));
  MaceRewrite::Attributes attributes;
  if (!given) {
    inputs.resize(1);
    MACE_ASSIGN_OR_RETURN(const ValueId scale, rewrite.Filled(static_cast<float>(target), {block}));
    inputs.push_back(scale);
    attributes.push_back({"epsilon", epsilon});
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        rewrite.Emit(given ? "BatchNorm" : "InstanceNorm", inputs, attributes));
  rewrite.FinishAs(y, x.dims());
  return Status::Ok();
}

// ExtractPooling's pairs of frames: [pairs, frames] of 1 / count where a frame is between, so that
// a product with it gives means, and the logarithms of the counts.
struct PooledFrames {
  int64_t rows = 0;
  std::vector<float> weights;
  std::vector<float> log_counts;
};

StatusOr<PooledFrames> ParsePooledFrames(const MaceOp& op, int64_t chunk,
                                         const MaceRewrite& rewrite) {
  const Numbers frames = op.node.attributes.GetInts("forward_indexes");
  const std::vector<double> counts = op.node.attributes.GetFloats("counts");
  if (frames.size() != 2 * counts.size() || counts.empty()) {
    return InvalidArgument("counts: expected one for each pair of the " +
                           std::to_string(frames.size()) + " forward_indexes, found " +
                           std::to_string(counts.size()));
  }
  PooledFrames pooled;
  pooled.rows = static_cast<int64_t>(counts.size());
  MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make({pooled.rows, chunk}));
  MACE_RETURN_IF_ERROR(rewrite.Reserve(shape.elements()));
  pooled.weights.resize(static_cast<size_t>(shape.elements()));
  for (int64_t row = 0; row < pooled.rows; ++row) {
    const int64_t begin = frames[static_cast<size_t>(2 * row)];
    const int64_t end = frames[static_cast<size_t>(2 * row + 1)];
    if (begin < 0 || begin >= end || end > chunk ||
        counts[static_cast<size_t>(row)] != static_cast<double>(end - begin)) {
      return InvalidArgument("forward_indexes: expected pairs in 0 to " + std::to_string(chunk) +
                             " that are as far apart as counts says, found " +
                             std::to_string(begin) + " and " + std::to_string(end));
    }
    const float count = static_cast<float>(end - begin);
    std::fill(pooled.weights.begin() + row * chunk + begin,
              pooled.weights.begin() + row * chunk + end, 1 / count);
    pooled.log_counts.push_back(std::log(count));
  }
  return pooled;
}

// For each pair (begin, end) of frames the mean of the features, and behind it their deviation; in
// front, num_log_count times, the logarithm of how many frames there are.
Status NormalizeExtractPooling(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  MACE_ASSIGN_OR_RETURN(const Shape x, FramesOf(*op, 2, builder));
  const int64_t logs = op->node.attributes.GetInt("num_log_count", 0);
  constexpr int64_t kMaxLogs = 65536;
  if (logs < 0 || logs > kMaxLogs) {
    return InvalidArgument("num_log_count: expected 0 to " + std::to_string(kMaxLogs) + ", found " +
                           std::to_string(logs));
  }
  const MaceRewrite rewrite(op, builder);
  MACE_ASSIGN_OR_RETURN(const PooledFrames pooled, ParsePooledFrames(*op, x.back(1), rewrite));
  const ValueId matrix = rewrite.Floats(pooled.weights, Shape({pooled.rows, x.back(1)}));
  MACE_ASSIGN_OR_RETURN(const ValueId mean, rewrite.Emit("MatMul", {matrix, op->node.inputs[0]}));
  std::vector<ValueId> parts;
  if (logs > 0) {
    MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(WithLast(x, 2, {pooled.rows, logs})));
    MACE_RETURN_IF_ERROR(rewrite.Reserve(shape.elements()));
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = pooled.log_counts[i / static_cast<size_t>(logs) % pooled.log_counts.size()];
    }
    parts.push_back(rewrite.Floats(values, shape));
  }
  parts.push_back(mean);
  if (op->node.attributes.GetInt("include_variance", 0) != 0) {
    const double floor = op->node.attributes.GetFloat("variance_floor", 1e-10);
    MACE_ASSIGN_OR_RETURN(ValueId id, rewrite.EmitUnary("square", op->node.inputs[0]));
    MACE_ASSIGN_OR_RETURN(id, rewrite.Emit("MatMul", {matrix, id}));
    MACE_ASSIGN_OR_RETURN(const ValueId square, rewrite.EmitUnary("square", mean));
    MACE_ASSIGN_OR_RETURN(id, rewrite.Emit("Eltwise", {id, square}, {{"type", kSub}}));
    MACE_ASSIGN_OR_RETURN(id, rewrite.EmitScalar(kMax, id, floor));
    MACE_ASSIGN_OR_RETURN(id, rewrite.EmitUnary("sqrt", id));
    parts.push_back(id);
  }
  rewrite.Finish("Concat", std::move(parts), {{"axis", int64_t{x.rank() - 1}}});
  return Status::Ok();
}

}  // namespace

MaceRule FindMaceFeaturesRule(const std::string& type) {
  if (type == "ExtractPooling") return NormalizeExtractPooling;
  if (type == "KaldiBatchNorm") return NormalizeKaldiBatchNorm;
  if (type == "PNorm") return NormalizePNorm;
  if (type == "SumGroup") return NormalizeSumGroup;
  if (type == "TargetRMSNorm") return NormalizeTargetRms;
  return nullptr;
}

}  // namespace mace
