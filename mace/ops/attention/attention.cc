#include "mace/ops/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace mace {
namespace {

constexpr size_t kExtents = 6;

StatusOr<AttentionView> ParseView(const AttributeMap& attributes, const char* name) {
  const std::vector<int64_t> numbers = attributes.GetInts(name);
  AttentionView view;
  if (numbers.size() != 1 + view.strides.size() ||
      std::any_of(numbers.begin(), numbers.end(), [](int64_t number) { return number < 0; })) {
    return InvalidArgument(std::string(name) + ": expected 5 numbers from 0, found " +
                           Shape(numbers).ToString());
  }
  view.offset = numbers[0];
  std::copy(numbers.begin() + 1, numbers.end(), view.strides.begin());
  return view;
}

void SetView(const AttentionView& view, const char* name, AttributeMap* attributes) {
  std::vector<int64_t> numbers = {view.offset};
  numbers.insert(numbers.end(), view.strides.begin(), view.strides.end());
  attributes->Set(name, numbers);
}

// kInvalidArgument where the view leaves a tensor of this shape.
Status CheckView(const char* name, const AttentionView& view, const std::array<int64_t, 4>& extents,
                 const Shape& shape) {
  // Extents and strides are those of tensors that exist; a product of others is refused early.
  constexpr double kMax = 9e18;
  double last = static_cast<double>(view.offset);
  for (size_t i = 0; i < extents.size(); ++i) {
    last += static_cast<double>(extents[i] - 1) * static_cast<double>(view.strides[i]);
  }
  if (last < kMax && last < static_cast<double>(shape.elements())) return Status::Ok();
  return InvalidArgument(std::string(name) + ": expected a view inside of shape " +
                         shape.ToString() + ", found one that leaves it");
}

class AttentionOp : public Op {
 public:
  explicit AttentionOp(Attention attention) : attention_(std::move(attention)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Attention& p = attention_;
    const auto check = [&](const char* name, size_t input, const AttentionView& view,
                           const std::array<int64_t, 4>& extents) -> Status {
      if (!inputs[input].present) return InvalidArgument(std::string("expected ") + name);
      if (!IsFloat(inputs[input].info.dtype)) {
        return InvalidArgument(std::string(name) + ": expected a float tensor, found " +
                               DTypeName(inputs[input].info.dtype));
      }
      return CheckView(name, view, extents, inputs[input].info.shape);
    };
    MACE_RETURN_IF_ERROR(check("q", kAttentionQ, p.q, {p.batch, p.heads, p.rows, p.depth}));
    MACE_RETURN_IF_ERROR(check("k", kAttentionK, p.k, {p.batch, p.heads, p.columns, p.depth}));
    MACE_RETURN_IF_ERROR(
        check("v", kAttentionV, p.v, {p.batch, p.heads, p.columns, p.value_depth}));
    if (HasMask(inputs)) {
      MACE_RETURN_IF_ERROR(
          check("mask", kAttentionMask, p.mask, {p.batch, p.heads, p.rows, p.columns}));
    }
    MACE_RETURN_IF_ERROR(CheckView("y", p.y, {p.batch, p.heads, p.rows, p.value_depth}, p.shape));
    if (p.shape.elements() != p.batch * p.heads * p.rows * p.value_depth) {
      return InvalidArgument("shape: expected the elements of y, found " + p.shape.ToString());
    }
    outputs->assign(1, {DType::kFloat32, p.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Attention& p = attention_;
    const bool masked =
        inputs.size() > kAttentionMask && inputs[kAttentionMask].dtype() != DType::kInvalid;
    std::vector<double> weights(static_cast<size_t>(p.columns));
    for (int64_t i = 0; i < p.batch * p.heads * p.rows; ++i) {
      const int64_t row = i % p.rows, head = i / p.rows % p.heads, batch = i / p.rows / p.heads;
      const auto start = [&](const AttentionView& view, int64_t along) {
        return view.offset + batch * view.strides[0] + head * view.strides[1] +
               along * view.strides[2];
      };
      Weigh(inputs[kAttentionQ].f32() + start(p.q, row), inputs[kAttentionK].f32() + start(p.k, 0),
            masked ? inputs[kAttentionMask].f32() + start(p.mask, row) : nullptr, &weights);
      const float* v = inputs[kAttentionV].f32() + start(p.v, 0);
      float* y = (*outputs)[0].f32() + start(p.y, row);
      for (int64_t e = 0; e < p.value_depth; ++e) {
        double sum = 0;
        for (int64_t c = 0; c < p.columns; ++c) {
          sum += weights[static_cast<size_t>(c)] * v[c * p.v.strides[2] + e * p.v.strides[3]];
        }
        y[e * p.y.strides[3]] = static_cast<float>(sum);
      }
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    std::vector<KernelVariant> result;
    LowerAttention(attention_, request, &result);
    return result;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2 * attention_.products();
    return cost;
  }

 private:
  static bool HasMask(const std::vector<OpInput>& inputs) {
    return inputs.size() > kAttentionMask && inputs[kAttentionMask].present;
  }

  // The softmax of one query's scores.
  void Weigh(const float* q, const float* k, const float* mask,
             std::vector<double>* weights) const {
    const Attention& p = attention_;
    double top = -INFINITY, sum = 0;
    for (int64_t c = 0; c < p.columns; ++c) {
      double score = 0;
      for (int64_t d = 0; d < p.depth; ++d) {
        score +=
            static_cast<double>(q[d * p.q.strides[3]]) * k[c * p.k.strides[2] + d * p.k.strides[3]];
      }
      score = score * p.scale + (mask != nullptr ? mask[c * p.mask.strides[3]] : 0);
      (*weights)[static_cast<size_t>(c)] = score;
      top = std::fmax(top, score);
    }
    for (double& weight : *weights) sum += weight = std::exp(weight - top);
    for (double& weight : *weights) weight /= sum;
  }

  const Attention attention_;
};

StatusOr<std::unique_ptr<Op>> MakeAttention(const Node& node) {
  MACE_ASSIGN_OR_RETURN(Attention attention, ParseAttention(node.attributes));
  return std::unique_ptr<Op>(new AttentionOp(std::move(attention)));
}

}  // namespace

double Attention::products() const {
  return static_cast<double>(batch * heads) * static_cast<double>(rows) *
         static_cast<double>(columns) * static_cast<double>(depth + value_depth);
}

StatusOr<Attention> ParseAttention(const AttributeMap& attributes) {
  Attention p;
  const std::vector<int64_t> extents = attributes.GetInts("extents");
  if (extents.size() != kExtents || std::any_of(extents.begin(), extents.end(), [](int64_t e) {
        return e < 1 || e > std::numeric_limits<int32_t>::max();
      })) {
    return InvalidArgument("extents: expected 6 numbers above 0, found " +
                           Shape(extents).ToString());
  }
  p.batch = extents[0], p.heads = extents[1], p.rows = extents[2], p.columns = extents[3];
  p.depth = extents[4], p.value_depth = extents[5];
  p.scale = static_cast<float>(attributes.GetFloat("scale", 1));
  MACE_ASSIGN_OR_RETURN(p.shape, Shape::Make(attributes.GetInts("shape")));
  MACE_ASSIGN_OR_RETURN(p.q, ParseView(attributes, "q"));
  MACE_ASSIGN_OR_RETURN(p.k, ParseView(attributes, "k"));
  MACE_ASSIGN_OR_RETURN(p.v, ParseView(attributes, "v"));
  MACE_ASSIGN_OR_RETURN(p.mask, ParseView(attributes, "mask"));
  MACE_ASSIGN_OR_RETURN(p.y, ParseView(attributes, "y"));
  return p;
}

void SetAttention(const Attention& attention, AttributeMap* attributes) {
  const Attention& p = attention;
  attributes->Set(
      "extents", std::vector<int64_t>{p.batch, p.heads, p.rows, p.columns, p.depth, p.value_depth});
  attributes->Set("scale", static_cast<double>(p.scale));
  attributes->Set("shape", p.shape.dims());
  SetView(p.q, "q", attributes);
  SetView(p.k, "k", attributes);
  SetView(p.v, "v", attributes);
  SetView(p.mask, "mask", attributes);
  SetView(p.y, "y", attributes);
}

extern const OpDefinition kAttentionOp;
const OpDefinition kAttentionOp = {"Attention", 3, 4, &MakeAttention};

}  // namespace mace
