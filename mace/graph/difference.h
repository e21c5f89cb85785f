// Measures of the difference between two tensors.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_GRAPH_DIFFERENCE_H_
#define MACE_GRAPH_DIFFERENCE_H_

namespace mace {

class HostTensor;  // mace/graph/tensor.h.

struct Difference {
  bool same_shape = true;
  // Infinite if only one of two elements is NaN, or if infinities differ.
  double max_abs_error = 0;
  // max_abs_error divided by the largest magnitude of the expected tensor, unless that is 0.
  double max_rel_error = 0;
  double range = 0;   // Largest minus smallest finite element of the expected tensor.
  double cosine = 1;  // Over elements finite in both; 1 if all of these are zero.
  double snr_db = 0;  // 10 log10(signal / noise); infinite without noise.
};

// max_abs_error as a share of the range; max_abs_error itself if the range is 0.
inline double ShareOfRange(const Difference& difference) {
  return difference.range > 0 ? difference.max_abs_error / difference.range
                              : difference.max_abs_error;
}

// The default tolerances, as shares of the expected output's range, by the precision of
// activations.
inline constexpr double kDefaultRtolFloat32 = 1e-3;
inline constexpr double kDefaultRtolFloat16 = 2e-2;
// TF32: rounding an operand to 11 significant bits changes it by at most 2^-11 of its value, evenly
// distributed. A product of two is then off by 2^-11 * sqrt(2 / 3) = 4e-4 (root mean square), and
// so is a sum of many, relative to its own root mean square. Over n successive layers the error
// grows with sqrt(n), to 3e-3 after 50. The worst element is off by four times as much, and the
// range is at least eight times the root mean square.
inline constexpr double kDefaultRtolTf32 = 2e-3;
// The least cosine of an int8 model in half precision, where rounding may move a value to the next
// of its 256 steps. The lowest one observed is 0.984, for an output with eleven steps.
inline constexpr double kHalfCosine = 0.97;

// Compares the tensors as float32; NaN equals NaN. Throws std::bad_alloc if a tensor must be
// converted and there is no memory for that (ToFloatVector).
Difference Compare(const HostTensor& expected, const HostTensor& actual);

}  // namespace mace

#endif  // MACE_GRAPH_DIFFERENCE_H_
