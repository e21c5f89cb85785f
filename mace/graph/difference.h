// How far two tensors lie apart.
#ifndef MACE_GRAPH_DIFFERENCE_H_
#define MACE_GRAPH_DIFFERENCE_H_

namespace mace {

class HostTensor;  // mace/graph/tensor.h.

struct Difference {
  bool same_shape = true;
  // Infinite where one is NaN and the other is not, or infinities differ.
  double max_abs_error = 0;
  // max_abs_error over the largest magnitude of the expected; that magnitude 0: the error.
  double max_rel_error = 0;
  double range = 0;   // Largest finite minus smallest finite of the expected.
  double cosine = 1;  // Over elements finite in both; 1 where both are all zero.
  double snr_db = 0;  // 10 log10(signal / noise); infinite where there is no noise.
};

// max_abs_error as a share of the range; of a constant, as it is.
inline double ShareOfRange(const Difference& difference) {
  return difference.range > 0 ? difference.max_abs_error / difference.range
                              : difference.max_abs_error;
}

// What passes unless somebody says otherwise, as a share of the expected output's range: by the
// precision that activations are stored in.
inline constexpr double kDefaultRtolFloat32 = 1e-3;
inline constexpr double kDefaultRtolFloat16 = 2e-2;
// TF32: rounding an operand to 11 significant bits moves it by at most 2^-11 of itself, evenly
// spread, so that a product of two is 2^-11 * sqrt(2 / 3) = 4e-4 off (root mean square), and a sum
// of many by the same share of its own root mean square. Over n layers one behind the other that
// grows with sqrt(n): 3e-3 after 50, at a worst element four times as much, of a range that is
// eight times the root mean square or more.
inline constexpr double kDefaultRtolTf32 = 2e-3;
// And the cosine of an 8-bit model in half precision, where a half's rounding may tip a value over
// to the next of its 256 steps. Seen: 0.984 where an output has eleven steps.
inline constexpr double kHalfCosine = 0.97;

// NaN equals NaN. Both are compared as float32. Throws std::bad_alloc, as ToFloatVector does, where
// one has to be converted and there is no memory for it.
Difference Compare(const HostTensor& expected, const HostTensor& actual);

}  // namespace mace

#endif  // MACE_GRAPH_DIFFERENCE_H_
