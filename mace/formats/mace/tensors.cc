#include "mace/formats/mace/tensors.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/graph/constant_identity.h"

namespace mace {
namespace {

// How the file stores one element, and what it is in the graph where it is not quantized.
struct StoredType {
  size_t bytes = 0;
  DType dtype = DType::kInvalid;
};

StoredType StoredTypeOf(wire::DataType type) {
  switch (type) {
    case wire::DT_FLOAT:
      return {4, DType::kFloat32};
    case wire::DT_HALF:
    case wire::DT_FLOAT16:
      return {2, DType::kFloat16};
    case wire::DT_BFLOAT16:
      return {2, DType::kBFloat16};
    case wire::DT_INT32:
      return {4, DType::kInt32};
    case wire::DT_UINT8:
      return {1, DType::kUInt8};
    case wire::DT_INT8:
      return {1, DType::kInt8};
    case wire::DT_BOOL:
      return {1, DType::kBool};
    default:
      return {};
  }
}

class TensorReader {
 public:
  TensorReader(std::shared_ptr<const wire::MultiNetDef> model, const WeightFile& weights,
               GraphBuilder* builder)
      : model_(std::move(model)), weights_(weights), builder_(builder) {}

  // The part of the file that belongs to this net.
  Status SetWindow(const wire::NetDef& net);
  StatusOr<HostTensor> Read(const wire::ConstTensor& tensor);

 private:
  StatusOr<HostTensor> ReadStored(const wire::ConstTensor& tensor, Shape shape, StoredType type);
  StatusOr<HostTensor> ReadInline(const wire::ConstTensor& tensor, Shape shape, StoredType type);
  StatusOr<HostTensor> Dequantize(const wire::ConstTensor& tensor, const HostTensor& stored);

