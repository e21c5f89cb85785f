// Ops of networks whose attention is a recurrence: LinearAttention, CausalConvWithState, SwiGLU.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// Each step of a recurrence is nodes of its own.
constexpr int64_t kMaxSteps = 1024;

// x * sigmoid(alpha * x).
StatusOr<ValueId> EmitSwish(OnnxNode* node, ValueId x, double alpha) {
  ValueId scaled = x;
  if (alpha != 1) {
    MACE_ASSIGN_OR_RETURN(scaled, EmitEltwise(node, EltwiseType::kProd, x, alpha));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId gate, EmitActivation(node, "SIGMOID", scaled));
  return EmitEltwise(node, EltwiseType::kProd, x, gate);
}

Status ConvertSwiGlu(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 2));
  if (node->shape(0) != node->shape(1)) {
    return InvalidArgument("expected two tensors of one shape, found " + node->shape(0).ToString() +
                           " and " + node->shape(1).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const ValueId gate,
                        EmitSwish(node, node->input(0), node->Float("alpha", 1)));
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitEltwise(node, EltwiseType::kProd, gate, node->input(1)));
  node->SetResult(y);
  return Status::Ok();
}

StatusOr<ValueId> AddZeros(OnnxNode* node, const Shape& shape) {
  const TensorInfo info{DType::kFloat32, shape};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("zeros", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor zeros, HostTensor::Allocate(info));
  return node->AddConstant("/zeros", std::move(zeros));
}

// A convolution of each channel by itself, which sees the positions before its own. Inputs: x [n,
// c, length], weights [c, 1, k], bias [c], the k - 1 positions before x [n, c, k - 1].
struct CausalConvolution {
  int64_t batch = 0, channels = 0, length = 0, taps = 0;
};

StatusOr<CausalConvolution> ReadCausalConvolution(const OnnxNode& node) {
  const Shape &x = node.shape(0), &w = node.shape(1);
  if (x.rank() != 3 || w.rank() != 3 || w[0] != x[1] || w[1] != 1 || w[2] < 1) {
    return InvalidArgument("expected x [n, c, length] and weights [c, 1, k], found " +
                           x.ToString() + " and " + w.ToString());
  }
  if (node.HasInput(2) && node.shape(2) != Shape{x[1]}) {
    return InvalidArgument("bias: expected " + Shape{x[1]}.ToString() + ", found " +
                           node.shape(2).ToString());
  }
  const Shape past{x[0], x[1], w[2] - 1};
  if (node.HasInput(3) && node.shape(3) != past) {
    return InvalidArgument("past_state: expected " + past.ToString() + ", found " +
                           node.shape(3).ToString());
  }
  return CausalConvolution{x[0], x[1], x[2], w[2]};
}

Status ConvertCausalConv(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 4));
  MACE_ASSIGN_OR_RETURN(const CausalConvolution conv, ReadCausalConvolution(*node));
  const std::string activation = node->String("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish") {
    return Unsupported("activation: expected none, silu or swish, found " + Printable(activation));
  }
  if (conv.taps > kMaxSteps) {
    return Unsupported("expected a kernel of at most " + std::to_string(kMaxSteps) +
                       " positions, found " + std::to_string(conv.taps));
  }
  ValueId x = node->input(0);
  if (conv.taps > 1) {
    ValueId past = kNoValue;
    if (node->HasInput(3)) {
      past = node->input(3);
    } else {
      MACE_ASSIGN_OR_RETURN(past, AddZeros(node, {conv.batch, conv.channels, conv.taps - 1}));
    }
    MACE_ASSIGN_OR_RETURN(x, EmitConcat(node, {past, x}, 2));
  }
  ValueId y = kNoValue;
  for (int64_t tap = 0; tap < conv.taps; ++tap) {
    MACE_ASSIGN_OR_RETURN(const ValueId seen, EmitSlice(node, x, 2, tap, tap + conv.length));
    MACE_ASSIGN_OR_RETURN(ValueId weight, EmitSlice(node, node->input(1), 2, tap, tap + 1));
    MACE_ASSIGN_OR_RETURN(weight, node->builder()->Reshape(weight, {conv.channels, 1}));
    MACE_ASSIGN_OR_RETURN(const ValueId part, EmitEltwise(node, EltwiseType::kProd, seen, weight));
    if (y == kNoValue) {
      y = part;
    } else {
      MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, part));
    }
  }
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(const ValueId bias,
                          node->builder()->Reshape(node->input(2), {conv.channels, 1}));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, bias));
  }
  if (activation != "none") {
    MACE_ASSIGN_OR_RETURN(y, EmitSwish(node, y, 1));
  }
  node->SetResult(y);
  if (node->WantsOutput(1)) {
    MACE_ASSIGN_OR_RETURN(const ValueId present,
                          EmitSlice(node, x, 2, conv.length, conv.length + conv.taps - 1));
    node->SetResult(present, 1);
  }
  return Status::Ok();
}

