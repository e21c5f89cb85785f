#include "mace/execute/io_shapes.h"

#include <utility>
#include <vector>

namespace mace {

Shape ShownShape(const IoInfo& io, const Shape& shape) {
  if (!io.declared_dims.has_value()) return shape;
  std::vector<int64_t> dims = *io.declared_dims;
  const StatusOr<Shape> declared = Shape::Make(dims);
  if (declared.ok() && declared->elements() == shape.elements()) return *declared;
  if (dims.empty() || shape.rank() == 0) return shape;
  dims[0] = shape[0];
  const StatusOr<Shape> batched = Shape::Make(std::move(dims));
  return batched.ok() && batched->elements() == shape.elements() ? *batched : shape;
}

}  // namespace mace
