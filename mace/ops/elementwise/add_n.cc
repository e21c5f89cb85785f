// AddN: y = the sum of one or more tensors of one shape, in their order. Any rank.
#include <algorithm>

#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// Tensors that one launch takes: 8 images are allowed to a kernel on every device.
constexpr size_t kMaxInputs = 8;

class AddNOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& first = inputs[0].info;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorInfo& info = inputs[i].info;
      const std::string which = "input " + std::to_string(i);
      if (!inputs[i].present) return InvalidArgument(which + ": expected a tensor, found none");
      if (!IsFloat(info.dtype))
        return InvalidArgument(which + ": expected floats, found " + DTypeName(info.dtype));
      if (info.shape != first.shape) {
        return InvalidArgument(which + ": expected shape " + first.shape.ToString() + ", found " +
                               info.shape.ToString());
      }
    }
    outputs->assign(1, {DType::kFloat32, first.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    float* y = (*outputs)[0].f32();
    for (int64_t i = 0; i < (*outputs)[0].shape().elements(); ++i) {
      double sum = 0;
      for (const HostTensor& input : inputs) sum += input.f32()[i];
      y[i] = static_cast<float>(sum);
    }
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    std::string sum = inputs[0].name;
    for (size_t i = 1; i < inputs.size(); ++i) sum += " + " + inputs[i].name;
    return inputs.size() == 1 ? sum : text->Let(sum);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (!CanLower(request)) return {};
    std::vector<int> tensors;
    std::vector<HostTensor> constants;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      if (request.inputs[i].constant == nullptr) {
        tensors.push_back(static_cast<int>(i));
      } else {
        constants.push_back(*request.inputs[i].constant);
      }
    }
    if (tensors.empty()) return {};
    // Only a buffer can be read back for the launches after the first.
    const Storage storage =
        tensors.size() > kMaxInputs ? Storage::kBuffer : StorageWithinLimits(request);
    KernelVariant variant = NewVariant("add_n", request, storage);
    const bool in_place = storage == Storage::kBuffer && tensors.size() <= kMaxInputs;
    variant.in_place = in_place ? 0 : -1;
    if (!constants.empty()) variant.weights.push_back(PackSum(constants));
    for (size_t begin = 0; begin < tensors.size(); begin += kMaxInputs) {
      const size_t end = std::min(tensors.size(), begin + kMaxInputs);
      variant.launches.push_back(MakeLaunch(request, storage,
                                            {tensors.begin() + static_cast<ptrdiff_t>(begin),
                                             tensors.begin() + static_cast<ptrdiff_t>(end)},
                                            begin == 0 && !constants.empty()));
      variant.launches.back().kernel.macros["ACCUMULATE"] = begin == 0 ? "0" : "1";
    }
    return {variant};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops *= static_cast<double>(inputs.size() - 1);
    return cost;
  }

 private:
  static PackedWeights PackSum(const std::vector<HostTensor>& constants) {
    const PackedWeights shape_of = PackChannels4("constants", constants[0]);
    PackedWeights weights = shape_of;
    weights.pack = [constants, elements = shape_of.elements](float* destination) -> Status {
      std::fill(destination, destination + elements, 0.0f);
      std::vector<float> one(elements);
      for (const HostTensor& constant : constants) {
        MACE_RETURN_IF_ERROR(PackChannels4("", constant).pack(one.data()));
        for (size_t i = 0; i < elements; ++i) destination[i] += one[i];
      }
      return Status();
    };
    weights.identity = PackingIdentity("sum in channels4", {}, constants);
    return weights;
  }

  static Launch MakeLaunch(const LoweringRequest& request, Storage storage,
                           const std::vector<int>& tensors, bool constant) {
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const int blocks_per_item = BlocksPerItem(request, storage);
    Launch launch = NewLaunch("add_n.cl", "add_n", request, storage);
    launch.kernel.macros = {{"COUNT", std::to_string(tensors.size())},
                            {"CONSTANT", constant ? "1" : "0"},
                            {"BLOCKS_PER_ITEM", std::to_string(blocks_per_item)}};
    // The sum of two is rounded once, in half as in float.
    if (tensors.size() == 2 && !constant) SetHalfMath(request, &launch);
    for (int index : tensors) launch.arguments.push_back(InputArgument(index));
    if (constant) launch.arguments.push_back(WeightsArgument(0));
    launch.arguments.push_back(OutputArgument(0));
    launch.arguments.push_back(static_cast<int32_t>(view.rows()));
    launch.arguments.push_back(static_cast<int32_t>(view.c));
    SetElementwiseSize(*request.device, view, blocks_per_item, &launch);
    return launch;
  }
};

StatusOr<std::unique_ptr<Op>> MakeAddN(const Node&) { return std::unique_ptr<Op>(new AddNOp()); }

}  // namespace

extern const OpDefinition kAddNOp;
const OpDefinition kAddNOp = {"AddN", 1, -1, &MakeAddN};

}  // namespace mace