// Linear attention: h heads of keys and values, each with a state [keys, values] and `group` heads
// of queries.
struct LinearAttention {
  int64_t batch = 0, steps = 0, heads = 0, group = 0, keys = 0, values = 0;
  bool decays = false;  // The state shrinks by exp(decay) at each step.
  bool deltas = false;  // A key's value replaces what the state holds for it, by the share beta.
};

Status CheckHeads(const OnnxNode& node, int64_t query_heads, int64_t heads) {
  const Shape &q = node.shape(0), &k = node.shape(1), &v = node.shape(2);
  const bool fits = heads > 0 && query_heads > 0 && query_heads % heads == 0 && q.rank() == 3 &&
                    k.rank() == 3 && v.rank() == 3 && q[0] == k[0] && q[0] == v[0] &&
                    q[1] == k[1] && q[1] == v[1] && q[2] % query_heads == 0 && k[2] % heads == 0 &&
                    v[2] % heads == 0 && k[2] / heads == q[2] / query_heads;
  if (fits) return Status::Ok();
  return InvalidArgument("q_num_heads " + std::to_string(query_heads) + " and kv_num_heads " +
                         std::to_string(heads) + " do not fit query " + q.ToString() + ", key " +
                         k.ToString() + " and value " + v.ToString());
}

StatusOr<LinearAttention> ReadLinearAttention(const OnnxNode& node) {
  LinearAttention attention;
  const std::string rule = node.String("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta") {
    return InvalidArgument("update_rule: expected linear, gated, delta or gated_delta, found " +
                           Printable(rule));
  }
  attention.decays = rule == "gated" || rule == "gated_delta";
  attention.deltas = rule == "delta" || rule == "gated_delta";
  const int64_t query_heads = node.Int("q_num_heads", 0);
  attention.heads = node.Int("kv_num_heads", 0);
  MACE_RETURN_IF_ERROR(CheckHeads(node, query_heads, attention.heads));
  attention.batch = node.shape(0)[0];
  attention.steps = node.shape(0)[1];
  attention.group = query_heads / attention.heads;
  attention.keys = node.shape(1)[2] / attention.heads;
  attention.values = node.shape(2)[2] / attention.heads;
  if (attention.steps < 1 || attention.steps > kMaxSteps) {
    return Unsupported("expected 1 to " + std::to_string(kMaxSteps) + " tokens a run, found " +
                       std::to_string(attention.steps));
  }
  const Shape state{attention.batch, attention.heads, attention.keys, attention.values};
  if (node.HasInput(3) && node.shape(3) != state) {
    return InvalidArgument("past_state: expected " + state.ToString() + ", found " +
                           node.shape(3).ToString());
  }
  return attention;
}

// Input `index` [batch, steps, n] as [batch, steps, heads, n / heads, 1]; n may also be 1, for all
// heads. `most`: the largest n / heads that fits; another than 1 and `most` is refused.
StatusOr<ValueId> EmitGate(OnnxNode* node, const LinearAttention& attention, size_t index,
                           int64_t most) {
  const std::string who = index == 4 ? "decay" : "beta";
  if (!node->HasInput(index)) {
    return InvalidArgument(who + ": expected a tensor for this update_rule, found none");
  }
  const Shape shape = node->shape(index);
  const int64_t heads = attention.heads;
  bool fits = shape.rank() == 3 && shape[0] == attention.batch && shape[1] == attention.steps;
  const bool shared = fits && shape[2] == 1 && heads != 1 && index == 5;
  fits = fits && (shared || shape[2] == heads || shape[2] == heads * most);
  if (!fits) {
    return InvalidArgument(who + ": expected [" + std::to_string(attention.batch) + ", " +
                           std::to_string(attention.steps) + ", " + std::to_string(heads) +
                           (most == 1 ? "]" : " or " + std::to_string(heads * most) + "]") +
                           ", found " + shape.ToString());
  }
  const int64_t each = shared ? 1 : shape[2] / heads;
  return node->builder()->Reshape(node->input(index),
                                  {attention.batch, attention.steps, shared ? 1 : heads, each, 1});
}

// Step `step` of x [batch, steps, ...], without the axis of steps.
StatusOr<ValueId> EmitStep(OnnxNode* node, ValueId x, int64_t step) {
  std::vector<int64_t> dims = node->builder()->ShapeOf(x).dims();
  dims.erase(dims.begin() + 1);
  MACE_ASSIGN_OR_RETURN(const ValueId slice, EmitSlice(node, x, 1, step, step + 1));
  return node->builder()->Reshape(slice, dims);
}

