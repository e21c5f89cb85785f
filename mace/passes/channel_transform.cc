#include "mace/passes/channel_transform.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mace {

namespace {

using Numbers = std::vector<double>;

// The types of Eltwise as MACE's format numbers them.
constexpr int64_t kSum = 0;
constexpr int64_t kSub = 1;
constexpr int64_t kProd = 2;
constexpr int64_t kDiv = 3;

// The constant as one number for each channel. The constant's only extent above 1 must be the last
// one, and its rank not above `max_rank`, so that broadcasting leaves the other operand's shape as
// it is.
std::optional<Numbers> ReadChannels(const Graph& graph, ValueId id, int64_t channels,
                                    int max_rank) {
  if (!graph.IsConstant(id)) return std::nullopt;
  const HostTensor& constant = *graph.value(id).constant;
  const Shape& shape = constant.shape();
  if (!IsFloat(constant.dtype()) || shape.rank() > max_rank) return std::nullopt;
  const int64_t count = shape.elements();
  if (count != 1 && (count != channels || shape.back(0) != channels)) return std::nullopt;
  const std::vector<float> floats = ToFloatVector(constant);
  if (floats.empty()) return std::nullopt;
  if (count == 1) return Numbers(channels, double{floats[0]});
  return Numbers(floats.begin(), floats.end());
}

bool AllFinite(const Numbers& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

std::optional<ChannelTransform> Checked(ChannelTransform transform) {
  if (!AllFinite(transform.scale) || !AllFinite(transform.offset)) return std::nullopt;
  return transform;
}

std::optional<ChannelTransform> OfBatchNorm(const Graph& graph, const Node& node, ValueId x,
                                            int64_t channels) {
  const std::vector<ValueId>& inputs = node.inputs;
  if (inputs.empty() || inputs[0] != x || (inputs.size() != 3 && inputs.size() != 5)) {
    return std::nullopt;
  }
  std::vector<Numbers> parameters;
  for (size_t i = 1; i < inputs.size(); ++i) {
    auto numbers = ReadChannels(graph, inputs[i], channels, Shape::kMaxRank);
    if (!numbers) return std::nullopt;
    parameters.push_back(*std::move(numbers));
  }
  ChannelTransform transform{parameters[0], parameters[1]};
  if (parameters.size() == 2) return Checked(std::move(transform));
  const Numbers &mean = parameters[2], &variance = parameters[3];
  const double epsilon = node.attributes.GetFloat("epsilon", 1e-5);
  for (int64_t i = 0; i < channels; ++i) {
    transform.scale[i] /= std::sqrt(variance[i] + epsilon);
    transform.offset[i] -= mean[i] * transform.scale[i];
  }
  return Checked(std::move(transform));
}

std::optional<ChannelTransform> OfBiasAdd(const Graph& graph, const Node& node, ValueId x,
                                          int64_t channels) {
  if (node.inputs.size() != 2 || node.inputs[0] != x) return std::nullopt;
  auto bias = ReadChannels(graph, node.inputs[1], channels, 1);
  if (!bias) return std::nullopt;
  return Checked({Numbers(channels, 1.0), *std::move(bias)});
}

// x op c, or c op x.
std::optional<ChannelTransform> OfArithmetic(int64_t type, const Numbers& c, bool x_first) {
  ChannelTransform transform{Numbers(c.size(), 1.0), Numbers(c.size(), 0.0)};
  for (size_t i = 0; i < c.size(); ++i) {
    switch (type) {
      case kSum:
        transform.offset[i] = c[i];
        break;
      case kSub:
        transform.scale[i] = x_first ? 1 : -1;
        transform.offset[i] = x_first ? -c[i] : c[i];
        break;
      case kProd:
        transform.scale[i] = c[i];
        break;
      case kDiv:
        if (!x_first) return std::nullopt;
        transform.scale[i] = 1 / c[i];
        break;
      default:
        return std::nullopt;
    }
  }
  return Checked(std::move(transform));
}

std::optional<ChannelTransform> OfEltwise(const Graph& graph, const Node& node, ValueId x,
                                          int64_t channels) {
  const Numbers weights = node.attributes.GetFloats("coeff");
  if (std::any_of(weights.begin(), weights.end(), [](double weight) { return weight != 1; })) {
    return std::nullopt;
  }
  const int64_t type = node.attributes.GetInt("type", kSum);
  if (node.inputs.size() == 1) {
    if (!node.attributes.Has("scalar_input")) return std::nullopt;
    const Numbers scalar(channels, node.attributes.GetFloat("scalar_input", 0));
    return OfArithmetic(type, scalar, node.attributes.GetInt("scalar_input_index", 1) == 1);
  }
  // Only a known rank says that the constant does not add extents to the result.
  if (node.inputs.size() != 2 || !graph.value(x).shape_known) return std::nullopt;
  const bool x_first = node.inputs[0] == x;
  auto numbers =
      ReadChannels(graph, node.inputs[x_first ? 1 : 0], channels, graph.value(x).info.shape.rank());
  if (!numbers) return std::nullopt;
  return OfArithmetic(type, *numbers, x_first);
}

}  // namespace

bool ChannelTransform::scale_is_one() const {
  return std::all_of(scale.begin(), scale.end(), [](double s) { return s == 1; });
}

std::optional<ChannelTransform> Compose(const ChannelTransform& first,
                                        const ChannelTransform& second) {
  ChannelTransform both = second;
  for (size_t i = 0; i < both.scale.size(); ++i) {
    both.offset[i] += second.scale[i] * first.offset[i];
    both.scale[i] *= first.scale[i];
  }
  return Checked(std::move(both));
}

std::optional<ChannelTransform> FindChannelTransform(const Graph& graph, const Node& node,
                                                     ValueId x, int64_t channels) {
  if (node.outputs.size() != 1) return std::nullopt;
  if (node.type == "BatchNorm") return OfBatchNorm(graph, node, x, channels);
  if (node.type == "BiasAdd") return OfBiasAdd(graph, node, x, channels);
  if (node.type == "Eltwise") return OfEltwise(graph, node, x, channels);
  return std::nullopt;
}

}  // namespace mace
