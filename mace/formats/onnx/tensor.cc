#include "mace/formats/onnx/tensor.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/base/strings.h"
#include "mace/graph/integer_type.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

// Elements that ONNX packs into one byte; 1 for types of whole bytes.
size_t ElementsPerByte(int32_t type) {
  const DType dtype = OnnxType(type);
  return IsBelowByte(dtype) ? static_cast<size_t>(8 / IntegerTypeOf(dtype).bits) : 1;
}

// Bytes of the elements in raw data; REQUIRES: OnnxType knows the type.
size_t StoredBytes(int32_t type, int64_t elements) {
  const auto count = static_cast<size_t>(elements);
  if (ElementsPerByte(type) > 1) return CeilDivide(count, ElementsPerByte(type));
  return count * (type == Proto::DOUBLE ? sizeof(double) : DTypeSize(OnnxType(type)));
}

Status WrongSize(const Shape& shape, size_t expected, const char* unit, size_t found) {
  return Corruption("expected " + std::to_string(expected) + " " + unit + " for shape " +
                    shape.ToString() + ", found " + std::to_string(found));
}

StatusOr<HostTensor> DoublesToFloats(const Shape& shape, const HostTensor& doubles) {
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate({DType::kFloat32, shape}));
  const int64_t count = shape.elements();
  const uint8_t* const from = doubles.bytes().data();
  for (int64_t i = 0; i < count; ++i) {
    double value;
    std::memcpy(&value, from + static_cast<size_t>(i) * sizeof(value), sizeof(value));
    result.f32()[i] = static_cast<float>(value);
  }
  return result;
}

// The elements of packed bytes, of which byte_at(i) gives byte i; the first element of a byte is in
// its lowest bits.
template <typename ByteAt>
StatusOr<HostTensor> Unpack(TensorInfo info, const ByteAt& byte_at) {
  const IntegerType type = IntegerTypeOf(info.dtype);
  const int64_t per_byte = 8 / type.bits;
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  uint8_t* const to = result.mutable_data<uint8_t>();
  for (int64_t i = 0; i < result.shape().elements(); ++i) {
    const int64_t byte = byte_at(i / per_byte);
    to[i] = static_cast<uint8_t>(WrapInteger(type, byte >> (i % per_byte * type.bits)));
  }
  return result;
}

// The elements that are stored from `offset` on.
StatusOr<HostTensor> ReadStored(int32_t type, TensorInfo info, const ByteSource& source,
                                uint64_t offset) {
  if (type != Proto::DOUBLE && ElementsPerByte(type) == 1) {
    return source.ReadTensor(std::move(info), offset);
  }
  const Shape bytes{static_cast<int64_t>(StoredBytes(type, info.shape.elements()))};
  MACE_ASSIGN_OR_RETURN(const HostTensor stored, source.ReadTensor({DType::kUInt8, bytes}, offset));
  if (type == Proto::DOUBLE) return DoublesToFloats(info.shape, stored);
  const uint8_t* const packed = stored.bytes().data();
  return Unpack(std::move(info), [packed](int64_t i) { return packed[i]; });
}

template <typename To, typename List>
StatusOr<HostTensor> ReadList(const List& list, TensorInfo info) {
  const int64_t count = info.shape.elements();
  if (list.size() != count) {
    return WrongSize(info.shape, static_cast<size_t>(count), "elements",
                     static_cast<size_t>(list.size()));
  }
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  std::transform(list.begin(), list.end(), result.mutable_data<To>(),
                 [](auto value) { return static_cast<To>(value); });
  return result;
}

// Each number of the list holds a byte with several elements.
StatusOr<HostTensor> ReadPackedList(const Proto& proto, TensorInfo info) {
  const size_t expected = StoredBytes(proto.data_type(), info.shape.elements());
  const auto found = static_cast<size_t>(proto.int32_data_size());
  if (found != expected) return WrongSize(info.shape, expected, "bytes", found);
  return Unpack(std::move(info),
                [&proto](int64_t i) { return proto.int32_data(static_cast<int>(i)) & 0xFF; });
}

StatusOr<HostTensor> ReadTyped(const Proto& proto, TensorInfo info) {
  switch (proto.data_type()) {
    case Proto::FLOAT:
      return ReadList<float>(proto.float_data(), std::move(info));
    case Proto::DOUBLE:
      return ReadList<float>(proto.double_data(), std::move(info));
    case Proto::INT64:
      return ReadList<int64_t>(proto.int64_data(), std::move(info));
    case Proto::UINT32:
      return ReadList<uint32_t>(proto.uint64_data(), std::move(info));
    case Proto::UINT64:
      return ReadList<uint64_t>(proto.uint64_data(), std::move(info));
    case Proto::UINT4:
    case Proto::INT4:
    case Proto::UINT2:
    case Proto::INT2:
      return ReadPackedList(proto, std::move(info));
    case Proto::INT32:
      return ReadList<int32_t>(proto.int32_data(), std::move(info));
    case Proto::UINT16:
    case Proto::INT16:
    case Proto::FLOAT16:
    case Proto::BFLOAT16:
      return ReadList<uint16_t>(proto.int32_data(), std::move(info));
    case Proto::INT8:
      return ReadList<int8_t>(proto.int32_data(), std::move(info));
    default:  // UINT8 and BOOL.
      return ReadList<uint8_t>(proto.int32_data(), std::move(info));
  }
}

