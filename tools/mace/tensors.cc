#include "tools/mace/tensors.h"

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
    {"|i1", DType::kInt8},    {"|b1", DType::kBool},
};

// REQUIRES: no dynamic extent.
StatusOr<TensorInfo> InfoOf(const TensorSpec& spec) {
  StatusOr<Shape> shape = Shape::Make(spec.dims);
  if (!shape.ok()) return shape.status().WithPrefix("input '" + Printable(spec.name) + "'");
  return TensorInfo{spec.dtype, *std::move(shape)};
}

StatusOr<HostTensor> RandomInput(const TensorSpec& spec, uint32_t seed) {
  MACE_ASSIGN_OR_RETURN(const TensorInfo info, InfoOf(spec));
  if (!IsFloat(info.dtype)) return HostTensor::Allocate(info);
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, info.shape}));
  std::mt19937 generator(seed);
  // The distributions of the C++ standard differ between libraries, but a seed must give the same
  // input everywhere.
  for (int64_t i = 0; i < info.shape.elements(); ++i) {
    tensor.f32()[i] = static_cast<float>(generator() >> 8) / static_cast<float>(1 << 23) - 1.0f;
  }
  return tensor;
}

StatusOr<HostTensor> LoadElements(const std::string& path, const NpyFile& file) {
  const NpyHeader& header = file.header();
  StatusOr<Shape> shape = Shape::Make(header.shape);
  if (!shape.ok()) return shape.status().WithPrefix(path);
  for (const NpyType& type : kNpyTypes) {
    if (header.descr != type.descr) continue;
    StatusOr<HostTensor> tensor = HostTensor::Allocate({type.dtype, *shape});
    if (!tensor.ok()) return tensor.status().WithPrefix(path);
    MACE_RETURN_IF_ERROR(
        file.Read(MutableBytes(tensor->mutable_data<uint8_t>(), tensor->info().bytes())));
    return tensor;
  }
  return Unsupported(path + ": element type '" + header.descr + "' is none of a model's");
}

// By the header alone: nothing of a file that does not fit is read.
Status CheckFits(const std::string& path, const NpyHeader& header, const TensorSpec& spec) {
  const StatusOr<Shape> shape = Shape::Make(header.shape);
  if (!shape.ok()) return shape.status().WithPrefix(path);
  if (static_cast<size_t>(shape->rank()) == spec.dims.size()) {
    // As it is stored, and as the model takes it.
    const uint64_t bytes = header.data_bytes + TensorInfo{spec.dtype, *shape}.bytes();
    const std::shared_ptr<MemoryBudget>& budget = ScopedMemoryBudget::Current();
    if (budget == nullptr || budget->HasRoomFor(bytes)) return Status();
    return ResourceExhausted(path + ": needs " + std::to_string(bytes) + " bytes beside " +
                             std::to_string(budget->used()) + " in use, the limit is " +
                             std::to_string(budget->limit()));
  }
  return InvalidArgument("input '" + spec.name + "': expected " + spec.ToString() + ", found '" +
                         header.descr + "' " + shape->ToString() + " in " + path);
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

// Whether each number of `tensor` is still there in `converted`: no float became infinite, and no
// integer another one.
Status CheckHolds(const HostTensor& tensor, const HostTensor& converted) {
  if (tensor.dtype() == converted.dtype() || tensor.dtype() == DType::kBool) return Status::Ok();
  if (tensor.dtype() == DType::kFloat64 && IsFloat(converted.dtype())) {
    const std::vector<float> narrow = ToFloatVector(converted);
    for (size_t i = 0; i < narrow.size(); ++i) {
      const double wide = tensor.data<double>()[i];
      if (!std::isinf(narrow[i]) || std::isinf(wide)) continue;
      return DoesNotHold(static_cast<int64_t>(i), std::to_string(wide), converted.dtype());
    }
  }
  if (IsFloat(tensor.dtype()) || IsFloat(converted.dtype()) || converted.dtype() == DType::kBool) {
    return Status::Ok();
  }
  const std::vector<int64_t> before = ToInt64Vector(tensor), after = ToInt64Vector(converted);
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    return DoesNotHold(static_cast<int64_t>(i), std::to_string(before[i]), converted.dtype());
  }
  return Status::Ok();
}

