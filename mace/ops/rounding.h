// The launch that rounds what is in device memory to 8 bits, in place.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ROUNDING_H_
#define MACE_OPS_ROUNDING_H_

#include "mace/ops/kernel.h"
#include "mace/ops/op.h"
#include "mace/ops/quantization.h"

namespace mace {

// Output 0 of the request, in a buffer.
Launch MakeRounding(const LoweringRequest& request, const Quantization& quantization);

}  // namespace mace

#endif  // MACE_OPS_ROUNDING_H_
