// The C API: tensors.
#include "mace/engine/c_api.h"

using namespace mace::c_api;  // NOLINT: the definitions below are C's, without a namespace.

namespace {

static_assert(MACE_DTYPE_FLOAT32 == static_cast<int>(mace::DType::kFloat32));
static_assert(MACE_DTYPE_INT32 == static_cast<int>(mace::DType::kInt32));
static_assert(MACE_DTYPE_BOOL == static_cast<int>(mace::DType::kBool));
static_assert(MACE_DTYPE_FLOAT64 == static_cast<int>(mace::DType::kFloat64));
static_assert(MACE_DTYPE_UINT64 == static_cast<int>(mace::DType::kUInt64));
static_assert(MACE_DTYPE_UINT2 == static_cast<int>(mace::DType::kUInt2));

// kInvalid for a number that is no dtype.
mace::DType DTypeOrInvalid(mace_dtype dtype) {
  const bool is_known = dtype > 0 && dtype <= MACE_DTYPE_UINT2;
  return is_known ? static_cast<mace::DType>(dtype) : mace::DType::kInvalid;
}

// `made` is a view of the caller's memory. Its elements must take exactly `size` bytes.
mace::Status CheckView(const mace::Tensor& made, size_t size) {
  MACE_RETURN_IF_ERROR(made.status());
  if (made.bytes() == size) return mace::Status();
  return mace::InvalidArgument("bytes: expected " + std::to_string(made.bytes()) +
                               " bytes for the dims, found " + std::to_string(size));
}

const mace::Tensor& TensorOf(const mace_tensor* tensor) {
  static const mace::Tensor kNone;
  return tensor == nullptr ? kNone : tensor->tensor;
}

// Makes a read-only or a mutable view by `view`; `memory`: a mace_bytes or a mace_mutable_bytes.
template <typename Memory, typename View>
mace_status_code MakeView(const Memory* memory, const View& view, mace_tensor** tensor) {
  return Guard([&]() -> mace::Status {
    Lent<Memory> lent(memory);
    if (tensor != nullptr) *tensor = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"bytes", memory}, {"tensor", tensor}}));
    MACE_ASSIGN_OR_RETURN(mace::Tensor made, view(&lent));
    MACE_RETURN_IF_ERROR(CheckView(made, memory->size));
    *tensor = new mace_tensor{std::move(made)};
    return mace::Status();
  });
}

}  // namespace

size_t mace_dtype_size(mace_dtype dtype) { return mace::DTypeSize(DTypeOrInvalid(dtype)); }

const char* mace_dtype_name(mace_dtype dtype) { return mace::DTypeName(DTypeOrInvalid(dtype)); }

mace_status_code mace_tensor_allocate(mace_dtype dtype, const int64_t* dims, size_t rank,
                                      mace_tensor** tensor) {
  return Guard([&]() -> mace::Status {
    MACE_RETURN_IF_ERROR(CheckPresent({{"tensor", tensor}}));
    *tensor = nullptr;
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> extents, ReadDims(dims, rank));
    MACE_ASSIGN_OR_RETURN(mace::Tensor made,
                          mace::Tensor::Allocate(DTypeOrInvalid(dtype), std::move(extents)));
    *tensor = new mace_tensor{std::move(made)};
    return mace::Status();
  });
}

mace_status_code mace_tensor_view(mace_dtype dtype, const int64_t* dims, size_t rank,
                                  const mace_bytes* bytes, mace_tensor** tensor) {
  const auto view = [&](Lent<mace_bytes>* lent) -> mace::StatusOr<mace::Tensor> {
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> extents, ReadDims(dims, rank));
    return mace::Tensor::View(DTypeOrInvalid(dtype), bytes->data, std::move(extents), lent->Take());
  };
  return MakeView(bytes, view, tensor);
}

mace_status_code mace_tensor_mutable_view(mace_dtype dtype, const int64_t* dims, size_t rank,
                                          const mace_mutable_bytes* bytes, mace_tensor** tensor) {
  const auto view = [&](Lent<mace_mutable_bytes>* lent) -> mace::StatusOr<mace::Tensor> {
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> extents, ReadDims(dims, rank));
    return mace::Tensor::MutableView(DTypeOrInvalid(dtype), bytes->data, std::move(extents),
                                     lent->Take());
  };
  return MakeView(bytes, view, tensor);
}

mace_status_code mace_tensor_opencl(mace_dtype dtype, const int64_t* dims, size_t rank,
                                    const mace_opencl_buffer* buffer, mace_tensor** tensor) {
  return Guard([&]() -> mace::Status {
    if (tensor != nullptr) *tensor = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"buffer", buffer}, {"tensor", tensor}}));
    MACE_ASSIGN_OR_RETURN(std::vector<int64_t> extents, ReadDims(dims, rank));
    mace::Tensor made = mace::Tensor::OpenCl(
        DTypeOrInvalid(dtype), {buffer->buffer, buffer->offset, buffer->size}, std::move(extents));
    MACE_RETURN_IF_ERROR(made.status());
    *tensor = new mace_tensor{std::move(made)};
    return mace::Status();
  });
}

void mace_tensor_opencl_buffer(const mace_tensor* tensor, mace_opencl_buffer* buffer) {
  if (buffer == nullptr) return;
  const mace::OpenClBuffer found = TensorOf(tensor).opencl_buffer();
  *buffer = {found.buffer, found.offset, found.size};
}

void mace_tensor_free(mace_tensor* tensor) { delete tensor; }

mace_status_code mace_tensor_convert(const mace_tensor* tensor, mace_dtype dtype,
                                     mace_tensor** converted) {
  return Guard([&]() -> mace::Status {
    if (converted != nullptr) *converted = nullptr;
    MACE_RETURN_IF_ERROR(CheckPresent({{"tensor", tensor}, {"converted", converted}}));
    MACE_ASSIGN_OR_RETURN(mace::Tensor made, tensor->tensor.ConvertTo(DTypeOrInvalid(dtype)));
    *converted = new mace_tensor{std::move(made)};
    return mace::Status();
  });
}

mace_dtype mace_tensor_dtype(const mace_tensor* tensor) {
  return static_cast<mace_dtype>(TensorOf(tensor).dtype());
}

size_t mace_tensor_rank(const mace_tensor* tensor) { return TensorOf(tensor).dims().size(); }

const int64_t* mace_tensor_dims(const mace_tensor* tensor) {
  return TensorOf(tensor).dims().data();
}

int64_t mace_tensor_elements(const mace_tensor* tensor) { return TensorOf(tensor).elements(); }

size_t mace_tensor_bytes(const mace_tensor* tensor) { return TensorOf(tensor).bytes(); }

const void* mace_tensor_data(const mace_tensor* tensor) { return TensorOf(tensor).data(); }

void* mace_tensor_mutable_data(mace_tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->tensor.mutable_data();
}
