// Helpers of the variants that take integers: tensors of int64, int32 and of 16 and fewer bits, which
// are int32 in row-major buffers on the device (DeviceElement of layout.h).
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_INTEGER_LOWERING_H_
#define MACE_OPS_INTEGER_LOWERING_H_

#include <string>
#include <vector>

#include "mace/ops/op.h"

namespace mace {

// Whether the tensor holds integers, is not empty, and every element's index fits an int.
bool IsIndexableIntegers(const TensorInfo& info);
// Whether the input is such a tensor; the numbers of a constant must fit int32, too.
bool IsIndexableIntegers(const OpInput& input);

// Whether a type's arithmetic is that of the device's int32: int32, and int64 with a check. Those of
// fewer bits wrap around earlier.
inline bool ComputesInInt32(DType dtype) {
  return dtype == DType::kInt32 || dtype == DType::kInt64;
}

// The integer of the type with the lowest bits of a long `value`, as an int in OpenCL C. REQUIRES,
// here and below: the device holds the integers of the type.
std::string WrappedText(DType dtype, const std::string& value);
// The integer of the type that is nearest to a float `value` cut to a whole number, as an int.
std::string SaturatedText(DType dtype, const std::string& value);

// Whether all inputs and outputs are such tensors, so that a kernel that only moves elements of four
// bytes moves them as well.
bool CanMoveIntegers(const LoweringRequest& request);

// Whether the variants, of which there are some, are those for integers.
inline bool HoldIntegers(const std::vector<KernelVariant>& variants) {
  return variants[0].integers != Integers::kUnknown;
}

// Makes a variant of row-major kernels that only move elements one for integers: float32 kernels
// keep all 32 bits of an element, and those of half precision would not.
void SetIntegerMoves(KernelVariant* variant);

// A constant's integers for a kernel that reads `__global const int *`. REQUIRES:
// IsIndexableIntegers.
PackedWeights PackIntegers(const std::string& name, const HostTensor& values);

// The argument for a kernel that reads a row-major input as `__global const STORAGE_T *`, or `int *`
// where it holds integers: the activation, or a constant as weights of the variant, which all plans
// and requests of a model share. The launch gets a macro that says which of the two it is, because
// launches of one kernel have arguments of the same kinds.
KernelArgument RowMajorArgument(const LoweringRequest& request, int input, KernelVariant* variant,
                                Launch* launch);
// Gives the macro to a launch to which the caller itself adds input `input`, a constant, as weights.
void MarkConstant(int input, Launch* launch);

}  // namespace mace

#endif  // MACE_OPS_INTEGER_LOWERING_H_
