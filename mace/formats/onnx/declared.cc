#include "mace/formats/onnx/declared.h"

#include <algorithm>

#include "mace/formats/onnx/tensor.h"
#include "mace/graph/shape.h"

namespace mace {

bool OnnxDeclared::is_closed() const {
  return type != 0 && dims.has_value() &&
         std::all_of(dims->begin(), dims->end(), [](int64_t extent) { return extent >= 0; });
}

StatusOr<OnnxDeclared> ReadOnnxDeclared(const onnx::ValueInfoProto& info) {
  OnnxDeclared declared;
  if (!info.type().has_tensor_type()) return declared;
  const onnx::TypeProto::Tensor& tensor = info.type().tensor_type();
  declared.type = tensor.elem_type();
  if (!tensor.has_shape()) return declared;
  if (tensor.shape().dim_size() > Shape::kMaxRank) {
    return InvalidArgument("expected a rank up to " + std::to_string(Shape::kMaxRank) + ", found " +
                           std::to_string(tensor.shape().dim_size()));
  }
  declared.dims.emplace();
  for (const auto& dim : tensor.shape().dim()) {
    declared.dims->push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : -1);
    declared.dim_names.push_back(dim.dim_param());
  }
  return declared;
}

OnnxDeclarations::OnnxDeclarations(const onnx::GraphProto& graph) {
  // The declaration of an output goes before a note on a tensor in the middle.
  for (const auto* list : {&graph.output(), &graph.value_info()}) {
    for (const onnx::ValueInfoProto& info : *list) infos_.emplace(info.name(), &info);
  }
}

const onnx::ValueInfoProto* OnnxDeclarations::Find(const std::string& name) const {
  const auto found = infos_.find(name);
  return found == infos_.end() ? nullptr : found->second;
}

int32_t OnnxDeclarations::TypeOf(const std::string& name) const {
  const onnx::ValueInfoProto* info = Find(name);
  return info == nullptr ? 0 : info->type().tensor_type().elem_type();
}

std::vector<IoInfo> OnnxDeclarations::OutputsOf(const std::vector<std::string>& names) const {
  std::vector<IoInfo> outputs;
  for (const std::string& name : names) {
    IoInfo io;
    io.name = name;
    const DType declared = OnnxIoType(TypeOf(name));
    if (declared != DType::kInvalid) io.dtype = declared;
    if (const onnx::ValueInfoProto* info = Find(name)) {
      StatusOr<OnnxDeclared> said = ReadOnnxDeclared(*info);
      if (said.ok()) io.declared_dims = std::move(said->dims);
    }
    outputs.push_back(std::move(io));
  }
  return outputs;
}

}  // namespace mace
