// The functions of two integers for the types of Eltwise, as text for a kernel.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_ELEMENTWISE_ELTWISE_INTEGERS_H_
#define MACE_OPS_ELEMENTWISE_ELTWISE_INTEGERS_H_

#include <string>

#include "mace/ops/elementwise/eltwise.h"

namespace mace {

// f(a, b) in OpenCL C, for operands of type long that fit an int; empty where there is no such text,
// or where the result may not fit a long. REQUIRES: b is not 0 where the type divides.
std::string IntegerResult(EltwiseType type, const std::string& a, const std::string& b);

}  // namespace mace

#endif  // MACE_OPS_ELEMENTWISE_ELTWISE_INTEGERS_H_
