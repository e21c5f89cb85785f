#include "mace/import/onnx_tensor.h"

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

// Bytes of one element in raw data; REQUIRES: OnnxType knows the type.
size_t StoredBytes(int32_t type) {
  return type == Proto::DOUBLE ? sizeof(double) : DTypeSize(OnnxType(type));
}

Status WrongSize(const Shape& shape, size_t expected, const char* unit, size_t found) {
  return Corruption("expected " + std::to_string(expected) + " " + unit + " for shape " +
                    shape.ToString() + ", found " + std::to_string(found));
}

StatusOr<HostTensor> Allocate(TensorInfo info, GraphBuilder* builder) {
  MACE_RETURN_IF_ERROR(builder->Reserve("conversion", info.bytes()));
  return HostTensor::Allocate(std::move(info));
}

StatusOr<HostTensor> ReadBytes(int32_t type, TensorInfo info, Bytes bytes,
                               std::shared_ptr<const void> owner, GraphBuilder* builder) {
  const size_t expected = static_cast<size_t>(info.shape.elements()) * StoredBytes(type);
  if (bytes.size() != expected) return WrongSize(info.shape, expected, "bytes", bytes.size());
  if (type != Proto::DOUBLE) return HostTensor::View(std::move(info), bytes, std::move(owner));
  const int64_t count = info.shape.elements();
  MACE_ASSIGN_OR_RETURN(HostTensor result, Allocate(std::move(info), builder));
  for (int64_t i = 0; i < count; ++i) {
    double value;
    std::memcpy(&value, bytes.data() + static_cast<size_t>(i) * sizeof(value), sizeof(value));
    result.f32()[i] = static_cast<float>(value);
  }
  return result;
}

template <typename To, typename List>
StatusOr<HostTensor> ReadList(const List& list, TensorInfo info, GraphBuilder* builder) {
  const int64_t count = info.shape.elements();
  if (list.size() != count) {
    return WrongSize(info.shape, static_cast<size_t>(count), "elements",
                     static_cast<size_t>(list.size()));
  }
  MACE_ASSIGN_OR_RETURN(HostTensor result, Allocate(std::move(info), builder));
  std::transform(list.begin(), list.end(), result.mutable_data<To>(),
                 [](auto value) { return static_cast<To>(value); });
  return result;
}

StatusOr<HostTensor> ReadTyped(const Proto& proto, TensorInfo info, GraphBuilder* builder) {
  switch (proto.data_type()) {
    case Proto::FLOAT:
      return ReadList<float>(proto.float_data(), std::move(info), builder);
    case Proto::DOUBLE:
      return ReadList<float>(proto.double_data(), std::move(info), builder);
    case Proto::INT64:
      return ReadList<int64_t>(proto.int64_data(), std::move(info), builder);
    case Proto::INT32:
      return ReadList<int32_t>(proto.int32_data(), std::move(info), builder);
    case Proto::FLOAT16:
    case Proto::BFLOAT16:
      return ReadList<uint16_t>(proto.int32_data(), std::move(info), builder);
    case Proto::INT8:
      return ReadList<int8_t>(proto.int32_data(), std::move(info), builder);
    default:  // UINT8 and BOOL.
      return ReadList<uint8_t>(proto.int32_data(), std::move(info), builder);
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
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file,
                        source.folder->Open(location));
  const uint64_t expected =
      static_cast<uint64_t>(info.shape.elements()) * StoredBytes(proto.data_type());
  MACE_ASSIGN_OR_RETURN(const uint64_t offset, ExternalNumber(proto, "offset", 0));
  MACE_ASSIGN_OR_RETURN(const uint64_t length, ExternalNumber(proto, "length", expected));
  const uint64_t size = file->bytes().size();
  if (length != expected) return WrongSize(info.shape, expected, "bytes", length);
  if (offset > size || length > size - offset) {
    return Corruption("external data '" + Printable(location) + "': expected bytes " +
                      std::to_string(offset) + " to " + std::to_string(offset) + " + " +
                      std::to_string(length) + ", found a file of " + std::to_string(size));
  }
  const Bytes bytes(file->bytes().data() + offset, static_cast<size_t>(length));
  return ReadBytes(proto.data_type(), std::move(info), bytes, file, source.builder);
}

// The path without links, empty where there is no such file.
std::string RealPath(const std::string& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  std::string result = resolved == nullptr ? "" : resolved;
  std::free(resolved);
  return result;
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
    default:
      return DType::kInvalid;
  }
}

std::string OnnxTypeName(int32_t data_type) {
  return Proto::DataType_IsValid(data_type)
             ? Proto::DataType_Name(static_cast<Proto::DataType>(data_type))
             : std::to_string(data_type);
}

StatusOr<std::shared_ptr<const MappedFile>> OnnxFolder::Open(const std::string& location) {
  const auto known = files_.find(location);
  if (known != files_.end()) return known->second;
  const std::string who = "external data '" + Printable(location) + "'";
  if (folder_.empty()) {
    return Unsupported(who + ": expected a model in a file, found one in memory, without a folder");
  }
  bool inside = !location.empty() && location[0] != '/' && location.find('\0') == std::string::npos;
  for (const std::string& part : Split(location, '/')) inside = inside && part != "..";
  const std::string path = JoinPath(folder_, location);
  const std::string real = inside ? RealPath(path) : "";
  // A link may lead out of the folder as well as dots do.
  const std::string root = RealPath(folder_);
  if (!inside || (!real.empty() && !StartsWith(real, root == "/" ? root : root + "/"))) {
    return InvalidArgument(who + ": expected a file below the model's folder, found a path that " +
                           "leaves it");
  }
  StatusOr<std::shared_ptr<const MappedFile>> file = MappedFile::Open(real.empty() ? path : real);
  if (!file.ok()) return file.status().WithPrefix(who);
  files_[location] = *file;
  return file;
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
  if (proto.data_location() == Proto::EXTERNAL) return ReadExternal(proto, std::move(info), source);
  if (proto.has_raw_data()) {
    const std::string& raw = proto.raw_data();
    Bytes bytes(reinterpret_cast<const uint8_t*>(raw.data()), raw.size());
    if (!source.raw.empty()) bytes = source.raw;
    return ReadBytes(proto.data_type(), std::move(info), bytes, source.owner, source.builder);
  }
  return ReadTyped(proto, std::move(info), source.builder);
}

}  // namespace mace
