// Identity: y = x. Where it is not at a graph's output, the passes remove it.
#include "mace/ops/shape/alias_op.h"

namespace mace {
namespace {

class IdentityOp : public AliasOp {
 public:
  IdentityOp() : AliasOp("identity") {}

 private:
  StatusOr<Shape> OutputShape(const std::vector<OpInput>& inputs) const override {
    return inputs[0].info.shape;
  }
};

StatusOr<std::unique_ptr<Op>> MakeIdentity(const Node&) {
  return std::unique_ptr<Op>(new IdentityOp());
}

}  // namespace

extern const OpDefinition kIdentityOp = {"Identity", 1, 1, &MakeIdentity};

}  // namespace mace