// The elements of `tensor`, read from `path`, as `dtype`.
StatusOr<HostTensor> ConvertExactly(const std::string& path, const HostTensor& tensor,
                                    DType dtype) {
  MACE_ASSIGN_OR_RETURN(HostTensor converted, tensor.ConvertTo(dtype));
  MACE_RETURN_IF_ERROR(CheckHolds(tensor, converted).WithPrefix(path));
  return converted;
}

StatusOr<HostTensor> LoadStored(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(const NpyFile file, NpyFile::Open(path));
  return LoadElements(path, file);
}

std::vector<TensorSpec> WithDims(std::vector<TensorSpec> specs,
                                 const std::vector<std::vector<int64_t>>& dims) {
  for (size_t i = 0; i < specs.size() && i < dims.size(); ++i) specs[i].dims = dims[i];
  return specs;
}

}  // namespace

Tensor FromHost(HostTensor host) {
  const auto held = std::make_shared<const HostTensor>(std::move(host));
  return Tensor::View(held->dtype(), held->bytes().data(), held->shape().dims(), [held] {});
}

HostTensor ToHost(const Tensor& tensor) {
  const Bytes bytes(static_cast<const uint8_t*>(tensor.data()), tensor.bytes());
  return HostTensor::View({tensor.dtype(), Shape(tensor.dims())}, bytes,
                          std::make_shared<Tensor>(tensor));
}

StatusOr<Tensor> ConvertTensor(const Tensor& tensor, DType dtype) {
  MACE_ASSIGN_OR_RETURN(HostTensor converted, ToHost(tensor).ConvertTo(dtype));
  return FromHost(std::move(converted));
}

std::vector<TensorSpec> CompiledInputs(const CompiledModel& compiled) {
  return WithDims(compiled.inputs(), compiled.statistics().input_dims);
}

std::vector<TensorSpec> CompiledOutputs(const CompiledModel& compiled) {
  return WithDims(compiled.outputs(), compiled.statistics().output_dims);
}

StatusOr<Tensor> LoadStoredTensor(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, LoadStored(path));
  return FromHost(std::move(tensor));
}

StatusOr<Tensor> LoadTensor(const std::string& path, DType dtype) {
  MACE_ASSIGN_OR_RETURN(const HostTensor tensor, LoadStored(path));
  MACE_ASSIGN_OR_RETURN(HostTensor converted, ConvertExactly(path, tensor, dtype));
  return FromHost(std::move(converted));
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
  MACE_ASSIGN_OR_RETURN(const HostTensor stored, LoadElements(path, file));
  // A request takes float32 for every float type: nothing is rounded on the way.
  const bool is_taken = IsFloat(spec.dtype) && stored.dtype() == DType::kFloat32;
  MACE_ASSIGN_OR_RETURN(HostTensor tensor,
                        is_taken ? stored.ToAligned() : ConvertExactly(path, stored, spec.dtype));
  return FromHost(std::move(tensor));
}

Status SaveTensor(const std::string& path, const Tensor& tensor) {
  // NumPy has no bfloat16.
  MACE_ASSIGN_OR_RETURN(const HostTensor saved,
                        ToHost(tensor).ConvertTo(
                            tensor.dtype() == DType::kBFloat16 ? DType::kFloat32 : tensor.dtype()));
  std::string descr;
  for (const NpyType& type : kNpyTypes) {
    if (type.dtype == saved.dtype()) descr = type.descr;
  }
  return WriteNpy(path, descr, saved.shape().dims(), saved.bytes());
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
      MACE_ASSIGN_OR_RETURN(HostTensor random, RandomInput(specs[i], static_cast<uint32_t>(i) + 1));
      inputs.push_back(FromHost(std::move(random)));
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
