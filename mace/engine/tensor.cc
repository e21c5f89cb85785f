#include "mace/api/tensor.h"

#include <new>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/strings.h"
#include "mace/engine/tensor_access.h"

namespace mace {
namespace {

// Keeps memory of the caller; its destruction calls the caller's `release`.
std::shared_ptr<const void> OwnerOf(const void* data, std::function<void()> release) {
  if (!release) return nullptr;
  return std::shared_ptr<const void>(data,
                                     [release = std::move(release)](const void*) { release(); });
}

StatusOr<TensorInfo> CheckInfo(DType dtype, const void* data, const std::vector<int64_t>& dims) {
  if (DTypeSize(dtype) == 0) return InvalidArgument("tensor: expected a dtype, found none");
  StatusOr<Shape> shape = Shape::Make(dims);
  if (!shape.ok()) return shape.status().WithPrefix("tensor");
  if (data == nullptr && shape->elements() > 0) {
    return InvalidArgument("tensor: expected the address of " + shape->ToString() +
                           " elements, found a null pointer");
  }
  return TensorInfo{dtype, *std::move(shape)};
}

const std::shared_ptr<Tensor::State>& OutOfMemoryState() {
  static auto* const state = [] {
    auto* const made = new std::shared_ptr<Tensor::State>(std::make_shared<Tensor::State>());
    (*made)->status = OutOfMemory();
    return made;
  }();
  return *state;
}

// This status is made when the library is loaded, because nothing can be allocated once memory has
// run out.
[[maybe_unused]] const std::shared_ptr<Tensor::State>& kMadeAhead = OutOfMemoryState();

// The tensor that `make` gives, or a tensor whose status holds the error.
template <typename Make>
Tensor OrFailed(const Make& make) {
  StatusOr<Tensor> made = CatchExhaustion(make);
  return made.ok() ? *std::move(made) : TensorAccess::Failed(made.status());
}

}  // namespace

std::string TensorSpec::ToString() const {
  StatusOr<std::string> text = CatchExhaustion([&]() -> StatusOr<std::string> {
    std::vector<std::string> extents;
    for (const int64_t dim : dims) extents.push_back(dim < 0 ? "?" : std::to_string(dim));
    return std::string(DTypeName(dtype)) + " [" + Join(extents, ", ") + "]";
  });
  return text.ok() ? *std::move(text) : std::string();
}

Tensor::Tensor() = default;
Tensor::~Tensor() = default;
Tensor::Tensor(const Tensor&) = default;
Tensor& Tensor::operator=(const Tensor&) = default;
Tensor::Tensor(Tensor&&) noexcept = default;
Tensor& Tensor::operator=(Tensor&&) noexcept = default;

Tensor TensorAccess::FromHost(HostTensor host) {
  Tensor tensor;
  tensor.state_ = std::make_shared<Tensor::State>();
  tensor.state_->dims = host.shape().dims();
  tensor.state_->host = std::move(host);
  return tensor;
}

bool TensorAccess::IsForWriting(const Tensor& tensor) {
  if (tensor.state_ == nullptr || !tensor.state_->status.ok()) return false;
  const HostTensor& host = tensor.state_->host;
  if (tensor.state_->is_mutable_view) return true;
  return host.is_writable() && tensor.state_.use_count() == 1;
}

StatusOr<Tensor> Tensor::Allocate(DType dtype, std::vector<int64_t> dims) {
  return CatchExhaustion([&]() -> StatusOr<Tensor> {
    // Any aligned address will do: the memory is not allocated yet.
    MACE_ASSIGN_OR_RETURN(TensorInfo info, CheckInfo(dtype, &dims, dims));
    MACE_ASSIGN_OR_RETURN(HostTensor host, HostTensor::Allocate(std::move(info)));
    return TensorAccess::FromHost(std::move(host));
  });
}

const ClBufferPart& TensorAccess::BufferOf(const Tensor& tensor) {
  static const ClBufferPart kNone;
  return tensor.state_ == nullptr ? kNone : tensor.state_->buffer;
}

Tensor TensorAccess::Failed(const Status& status) {
  Tensor tensor;
  try {
    tensor.state_ = std::make_shared<Tensor::State>();
    tensor.state_->status = status;
  } catch (const std::bad_alloc&) {
    // Made in advance: a tensor whose status says that memory has run out.
    tensor.state_ = OutOfMemoryState();
  }
  return tensor;
}

Tensor Tensor::View(DType dtype, const void* data, std::vector<int64_t> dims,
                    std::function<void()> release) {
  return OrFailed([&]() -> StatusOr<Tensor> {
    const std::shared_ptr<const void> owner = OwnerOf(data, std::move(release));
    MACE_ASSIGN_OR_RETURN(const TensorInfo info, CheckInfo(dtype, data, dims));
    const Bytes bytes(static_cast<const uint8_t*>(data), info.bytes());
    return TensorAccess::FromHost(HostTensor::View(info, bytes, owner));
  });
}

Tensor Tensor::MutableView(DType dtype, void* data, std::vector<int64_t> dims,
                           std::function<void()> release) {
  return OrFailed([&]() -> StatusOr<Tensor> {
    const std::shared_ptr<const void> owner = OwnerOf(data, std::move(release));
    MACE_ASSIGN_OR_RETURN(const TensorInfo info, CheckInfo(dtype, data, dims));
    const MutableBytes bytes(static_cast<uint8_t*>(data), info.bytes());
    Tensor tensor = TensorAccess::FromHost(HostTensor::MutableView(info, bytes, owner));
    tensor.state_->is_mutable_view = true;
    return tensor;
  });
}

Tensor Tensor::OpenCl(DType dtype, const OpenClBuffer& buffer, std::vector<int64_t> dims) {
  return OrFailed([&]() -> StatusOr<Tensor> {
    // Any aligned address will do: the buffer's own address is checked separately.
    MACE_ASSIGN_OR_RETURN(const TensorInfo info, CheckInfo(dtype, &dims, dims));
    if (buffer.size != info.bytes()) {
      return InvalidArgument("OpenCL buffer: expected a size of " + std::to_string(info.bytes()) +
                             " bytes for " + info.ToString() + ", found " +
                             std::to_string(buffer.size));
    }
    MACE_ASSIGN_OR_RETURN(ClBufferPart part,
                          ClBufferPart::Retain(buffer.buffer, buffer.offset, info.bytes()));
    Tensor tensor = TensorAccess::FromHost(HostTensor::View(info, Bytes(), nullptr));
    tensor.state_->buffer = std::move(part);
    return tensor;
  });
}

StatusOr<Tensor> Tensor::ConvertTo(DType dtype) const {
  if (!status().ok()) return status();
  if (empty() || !TensorAccess::BufferOf(*this).empty() || DTypeSize(dtype) == 0) {
    return InvalidArgument(std::string("tensor: expected one in host memory and a dtype, found ") +
                           (empty()                 ? "none"
                            : DTypeSize(dtype) == 0 ? "no dtype"
                                                    : "an OpenCL buffer"));
  }
  return CatchExhaustion([&]() -> StatusOr<Tensor> {
    MACE_ASSIGN_OR_RETURN(HostTensor converted, state_->host.ConvertTo(dtype));
    // Elements that are shared belong to one state, which knows how many tensors see them.
    const bool is_shared = dtype == this->dtype() && converted.bytes().data() == data();
    return is_shared ? *this : TensorAccess::FromHost(std::move(converted));
  });
}

OpenClBuffer Tensor::opencl_buffer() const {
  const ClBufferPart& part = TensorAccess::BufferOf(*this);
  return {part.get(), part.offset(), part.bytes()};
}

const Status& Tensor::status() const {
  static const Status kOk;  // A null pointer: nothing to allocate or destroy.
  return state_ == nullptr ? kOk : state_->status;
}

DType Tensor::dtype() const { return state_ == nullptr ? DType::kInvalid : state_->host.dtype(); }

const std::vector<int64_t>& Tensor::dims() const {
  static const std::vector<int64_t> kNone;
  return state_ == nullptr ? kNone : state_->dims;
}

int64_t Tensor::elements() const { return empty() ? 0 : state_->host.shape().elements(); }

size_t Tensor::bytes() const { return empty() ? 0 : state_->host.info().bytes(); }

const void* Tensor::data() const { return empty() ? nullptr : state_->host.bytes().data(); }

const void* Tensor::DataAs(DType dtype, size_t alignment) const {
  const void* const data = this->dtype() == dtype ? this->data() : nullptr;
  return reinterpret_cast<uintptr_t>(data) % alignment == 0 ? data : nullptr;
}

void* Tensor::mutable_data() {
  if (!TensorAccess::IsForWriting(*this)) return nullptr;
  return state_->host.mutable_data<uint8_t>();
}

}  // namespace mace
