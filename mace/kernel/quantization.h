// Quantized numbers: real = scale * (q - zero_point), with q from 0 to 255 (uint8). int8 numbers
// are converted by adding 128 to q and to the zero point.
#ifndef MACE_KERNEL_QUANTIZATION_H_
#define MACE_KERNEL_QUANTIZATION_H_

#include <cmath>
#include <cstdint>

namespace mace {

struct Quantization {
  float scale = 0;         // Above 0; 0 where there is none.
  int32_t zero_point = 0;  // The q of zero, 0 to 255.

  friend bool operator==(const Quantization& a, const Quantization& b) {
    return a.scale == b.scale && a.zero_point == b.zero_point;
  }
};

// The nearest of the 256 numbers from low * scale on, `scale` apart; half to even.
inline double RoundToInt8(double x, double scale, double low) {
  return std::fmin(std::fmax(std::nearbyint(x / scale), low), low + 255) * scale;
}

}  // namespace mace

#endif  // MACE_KERNEL_QUANTIZATION_H_
