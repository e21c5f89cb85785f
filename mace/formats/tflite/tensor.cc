#include "mace/formats/tflite/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>

#include "mace/base/strings.h"
#include "mace/graph/constant_identity.h"

namespace mace {
namespace {

using Type = tflite::TensorType;

// 0: a type whose elements are not read.
size_t StoredBytes(Type type) {
  switch (type) {
    case tflite::TensorType_FLOAT64:
    case tflite::TensorType_INT64:
      return 8;
    case tflite::TensorType_FLOAT32:
    case tflite::TensorType_INT32:
      return 4;
    case tflite::TensorType_FLOAT16:
    case tflite::TensorType_BFLOAT16:
    case tflite::TensorType_INT16:
    case tflite::TensorType_UINT16:
      return 2;
    case tflite::TensorType_INT8:
    case tflite::TensorType_UINT8:
    case tflite::TensorType_BOOL:
      return 1;
    default:
      return 0;
  }
}

template <typename T>
T ElementAt(Bytes bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

// REQUIRES: a type of integers.
int64_t IntegerAt(Type type, Bytes bytes, size_t index) {
  switch (type) {
    case tflite::TensorType_INT64:
      return ElementAt<int64_t>(bytes, index);
    case tflite::TensorType_INT32:
      return ElementAt<int32_t>(bytes, index);
    case tflite::TensorType_INT16:
      return ElementAt<int16_t>(bytes, index);
    case tflite::TensorType_UINT16:
      return ElementAt<uint16_t>(bytes, index);
    case tflite::TensorType_INT8:
      return ElementAt<int8_t>(bytes, index);
    default:
      return ElementAt<uint8_t>(bytes, index);
  }
}

// The least and the greatest number of int64 stand for "to the end", and become those of int32.
StatusOr<int32_t> Narrowed(int64_t value) {
  using Narrow = std::numeric_limits<int32_t>;
  if (value == std::numeric_limits<int64_t>::max()) return Narrow::max();
  if (value == std::numeric_limits<int64_t>::min()) return Narrow::min();
  if (value >= Narrow::min() && value <= Narrow::max()) return static_cast<int32_t>(value);
  return Unsupported("a whole number: expected " + std::to_string(Narrow::min()) + " to " +
                     std::to_string(Narrow::max()) + ", found " + std::to_string(value));
}

Status ToInt32(Type type, Bytes bytes, HostTensor* result) {
  int32_t* out = result->mutable_data<int32_t>();
  const size_t count = static_cast<size_t>(result->shape().elements());
  for (size_t i = 0; i < count; ++i) {
    MACE_ASSIGN_OR_RETURN(out[i], Narrowed(IntegerAt(type, bytes, i)));
  }
  return Status::Ok();
}

void ToReals(const TfliteQuantization& by, Bytes bytes, HostTensor* result) {
  float* out = result->f32();
  const Shape& shape = result->shape();
  const size_t count = static_cast<size_t>(shape.elements());
  const size_t places = by.scales.size();
  const size_t inner =
      places == 1 ? 1 : static_cast<size_t>(shape.elements(by.axis + 1, shape.rank()));
  for (size_t i = 0; i < count; ++i) {
    const size_t place = places == 1 ? 0 : i / inner % places;
    const int64_t steps = IntegerAt(by.type, bytes, i) - by.zero_points[place];
    out[i] = static_cast<float>(double{by.scales[place]} * static_cast<double>(steps));
  }
}

std::pair<double, double> RangeOf(Type type) {
  switch (type) {
    case tflite::TensorType_UINT8:
      return {0, 255};
    case tflite::TensorType_INT8:
      return {-128, 127};
    case tflite::TensorType_INT16:
      return {-32768, 32767};
    default:
      return {-2147483648.0, 2147483647.0};
  }
}

std::vector<int64_t> DimsOf(const tflite::Tensor& tensor) {
  const std::vector<int32_t> dims = TflitePlaces(tensor.shape());
  return {dims.begin(), dims.end()};
}

Status CheckPlaces(const tflite::Tensor& tensor, const TfliteQuantization& by) {
  if (by.is_per_tensor()) return Status::Ok();
  const std::vector<int64_t> dims = DimsOf(tensor);
  const bool fits = by.axis >= 0 && static_cast<size_t>(by.axis) < dims.size() &&
                    dims[static_cast<size_t>(by.axis)] == static_cast<int64_t>(by.scales.size());
  if (fits) return Status::Ok();
  return Corruption("quantization: expected a scale for each place of an axis of [" +
                    JoinNumbers(dims, ", ") + "], found " + std::to_string(by.scales.size()) +
                    " of axis " + std::to_string(by.axis));
}

Status CheckNumbers(const TfliteQuantization& by) {
  for (size_t i = 0; i < by.scales.size(); ++i) {
    if (!(by.scales[i] >= 0) || !std::isfinite(by.scales[i])) {
      return Corruption("quantization: expected scales of 0 or more, found " +
                        std::to_string(by.scales[i]));
    }
    const double zero_point = static_cast<double>(by.zero_points[i]);
    if (zero_point >= by.low && zero_point <= by.high) continue;
    return Corruption("quantization: expected a zero point of the type's integers, found " +
                      std::to_string(by.zero_points[i]));
  }
  return Status::Ok();
}

// REQUIRES: there are scales.
StatusOr<TfliteQuantization> ReadQuantization(const tflite::QuantizationParameters& stored,
                                              Type type) {
  if (stored.details_type() != 0) {
    return Unsupported(
        "quantization: expected scales of a tensor or of an axis, found details of type " +
        std::to_string(stored.details_type()));
  }
  TfliteQuantization by;
  by.type = type;
  by.axis = stored.quantized_dimension();
  by.scales.assign(stored.scale()->begin(), stored.scale()->end());
  const auto* zeros = stored.zero_point();
  if (zeros == nullptr || zeros->size() == 0) {
    by.zero_points.assign(by.scales.size(), 0);
  } else if (zeros->size() == 1) {
    by.zero_points.assign(by.scales.size(), zeros->Get(0));
  } else if (zeros->size() == by.scales.size()) {
    by.zero_points.assign(zeros->begin(), zeros->end());
  } else {
    return Corruption("quantization: expected " + std::to_string(by.scales.size()) +
                      " zero points, found " + std::to_string(zeros->size()));
  }
  std::tie(by.low, by.high) = RangeOf(by.type);
  MACE_RETURN_IF_ERROR(CheckNumbers(by));
  return by;
}

}  // namespace

DType TfliteGraphType(Type type) {
  switch (type) {
    case tflite::TensorType_FLOAT32:
    case tflite::TensorType_FLOAT64:
      return DType::kFloat32;
    case tflite::TensorType_FLOAT16:
      return DType::kFloat16;
    case tflite::TensorType_BFLOAT16:
      return DType::kBFloat16;
    case tflite::TensorType_INT16:
    case tflite::TensorType_UINT16:
    case tflite::TensorType_INT32:
    case tflite::TensorType_INT64:
      return DType::kInt32;
    case tflite::TensorType_INT8:
      return DType::kInt8;
    case tflite::TensorType_UINT8:
      return DType::kUInt8;
    case tflite::TensorType_BOOL:
      return DType::kBool;
    default:
      return DType::kInvalid;
  }
}

DType TfliteIoType(Type type) {
  if (type == tflite::TensorType_INT64) return DType::kInt64;
  if (type == tflite::TensorType_FLOAT64) return DType::kFloat64;
  if (type == tflite::TensorType_BFLOAT16) return DType::kFloat32;
  return TfliteGraphType(type);
}

std::string TfliteTypeName(Type type) {
  const std::string name = tflite::EnumNameTensorType(type);
  return name.empty() ? std::to_string(static_cast<int>(type)) : name;
}

bool IsTfliteQuantized(const TfliteQuantizationPtr& quantization) {
  return quantization != nullptr && (quantization->type == tflite::TensorType_INT8 ||
                                     quantization->type == tflite::TensorType_UINT8 ||
                                     quantization->type == tflite::TensorType_INT16);
}

StatusOr<TfliteQuantizationPtr> TfliteConstants::Quantization(size_t tensor) {
  const tflite::Tensor& each = model_->tensor(tensor);
  const tflite::QuantizationParameters* stored = each.quantization();
  if (stored == nullptr || stored->scale() == nullptr || stored->scale()->size() == 0) {
    return TfliteQuantizationPtr();
  }
  TfliteQuantizationPtr& known = quantizations_[{stored, each.type()}];
  if (known == nullptr) {
    if (stored->scale()->size() > 1) {
      MACE_RETURN_IF_ERROR(
          builder_->Reserve("scales", stored->scale()->size() * (sizeof(float) + sizeof(int64_t))));
    }
    MACE_ASSIGN_OR_RETURN(TfliteQuantization by, ReadQuantization(*stored, each.type()));
    known = std::make_shared<const TfliteQuantization>(std::move(by));
  }
  MACE_RETURN_IF_ERROR(CheckPlaces(each, *known));
  return known;
}

StatusOr<TensorInfo> TfliteConstants::InfoOf(size_t tensor) const {
  const tflite::Tensor& each = model_->tensor(tensor);
  TensorInfo info;
  MACE_ASSIGN_OR_RETURN(info.shape, Shape::Make(DimsOf(each)));
  info.dtype = TfliteGraphType(each.type());
  if (info.dtype == DType::kInvalid || StoredBytes(each.type()) == 0) {
    return Unsupported("element type " + TfliteTypeName(each.type()) + " of a constant");
  }
  if (each.sparsity() != nullptr) {
    return Unsupported("expected a dense constant, found a sparse one");
  }
  return info;
}

StatusOr<TfliteModel::Part> TfliteConstants::PartOf(size_t tensor, int64_t elements) const {
  MACE_ASSIGN_OR_RETURN(const TfliteModel::Part part, model_->Elements(tensor));
  const uint64_t stored = StoredBytes(model_->tensor(tensor).type());
  const uint64_t expected = static_cast<uint64_t>(elements) * stored;
  if (part.size == expected) return part;
  return Corruption("expected " + std::to_string(expected) + " bytes for " +
                    std::to_string(elements) + " elements, found " + std::to_string(part.size));
}

Status TfliteConstants::Count(const TfliteModel::Part& part, size_t bytes) {
  if (converted_.insert({part.offset, part.size}).second) {
    return builder_->budget().Convert("conversion", bytes);
  }
  return builder_->Reserve("conversion", bytes);
}

StatusOr<HostTensor> TfliteConstants::ReadStored(TensorInfo info, const TfliteModel::Part& part) {
  const auto found = stored_.find({{part.offset, part.size}, info.dtype});
  if (found != stored_.end()) return found->second.Reshaped(info.shape);
  const ByteSource& source = model_->source();
  stored_bytes_ += part.size;
  if (stored_bytes_ > source.size()) {
    MACE_RETURN_IF_ERROR(builder_->Reserve("parts of the file that overlap", part.size));
  }
  const DType dtype = info.dtype;
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, source.ReadTensor(std::move(info), part.offset));
  if (!source.is_kept()) {
    // The caller's memory is gone after the import.
    MACE_ASSIGN_OR_RETURN(HostTensor copy, HostTensor::Allocate(tensor.info()));
    std::memcpy(copy.mutable_data<uint8_t>(), tensor.bytes().data(), tensor.bytes().size());
    tensor = std::move(copy);
  }
  tensor.set_identity(StoredIdentity(
      "tflite",
      std::to_string(part.offset) + '/' + std::to_string(part.size) + '/' + DTypeName(dtype)));
  stored_[{{part.offset, part.size}, dtype}] = tensor;
  return tensor;
}

StatusOr<HostTensor> TfliteConstants::Read(size_t tensor) {
  const tflite::Tensor& each = model_->tensor(tensor);
  MACE_ASSIGN_OR_RETURN(TensorInfo info, InfoOf(tensor));
  MACE_ASSIGN_OR_RETURN(const TfliteModel::Part part, PartOf(tensor, info.shape.elements()));
  MACE_ASSIGN_OR_RETURN(const TfliteQuantizationPtr by, Quantization(tensor));
  const bool is_quantized = IsTfliteQuantized(by);
  if (is_quantized) info.dtype = DType::kFloat32;
  const bool same = !is_quantized && StoredBytes(each.type()) == DTypeSize(info.dtype);
  if (same) return ReadStored(std::move(info), part);
  MACE_RETURN_IF_ERROR(Count(part, info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  const Bytes bytes(model_->bytes().data() + part.offset, part.size);
  if (is_quantized) {
    ToReals(*by, bytes, &result);
  } else if (each.type() == tflite::TensorType_FLOAT64) {
    const size_t count = static_cast<size_t>(result.shape().elements());
    for (size_t i = 0; i < count; ++i) {
      result.f32()[i] = static_cast<float>(ElementAt<double>(bytes, i));
    }
  } else {
    MACE_RETURN_IF_ERROR(ToInt32(each.type(), bytes, &result));
  }
  return result;
}

StatusOr<TfliteConstants::Integers> TfliteConstants::ReadIntegers(size_t tensor) {
  Integers integers;
  MACE_ASSIGN_OR_RETURN(TensorInfo info, InfoOf(tensor));
  MACE_ASSIGN_OR_RETURN(const TfliteModel::Part part, PartOf(tensor, info.shape.elements()));
  MACE_ASSIGN_OR_RETURN(integers.by, Quantization(tensor));
  MACE_ASSIGN_OR_RETURN(integers.elements, ReadStored(std::move(info), part));
  return integers;
}

StatusOr<HostTensor> TfliteConstants::ReadBias(size_t tensor, const std::vector<double>& scales) {
  const Type type = model_->tensor(tensor).type();
  if (type != tflite::TensorType_INT32 && type != tflite::TensorType_INT64) {
    return Unsupported("bias: expected INT32 or INT64, found " + TfliteTypeName(type));
  }
  MACE_ASSIGN_OR_RETURN(TensorInfo info, InfoOf(tensor));
  MACE_ASSIGN_OR_RETURN(const TfliteModel::Part part, PartOf(tensor, info.shape.elements()));
  const size_t count = static_cast<size_t>(info.shape.elements());
  if (scales.size() != 1 && scales.size() != count) {
    return Corruption("bias: expected " + std::to_string(scales.size()) + " elements, found " +
                      std::to_string(count));
  }
  info.dtype = DType::kFloat32;
  MACE_RETURN_IF_ERROR(Count(part, info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  const Bytes bytes(model_->bytes().data() + part.offset, part.size);
  for (size_t i = 0; i < count; ++i) {
    const double scale = scales[scales.size() == 1 ? 0 : i];
    result.f32()[i] = static_cast<float>(scale * static_cast<double>(IntegerAt(type, bytes, i)));
  }
  return result;
}

}  // namespace mace