// The value of a key of external_data; an absent one is `fallback`.
StatusOr<uint64_t> ExternalNumber(const Proto& proto, const std::string& key, uint64_t fallback) {
  for (const onnx::StringStringEntry& entry : proto.external_data()) {
    if (entry.key() != key) continue;
    const std::string& text = entry.value();
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    return Corruption("external data: " + key + ": expected a number of bytes, found '" +
                      Printable(text) + "'");
  }
  return fallback;
}

StatusOr<HostTensor> ReadExternal(const Proto& proto, TensorInfo info,
                                  const OnnxTensorSource& source) {
  std::string location;
  for (const onnx::StringStringEntry& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
  }
  MACE_ASSIGN_OR_RETURN(const ByteSource file, source.files->External(location));
  const uint64_t expected = StoredBytes(proto.data_type(), info.shape.elements());
  MACE_ASSIGN_OR_RETURN(const uint64_t offset, ExternalNumber(proto, "offset", 0));
  MACE_ASSIGN_OR_RETURN(const uint64_t length, ExternalNumber(proto, "length", expected));
  if (length != expected) return WrongSize(info.shape, expected, "bytes", length);
  if (offset > file.size() || length > file.size() - offset) {
    return Corruption("external data '" + Printable(location) + "': expected bytes " +
                      std::to_string(offset) + " to " + std::to_string(offset) + " + " +
                      std::to_string(length) + ", found a file of " + std::to_string(file.size()));
  }
  MACE_RETURN_IF_ERROR(source.builder->CountStored(file, offset, length));
  return ReadStored(proto.data_type(), std::move(info), file, offset);
}

// Bytes that stand in the proto, or where they were cut off, in the model's
// file.
StatusOr<HostTensor> ReadRaw(const Proto& proto, TensorInfo info, const OnnxTensorSource& source) {
  const size_t expected = StoredBytes(proto.data_type(), info.shape.elements());
  const ByteRange* cut = nullptr;
  if (source.cut != nullptr) {
    const auto entry = source.cut->find(&proto);
    if (entry != source.cut->end()) cut = &entry->second;
  }
  const std::string& raw = proto.raw_data();
  const size_t found = cut != nullptr ? static_cast<size_t>(cut->size()) : raw.size();
  if (found != expected) return WrongSize(info.shape, expected, "bytes", found);
  if (cut != nullptr) {
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, ReadStored(proto.data_type(), std::move(info),
                                                        source.files->model(), cut->begin));
    // No other tensor has these bytes.
    tensor.set_identity(StoredIdentity("onnx file", std::to_string(cut->begin)));
    return tensor;
  }
  const Bytes bytes(reinterpret_cast<const uint8_t*>(raw.data()), raw.size());
  return ReadStored(proto.data_type(), std::move(info), ByteSource::InMemory(bytes, source.owner),
                    0);
}

}  // namespace

DType OnnxType(int32_t data_type) {
  switch (data_type) {
    case Proto::FLOAT:
    case Proto::DOUBLE:
      return DType::kFloat32;
    case Proto::FLOAT16:
      return DType::kFloat16;
    case Proto::BFLOAT16:
      return DType::kBFloat16;
    case Proto::INT32:
      return DType::kInt32;
    case Proto::INT64:
      return DType::kInt64;
    case Proto::UINT8:
      return DType::kUInt8;
    case Proto::INT8:
      return DType::kInt8;
    case Proto::BOOL:
      return DType::kBool;
    case Proto::INT16:
      return DType::kInt16;
    case Proto::UINT16:
      return DType::kUInt16;
    case Proto::UINT32:
      return DType::kUInt32;
    case Proto::UINT64:
      return DType::kUInt64;
    case Proto::INT4:
      return DType::kInt4;
    case Proto::UINT4:
      return DType::kUInt4;
    case Proto::INT2:
      return DType::kInt2;
    case Proto::UINT2:
      return DType::kUInt2;
    default:
      return DType::kInvalid;
  }
}

int32_t OnnxTypeOf(DType dtype) {
  for (int32_t type = Proto::FLOAT; type <= Proto::DataType_MAX; ++type) {
    if (type != Proto::DOUBLE && OnnxType(type) == dtype) return type;
  }
  return 0;
}

DType OnnxIoType(int32_t data_type) {
  if (data_type == Proto::DOUBLE) return DType::kFloat64;
  return data_type == Proto::BFLOAT16 ? DType::kFloat32 : OnnxType(data_type);
}

std::string OnnxTypeName(int32_t data_type) {
  return Proto::DataType_IsValid(data_type)
             ? Proto::DataType_Name(static_cast<Proto::DataType>(data_type))
             : std::to_string(data_type);
}

StatusOr<HostTensor> ReadOnnxTensor(const onnx::TensorProto& proto,
                                    const OnnxTensorSource& source) {
  if (proto.has_segment()) return Unsupported("a tensor in segments");
  std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  TensorInfo info{OnnxType(proto.data_type()), std::move(shape)};
  if (info.dtype == DType::kInvalid) {
    return Unsupported("element type " + OnnxTypeName(proto.data_type()) + " of a constant");
  }
  if (IsBelowByte(info.dtype) && source.builder != nullptr) {
    MACE_RETURN_IF_ERROR(source.builder->budget().Convert("unpacked integers", info.bytes()));
  }
  if (proto.data_location() == Proto::EXTERNAL) return ReadExternal(proto, std::move(info), source);
  if (proto.has_raw_data()) return ReadRaw(proto, std::move(info), source);
  return ReadTyped(proto, std::move(info));
}

}  // namespace mace
