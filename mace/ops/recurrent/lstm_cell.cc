// LSTMCell: one step of a long short-term memory. Inputs x [N, I], output_before [N, U], weights
// [I + U, 4 U], bias [4 U], cell_before [N, U]; outputs cell [N, U], output [N, U]:
//   [i, j, f, o] = [x, output_before] * weights + bias, U numbers each
//   cell = sigmoid(i) * tanh(j) + sigmoid(f + forget_bias) * cell_before
//   output = sigmoid(o) * tanh(cell)
// Attribute: scalar_input (0), the forget bias, named as MACE does.
#include <cmath>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"
#include "mace/ops/recurrent/recurrent_function.h"

namespace mace {
namespace {

class LstmCellOp : public Op {
 public:
  explicit LstmCellOp(float forget_bias) : forget_bias_(forget_bias) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorInfo& info = inputs[i].info;
      const int rank = i == kBias ? 1 : 2;
      if (inputs[i].present && IsFloat(info.dtype) && info.shape.rank() == rank) continue;
      return InvalidArgument(std::string(kNames[i]) + ": expected floats of rank " +
                             std::to_string(rank) + ", found " + info.ToString());
    }
    const int64_t batch = inputs[kX].info.shape[0], width = inputs[kX].info.shape[1];
    const int64_t units = inputs[kBias].info.shape[0] / 4;
    const Shape state({batch, units});
    const std::pair<Operand, Shape> expected[] = {{kOutputBefore, state},
                                                  {kWeights, Shape({width + units, 4 * units})},
                                                  {kBias, Shape({4 * units})},
                                                  {kCellBefore, state}};
    for (const auto& [operand, shape] : expected) {
      const Shape& found = inputs[operand].info.shape;
      if (found == shape) continue;
      return InvalidArgument(std::string(kNames[operand]) + ": expected shape " + shape.ToString() +
                             ", found " + found.ToString());
    }
    outputs->assign(2, {DType::kFloat32, state});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t batch = inputs[kX].shape()[0], width = inputs[kX].shape()[1];
    const int64_t units = inputs[kCellBefore].shape()[1];
    const float* weights = inputs[kWeights].f32();
    std::vector<double> gates(static_cast<size_t>(4 * units));
    for (int64_t n = 0; n < batch; ++n) {
      const float* bias = inputs[kBias].f32();
      gates.assign(bias, bias + 4 * units);
      for (int64_t k = 0; k < width + units; ++k) {
        const double v = k < width ? inputs[kX].f32()[n * width + k]
                                   : inputs[kOutputBefore].f32()[n * units + k - width];
        for (size_t g = 0; g < gates.size(); ++g) {
          gates[g] += v * weights[k * 4 * units + static_cast<int64_t>(g)];
        }
      }
      for (int64_t u = 0; u < units; ++u) {
        const auto gate = [&](int64_t index) {
          return gates[static_cast<size_t>(index * units + u)];
        };
        const double before = inputs[kCellBefore].f32()[n * units + u];
        const double cell =
            Logistic(gate(0)) * std::tanh(gate(1)) + Logistic(gate(2) + forget_bias_) * before;
        (*outputs)[0].f32()[n * units + u] = static_cast<float>(cell);
        (*outputs)[1].f32()[n * units + u] =
            static_cast<float>(Logistic(gate(3)) * std::tanh(cell));
      }
    }
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override;

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2 * static_cast<double>(inputs[kX].info.shape[0]) *
                 static_cast<double>(inputs[kWeights].info.shape.elements());
    return cost;
  }

 private:
  enum Operand : size_t { kX, kOutputBefore, kWeights, kBias, kCellBefore };
  static constexpr const char* kNames[] = {"x", "output_before", "weights", "bias", "cell_before"};

  float forget_bias_;
};

