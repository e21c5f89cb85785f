#include "mace/ops/kernel.h"

#include "mace/base/hash.h"

namespace mace {

std::string KernelInstance::function_name() const {
  Sha256Hasher hasher;
  hasher.UpdateField(source);
  for (const auto& [name, value] : macros) {
    hasher.UpdateField(name);
    hasher.UpdateField(value);
  }
  const Sha256Digest digest = hasher.Finish();
  return base_name + (storage == Storage::kImage ? "_image" : "_buffer") +
         (precision == Precision::kFloat16 ? "_f16_" : "_f32_") + ToHex(Bytes(digest.data(), 6));
}

void SetPrecision(Precision precision, Lowering* lowering) {
  lowering->precision = precision;
  for (TensorFormat& format : lowering->inputs) format.precision = precision;
  if (lowering->integer_outputs) return;  // Four bytes an element, like float32.
  for (TensorFormat& format : lowering->outputs) format.precision = precision;
}

}  // namespace mace
