#include "mace/formats/tensorflow/tensor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/common/filled.h"
#include "mace/graph/constant_identity.h"

namespace mace {
namespace {

// Bytes of one element in tensor_content; 0 for what is not supported.
size_t StoredBytes(tf::DataType type) {
  switch (type) {
    case tf::DT_DOUBLE:
    case tf::DT_INT64:
    case tf::DT_UINT64:
      return 8;
    case tf::DT_FLOAT:
    case tf::DT_INT32:
    case tf::DT_UINT32:
      return 4;
    case tf::DT_HALF:
    case tf::DT_BFLOAT16:
    case tf::DT_INT16:
    case tf::DT_UINT16:
      return 2;
    case tf::DT_UINT8:
    case tf::DT_INT8:
    case tf::DT_BOOL:
      return 1;
    default:
      return 0;
  }
}

template <typename From, typename To>
To Convert(From value) {
  if constexpr (std::is_same_v<To, int32_t> && sizeof(From) >= 4 && std::is_integral_v<From>) {
    // Compared as the wider of the two; a negative value of a signed type is never above the limit.
    if (value > 0 && static_cast<uint64_t>(value) > std::numeric_limits<int32_t>::max()) {
      return std::numeric_limits<int32_t>::max();
    }
    if constexpr (std::is_signed_v<From>) {
      if (value < std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::min();
    }
  }
  return static_cast<To>(value);
}

template <typename From, typename To>
void ConvertBytes(const std::string& content, HostTensor* result) {
  To* out = result->mutable_data<To>();
  const size_t count = content.size() / sizeof(From);
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, content.data() + i * sizeof(From), sizeof(From));
    out[i] = Convert<From, To>(value);
  }
}

StatusOr<HostTensor> ReadContent(const tf::TensorProto& proto, TensorInfo info,
                                 const std::shared_ptr<const void>& owner, GraphBuilder* builder) {
  const std::string& content = proto.tensor_content();
  const size_t stored = StoredBytes(proto.dtype());
  const size_t expected = static_cast<size_t>(info.shape.elements()) * stored;
  if (content.size() != expected) {
    return Corruption("expected " + std::to_string(expected) + " bytes for shape " +
                      info.shape.ToString() + ", found " + std::to_string(content.size()));
  }
  const bool same = stored == DTypeSize(info.dtype) && proto.dtype() != tf::DT_UINT32;
  if (same) {
    const Bytes bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size());
    return HostTensor::View(std::move(info), bytes, owner);
  }
  MACE_RETURN_IF_ERROR(builder->budget().Convert("conversion", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  switch (proto.dtype()) {
    case tf::DT_DOUBLE:
      ConvertBytes<double, float>(content, &result);
      break;
    case tf::DT_INT64:
      ConvertBytes<int64_t, int32_t>(content, &result);
      break;
    case tf::DT_UINT64:
      ConvertBytes<uint64_t, int32_t>(content, &result);
      break;
    case tf::DT_UINT32:
      ConvertBytes<uint32_t, int32_t>(content, &result);
      break;
    case tf::DT_INT16:
      ConvertBytes<int16_t, int32_t>(content, &result);
      break;
    case tf::DT_UINT16:
      ConvertBytes<uint16_t, int32_t>(content, &result);
      break;
    default:
      return Internal("conversion of element type " + std::to_string(proto.dtype()));
  }
  return result;
}

template <typename To, typename List>
StatusOr<HostTensor> ReadList(const List& list, TensorInfo info, GraphBuilder* builder) {
  const int64_t count = info.shape.elements();
  if (list.size() > count) {
    return Corruption("expected " + std::to_string(count) + " elements for shape " +
                      info.shape.ToString() + ", found " + std::to_string(list.size()));
  }
  MACE_RETURN_IF_ERROR(list.size() < count ? builder->Reserve("repeated values", info.bytes())
                                           : builder->budget().Convert("conversion", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate(std::move(info)));
  if (list.empty()) return result;
  To* out = result.mutable_data<To>();
  const auto convert = [](auto value) { return Convert<decltype(value), To>(value); };
  std::transform(list.begin(), list.end(), out, convert);
  std::fill(out + list.size(), out + count, out[list.size() - 1]);
  return result;
}

// A whole number that the graph's int32 cannot hold; nullopt where there is none. The least and the
// greatest of the type are what scripts write for "to the end", and become those of int32.
template <typename T>
std::optional<std::string> BeyondInt32(T value) {
  using Limits = std::numeric_limits<T>;
  if (value == Limits::max() || value == Limits::min()) return std::nullopt;
  if (static_cast<T>(static_cast<int32_t>(value)) == value &&
      (value >= 0) == (static_cast<int32_t>(value) >= 0)) {
    return std::nullopt;
  }
  return std::to_string(value);
}

template <typename T, typename List>
Status CheckWholeNumbers(const std::string& content, const List& list) {
  std::optional<std::string> found;
  for (size_t i = 0; !found && i + sizeof(T) <= content.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, content.data() + i, sizeof(T));
    found = BeyondInt32<T>(value);
  }
  for (int i = 0; !found && i < list.size(); ++i) found = BeyondInt32<T>(list[i]);
  if (!found) return Status::Ok();
  return Unsupported("a whole number: expected " +
                     std::to_string(std::numeric_limits<int32_t>::min()) + " to " +
                     std::to_string(std::numeric_limits<int32_t>::max()) + ", found " + *found);
}

// TensorFlow's whole numbers of 64 bits, and unsigned ones, become int32.
Status CheckWholeNumbers(const tf::TensorProto& proto) {
  const std::string& content = proto.tensor_content();
  switch (proto.dtype()) {
    case tf::DT_INT64:
      return CheckWholeNumbers<int64_t>(content, proto.int64_val());
    case tf::DT_UINT64:
      return CheckWholeNumbers<uint64_t>(content, proto.uint64_val());
    case tf::DT_UINT32:
      return CheckWholeNumbers<uint32_t>(content, proto.uint32_val());
    default:
      return Status::Ok();
  }
}

// Complex numbers as pairs of floats along a last axis (complex.h).
StatusOr<std::shared_ptr<const tf::TensorProto>> AsPairs(const tf::TensorProto& proto) {
  auto pairs = std::make_shared<tf::TensorProto>(proto);
  pairs->set_dtype(tf::DT_FLOAT);
  pairs->mutable_tensor_shape()->add_dim()->set_size(2);
  pairs->mutable_float_val()->Swap(pairs->mutable_scomplex_val());
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, ReadDims(pairs->tensor_shape()));
  MACE_ASSIGN_OR_RETURN(const Shape shape, Shape::Make(std::move(dims)));
  if (pairs->tensor_content().empty() && pairs->float_val_size() != shape.elements()) {
    return Unsupported("complex numbers: expected " + std::to_string(shape.elements()) +
                       " parts, found " + std::to_string(pairs->float_val_size()));
  }
  return std::shared_ptr<const tf::TensorProto>(std::move(pairs));
}

// Whether all elements are one value of the file, or none, which stands for zeros.
bool HasOneValue(const tf::TensorProto& proto) {
  const int64_t values = int64_t{proto.float_val_size()} + proto.double_val_size() +
                         proto.half_val_size() + proto.int_val_size() + proto.int64_val_size() +
                         proto.uint32_val_size() + proto.uint64_val_size() + proto.bool_val_size();
  return proto.tensor_content().empty() && values <= 1;
}

}  // namespace

