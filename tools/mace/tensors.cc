#include "tools/mace/tensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "mace/base/files.h"
#include "mace/base/keyed_hash.h"
#include "mace/base/memory_budget.h"
#include "mace/base/npy.h"
#include "mace/base/strings.h"
#include "tools/mace/output_name.h"

namespace mace {
namespace {

struct NpyType {
  const char* descr;
  DType dtype;
};
constexpr NpyType kNpyTypes[] = {
    {"<f4", DType::kFloat32}, {"<f2", DType::kFloat16}, {"<f8", DType::kFloat64},
    {"<i4", DType::kInt32},   {"<i8", DType::kInt64},   {"|u1", DType::kUInt8},
    {"|i1", DType::kInt8},    {"|b1", DType::kBool},    {"<i2", DType::kInt16},
    {"<u2", DType::kUInt16},  {"<u4", DType::kUInt32},  {"<u8", DType::kUInt64},
};

// The type that a file has for the elements. NumPy has no bfloat16 and no integers below a byte.
DType StoredType(DType dtype) {
  switch (dtype) {
    case DType::kBFloat16:
      return DType::kFloat32;
    case DType::kInt4:
    case DType::kInt2:
      return DType::kInt8;
    case DType::kUInt4:
    case DType::kUInt2:
      return DType::kUInt8;
    default:
      return dtype;
  }
}

bool HoldsFloats(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16 ||
         dtype == DType::kFloat64;
}

// REQUIRES: no extent of `spec` is dynamic.
StatusOr<Tensor> RandomInput(const TensorSpec& spec, uint32_t seed) {
  const DType dtype = HoldsFloats(spec.dtype) ? DType::kFloat32 : spec.dtype;
  StatusOr<Tensor> tensor = Tensor::Allocate(dtype, spec.dims);
  if (!tensor.ok()) return tensor.status().WithPrefix("input '" + Printable(spec.name) + "'");
  float* const floats = tensor->mutable_data<float>();
  if (floats == nullptr) return tensor;
  std::mt19937_64 generator(seed);
  // The distributions of the C++ standard differ between libraries, but a seed must give the same
  // input everywhere. One number has the bits of two floats: numbers are what takes the time.
  const auto to_float = [](uint64_t bits) {
    return static_cast<float>(static_cast<int32_t>(bits & 0xffffff)) / static_cast<float>(1 << 23) -
           1.0f;
  };
  const int64_t elements = tensor->elements();
  for (int64_t i = 0; i < elements; i += 2) {
    const uint64_t bits = generator();
    floats[i] = to_float(bits);
    if (i + 1 < elements) floats[i + 1] = to_float(bits >> 32);
  }
  return tensor;
}

StatusOr<Tensor> LoadElements(const std::string& path, const NpyFile& file) {
  const NpyHeader& header = file.header();
  for (const NpyType& type : kNpyTypes) {
    if (header.descr != type.descr) continue;
    StatusOr<Tensor> tensor = Tensor::Allocate(type.dtype, header.shape);
    if (!tensor.ok()) return tensor.status().WithPrefix(path);
    auto* const elements = static_cast<uint8_t*>(tensor->mutable_data());
    MACE_RETURN_IF_ERROR(file.Read(MutableBytes(elements, tensor->bytes())));
    return tensor;
  }
  return Unsupported(path + ": element type '" + header.descr + "' is none of a model's");
}

std::string DimsText(const std::vector<int64_t>& dims) {
  std::vector<std::string> extents;
  for (const int64_t dim : dims) extents.push_back(std::to_string(dim));
  return "[" + Join(extents, ", ") + "]";
}

// Checks the rank and the memory by the header alone, so that no element of a file that does not
// fit is read.
Status CheckFits(const std::string& path, const NpyHeader& header, const TensorSpec& spec) {
  if (header.shape.size() == spec.dims.size()) {
    // The elements as the file stores them, and the elements as the model takes them.
    const uint64_t elements = header.data_bytes / NpyItemSize(header.descr);
    const uint64_t bytes = header.data_bytes + elements * DTypeSize(spec.dtype);
    const std::shared_ptr<MemoryBudget>& budget = ScopedMemoryBudget::Current();
    if (budget == nullptr || budget->HasRoomFor(bytes)) return Status();
    return ResourceExhausted(path + ": needs " + std::to_string(bytes) + " bytes beside " +
                             std::to_string(budget->used()) + " in use, the limit is " +
                             std::to_string(budget->limit()));
  }
  return InvalidArgument("input '" + spec.name + "': expected " + spec.ToString() + ", found '" +
                         header.descr + "' " + DimsText(header.shape) + " in " + path);
}

// The names of `specs`, for messages.
std::string NamesOf(const std::vector<TensorSpec>& specs) {
  constexpr size_t kMaxNames = 20;
  std::vector<std::string> names;
  for (size_t i = 0; i < specs.size() && i < kMaxNames; ++i) {
    names.push_back(Printable(specs[i].name));
  }
  if (specs.size() > kMaxNames) {
    names.push_back("and " + std::to_string(specs.size() - kMaxNames) + " more");
  }
  return Join(names, ", ");
}

Status DoesNotHold(int64_t element, const std::string& found, DType dtype) {
  return InvalidArgument("element " + std::to_string(element) + ": expected a number that " +
                         DTypeName(dtype) + " holds, found " + found);
}

// kInvalidArgument if the conversion made a finite double infinite.
Status CheckHoldsDoubles(const Tensor& tensor, const Tensor& converted) {
  MACE_ASSIGN_OR_RETURN(const Tensor narrow, converted.ConvertTo(DType::kFloat64));
  const double* const before = tensor.data<double>();
  const double* const after = narrow.data<double>();
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    if (!std::isinf(after[i]) || std::isinf(before[i])) continue;
    return DoesNotHold(i, std::to_string(before[i]), converted.dtype());
  }
  return Status::Ok();
}

// kInvalidArgument if the conversion changed an integer.
Status CheckHoldsIntegers(const Tensor& tensor, const Tensor& converted) {
  MACE_ASSIGN_OR_RETURN(const Tensor wide, tensor.ConvertTo(DType::kInt64));
  MACE_ASSIGN_OR_RETURN(const Tensor back, converted.ConvertTo(tensor.dtype()));
  const auto* const before = static_cast<const uint8_t*>(tensor.data());
  const auto* const after = static_cast<const uint8_t*>(back.data());
  const size_t size = DTypeSize(tensor.dtype());
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const size_t at = static_cast<size_t>(i) * size;
    if (std::equal(before + at, before + at + size, after + at)) continue;
    return DoesNotHold(i, std::to_string(wide.data<int64_t>()[i]), converted.dtype());
  }
  return Status::Ok();
}