// [I + U, 4 U] as rows of blocks of four units, each block with its four gates; the rows of x are
// padded to whole blocks with zeros, so that a kernel reads both operands four at a time.
PackedWeights PackGates(const char* name, const HostTensor& values, int64_t width, int64_t units) {
  const int64_t rows = values.shape().elements() / (4 * units), blocks = (units + 3) / 4;
  const int64_t padding = rows == 1 ? 0 : (width + 3) / 4 * 4 - width;
  const int64_t last = rows == 1 ? 0 : blocks * 4 - units;
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>((rows + padding + last) * blocks * 16);
  weights.keep_float32 = rows == 1;
  weights.pack = [=, elements = weights.elements](float* destination) -> Status {
    std::fill(destination, destination + elements, 0.0f);
    const std::vector<float> from = ToFloatVector(values);
    for (size_t i = 0; i < from.size(); ++i) {
      const int64_t row = static_cast<int64_t>(i) / (4 * units);
      const int64_t gate = static_cast<int64_t>(i) / units % 4;
      const int64_t unit = static_cast<int64_t>(i) % units;
      const int64_t to = row < width || rows == 1 ? row : row + padding;
      destination[(to * blocks + unit / 4) * 16 + gate * 4 + unit % 4] = from[i];
    }
    return Status();
  };
  weights.identity = PackingIdentity("lstm gates", {width, units}, {values});
  return weights;
}

std::vector<KernelVariant> LstmCellOp::Lower(const LoweringRequest& request) const {
  const std::vector<OpInput>& inputs = request.inputs;
  if (!CanLower(request) || inputs[kWeights].constant == nullptr ||
      inputs[kBias].constant == nullptr || inputs[kX].constant != nullptr) {
    return {};
  }
  const Storage storage = StorageWithinLimits(request);
  const int64_t batch = inputs[kX].info.shape[0], width = inputs[kX].info.shape[1];
  const int64_t units = request.outputs[0].shape[1], blocks = (units + 3) / 4;
  // The bound on the packed weights, whose indices are ints.
  if ((width + units + 8) * blocks * 16 >= (int64_t{1} << 31)) return {};
  const int group = ReductionGroup(*request.device, width + units, batch * blocks);

  KernelVariant variant = NewVariant("lstm_cell", request, storage);
  variant.weights = {PackGates("weights", *inputs[kWeights].constant, width, units),
                     PackGates("bias", *inputs[kBias].constant, 0, units)};
  Launch launch = NewLaunch("lstm_cell.cl", "lstm_cell", request, storage);
  launch.kernel.macros["GROUP"] = std::to_string(group);
  launch.arguments = {InputArgument(kX), OutputArgument(0), OutputArgument(1), WeightsArgument(0),
                      WeightsArgument(1)};
  for (size_t operand : {kOutputBefore, kCellBefore}) {
    // A first state is often known: zeros.
    const HostTensor* known = inputs[operand].constant;
    const char* macro = operand == kCellBefore ? "CELL_TENSOR" : "OUTPUT_TENSOR";
    launch.kernel.macros[macro] = known == nullptr ? "1" : "0";
    if (known == nullptr) {
      launch.arguments.push_back(InputArgument(static_cast<int>(operand)));
      continue;
    }
    launch.arguments.push_back(WeightsArgument(static_cast<int>(variant.weights.size())));
    variant.weights.push_back(PackChannels4(kNames[operand], *known));
  }
  for (int64_t value : {batch, width, units}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  launch.arguments.push_back(forget_bias_);
  SetReductionSize(*request.device, group, batch * blocks, &launch);
  variant.launches.push_back(std::move(launch));
  return {variant};
}

StatusOr<std::unique_ptr<Op>> MakeLstmCell(const Node& node) {
  return std::unique_ptr<Op>(
      new LstmCellOp(static_cast<float>(node.attributes.GetFloat("scalar_input", 0))));
}

}  // namespace

extern const OpDefinition kLSTMCellOp;
const OpDefinition kLSTMCellOp = {"LSTMCell", 5, 5, &MakeLstmCell};

}  // namespace mace
