// FusedElementwise: several elementwise ops as one launch; Node::steps are these ops. Makes no
// rounding to half between them, where single ops in half precision make one each.
//
// The reference runs the references of the steps, one after the other. Errors: those of the steps,
// and kInvalidArgument where one reads what is not made before it.
#include "mace/ops/elementwise/elementwise_lowering.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

struct ElementwiseStep {
  std::shared_ptr<const Op> op;
  std::vector<ValueId> inputs;  // Numbered as in Node::steps.
};

class FusedElementwiseOp : public Op {
 public:
  explicit FusedElementwiseOp(std::vector<ElementwiseStep> steps) : steps_(std::move(steps)) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    std::vector<OpInput> values;
    MACE_RETURN_IF_ERROR(InferSteps(inputs, &values));
    outputs->assign(1, values.back().info);
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    std::vector<OpInput> infos(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) infos[i].info = inputs[i].info();
    std::vector<OpInput> inferred;
    MACE_RETURN_IF_ERROR(InferSteps(infos, &inferred));
    std::vector<HostTensor> values = inputs;
    for (size_t k = 0; k < steps_.size(); ++k) {
      const bool last = k + 1 == steps_.size();
      const TensorInfo& info = inferred[inputs.size() + k].info;
      std::vector<HostTensor> made(1, (*outputs)[0]);
      if (!last) {
        MACE_ASSIGN_OR_RETURN(made[0], HostTensor::Allocate(info));
      }
      MACE_RETURN_IF_ERROR(steps_[k].op->Reference(Pick(values, steps_[k]), &made));
      values.push_back(made[0]);
    }
    (*outputs)[0] = values.back();
    return Status::Ok();
  }

  std::string WriteElement(const std::vector<ElementOperand>& inputs,
                           ElementText* text) const override {
    // Types alone: shapes broadcast, and a step's type depends on nothing else.
    std::vector<OpInput> types(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) types[i].info = {inputs[i].dtype, Shape({1})};
    std::vector<OpInput> inferred;
    if (!InferSteps(types, &inferred).ok()) return "";
    std::vector<ElementOperand> values = inputs;
    for (size_t k = 0; k < steps_.size(); ++k) {
      const std::string name = steps_[k].op->WriteElement(Pick(values, steps_[k]), text);
      if (name.empty()) return "";
      values.push_back({name, inferred[inputs.size() + k].info.dtype});
    }
    return values.back().name;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    return LowerElementwise(*this, "fused_elementwise", request);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    std::vector<OpInput> values;
    if (!InferSteps(inputs, &values).ok()) return cost;
    cost.flops = 0;
    for (size_t k = 0; k < steps_.size(); ++k) {
      cost.flops += steps_[k]
                        .op->EstimateCost(Pick(values, steps_[k]), {values[inputs.size() + k].info})
                        .flops;
    }
    return cost;
  }

 private:
  template <typename T>
  static std::vector<T> Pick(const std::vector<T>& values, const ElementwiseStep& step) {
    std::vector<T> picked;
    for (ValueId id : step.inputs) picked.push_back(values[static_cast<size_t>(id)]);
    return picked;
  }

  // The inputs, and behind them what each step makes.
  Status InferSteps(const std::vector<OpInput>& inputs, std::vector<OpInput>* values) const {
    *values = inputs;
    for (const ElementwiseStep& step : steps_) {
      std::vector<TensorInfo> made;
      MACE_RETURN_IF_ERROR(step.op->Infer(Pick(*values, step), &made));
      OpInput value;
      value.info = made[0];
      values->push_back(std::move(value));
    }
    return Status::Ok();
  }

  std::vector<ElementwiseStep> steps_;
};

StatusOr<std::unique_ptr<Op>> MakeFusedElementwise(const Node& node) {
  if (node.steps.empty()) return InvalidArgument("steps: expected one or more, found none");
  std::vector<ElementwiseStep> steps;
  for (const Node& step : node.steps) {
    const size_t made = node.inputs.size() + steps.size();
    for (ValueId id : step.inputs) {
      if (id < 0 || static_cast<size_t>(id) >= made) {
        return InvalidArgument("step '" + step.name + "': expected a value below " +
                               std::to_string(made) + ", found " + std::to_string(id));
      }
    }
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<const Op> op, OpOf(step));
    steps.push_back({std::move(op), step.inputs});
  }
  return std::unique_ptr<Op>(new FusedElementwiseOp(std::move(steps)));
}

}  // namespace

extern const OpDefinition kFusedElementwiseOp = {"FusedElementwise", 1, -1, &MakeFusedElementwise};

}  // namespace mace
