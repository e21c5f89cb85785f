// How elementwise ops run on a GPU: one kernel, elementwise.cl, whose steps are what
// Op::WriteElement writes.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_ELEMENTWISE_LOWERING_H_
#define MACE_OPS_ELEMENTWISE_ELEMENTWISE_LOWERING_H_

#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

// Operands that a kernel takes besides numbers: 8 images are allowed to a kernel on every device.
inline constexpr size_t kMaxElementwiseOperands = 8;

// The variants named `variant` and `variant`_strided: the first on channels4 wherever the
// broadcasts fold into its 4-D view, else the other on row-major buffers. Empty where the op writes
// no element for these inputs, where no input is an activation, or where there are too many.
// REQUIRES: no input is absent; all broadcast to the one output.
std::vector<KernelVariant> LowerElementwise(const Op& op, const std::string& variant,
                                            const LoweringRequest& request);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_ELEMENTWISE_LOWERING_H_