// kInvalidArgument if `converted` does not hold each number of `tensor`.
Status CheckHolds(const Tensor& tensor, const Tensor& converted) {
  const DType from = tensor.dtype(), to = converted.dtype();
  if (from == to || from == DType::kBool) return Status::Ok();
  if (from == DType::kFloat64 && HoldsFloats(to)) return CheckHoldsDoubles(tensor, converted);
  if (HoldsFloats(from) || HoldsFloats(to) || to == DType::kBool) return Status::Ok();
  return CheckHoldsIntegers(tensor, converted);
}

// Converts `tensor`, which was read from `path`, to `dtype`. kInvalidArgument names a number that
// `dtype` cannot hold.
StatusOr<Tensor> ConvertExactly(const std::string& path, const Tensor& tensor, DType dtype) {
  MACE_ASSIGN_OR_RETURN(Tensor converted, tensor.ConvertTo(dtype));
  MACE_RETURN_IF_ERROR(CheckHolds(tensor, converted).WithPrefix(path));
  return converted;
}

std::vector<TensorSpec> WithDims(std::vector<TensorSpec> specs,
                                 const std::vector<std::vector<int64_t>>& dims) {
  for (size_t i = 0; i < specs.size() && i < dims.size(); ++i) specs[i].dims = dims[i];
  return specs;
}

}  // namespace

