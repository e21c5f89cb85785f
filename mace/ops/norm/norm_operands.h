// What the normalisations have in common: their epsilon, and the vectors with a number for each
// channel (scale, offset, and for BatchNorm mean and variance) that follow x among their inputs.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_NORM_NORM_OPERANDS_H_
#define MACE_OPS_NORM_NORM_OPERANDS_H_

#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

// The attribute epsilon, at least 0; kInvalidArgument says what was found.
StatusOr<double> ParseEpsilon(const AttributeMap& attributes, double fallback = 1e-5);

// "x", "scale", "offset", "mean" or "variance".
const char* NormOperandName(size_t index);

// Checks that x and the vectors are floats, and that each vector has as many elements as x has
// channels (its last axis). An absent one passes. REQUIRES: x has a rank of at least 1; there are
// at most five inputs.
Status CheckNormOperands(const std::vector<OpInput>& inputs);

// Element c of vector `index` among the tensors of a reference, or `fallback` where it is absent.
double NormOperand(const std::vector<HostTensor>& inputs, size_t index, int64_t c, double fallback);

// Adds vector `index` to the launch as its next argument: packed weights where it is constant or
// absent (each element is `fallback` then), else the tensor itself. Sets the macro that tells the
// kernel which (norm_operands.clh), such as SCALE_TENSOR.
void AddNormOperand(const LoweringRequest& request, size_t index, float fallback,
                    KernelVariant* variant, Launch* launch);

// Adds vector `index` to the launch as weights that are packed already, and sets its macro.
void AddNormWeights(size_t index, PackedWeights weights, KernelVariant* variant, Launch* launch);

}  // namespace mace

#endif  // MACE_OPS_NORM_NORM_OPERANDS_H_
