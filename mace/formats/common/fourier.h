// Fourier transforms, which become products with matrices of sines and cosines.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_COMMON_FOURIER_H_
#define MACE_FORMATS_COMMON_FOURIER_H_

#include <cstdint>

#include "mace/base/status.h"
#include "mace/formats/common/emit.h"

namespace mace {

struct FourierTransform {
  int axis = 0;        // Of x [..., 1 or 2 in the last axis: real and imaginary parts].
  int64_t length = 0;  // The signal is cut or filled with zeros to it.
  bool inverse = false;
  bool onesided = false;
};

// x with its axis transformed: [..., 1 or 2], real and imaginary parts. The spectrum of a one-sided
// transform has length / 2 + 1 elements; the inverse of one gives real numbers, [..., 1].
// kUnsupported for a matrix of more than 2^26 elements.
StatusOr<ValueId> EmitFourier(NodeEmitter* node, ValueId x, const FourierTransform& transform);

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_FOURIER_H_