std::vector<TensorSpec> CompiledInputs(const CompiledModel& compiled) {
  return WithDims(compiled.inputs(), compiled.statistics().input_dims);
}

std::vector<TensorSpec> CompiledOutputs(const CompiledModel& compiled) {
  return WithDims(compiled.outputs(), compiled.statistics().output_dims);
}

StatusOr<Tensor> LoadStoredTensor(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(const NpyFile file, NpyFile::Open(path));
  return LoadElements(path, file);
}

StatusOr<Tensor> LoadTensor(const std::string& path, DType dtype) {
  MACE_ASSIGN_OR_RETURN(const Tensor tensor, LoadStoredTensor(path));
  return ConvertExactly(path, tensor, dtype);
}

std::map<std::string, std::vector<int64_t>> ShapesOfFiles(
    const std::map<std::string, std::string>& files) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& [name, path] : files) {
    const StatusOr<NpyFile> file = NpyFile::Open(path);
    if (file.ok()) shapes[name] = file->header().shape;
  }
  return shapes;
}

StatusOr<Tensor> LoadInput(const std::string& path, const TensorSpec& spec) {
  MACE_ASSIGN_OR_RETURN(const NpyFile file, NpyFile::Open(path));
  MACE_RETURN_IF_ERROR(CheckFits(path, file.header(), spec));
  MACE_ASSIGN_OR_RETURN(Tensor stored, LoadElements(path, file));
  // A request takes float32 for every float type, so the elements need no rounding here.
  if (HoldsFloats(spec.dtype) && stored.dtype() == DType::kFloat32) return stored;
  return ConvertExactly(path, stored, spec.dtype);
}

Status SaveTensor(const std::string& path, const Tensor& tensor) {
  const DType dtype = StoredType(tensor.dtype());
  MACE_ASSIGN_OR_RETURN(const Tensor saved, tensor.ConvertTo(dtype));
  std::string descr;
  for (const NpyType& type : kNpyTypes) {
    if (type.dtype == dtype) descr = type.descr;
  }
  const Bytes bytes(static_cast<const uint8_t*>(saved.data()), saved.bytes());
  return WriteNpy(path, descr, saved.dims(), bytes);
}

StatusOr<std::vector<Tensor>> LoadInputs(const std::vector<TensorSpec>& specs,
                                         const std::map<std::string, std::string>& files,
                                         MissingInput missing) {
  NameSet known;
  for (const TensorSpec& spec : specs) known.insert(spec.name);
  for (const auto& [name, path] : files) {
    if (known.count(name) > 0) continue;
    return InvalidArgument("--input: the model has no input '" + Printable(name) +
                           "', it has: " + NamesOf(specs));
  }
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < specs.size(); ++i) {
    const auto file = files.find(specs[i].name);
    if (file == files.end() && missing == MissingInput::kRefuse) {
      const std::string name = Printable(specs[i].name);
      return InvalidArgument("input '" + name + "': expected data, found none: give --input " +
                             name + "=FILE.npy, or --random-inputs");
    }
    if (file == files.end()) {
      MACE_ASSIGN_OR_RETURN(Tensor random, RandomInput(specs[i], static_cast<uint32_t>(i) + 1));
      inputs.push_back(std::move(random));
      continue;
    }
    MACE_ASSIGN_OR_RETURN(Tensor tensor, LoadInput(file->second, specs[i]));
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

StatusOr<std::vector<std::string>> WriteOutputs(const std::string& folder,
                                                const std::vector<TensorSpec>& specs,
                                                const std::vector<Tensor>& outputs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  const std::vector<std::string> files = OutputFileNames(names);
  MACE_RETURN_IF_ERROR(MakeDirectories(folder));
  std::vector<std::string> paths;
  for (size_t i = 0; i < outputs.size(); ++i) {
    paths.push_back(JoinPath(folder, files[i]));
    MACE_RETURN_IF_ERROR(SaveTensor(paths.back(), outputs[i]));
  }
  return paths;
}

}  // namespace mace