  std::shared_ptr<const wire::MultiNetDef> model_;
  const WeightFile& weights_;
  GraphBuilder* builder_;
  uint64_t window_begin_ = 0;
  int64_t window_size_ = 0;
  Status window_status_;
};

Status TensorReader::SetWindow(const wire::NetDef& net) {
  if (!weights_.status.ok()) return Status::Ok();  // Said by the first tensor that needs it.
  const int64_t size = static_cast<int64_t>(weights_.source.size());
  // Old files leave data_size at 0: the whole file then.
  const int64_t offset = net.data_offset();
  const bool begins_inside = offset >= 0 && offset <= size;
  const int64_t length = begins_inside && net.data_size() == 0 ? size - offset : net.data_size();
  if (!begins_inside || length < 0 || length > size - offset) {
    window_status_ = Corruption(weights_.name + ": the model expects " + std::to_string(length) +
                                " bytes of weights at offset " + std::to_string(offset) +
                                ", found " + std::to_string(size));
    return Status::Ok();
  }
  window_begin_ = static_cast<uint64_t>(offset);
  window_size_ = length;
  return Status::Ok();
}

StatusOr<HostTensor> TensorReader::ReadStored(const wire::ConstTensor& tensor, Shape shape,
                                              StoredType type) {
  MACE_RETURN_IF_ERROR(weights_.status);
  MACE_RETURN_IF_ERROR(window_status_);
  const int64_t elements = shape.elements();
  const int64_t available = window_size_;
  const int64_t bytes = elements * static_cast<int64_t>(type.bytes);
  if (tensor.offset() < 0 || tensor.offset() > available || bytes > available - tensor.offset()) {
    return Corruption(weights_.name + ": expected " + std::to_string(bytes) + " bytes at offset " +
                      std::to_string(tensor.offset()) + ", found a window of " +
                      std::to_string(available));
  }
  const uint64_t begin = window_begin_ + static_cast<uint64_t>(tensor.offset());
  MACE_RETURN_IF_ERROR(builder_->CountStored(weights_.source, begin, static_cast<uint64_t>(bytes)));
  return weights_.source.ReadTensor({type.dtype, std::move(shape)}, begin);
}

StatusOr<HostTensor> TensorReader::ReadInline(const wire::ConstTensor& tensor, Shape shape,
                                              StoredType type) {
  const bool floats = tensor.float_data_size() > 0;
  const int64_t found = floats ? tensor.float_data_size() : tensor.int32_data_size();
  if (found != shape.elements()) {
    return Corruption("expected " + std::to_string(shape.elements()) + " elements for shape " +
                      shape.ToString() + ", found " + std::to_string(found));
  }
  const size_t bytes = static_cast<size_t>(found) * sizeof(float);
  const auto* data = floats ? reinterpret_cast<const uint8_t*>(tensor.float_data().data())
                            : reinterpret_cast<const uint8_t*>(tensor.int32_data().data());
  const DType dtype = floats ? DType::kFloat32 : DType::kInt32;
  const HostTensor view = HostTensor::View({dtype, std::move(shape)}, Bytes(data, bytes), model_);
  // Whole numbers of a float tensor, and the other way round, are values, not bits.
  const DType wanted = IsFloat(type.dtype) ? DType::kFloat32 : type.dtype;
  if (wanted != dtype) MACE_RETURN_IF_ERROR(builder_->budget().Convert("conversion", bytes));
  return view.ConvertTo(wanted);
}

StatusOr<HostTensor> TensorReader::Dequantize(const wire::ConstTensor& tensor,
                                              const HostTensor& stored) {
  const float scale = tensor.scale();
  if (!std::isfinite(scale)) {
    return Corruption("expected a finite scale, found " + std::to_string(scale));
  }
  MACE_RETURN_IF_ERROR(builder_->budget().Convert(
      "float values", static_cast<size_t>(stored.shape().elements()) * sizeof(float)));
  // The numbers become int32 first; a difference from the zero point is exact in double.
  MACE_ASSIGN_OR_RETURN(const HostTensor integers, stored.ConvertTo(DType::kInt32));
  MACE_ASSIGN_OR_RETURN(HostTensor result, HostTensor::Allocate({DType::kFloat32, stored.shape()}));
  const int32_t* from = integers.data<int32_t>();
  const double zero_point = tensor.zero_point();
  const int64_t count = stored.shape().elements();
  float* to = result.f32();
  for (int64_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(scale * (static_cast<double>(from[i]) - zero_point));
  }
  return result;
}

StatusOr<HostTensor> TensorReader::Read(const wire::ConstTensor& tensor) {
  MACE_ASSIGN_OR_RETURN(
      Shape shape, Shape::Make(std::vector<int64_t>(tensor.dims().begin(), tensor.dims().end())));
  const StoredType type = StoredTypeOf(tensor.data_type());
  if (type.bytes == 0) {
    return Unsupported("element type " + std::to_string(tensor.data_type()) + " of a constant");
  }
  const bool is_inline = tensor.float_data_size() > 0 || tensor.int32_data_size() > 0;
  // data_size counts elements, not bytes.
  if (!is_inline && tensor.data_size() != shape.elements()) {
    return Corruption("expected " + std::to_string(shape.elements()) + " elements for shape " +
                      shape.ToString() + ", found data_size " + std::to_string(tensor.data_size()));
  }
  StatusOr<HostTensor> stored = is_inline ? ReadInline(tensor, std::move(shape), type)
                                          : ReadStored(tensor, std::move(shape), type);
  if (!stored.ok() || !tensor.quantized()) return stored;
  if (IsFloat(stored->dtype())) return Corruption("a quantized tensor of a float type");
  return Dequantize(tensor, *stored);
}

}  // namespace

StatusOr<DType> DTypeOfMace(int wired) {
  const DType stored = StoredTypeOf(static_cast<wire::DataType>(wired)).dtype;
  if (stored == DType::kInvalid) return Unsupported("element type " + std::to_string(wired));
  return IsFloat(stored) ? DType::kFloat32 : stored;
}

Status AddMaceTensors(const wire::NetDef& net,
                      const std::shared_ptr<const wire::MultiNetDef>& model,
                      const WeightFile& weights, GraphBuilder* builder) {
  TensorReader reader(model, weights, builder);
  MACE_RETURN_IF_ERROR(reader.SetWindow(net));
  for (const wire::ConstTensor& tensor : net.tensors()) {
    StatusOr<HostTensor> value = reader.Read(tensor);
    if (!value.ok()) {
      return value.status().WithPrefix("tensor '" + Printable(tensor.name()) + "'");
    }
    // Define refuses a second tensor of the name.
    value->set_identity(StoredIdentity("mace", tensor.name()));
    const ValueId id = builder->graph().AddConstant(tensor.name(), *std::move(value));
    MACE_RETURN_IF_ERROR(builder->Define(tensor.name(), id));
  }
  return Status::Ok();
}

}  // namespace mace