DType GraphType(tf::DataType type) {
  switch (type) {
    case tf::DT_FLOAT:
    case tf::DT_DOUBLE:
      return DType::kFloat32;
    case tf::DT_HALF:
      return DType::kFloat16;
    case tf::DT_BFLOAT16:
      return DType::kBFloat16;
    case tf::DT_INT32:
    case tf::DT_INT64:
    case tf::DT_INT16:
    case tf::DT_UINT16:
    case tf::DT_UINT32:
    case tf::DT_UINT64:
      return DType::kInt32;
    case tf::DT_UINT8:
      return DType::kUInt8;
    case tf::DT_INT8:
      return DType::kInt8;
    case tf::DT_BOOL:
      return DType::kBool;
    default:
      return DType::kInvalid;
  }
}

StatusOr<std::vector<int64_t>> ReadDims(const tf::TensorShapeProto& proto) {
  std::vector<int64_t> dims;
  if (proto.dim_size() > Shape::kMaxRank) {
    return InvalidArgument("expected a rank up to " + std::to_string(Shape::kMaxRank) + ", found " +
                           std::to_string(proto.dim_size()));
  }
  for (const tf::TensorShapeProto::Dim& dim : proto.dim()) dims.push_back(dim.size());
  return dims;
}

StatusOr<HostTensor> ReadTensorProto(const tf::TensorProto& proto,
                                     const std::shared_ptr<const void>& owner,
                                     GraphBuilder* builder) {
  if (proto.dtype() == tf::DT_COMPLEX64) {
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const tf::TensorProto> pairs, AsPairs(proto));
    return ReadTensorProto(*pairs, pairs, builder);
  }
  MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, ReadDims(proto.tensor_shape()));
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  TensorInfo info{GraphType(proto.dtype()), std::move(shape)};
  if (info.dtype == DType::kInvalid) {
    return Unsupported("element type " + std::to_string(proto.dtype()) + " of a constant");
  }
  MACE_RETURN_IF_ERROR(CheckWholeNumbers(proto));
  if (!proto.tensor_content().empty()) {
    return ReadContent(proto, std::move(info), owner, builder);
  }
  switch (proto.dtype()) {
    case tf::DT_FLOAT:
      return ReadList<float>(proto.float_val(), std::move(info), builder);
    case tf::DT_DOUBLE:
      return ReadList<float>(proto.double_val(), std::move(info), builder);
    case tf::DT_HALF:
    case tf::DT_BFLOAT16:
      return ReadList<uint16_t>(proto.half_val(), std::move(info), builder);
    case tf::DT_INT64:
      return ReadList<int32_t>(proto.int64_val(), std::move(info), builder);
    case tf::DT_UINT64:
      return ReadList<int32_t>(proto.uint64_val(), std::move(info), builder);
    case tf::DT_UINT32:
      return ReadList<int32_t>(proto.uint32_val(), std::move(info), builder);
    case tf::DT_UINT8:
      return ReadList<uint8_t>(proto.int_val(), std::move(info), builder);
    case tf::DT_INT8:
      return ReadList<int8_t>(proto.int_val(), std::move(info), builder);
    case tf::DT_BOOL:
      return ReadList<uint8_t>(proto.bool_val(), std::move(info), builder);
    default:
      return ReadList<int32_t>(proto.int_val(), std::move(info), builder);
  }
}

StatusOr<ValueId> AddTfConstant(const std::string& name, const tf::TensorProto& proto,
                                const std::shared_ptr<const void>& owner, GraphBuilder* builder) {
  if (proto.dtype() != tf::DT_COMPLEX64 && HasOneValue(proto)) {
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, ReadDims(proto.tensor_shape()));
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    tf::TensorProto one = proto;
    one.clear_tensor_shape();
    MACE_ASSIGN_OR_RETURN(const HostTensor element, ReadTensorProto(one, owner, builder));
    return AddFilled(name, element, std::move(shape), builder);
  }
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, ReadTensorProto(proto, owner, builder));
  // Names of nodes are unique (tf_graph.cc).
  tensor.set_identity(StoredIdentity("tensorflow", name));
  return builder->graph().AddConstant(name, std::move(tensor));
}

}  // namespace mace
