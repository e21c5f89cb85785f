#include "mace/graph/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <type_traits>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/file_block.h"
#include "mace/base/half.h"
#include "mace/base/memory_budget.h"
#include "mace/graph/integer_type.h"

namespace mace {

namespace {

// The natural alignment of a dtype is its size.
bool IsAligned(const uint8_t* data, DType dtype) {
  const size_t size = DTypeSize(dtype);
  return size <= 1 || reinterpret_cast<uintptr_t>(data) % size == 0;
}

// An out-of-range cast is undefined in C++, so the range is cut first; a NaN has no integer and
// becomes 0. The upper bound of int64_t is no double: comparing with >= against 2^63 is exact.
template <typename To>
To SaturateFloat(double value) {
  if (std::isnan(value)) return 0;
  const double low = static_cast<double>(std::numeric_limits<To>::min());
  const double high = static_cast<double>(std::numeric_limits<To>::max());
  if (value <= low) return std::numeric_limits<To>::min();
  if (value >= high) return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

template <typename To>
To SaturateInt(int64_t value) {
  if constexpr (std::is_same_v<To, uint64_t>) return static_cast<To>(value < 0 ? 0 : value);
  const auto low = static_cast<int64_t>(std::numeric_limits<To>::min());
  const auto high = static_cast<int64_t>(std::numeric_limits<To>::max());
  return static_cast<To>(value < low ? low : (value > high ? high : value));
}

// Elements of one stored type, converted one at a time. Floats are read as double, ints as int64_t
// and those of uint64 as uint64_t, so nothing is lost on the way. The elements need not be aligned.
template <typename From, typename Function>
void ForEach(const HostTensor& tensor, Function function) {
  const uint8_t* data = tensor.bytes().data();
  const int64_t count = tensor.shape().elements();
  for (int64_t i = 0; i < count; ++i) {
    From element;
    std::memcpy(&element, data + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    function(i, element);
  }
}

template <typename Function>
void ForEachElement(const HostTensor& tensor, Function function) {
  switch (tensor.dtype()) {
    case DType::kInvalid:
      return;
    case DType::kFloat32:
      return ForEach<float>(tensor, [&](int64_t i, float x) { function(i, double{x}); });
    case DType::kFloat16:
      return ForEach<uint16_t>(tensor,
                               [&](int64_t i, uint16_t x) { function(i, double{HalfToFloat(x)}); });
    case DType::kBFloat16:
      return ForEach<uint16_t>(
          tensor, [&](int64_t i, uint16_t x) { function(i, double{Bfloat16ToFloat(x)}); });
    case DType::kInt32:
      return ForEach<int32_t>(tensor, [&](int64_t i, int32_t x) { function(i, int64_t{x}); });
    case DType::kInt64:
      return ForEach<int64_t>(tensor, [&](int64_t i, int64_t x) { function(i, x); });
    case DType::kUInt8:
    case DType::kBool:
      return ForEach<uint8_t>(tensor, [&](int64_t i, uint8_t x) { function(i, int64_t{x}); });
    case DType::kInt8:
      return ForEach<int8_t>(tensor, [&](int64_t i, int8_t x) { function(i, int64_t{x}); });
    case DType::kFloat64:
      return ForEach<double>(tensor, [&](int64_t i, double x) { function(i, x); });
    case DType::kInt16:
      return ForEach<int16_t>(tensor, [&](int64_t i, int16_t x) { function(i, int64_t{x}); });
    case DType::kUInt16:
      return ForEach<uint16_t>(tensor, [&](int64_t i, uint16_t x) { function(i, int64_t{x}); });
    case DType::kUInt32:
      return ForEach<uint32_t>(tensor, [&](int64_t i, uint32_t x) { function(i, int64_t{x}); });
    case DType::kUInt64:
      return ForEach<uint64_t>(tensor, [&](int64_t i, uint64_t x) { function(i, x); });
    case DType::kInt4:
    case DType::kUInt4:
    case DType::kInt2:
    case DType::kUInt2: {
      const IntegerType type = IntegerTypeOf(tensor.dtype());
      return ForEach<uint8_t>(
          tensor, [&](int64_t i, uint8_t x) { function(i, WrapInteger(type, int64_t{x})); });
    }
  }
}

struct ToFloat32 {
  using Type = float;
  template <typename From>
  static float Convert(From x) {
    return static_cast<float>(x);
  }
};
struct ToFloat64 {
  using Type = double;
  template <typename From>
  static double Convert(From x) {
    return static_cast<double>(x);
  }
};
struct ToFloat16 {
  using Type = uint16_t;
  template <typename From>
  static uint16_t Convert(From x) {
    return FloatToHalf(static_cast<float>(x));
  }
};
struct ToBFloat16 {
  using Type = uint16_t;
  template <typename From>
  static uint16_t Convert(From x) {
    return FloatToBfloat16(static_cast<float>(x));
  }
};
template <typename To>
struct ToInteger {
  using Type = To;
  static To Convert(double x) { return SaturateFloat<To>(x); }
  static To Convert(int64_t x) { return SaturateInt<To>(x); }
  static To Convert(uint64_t x) {
    const auto high = static_cast<uint64_t>(std::numeric_limits<To>::max());
    return static_cast<To>(x < high ? x : high);
  }
};
// Integers of fewer bits than a byte: kLow to kHigh, the sign in the upper bits too.
template <int kLow, int kHigh>
struct ToNarrow {
  using Type = uint8_t;
  template <typename From>
  static uint8_t Convert(From x) {
    const int8_t near = ToInteger<int8_t>::Convert(x);
    return static_cast<uint8_t>(std::clamp<int>(near, kLow, kHigh));
  }
};
// The integers that the type has, but those of uint64 as the int64_t of the same bits.
struct ToInt64Bits : ToInteger<int64_t> {
  using ToInteger<int64_t>::Convert;
  static int64_t Convert(uint64_t x) { return static_cast<int64_t>(x); }
};
struct ToBool {
  using Type = uint8_t;
  template <typename From>
  static uint8_t Convert(From x) {
    return x != 0 ? 1 : 0;
  }
};

template <typename Converter>
void ConvertElements(const HostTensor& in, typename Converter::Type* to) {
  ForEachElement(in, [to](int64_t i, auto x) { to[i] = Converter::Convert(x); });
}

template <typename Converter>
void ConvertElements(const HostTensor& in, HostTensor* out) {
  ConvertElements<Converter>(in, out->mutable_data<typename Converter::Type>());
}

// The conversion of whole weight files, worth the vector code of base.
bool ExpandHalves(const HostTensor& in, HostTensor* out) {
  if (out->dtype() != DType::kFloat32) return false;
  const auto count = static_cast<size_t>(in.shape().elements());
  const Span<const uint16_t> bits(in.data<uint16_t>(), count);
  if (in.dtype() == DType::kFloat16) {
    HalvesToFloats(bits, Span<float>(out->f32(), count));
    return true;
  }
  if (in.dtype() == DType::kBFloat16) {
    Bfloat16sToFloats(bits, Span<float>(out->f32(), count));
    return true;
  }
  return false;
}

// The elements converted to a vector, where the thread's memory budget has room for it.
template <typename Converter>
std::vector<typename Converter::Type> ToVector(const HostTensor& tensor) {
  using To = typename Converter::Type;
  if (!tensor.has_data()) return {};
  const auto count = static_cast<size_t>(tensor.shape().elements());
  const std::shared_ptr<MemoryBudget>& budget = ScopedMemoryBudget::Current();
  if (budget != nullptr && !budget->HasRoomFor(count * sizeof(To))) throw std::bad_alloc();
  std::vector<To> values(count);
  ConvertElements<Converter>(tensor, values.data());
  return values;
}

}  // namespace

ConstantIdentity ConvertedIdentity(const HostTensor& tensor, DType dtype) {
  IdentityHasher hasher("converted");
  hasher.Add(std::vector<int64_t>{static_cast<int64_t>(dtype)});
  hasher.Add(tensor.Reshaped(Shape{tensor.shape().elements()}));
  return hasher.Finish();
}

std::string TensorInfo::ToString() const {
  return std::string(DTypeName(dtype)) + " " + shape.ToString();
}

StatusOr<HostTensor> HostTensor::Allocate(TensorInfo info) {
  const size_t bytes = info.bytes();
  const std::shared_ptr<MemoryBudget>& budget = ScopedMemoryBudget::Current();
  if (budget != nullptr) MACE_RETURN_IF_ERROR(budget->Reserve(bytes));
  // calloc: large zeroed blocks come straight from the system, and a block that is not to be had is
  // a null pointer instead of an exception.
  void* const block = std::calloc(bytes > 0 ? bytes : 1, 1);
  if (block == nullptr) {
    if (budget != nullptr) budget->Release(bytes);
    return ResourceExhausted("host memory: the system has no " + std::to_string(bytes) +
                             " bytes for a tensor");
  }
  return CatchExhaustion([&]() -> StatusOr<HostTensor> {
    // Where the owner cannot be made its constructor frees the block.
    std::shared_ptr<void> owner(block, [budget, bytes](void* freed) {
      std::free(freed);
      if (budget != nullptr) budget->Release(bytes);
    });
    return MutableView(std::move(info), MutableBytes(static_cast<uint8_t*>(block), bytes),
                       std::move(owner));
  });
}

HostTensor HostTensor::View(TensorInfo info, Bytes data, std::shared_ptr<const void> owner) {
  HostTensor tensor;
  tensor.info_ = std::move(info);
  tensor.data_ = data.data();
  tensor.owner_ = std::move(owner);
  return tensor;
}

HostTensor HostTensor::OfFile(TensorInfo info, std::shared_ptr<const FileBlock> block) {
  const FileBlock* const elements = block.get();
  HostTensor tensor = View(std::move(info), elements->address_range(), std::move(block));
  tensor.block_ = elements;
  return tensor;
}

const uint8_t* HostTensor::ReadBlock() const noexcept { return block_->bytes().data(); }

HostTensor HostTensor::MutableView(TensorInfo info, MutableBytes data,
                                   std::shared_ptr<const void> owner) {
  HostTensor tensor = View(std::move(info), data, std::move(owner));
  tensor.writable_ = true;
  return tensor;
}

StatusOr<HostTensor> HostTensor::ToAligned() const {
  if (!has_data() || IsAligned(data_, info_.dtype)) return *this;
  MACE_ASSIGN_OR_RETURN(HostTensor copy, Allocate(info_));
  if (info_.bytes() > 0) std::memcpy(copy.mutable_data<uint8_t>(), bytes().data(), info_.bytes());
  copy.identity_ = identity_;
  return copy;
}

HostTensor HostTensor::Reshaped(Shape shape) const {
  HostTensor tensor = *this;
  tensor.info_.shape = std::move(shape);
  return tensor;
}

StatusOr<HostTensor> HostTensor::ConvertTo(DType dtype) const {
  if (dtype == info_.dtype) return ToAligned();
  if (!has_data()) return Internal("a tensor without elements cannot be converted");
  MACE_ASSIGN_OR_RETURN(HostTensor out, Allocate({dtype, info_.shape}));
  ConvertInto(&out);
  if (identity_.is_known()) out.identity_ = ConvertedIdentity(*this, dtype);
  return out;
}

StatusOr<HostTensor> HostTensor::ReadAsFloats() const {
  if (block_ == nullptr || info_.dtype != DType::kFloat32) return ConvertTo(DType::kFloat32);
  const Bytes elements = bytes();
  if (!IsAligned(elements.data(), info_.dtype)) return ToAligned();
  HostTensor view = View(info_, elements, owner_);
  view.identity_ = identity_;
  return view;
}

void HostTensor::ConvertInto(HostTensor* to) const {
  const HostTensor& in = *this;
  HostTensor& out = *to;
  if (IsAligned(bytes().data(), info_.dtype) && ExpandHalves(in, to)) return;
  switch (out.dtype()) {
    case DType::kInvalid:
      break;
    case DType::kFloat32:
      ConvertElements<ToFloat32>(in, &out);
      break;
    case DType::kFloat16:
      ConvertElements<ToFloat16>(in, &out);
      break;
    case DType::kBFloat16:
      ConvertElements<ToBFloat16>(in, &out);
      break;
    case DType::kInt32:
      ConvertElements<ToInteger<int32_t>>(in, &out);
      break;
    case DType::kInt64:
      ConvertElements<ToInteger<int64_t>>(in, &out);
      break;
    case DType::kUInt8:
      ConvertElements<ToInteger<uint8_t>>(in, &out);
      break;
    case DType::kInt8:
      ConvertElements<ToInteger<int8_t>>(in, &out);
      break;
    case DType::kBool:
      ConvertElements<ToBool>(in, &out);
      break;
    case DType::kFloat64:
      ConvertElements<ToFloat64>(in, &out);
      break;
    case DType::kInt16:
      ConvertElements<ToInteger<int16_t>>(in, &out);
      break;
    case DType::kUInt16:
      ConvertElements<ToInteger<uint16_t>>(in, &out);
      break;
    case DType::kUInt32:
      ConvertElements<ToInteger<uint32_t>>(in, &out);
      break;
    case DType::kUInt64:
      ConvertElements<ToInteger<uint64_t>>(in, &out);
      break;
    case DType::kInt4:
      ConvertElements<ToNarrow<-8, 7>>(in, &out);
      break;
    case DType::kUInt4:
      ConvertElements<ToNarrow<0, 15>>(in, &out);
      break;
    case DType::kInt2:
      ConvertElements<ToNarrow<-2, 1>>(in, &out);
      break;
    case DType::kUInt2:
      ConvertElements<ToNarrow<0, 3>>(in, &out);
      break;
  }
}

StatusOr<std::vector<HostTensor>> AllocateTensors(const std::vector<TensorInfo>& infos) {
  std::vector<HostTensor> tensors;
  tensors.reserve(infos.size());
  for (const TensorInfo& info : infos) {
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate(info));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

StatusOr<HostTensor> HostTensor::ToReferenceOperand() const {
  return IsFloat(info_.dtype) ? ConvertTo(DType::kFloat32) : ToAligned();
}

std::vector<int64_t> ToInt64Vector(const HostTensor& tensor) {
  return ToVector<ToInt64Bits>(tensor);
}

std::vector<float> ToFloatVector(const HostTensor& tensor) { return ToVector<ToFloat32>(tensor); }

void CopyAsFloats(const HostTensor& tensor, float* to) {
  if (tensor.dtype() != DType::kFloat32) return ConvertElements<ToFloat32>(tensor, to);
  if (tensor.info().bytes() > 0) std::memcpy(to, tensor.bytes().data(), tensor.info().bytes());
}

}  // namespace mace
