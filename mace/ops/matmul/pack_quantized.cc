#include "mace/ops/matmul/pack_quantized.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/integer_type.h"
#include "mace/ops/matmul/blocked_inputs.h"

namespace mace {
namespace {

// What signed integers are moved by to be unsigned.
int64_t OffsetOf(DType dtype) {
  const IntegerType type = IntegerTypeOf(dtype);
  return type.is_signed ? int64_t{1} << (type.bits - 1) : 0;
}

// The axis of the integers that runs along a row of the BlockedMatrix.
int DepthAxis(const QuantizedMatrix& matrix) { return matrix.transposed ? 0 : 1; }

bool IsOneNumber(const HostTensor* numbers) {
  return numbers == nullptr || numbers->shape().elements() == 1;
}

bool HasOneScale(const DequantizeOptions& options) {
  return options.block_size == 0 && IsOneNumber(options.scale) && IsOneNumber(options.zero_point);
}

// Where the number of a block is among those of the scale or the zero point.
int64_t PlaceOf(const QuantizedMatrix& matrix, const HostTensor& numbers, int64_t row,
                int64_t block) {
  if (numbers.shape().elements() == 1) return 0;
  if (matrix.from.options.block_size == 0) return row;
  return matrix.transposed ? block * numbers.shape()[1] + row : row * numbers.shape()[1] + block;
}

StatusOr<HostTensor> PackElements(const QuantizedMatrix& from, const BlockedMatrix& matrix) {
  constexpr int64_t kRowsAtOnce =
      64;  // Neighbours in a transposed matrix share lines of the cache.
  MACE_ASSIGN_OR_RETURN(
      HostTensor packed,
      HostTensor::Allocate({DType::kUInt8, Shape{matrix.rows, matrix.row_bytes()}}));
  const uint8_t* const integers = from.from.integers->data<uint8_t>();
  uint8_t* const to = packed.mutable_data<uint8_t>();
  const int64_t row_step = from.transposed ? 1 : matrix.columns;
  const int64_t column_step = from.transposed ? matrix.rows : 1;
  const int64_t offset = OffsetOf(from.from.integers->dtype()), mask = (1 << matrix.bits) - 1;
  for (int64_t first = 0; first < matrix.rows; first += kRowsAtOnce) {
    const int64_t last = std::min(first + kRowsAtOnce, matrix.rows);
    for (int64_t column = 0; column < matrix.columns; ++column) {
      const int64_t byte = column / matrix.per_byte();
      const int64_t shift = column % matrix.per_byte() * matrix.bits;
      for (int64_t row = first; row < last; ++row) {
        const int64_t number = (integers[row * row_step + column * column_step] + offset) & mask;
        to[row * matrix.row_bytes() + byte] |= static_cast<uint8_t>(number << shift);
      }
    }
  }
  return packed;
}

// The numbers of all blocks, plus `offset`.
StatusOr<HostTensor> SpreadNumbers(const QuantizedMatrix& from, const BlockedMatrix& matrix,
                                   const HostTensor* numbers, int64_t offset) {
  MACE_ASSIGN_OR_RETURN(
      HostTensor spread,
      HostTensor::Allocate({DType::kFloat32, Shape{matrix.rows, matrix.blocks()}}));
  const std::vector<float> values =
      numbers == nullptr ? std::vector<float>() : ToFloatVector(*numbers);
  float* to = spread.f32();
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t block = 0; block < matrix.blocks(); ++block) {
      const float number =
          numbers == nullptr ? 0 : values[static_cast<size_t>(PlaceOf(from, *numbers, row, block))];
      *to++ = number + static_cast<float>(offset);
    }
  }
  return spread;
}

ConstantIdentity PackedIdentity(const char* what, const QuantizedMatrix& from,
                                const BlockedMatrix& matrix, const HostTensor* source) {
  IdentityHasher hasher(what);
  hasher.Add(std::vector<int64_t>{matrix.rows, matrix.columns, matrix.bits, matrix.block_size,
                                  from.transposed, OffsetOf(from.from.integers->dtype()),
                                  from.from.options.block_size, source == nullptr});
  if (source != nullptr) hasher.Add(*source);
  return hasher.Finish();
}

}  // namespace

BlockedMatrix BlocksOf(const QuantizedMatrix& from) {
  const Shape& shape = from.from.integers->shape();
  const DequantizeOptions& options = from.from.options;
  const int depth_axis = DepthAxis(from);
  BlockedMatrix matrix;
  matrix.columns = shape[depth_axis];
  matrix.bits = IntegerTypeOf(from.from.integers->dtype()).bits;
  const int64_t least = LeastBlock(matrix.bits);
  matrix.block_size = RoundUp(matrix.columns, least);
  const bool along_rows = options.axis == depth_axis && !HasOneScale(options);
  if (options.block_size == 0) {
    matrix.rows = along_rows ? 0 : shape[1 - depth_axis];
    return matrix;
  }
  const bool whole_row = options.block_size >= matrix.columns;
  if (!along_rows || (!whole_row && options.block_size % least != 0)) return matrix;
  if (!whole_row) matrix.block_size = options.block_size;
  matrix.rows = shape[1 - depth_axis];
  return matrix;
}

StatusOr<PackedMatrix> PackQuantized(const QuantizedMatrix& from,
                                     const std::shared_ptr<DerivedConstants>& known) {
  PackedMatrix made;
  made.matrix = BlocksOf(from);
  const HostTensor& integers = *from.from.integers;
  const HostTensor* const scale = from.from.options.scale;
  const HostTensor* const zero_point = from.from.options.zero_point;
  MACE_ASSIGN_OR_RETURN(
      made.packed,
      DeriveConstant(known, PackedIdentity("packed integers", from, made.matrix, &integers),
                     {integers}, [&] { return PackElements(from, made.matrix); }));
  MACE_ASSIGN_OR_RETURN(
      made.scales,
      DeriveConstant(known, PackedIdentity("scales of blocks", from, made.matrix, scale), {*scale},
                     [&] { return SpreadNumbers(from, made.matrix, scale, 0); }));
  std::vector<HostTensor> sources;
  if (zero_point != nullptr) sources.push_back(*zero_point);
  MACE_ASSIGN_OR_RETURN(
      made.zero_points,
      DeriveConstant(known, PackedIdentity("zero points of blocks", from, made.matrix, zero_point),
                     sources, [&] {
                       return SpreadNumbers(from, made.matrix, zero_point,
                                            OffsetOf(integers.dtype()));
                     }));
  return made;
}

}  // namespace mace
