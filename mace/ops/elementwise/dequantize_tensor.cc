#include "mace/ops/elementwise/dequantize_tensor.h"

#include <vector>

#include "mace/base/divide.h"
#include "mace/graph/integer_type.h"

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
  const int64_t blocks = block == 0 ? 0 : CeilDivide(extent, block);
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

Status DequantizeInto(const HostTensor& integers, const DequantizeOptions& options, float* to) {
  // A byte each, with the sign in its upper bits too.
  const IntegerType type = IntegerTypeOf(integers.dtype());
  const DType bytes = type.is_signed ? DType::kInt8 : DType::kUInt8;
  MACE_ASSIGN_OR_RETURN(const HostTensor aligned, IsBelowByte(integers.dtype())
                                                      ? integers.ConvertTo(bytes)
                                                      : integers.ToAligned());
  Numbers numbers;
  if (options.scale != nullptr) numbers.scales = ToFloatVector(*options.scale);
  if (options.zero_point != nullptr) numbers.zero_points = ToInt64Vector(*options.zero_point);
  switch (aligned.dtype()) {
    case DType::kUInt8:
      Dequantize<uint8_t>(aligned, options, numbers, to);
      return Status::Ok();
    case DType::kInt8:
      Dequantize<int8_t>(aligned, options, numbers, to);
      return Status::Ok();
    case DType::kInt16:
      Dequantize<int16_t>(aligned, options, numbers, to);
      return Status::Ok();
    case DType::kUInt16:
      Dequantize<uint16_t>(aligned, options, numbers, to);
      return Status::Ok();
    case DType::kInt32:
      Dequantize<int32_t>(aligned, options, numbers, to);
      return Status::Ok();
    default:
      return InvalidArgument(std::string("expected quantized integers, found ") +
                             DTypeName(integers.dtype()));
  }
}

StatusOr<HostTensor> DequantizeTensor(const HostTensor& integers,
                                      const DequantizeOptions& options) {
  MACE_ASSIGN_OR_RETURN(HostTensor floats,
                        HostTensor::Allocate({DType::kFloat32, integers.shape()}));
  MACE_RETURN_IF_ERROR(DequantizeInto(integers, options, floats.f32()));
  return floats;
}

}  // namespace mace
