// Views of dense tensors, and what becomes of a view where its tensor is the result or the source of
// a strided copy: readers of a transposed or sliced tensor can read the tensor before it instead.
//
// Pure functions: thread-safe.
#ifndef MACE_OPS_MOVE_STRIDED_VIEW_H_
#define MACE_OPS_MOVE_STRIDED_VIEW_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "mace/ops/move/strided_copy.h"

namespace mace {

struct ViewAxis {
  int64_t extent = 1;
  int64_t stride = 0;
};

// Element (i, j, ...) lies at offset + i * axes[0].stride + j * axes[1].stride + ... in the
// row-major order of a tensor.
struct StridedView {
  int64_t offset = 0;
  std::vector<ViewAxis> axes;
};

// The view of the copy's input that has the elements of `view` of the copy's output; nullopt where
// there is none with the same axes, or where the copy fills in or repeats elements. REQUIRES: the
// copy writes all that the view names.
std::optional<StridedView> ViewOfInput(const StridedView& view, const StridedCopy& copy);

// The view of the copy's output that has the elements of `view` of the copy's input; nullopt as
// above. REQUIRES: the copy reads all that the view names.
std::optional<StridedView> ViewOfOutput(const StridedView& view, const StridedCopy& copy);

}  // namespace mace

#endif  // MACE_OPS_MOVE_STRIDED_VIEW_H_
