#include "mace/kernel/kernel.h"

#include "mace/base/hash.h"

namespace mace {

void KernelInstance::SetBlocks(Layout in, Layout out) {
  const int in_block = BlockChannels(in), out_block = BlockChannels(out);
  if (in_block > 0) macros["IN_BLOCK"] = std::to_string(in_block);
  if (out_block > 0) macros["OUT_BLOCK"] = std::to_string(out_block);
}

std::string KernelInstance::function_name() const {
  if (!stored_name_.empty()) return stored_name_;
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

void KernelInstance::StoreName() { stored_name_ = function_name(); }

}  // namespace mace
