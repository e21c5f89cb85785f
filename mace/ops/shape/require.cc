// Require: y = x where a condition holds that the graph relies on; else the run fails. Inputs x of
// any type and shape, and condition, one bool. Attribute message: what the error says (optional).
// The error is kUnsupported; a kernel reports it (fault_record.h).
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class RequireOp : public Op {
 public:
  explicit RequireOp(std::string message) : message_(std::move(message)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& condition = inputs[1].info;
    if (!inputs[0].present || condition.dtype != DType::kBool || condition.shape.elements() != 1) {
      return InvalidArgument("expected x and one bool, found " + condition.ToString());
    }
    outputs->assign(1, {ActivationType(inputs[0].info.dtype), inputs[0].info.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    if (inputs[1].data<uint8_t>()[0] == 0) return Unsupported(message_);
    HostTensor& y = (*outputs)[0];
    std::memcpy(y.mutable_data<uint8_t>(), inputs[0].bytes().data(), y.info().bytes());
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    LoweringRequest elements = request;  // Without the condition.
    elements.inputs.resize(1);
    const bool integers = CanMoveIntegers(elements);
    if (!integers && !CanLower(elements)) return {};
    KernelVariant variant = NewRowMajorVariant("require", request);
    if (integers) variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("require.cl", "require", request, Storage::kBuffer);
    launch.kernel.macros["INTEGERS"] = integers ? "1" : "0";
    const int64_t total = request.outputs[0].shape.elements();
    for (int input : {0, 1}) {
      launch.arguments.push_back(RowMajorArgument(request, input, &variant, &launch));
    }
    launch.arguments.push_back(RawOutputArgument(0));
    launch.arguments.push_back(static_cast<int32_t>(total));
    AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(total), &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  const std::string message_;
};

StatusOr<std::unique_ptr<Op>> MakeRequire(const Node& node) {
  return std::unique_ptr<Op>(
      new RequireOp(node.attributes.GetString("message", kConditionMessage)));
}

}  // namespace

extern const OpDefinition kRequireOp;
const OpDefinition kRequireOp = {"Require", 2, 2, &MakeRequire};

}  // namespace mace
