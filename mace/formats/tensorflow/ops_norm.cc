// TensorFlow's FusedBatchNorm: with given statistics, or with those of the batch.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// The number of the axis of channels. kUnsupported for another layout than the four that there are.
StatusOr<int> ChannelAxis(const TfNode& node) {
  const std::string format = node.String("data_format", "NHWC");
  const int rank = node.shape(0).rank();
  const bool last = format == "NHWC" || format == "NDHWC";
  if (!last && format != "NCHW" && format != "NCDHW") {
    return Unsupported("data_format: expected NHWC, NCHW, NDHWC or NCDHW, found " +
                       Printable(format));
  }
  if (rank < 2) {
    return InvalidArgument("expected an input of rank 4 or 5, found " + node.shape(0).ToString());
  }
  return last ? rank - 1 : 1;
}

// The permutation that takes channels from axis 1 to the end.
std::vector<int64_t> ChannelsToEnd(int rank) {
  std::vector<int64_t> order = {0};
  for (int axis = 2; axis < rank; ++axis) order.push_back(axis);
  order.push_back(1);
  return order;
}

std::vector<int64_t> ChannelsToFront(int rank) {
  std::vector<int64_t> order = {0, rank - 1};
  for (int axis = 1; axis + 1 < rank; ++axis) order.push_back(axis);
  return order;
}

// The statistics of x [..., channels] over all axes but the last.
struct Moments {
  ValueId mean = kNoValue;
  ValueId variance = kNoValue;  // The mean square of what is left of x without its mean.
};

StatusOr<Moments> EmitMoments(TfNode* node, ValueId x) {
  const int rank = node->builder()->ShapeOf(x).rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis + 1 < rank; ++axis) axes.push_back(axis);
  Moments moments;
  MACE_ASSIGN_OR_RETURN(moments.mean, EmitReduce(node, ReduceType::kMean, x, axes, false));
  MACE_ASSIGN_OR_RETURN(ValueId rest, EmitEltwise(node, EltwiseType::kSub, x, moments.mean));
  MACE_ASSIGN_OR_RETURN(rest, EmitUnary(node, "square", rest));
  MACE_ASSIGN_OR_RETURN(moments.variance, EmitReduce(node, ReduceType::kMean, rest, axes, false));
  return moments;
}

// (x - mean) / sqrt(variance + epsilon) * scale + offset; channels are the last axis.
StatusOr<ValueId> EmitNormalized(TfNode* node, ValueId x, const Moments& moments) {
  MACE_ASSIGN_OR_RETURN(ValueId factor, EmitEltwise(node, EltwiseType::kSum, moments.variance,
                                                    node->Float("epsilon", 1e-4)));
  MACE_ASSIGN_OR_RETURN(factor, EmitUnary(node, "rsqrt", factor));
  MACE_ASSIGN_OR_RETURN(factor, EmitEltwise(node, EltwiseType::kProd, factor, node->input(1)));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitEltwise(node, EltwiseType::kSub, x, moments.mean));
  MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, factor));
  return EmitEltwise(node, EltwiseType::kSum, y, node->input(2));
}

// What a training step keeps: `old` and the batch's statistic, mixed by exponential_avg_factor.
StatusOr<ValueId> EmitRunning(TfNode* node, size_t old, ValueId statistic) {
  const double share = node->Float("exponential_avg_factor", 1);
  if (share == 1) return statistic;
  if (node->input_count() <= old || node->shape(old).elements() == 0) {
    return InvalidArgument("exponential_avg_factor: expected running statistics, found none");
  }
  MACE_ASSIGN_OR_RETURN(const ValueId kept,
                        EmitEltwise(node, EltwiseType::kProd, node->input(old), 1 - share));
  MACE_ASSIGN_OR_RETURN(const ValueId added,
                        EmitEltwise(node, EltwiseType::kProd, statistic, share));
  return EmitEltwise(node, EltwiseType::kSum, kept, added);
}

// Outputs: y, the mean, the variance of a sample (divided by one less than the count), and where a
// later step of training would look, the mean and the variance again.
Status ConvertTraining(TfNode* node, int channel_axis) {
  const Shape shape = node->shape(0);
  const bool turns = channel_axis != shape.rank() - 1;
  ValueId x = node->input(0);
  if (turns) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Transpose(x, ChannelsToEnd(shape.rank())));
  }
  MACE_ASSIGN_OR_RETURN(const Moments moments, EmitMoments(node, x));
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitNormalized(node, x, moments));
  if (turns) {
    MACE_ASSIGN_OR_RETURN(y, node->builder()->Transpose(y, ChannelsToFront(shape.rank())));
  }
  const double count = static_cast<double>(shape.elements()) /
                       static_cast<double>(std::max<int64_t>(shape[channel_axis], 1));
  const double sample = count > 1 ? count / (count - 1) : 1;
  MACE_ASSIGN_OR_RETURN(ValueId variance,
                        EmitEltwise(node, EltwiseType::kProd, moments.variance, sample));
  MACE_ASSIGN_OR_RETURN(variance, EmitRunning(node, 4, variance));
  MACE_ASSIGN_OR_RETURN(const ValueId mean, EmitRunning(node, 3, moments.mean));
  node->SetResults({y, mean, variance, moments.mean, moments.variance});
  return Status::Ok();
}

// x, scale, offset, mean, variance.
Status ConvertFusedBatchNorm(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_ASSIGN_OR_RETURN(const int channel_axis, ChannelAxis(*node));
  // TensorFlow's own default is to train.
  if (node->Bool("is_training", true)) return ConvertTraining(node, channel_axis);
  MACE_RETURN_IF_ERROR(node->RequireInputs(5));
  AttributeMap attributes;
  attributes.Set("epsilon", node->Float("epsilon", 1e-4));
  std::vector<ValueId> inputs(node->inputs().begin(), node->inputs().begin() + 5);
  const int rank = node->shape(0).rank();
  const bool turns = channel_axis != rank - 1;
  if (turns) {
    MACE_ASSIGN_OR_RETURN(inputs[0], node->builder()->Transpose(inputs[0], ChannelsToEnd(rank)));
  }
  MACE_RETURN_IF_ERROR(node->EmitResult("BatchNorm", inputs, std::move(attributes)));
  ValueId y = node->outputs()[0];
  if (turns) {
    MACE_ASSIGN_OR_RETURN(y, node->builder()->Transpose(y, ChannelsToFront(rank)));
  }
  node->SetResults({y, inputs[3], inputs[4], inputs[3], inputs[4]});
  return Status::Ok();
}

}  // namespace

const TfConverterEntry kTfNormConverters[] = {
    {"FusedBatchNorm", ConvertFusedBatchNorm},
    {"FusedBatchNormV2", ConvertFusedBatchNorm},
    {"FusedBatchNormV3", ConvertFusedBatchNorm},
    {nullptr, nullptr},
};

}  // namespace mace
