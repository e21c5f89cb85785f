// How ops that compute integers element by element run on a GPU: one kernel, integer_elements.cl,
// on row-major buffers, with NumPy's broadcasting.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_INTEGER_ELEMENTS_H_
#define MACE_OPS_ELEMENTWISE_INTEGER_ELEMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

// Whether an activation or the one output holds integers (DeviceElement::kInteger).
bool ComputesIntegers(const LoweringRequest& request);

struct IntegerStep {
  // In OpenCL C, of the long values v0, v1, ... of the operands, which fit an int. Empty: there is
  // no kernel.
  std::string result;
  // The result may lie beyond its type: it wraps around, but an int64 beyond int32 is reported
  // (fault_record.h). REQUIRES: it fits a long.
  bool may_leave_int32 = false;
  // The value that divides and may be 0, which is reported; empty: there is none.
  std::string divisor;
  // An operand behind the op's inputs.
  std::optional<int64_t> scalar;
};

// The variant named `variant`. Empty where an operand is neither integers nor bools, where a constant
// does not fit int32, or where no input is an activation. REQUIRES: no input is absent; all broadcast
// to the one output.
std::vector<KernelVariant> LowerIntegerElements(const std::string& variant,
                                                const LoweringRequest& request,
                                                const IntegerStep& step);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_INTEGER_ELEMENTS_H_
