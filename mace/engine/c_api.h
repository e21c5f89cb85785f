// Code that the files of the C API share: handles, errors, and structs that begin with their size.
#ifndef MACE_ENGINE_C_API_H_
#define MACE_ENGINE_C_API_H_

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "mace/api/compiled_model.h"
#include "mace/api/devices.h"
#include "mace/api/model.h"
#include "mace/api/request.h"
#include "mace/api/tensor.h"
#include "mace/base/catch_exhaustion.h"
#include "mace/base/status.h"
#include "mace/mace_c.h"

// Each handle of the C API is a struct that holds one object of the C++ API.
struct mace_tensor {
  mace::Tensor tensor;
};
struct mace_model {
  mace::Model model;
};
struct mace_compiled_model {
  mace::CompiledModel compiled;
};
struct mace_request {
  mace::Request request;
};
struct mace_byte_array {
  std::vector<uint8_t> bytes;
};
struct mace_device_list {
  std::vector<mace::Device> devices;
};

namespace mace::c_api {

// The code of `status`. If it is not OK, it becomes the calling thread's last error.
mace_status_code Report(const Status& status);
const Status& OtherException();

// Runs the body of a C call, which gives a Status. No exception leaves this function.
template <typename Body>
mace_status_code Guard(Body&& body) noexcept {
  try {
    return Report(CatchExhaustion(std::forward<Body>(body)));
  } catch (...) {
    return Report(OtherException());
  }
}

// kInvalidArgument with the name of the first parameter that is null.
using Parameter = std::pair<const char*, const void*>;
Status CheckPresent(std::initializer_list<Parameter> parameters);

// Memory that a C caller lends. The destructor calls the caller's `release`, unless Take has passed
// this call on.
template <typename Memory>
class Lent {
 public:
  explicit Lent(const Memory* memory) : memory_(memory) {}
  ~Lent() {
    if (memory_ != nullptr && memory_->release != nullptr) memory_->release(memory_->user);
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  std::function<void()> Take() {
    const Memory* const memory = std::exchange(memory_, nullptr);
    if (memory == nullptr || memory->release == nullptr) return nullptr;
    // std::function holds two pointers without allocating.
    return [release = memory->release, user = memory->user] { release(user); };
  }

 private:
  const Memory* memory_;
};

// kInvalidArgument for a struct_size that no version of the struct has.
// `least`: the size of the struct's first version.
Status CheckStructSize(const char* name, size_t size, size_t least);
// kUnsupported if one of the bytes from `known` to `size` is not zero. These bytes are members of a
// newer version of the struct.
Status CheckNewerMembers(const char* name, const void* data, size_t known, size_t size);

// Overwrites `out`, which holds the defaults, with a struct of the caller. Null: the defaults stay.
template <typename T>
Status ReadStruct(const char* name, const T* given, T* out) {
  if (given == nullptr) return Status();
  const size_t size = given->struct_size;
  MACE_RETURN_IF_ERROR(CheckStructSize(name, size, sizeof(size)));
  MACE_RETURN_IF_ERROR(CheckNewerMembers(name, given, sizeof(T), size));
  std::memcpy(out, given, std::min(size, sizeof(T)));
  return Status();
}

// Fills the members of a struct of `size` bytes that this version knows, and the rest with zeros.
template <typename T>
void FillStruct(T full, size_t size, T* out) {
  full.struct_size = size;
  std::memcpy(out, &full, std::min(size, sizeof(T)));
  if (size > sizeof(T)) std::memset(reinterpret_cast<char*>(out) + sizeof(T), 0, size - sizeof(T));
}

// Fills a struct of the caller; `least`: the size up to the members that every caller has room for.
template <typename T>
Status WriteStruct(const char* name, const T& full, size_t least, T* out) {
  MACE_RETURN_IF_ERROR(CheckStructSize(name, out->struct_size, least));
  FillStruct(full, out->struct_size, out);
  return Status();
}

// Converts a number between 0 and `last` to the C++ enum, whose numbers are the same.
template <typename Enum>
Status ReadEnum(const char* name, int32_t value, Enum last, Enum* out) {
  if (value < 0 || value > static_cast<int32_t>(last)) {
    return InvalidArgument(std::string(name) + ": expected a value from 0 to " +
                           std::to_string(static_cast<int32_t>(last)) + ", found " +
                           std::to_string(value));
  }
  *out = static_cast<Enum>(value);
  return Status();
}

// Null `options` mean the defaults.
StatusOr<LoadOptions> ReadLoadOptions(const mace_load_options* options);
StatusOr<std::vector<int64_t>> ReadDims(const int64_t* dims, size_t rank);
StatusOr<DimsByName> ReadNamedDims(const char* name, const mace_named_dims* dims, size_t count);
// `name` is that of the parameter, for messages.
StatusOr<std::vector<std::string>> ReadNames(const char* name, const char* const* names,
                                             size_t count);
// `what`: "input" or "output", for messages.
Status WriteSpec(const std::vector<TensorSpec>& specs, const std::string& what, size_t index,
                 mace_tensor_spec* out);
// The name of an extent; "" if the extent has none, and for an index or an axis that is too large.
const char* DimName(const std::vector<TensorSpec>& specs, size_t index, size_t axis);

}  // namespace mace::c_api

#endif  // MACE_ENGINE_C_API_H_
