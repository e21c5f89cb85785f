#include "mace/passes/product.h"

#include "mace/passes/activation_attributes.h"

namespace mace {

namespace {

constexpr int64_t kEltwiseProduct = 2;

}  // namespace

bool IsPlainProduct(const Node& node) {
  return node.type == "Eltwise" && node.inputs.size() == 2 && node.outputs.size() == 1 &&
         node.inputs[0] != kNoValue && node.inputs[1] != kNoValue &&
         node.attributes.GetInt("type", 0) == kEltwiseProduct && !HasActivation(node);
}

}  // namespace mace