// What the steps read: queries [b, t, h, group, keys], keys [b, t, h, keys, 1], values [b, t, h, 1,
// values], decay [b, t, h, keys or 1, 1] (its exponential), beta [b, t, h, 1, 1].
struct LinearOperands {
  ValueId query, key, value, decay = kNoValue, beta = kNoValue;
};

StatusOr<LinearOperands> ReadOperands(OnnxNode* node, const LinearAttention& a) {
  LinearOperands operands;
  GraphBuilder* const builder = node->builder();
  double scale = node->Float("scale", 0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(a.keys));
  MACE_ASSIGN_OR_RETURN(operands.query,
                        EmitEltwise(node, EltwiseType::kProd, node->input(0), scale));
  MACE_ASSIGN_OR_RETURN(operands.query, builder->Reshape(operands.query, {a.batch, a.steps, a.heads,
                                                                          a.group, a.keys}));
  MACE_ASSIGN_OR_RETURN(operands.key,
                        builder->Reshape(node->input(1), {a.batch, a.steps, a.heads, a.keys, 1}));
  MACE_ASSIGN_OR_RETURN(operands.value,
                        builder->Reshape(node->input(2), {a.batch, a.steps, a.heads, 1, a.values}));
  if (a.decays) {
    MACE_ASSIGN_OR_RETURN(operands.decay, EmitGate(node, a, 4, a.keys));
    MACE_ASSIGN_OR_RETURN(operands.decay, EmitUnary(node, "exp", operands.decay));
  }
  if (a.deltas) {
    MACE_ASSIGN_OR_RETURN(operands.beta, EmitGate(node, a, 5, 1));
  }
  return operands;
}

// The state behind a step.
StatusOr<ValueId> EmitNextState(OnnxNode* node, const LinearOperands& operands, int64_t step,
                                ValueId state) {
  MACE_ASSIGN_OR_RETURN(const ValueId key, EmitStep(node, operands.key, step));
  MACE_ASSIGN_OR_RETURN(ValueId value, EmitStep(node, operands.value, step));
  if (operands.decay != kNoValue) {
    MACE_ASSIGN_OR_RETURN(const ValueId decay, EmitStep(node, operands.decay, step));
    MACE_ASSIGN_OR_RETURN(state, EmitEltwise(node, EltwiseType::kProd, state, decay));
  }
  if (operands.beta != kNoValue) {
    MACE_ASSIGN_OR_RETURN(const ValueId row, node->builder()->Transpose(key, {0, 1, 3, 2}));
    MACE_ASSIGN_OR_RETURN(const ValueId held, EmitMatMul(node, row, state));
    MACE_ASSIGN_OR_RETURN(value, EmitEltwise(node, EltwiseType::kSub, value, held));
    MACE_ASSIGN_OR_RETURN(const ValueId beta, EmitStep(node, operands.beta, step));
    MACE_ASSIGN_OR_RETURN(value, EmitEltwise(node, EltwiseType::kProd, value, beta));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId added, EmitEltwise(node, EltwiseType::kProd, key, value));
  return EmitEltwise(node, EltwiseType::kSum, state, added);
}

// Inputs: query, key, value, past state, decay, beta. Outputs: the values [b, t, query heads *
// values], the state.
Status ConvertLinearAttention(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 6));
  node->Ignore({"chunk_size"});  // How the same numbers may be computed faster.
  MACE_ASSIGN_OR_RETURN(const LinearAttention a, ReadLinearAttention(*node));
  MACE_ASSIGN_OR_RETURN(const LinearOperands operands, ReadOperands(node, a));
  ValueId state = kNoValue;
  if (node->HasInput(3)) {
    state = node->input(3);
  } else {
    MACE_ASSIGN_OR_RETURN(state, AddZeros(node, {a.batch, a.heads, a.keys, a.values}));
  }
  std::vector<ValueId> outputs;
  for (int64_t step = 0; step < a.steps; ++step) {
    MACE_ASSIGN_OR_RETURN(state, EmitNextState(node, operands, step, state));
    MACE_ASSIGN_OR_RETURN(const ValueId query, EmitStep(node, operands.query, step));
    MACE_ASSIGN_OR_RETURN(ValueId values, EmitMatMul(node, query, state));
    MACE_ASSIGN_OR_RETURN(
        values, node->builder()->Reshape(values, {a.batch, 1, a.heads * a.group * a.values}));
    outputs.push_back(values);
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitConcat(node, std::move(outputs), 1));
  node->SetResult(y);
  if (node->WantsOutput(1)) node->SetResult(state, 1);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxLinearAttentionConverters[] = {
    {"CausalConvWithState", ConvertCausalConv},
    {"LinearAttention", ConvertLinearAttention},
    {"SwiGLU", ConvertSwiGlu},
    {nullptr, nullptr},
};

}  // namespace mace
