// How far two tensors lie apart.
#ifndef MACE_RUNTIME_DIFFERENCE_H_
#define MACE_RUNTIME_DIFFERENCE_H_

#include <string>

#include "mace/graph/tensor.h"

namespace mace {

struct Difference {
  bool same_shape = true;
  double max_abs_error =
      0;  // Infinite where one is NaN and the other is not, or infinities differ.
  double max_rel_error =
      0;  // max_abs_error over the largest magnitude of the expected; that magnitude 0: the error.
  double range = 0;   // Largest finite minus smallest finite of the expected.
  double cosine = 1;  // Over elements finite in both; 1 where both are all zero.
  double snr_db = 0;  // 10 log10(signal / noise); infinite where there is no noise.
};

// NaN equals NaN. Both as float32.
Difference Compare(const HostTensor& expected, const HostTensor& actual);

}  // namespace mace

#endif  // MACE_RUNTIME_DIFFERENCE_H_
