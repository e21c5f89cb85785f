#include "mace/formats/onnx/dequantize.h"

#include <vector>

namespace mace {
namespace {

// The numbers of a scale or a zero point, and where those of an element are
// among them.
struct Numbers {
  std::vector<float> scales;
  std::vector<int64_t> zero_points;

  float scale(int64_t at) const {
    if (scales.empty()) return 1;
    return scales[scales.size() == 1 ? 0 : static_cast<size_t>(at)];
  }
  int64_t zero_point(int64_t at) const {
    if (zero_points.empty()) return 0;
    return zero_points[zero_points.size() == 1 ? 0 : static_cast<size_t>(at)];
  }
};

template <typename T>
void Dequantize(const HostTensor& integers, const DequantizeOptions& options,
                const Numbers& numbers, float* to) {
  const Shape& shape = integers.shape();
  const int rank = shape.rank();
  const T* from = integers.data<T>();
  const int64_t extent = rank == 0 ? 1 : shape[options.axis];
  const int64_t outer = rank == 0 ? 1 : shape.elements(0, options.axis);
  const int64_t inner = rank == 0 ? 1 : shape.elements(options.axis + 1, rank);
  const int64_t block = options.block_size;
  const int64_t blocks = block == 0 ? 0 : (extent + block - 1) / block;
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t a = 0; a < extent; ++a) {
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t at = block == 0 ? a : (o * blocks + a / block) * inner + i;
        const auto centred =
            static_cast<float>(static_cast<int64_t>(*from++) - numbers.zero_point(at));
        *to++ = centred * numbers.scale(at);
      }
    }
  }
}

}  // namespace

StatusOr<HostTensor> DequantizeTensor(const HostTensor& integers,
                                      const DequantizeOptions& options) {
  MACE_ASSIGN_OR_RETURN(const HostTensor aligned, integers.ToAligned());
  MACE_ASSIGN_OR_RETURN(HostTensor floats,
                        HostTensor::Allocate({DType::kFloat32, integers.shape()}));
  Numbers numbers;
  if (options.scale != nullptr) numbers.scales = ToFloatVector(*options.scale);
  if (options.zero_point != nullptr) numbers.zero_points = ToInt64Vector(*options.zero_point);
  switch (integers.dtype()) {
    case DType::kUInt8:
      Dequantize<uint8_t>(aligned, options, numbers, floats.f32());
      return floats;
    case DType::kInt8:
      Dequantize<int8_t>(aligned, options, numbers, floats.f32());
      return floats;
    case DType::kInt32:
      Dequantize<int32_t>(aligned, options, numbers, floats.f32());
      return floats;
    default:
      return InvalidArgument(std::string("expected quantized integers, found ") +
                             DTypeName(integers.dtype()));
  }
}

StatusOr<HostTensor> DequantizeBlocks(const BlockedMatrix& matrix) {
  const int64_t blocks = matrix.blocks(), per_byte = 8 / matrix.bits;
  const int64_t mask = (int64_t{1} << matrix.bits) - 1;
  const int64_t row_bytes = blocks * matrix.block_size / per_byte;
  const std::vector<float> scales = ToFloatVector(*matrix.scales);
  std::vector<float> zero_points(scales.size(), static_cast<float>((mask + 1) / 2));
  if (matrix.zero_point != nullptr && IsFloat(matrix.zero_point->dtype())) {
    zero_points = ToFloatVector(*matrix.zero_point);
  } else if (matrix.zero_point != nullptr) {
    const std::vector<int64_t> bytes = ToInt64Vector(*matrix.zero_point);
    const int64_t each = (blocks + per_byte - 1) / per_byte;
    for (int64_t i = 0; i < matrix.rows * blocks; ++i) {
      const int64_t row = i / blocks, block = i % blocks;
      const int64_t byte = bytes[static_cast<size_t>(row * each + block / per_byte)];
      zero_points[static_cast<size_t>(i)] =
          static_cast<float>(byte >> (block % per_byte * matrix.bits) & mask);
    }
  }
  MACE_ASSIGN_OR_RETURN(
      HostTensor floats,
      HostTensor::Allocate({DType::kFloat32, Shape{matrix.rows, matrix.columns}}));
  const uint8_t* const packed = matrix.packed->data<uint8_t>();
  float* to = floats.f32();
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t k = 0; k < matrix.columns; ++k) {
      const int64_t byte = packed[row * row_bytes + k / per_byte];
      const auto number = static_cast<float>(byte >> (k % per_byte * matrix.bits) & mask);
      const auto block = static_cast<size_t>(row * blocks + k / matrix.block_size);
      *to++ = (number - zero_points[block]) * scales[block];
    }
  }
  return floats;
}

}  // namespace mace
