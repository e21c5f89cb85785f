#include "mace/formats/common/fourier.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mace {
namespace {

constexpr double kPi = 3.14159265358979323846;
// More elements than any matrix of a transform that is worth a product.
constexpr int64_t kMaxMatrix = int64_t{1} << 26;

// What one element of the signal adds to one of the result; `angle` is that of their product.
struct Share {
  double real_of_real, imaginary_of_real, real_of_imaginary, imaginary_of_imaginary;
};

Share ShareOf(const FourierTransform& transform, int64_t from, int64_t to) {
  const double n = static_cast<double>(transform.length);
  const double turns = static_cast<double>(from * to % transform.length) / n;
  const double angle = 2 * kPi * turns * (transform.inverse ? 1 : -1);
  double weight = transform.inverse ? 1 / n : 1;
  // The frequencies in the middle of a one-sided spectrum stand for two, whose sum is real.
  const bool real = transform.inverse && transform.onesided;
  if (real && from > 0 && 2 * from != transform.length) weight *= 2;
  const bool no_imaginary = real && (from == 0 || 2 * from == transform.length);
  const double c = weight * std::cos(angle), s = weight * std::sin(angle);
  return {c, s, no_imaginary ? 0 : -s, c};
}

// Rows: parts of the input times `used` elements; columns: elements times parts of the result.
StatusOr<HostTensor> MakeMatrix(const FourierTransform& transform, int64_t parts, int64_t used,
                                int64_t results, int64_t result_parts) {
  MACE_ASSIGN_OR_RETURN(
      HostTensor matrix,
      HostTensor::Allocate({DType::kFloat32, Shape{parts * used, results * result_parts}}));
  const int64_t columns = results * result_parts;
  for (int64_t from = 0; from < used; ++from) {
    for (int64_t to = 0; to < results; ++to) {
      const Share share = ShareOf(transform, from, to);
      float* real = matrix.f32() + from * columns + to * result_parts;
      float* imaginary = real + used * columns;
      real[0] = static_cast<float>(share.real_of_real);
      if (result_parts > 1) real[1] = static_cast<float>(share.imaginary_of_real);
      if (parts == 1) continue;
      imaginary[0] = static_cast<float>(share.real_of_imaginary);
      if (result_parts > 1) imaginary[1] = static_cast<float>(share.imaginary_of_imaginary);
    }
  }
  return matrix;
}

}  // namespace

StatusOr<ValueId> EmitFourier(NodeEmitter* node, ValueId x, const FourierTransform& transform) {
  GraphBuilder* builder = node->builder();
  const Shape shape = builder->ShapeOf(x);
  const int64_t parts = shape.back(0), extent = shape[transform.axis];
  const bool real_result = transform.inverse && transform.onesided;
  const int64_t result_parts = real_result ? 1 : 2;
  const bool half = transform.onesided;
  const int64_t half_length = transform.length / 2 + 1;
  const int64_t results = half && !transform.inverse ? half_length : transform.length;
  const int64_t used = std::min(extent, real_result ? half_length : transform.length);
  if (transform.length < 1 || used < 1 || parts * used > kMaxMatrix / (results * result_parts)) {
    return Unsupported("a transform of length " + std::to_string(transform.length) + " of " +
                       shape.ToString());
  }
  MACE_RETURN_IF_ERROR(builder->Reserve(
      "a transform", static_cast<size_t>(parts * used * results * result_parts) * sizeof(float)));
  MACE_ASSIGN_OR_RETURN(HostTensor matrix,
                        MakeMatrix(transform, parts, used, results, result_parts));
  if (used < extent) {
    MACE_ASSIGN_OR_RETURN(x, EmitSlice(node, x, transform.axis, 0, used));
  }
  // The parts, then the axis, behind all other axes.
  std::vector<int64_t> order, back(static_cast<size_t>(shape.rank())), dims;
  for (int axis = 0; axis < shape.rank() - 1; ++axis) {
    if (axis == transform.axis) continue;
    back[static_cast<size_t>(axis)] = static_cast<int64_t>(order.size());
    order.push_back(axis);
    dims.push_back(shape[axis]);
  }
  const int64_t others = static_cast<int64_t>(order.size());
  order.push_back(shape.rank() - 1);
  order.push_back(transform.axis);
  back[static_cast<size_t>(transform.axis)] = others;
  back.back() = others + 1;
  MACE_ASSIGN_OR_RETURN(ValueId y, builder->Transpose(x, order));
  const Shape outer(dims);
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, {outer.elements(), parts * used}));
  MACE_ASSIGN_OR_RETURN(
      y, EmitMatMul(node, y,
                    builder->graph().AddConstant(node->name() + "/matrix", std::move(matrix))));
  dims.push_back(results);
  dims.push_back(result_parts);
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, dims));
  return builder->Transpose(y, back);
}

}  // namespace mace
