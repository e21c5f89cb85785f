// Unary's round_to_int8, as other ops and passes see it.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ROUNDING_H_
#define MACE_OPS_ROUNDING_H_

#include <cmath>
#include <optional>

#include "mace/kernel/kernel.h"
#include "mace/kernel/quantization.h"
#include "mace/ops/op.h"

namespace mace {

// The quantization of the numbers from low * scale on; nothing where zero is not among them.
inline std::optional<Quantization> QuantizationOf(double scale, double low) {
  if (!(low >= -255 && low <= 0 && std::floor(low) == low)) return std::nullopt;
  return Quantization{static_cast<float>(scale), static_cast<int32_t>(-low)};
}

// The launch that rounds output 0 of the request to int8, in place, in a buffer.
Launch MakeRounding(const LoweringRequest& request, const Quantization& quantization);

}  // namespace mace

#endif  // MACE_OPS_ROUNDING_H_
