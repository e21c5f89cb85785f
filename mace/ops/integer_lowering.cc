#include "mace/ops/integer_lowering.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "mace/graph/integer_type.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// Floats or bools in the order of their elements, in the storage type.
PackedWeights PackNumbers(const std::string& name, const HostTensor& values) {
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>(values.shape().elements());
  weights.pack = [values](float* destination) -> Status {
    const std::vector<float> floats = ToFloatVector(values);
    std::copy(floats.begin(), floats.end(), destination);
    return Status();
  };
  weights.identity = PackingIdentity("row-major", {}, {values});
  return weights;
}

}  // namespace

bool IsIndexableIntegers(const TensorInfo& info) {
  const int64_t elements = info.shape.elements();
  // A margin keeps the round-up of the global size inside an int.
  return DeviceElementOf(info.dtype) == DeviceElement::kInteger && elements > 0 &&
         elements < std::numeric_limits<int32_t>::max() - (1 << 16);
}

bool IsIndexableIntegers(const OpInput& input) {
  if (!IsIndexableIntegers(input.info)) return false;
  if (input.constant == nullptr || input.info.dtype != DType::kInt64) return true;
  const std::vector<int64_t> values = ToInt64Vector(*input.constant);
  return std::all_of(values.begin(), values.end(), [](int64_t value) {
    return value >= std::numeric_limits<int32_t>::min() &&
           value <= std::numeric_limits<int32_t>::max();
  });
}

std::string WrappedText(DType dtype, const std::string& value) {
  const IntegerType type = IntegerTypeOf(dtype);
  if (type.bits >= 32) return "(int)(" + value + ")";
  if (!type.is_signed) {
    return "((int)(" + value + ") & " + std::to_string((1 << type.bits) - 1) + ")";
  }
  // The sign's bit goes to the top and is repeated on the way back.
  const std::string shift = std::to_string(32 - type.bits);
  return "((int)((uint)(" + value + ") << " + shift + ") >> " + shift + ")";
}

std::string SaturatedText(DType dtype, const std::string& value) {
  const IntegerType type = IntegerTypeOf(dtype);
  const std::string whole = "convert_int_sat_rtz(" + value + ")";
  if (type.bits >= 32) return whole;
  const int low = type.is_signed ? -(1 << (type.bits - 1)) : 0;
  const int high = low + (1 << type.bits) - 1;
  return "clamp(" + whole + ", " + std::to_string(low) + ", " + std::to_string(high) + ")";
}

bool CanMoveIntegers(const LoweringRequest& request) {
  for (const OpInput& input : request.inputs) {
    if (input.present && !IsIndexableIntegers(input)) return false;
  }
  for (const TensorInfo& output : request.outputs) {
    if (!IsIndexableIntegers(output)) return false;
  }
  return true;
}

void SetIntegerMoves(KernelVariant* variant) {
  variant->integers = Integers::kFromKernels;
  for (Launch& launch : variant->launches) launch.kernel.precision = Precision::kFloat32;
}

PackedWeights PackIntegers(const std::string& name, const HostTensor& values) {
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>(values.shape().elements());
  weights.keep_float32 = true;
  weights.pack = [values](float* destination) -> Status {
    for (int64_t value : ToInt64Vector(values)) {
      const int32_t narrow = static_cast<int32_t>(value);
      std::memcpy(destination++, &narrow, sizeof(narrow));
    }
    return Status();
  };
  weights.identity = PackingIdentity("integers", {}, {values});
  return weights;
}

void MarkConstant(int input, Launch* launch) {
  launch->kernel.macros["CONSTANT_" + std::to_string(input)] = "1";
}

KernelArgument RowMajorArgument(const LoweringRequest& request, int input, KernelVariant* variant,
                                Launch* launch) {
  const HostTensor* constant = request.inputs[static_cast<size_t>(input)].constant;
  if (constant == nullptr) return RawInputArgument(input);
  MarkConstant(input, launch);
  const std::string name = "constant " + std::to_string(input);
  const bool integers = DeviceElementOf(constant->dtype()) == DeviceElement::kInteger;
  variant->weights.push_back(integers ? PackIntegers(name, *constant)
                                      : PackNumbers(name, *constant));
  return WeightsArgument(static_cast<int>(variant->weights.size()) - 1);
}

}  // namespace mace
