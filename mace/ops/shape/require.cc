// Require: y = x where a condition holds that the graph relies on; else the run fails. Inputs x of
// any type and shape, and condition, one bool. Attribute message: what the error says (optional).
// The error is kUnsupported, which is why the op runs on the CPU alone: a kernel can tell nobody.
#include <cstring>
#include <string>
#include <utility>
#include <vector>

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

 private:
  const std::string message_;
};

StatusOr<std::unique_ptr<Op>> MakeRequire(const Node& node) {
  return std::unique_ptr<Op>(new RequireOp(
      node.attributes.GetString("message", "a condition that the network relies on is false")));
}

}  // namespace

extern const OpDefinition kRequireOp;
const OpDefinition kRequireOp = {"Require", 2, 2, &MakeRequire};

}  // namespace mace
