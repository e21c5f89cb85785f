#include "tools/mace/tensors.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "mace/base/files.h"
#include "mace/base/npy.h"

namespace mace {
namespace {

struct NpyType {
  const char* descr;
  DType dtype;
};
constexpr NpyType kNpyTypes[] = {
    {"<f4", DType::kFloat32}, {"<f2", DType::kFloat16}, {"<i4", DType::kInt32},
    {"<i8", DType::kInt64},   {"|u1", DType::kUInt8},   {"|i1", DType::kInt8},
    {"|b1", DType::kBool},
};

StatusOr<HostTensor> RandomInput(const TensorInfo& info, uint32_t seed) {
  if (!IsFloat(info.dtype)) return HostTensor::Allocate(info);
  MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, info.shape}));
  std::mt19937 generator(seed);
  // By hand: the standard's distributions differ between libraries, and a seed must mean the same
  // input everywhere.
  for (int64_t i = 0; i < info.shape.elements(); ++i) {
    tensor.f32()[i] = static_cast<float>(generator() >> 8) / static_cast<float>(1 << 23) - 1.0f;
  }
  return tensor;
}

}  // namespace

StatusOr<HostTensor> LoadStoredTensor(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(NpyArray array, ReadNpy(path));
  StatusOr<Shape> shape = Shape::Make(array.shape);
  if (!shape.ok()) return shape.status().WithPrefix(path);
  if (array.descr == "<f8") {
    // NumPy's default type: narrowed here, since no tensor of a model is float64.
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::Allocate({DType::kFloat32, *shape}));
    const double* values = reinterpret_cast<const double*>(array.data.data());
    for (int64_t i = 0; i < shape->elements(); ++i) {
      tensor.f32()[i] = static_cast<float>(values[i]);
      if (!std::isinf(tensor.f32()[i]) || std::isinf(values[i])) continue;
      return InvalidArgument(path + ": element " + std::to_string(i) +
                             ": expected a number that float32 holds, found " +
                             std::to_string(values[i]));
    }
    return tensor;
  }
  for (const NpyType& type : kNpyTypes) {
    if (array.descr != type.descr) continue;
    auto data = std::make_shared<std::vector<uint8_t>>(std::move(array.data));
    return HostTensor::View({type.dtype, *shape}, *data, data);
  }
  return Unsupported(path + ": element type '" + array.descr + "' is none of a model's");
}

StatusOr<HostTensor> LoadTensor(const std::string& path, DType dtype) {
  MACE_ASSIGN_OR_RETURN(const HostTensor tensor, LoadStoredTensor(path));
  return tensor.ConvertTo(dtype);
}

Status SaveTensor(const std::string& path, const HostTensor& tensor) {
  MACE_ASSIGN_OR_RETURN(const HostTensor saved, tensor.ToReferenceOperand());
  std::string descr;
  for (const NpyType& type : kNpyTypes) {
    if (type.dtype == saved.dtype()) descr = type.descr;
  }
  return WriteNpy(path, descr, saved.shape().dims(), saved.bytes());
}

StatusOr<std::vector<HostTensor>> LoadInputs(const std::vector<Port>& ports,
                                             const NamedWords& files) {
  for (const auto& [name, path] : files) {
    const bool known = std::any_of(ports.begin(), ports.end(),
                                   [&](const Port& port) { return port.name == name; });
    if (known) continue;
    std::string names;
    for (const Port& port : ports) names += (names.empty() ? "" : ", ") + port.name;
    return InvalidArgument("--input: the model has no input '" + name + "', it has: " + names);
  }
  std::vector<HostTensor> inputs;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto file = files.find(ports[i].name);
    if (file == files.end()) {
      MACE_ASSIGN_OR_RETURN(HostTensor random,
                            RandomInput(ports[i].info, static_cast<uint32_t>(i) + 1));
      inputs.push_back(std::move(random));
      continue;
    }
    MACE_ASSIGN_OR_RETURN(HostTensor tensor, LoadTensor(file->second, ports[i].info.dtype));
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

std::string OutputFileName(const std::string& name) {
  std::string file = name;
  for (char& c : file) {
    if (c == '/' || c == ':') c = '_';
  }
  return file + ".npy";
}

StatusOr<std::vector<std::string>> WriteOutputs(const std::string& folder,
                                                const std::vector<Port>& ports,
                                                const std::vector<HostTensor>& outputs) {
  std::map<std::string, std::string> taken;  // File to output.
  for (const Port& port : ports) {
    const auto [entry, fresh] = taken.emplace(OutputFileName(port.name), port.name);
    if (!fresh) {
      return InvalidArgument("--output-dir: outputs '" + entry->second + "' and '" + port.name +
                             "' would both be " + entry->first);
    }
  }
  MACE_RETURN_IF_ERROR(MakeDirectories(folder));
  std::vector<std::string> paths;
  for (size_t i = 0; i < outputs.size(); ++i) {
    paths.push_back(JoinPath(folder, OutputFileName(ports[i].name)));
    MACE_RETURN_IF_ERROR(SaveTensor(paths.back(), outputs[i]));
  }
  return paths;
}

}  // namespace mace
