#include "mace/import/onnx_declared.h"

#include <algorithm>

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
  }
  return declared;
}

OnnxDeclaredTypes::OnnxDeclaredTypes(const onnx::GraphProto& graph) {
  // What the graph says of its outputs goes before a note on a tensor in the middle.
  for (const auto* list : {&graph.output(), &graph.value_info()}) {
    for (const onnx::ValueInfoProto& info : *list) {
      types_.emplace(info.name(), info.type().tensor_type().elem_type());
    }
  }
}

int32_t OnnxDeclaredTypes::Find(const std::string& name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? 0 : found->second;
}

}  // namespace mace
