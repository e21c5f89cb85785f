#include "mace/formats/onnx/requested.h"

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"

namespace mace {

Status CheckRequested(const OnnxGraph& graph, const ImportOptions& options) {
  NameSet seen;
  for (const std::string& name : options.inputs) {
    if (graph.Find(name).kind == OnnxSource::Kind::kNone) {
      return NotFound("input '" + Printable(name) +
                      "': expected a tensor of this name, found none");
    }
    if (!seen.insert(name).second) {
      return InvalidArgument("input '" + Printable(name) + "' is asked for twice");
    }
  }
  for (const auto& [name, value] : options.input_values) {
    if (graph.Find(name).kind == OnnxSource::Kind::kNone || seen.count(name) > 0) {
      return NotFound("value of '" + Printable(name) +
                      "': expected a tensor of this name that is no input, found none");
    }
  }
  return Status::Ok();
}

std::vector<std::string> RequestedOutputs(const OnnxGraph& graph, const ImportOptions& options) {
  if (!options.outputs.empty()) return options.outputs;
  std::vector<std::string> outputs;
  NameSet seen;
  for (const onnx::ValueInfoProto& info : graph.def().output()) {
    if (seen.insert(info.name()).second) outputs.push_back(info.name());
  }
  return outputs;
}

std::vector<std::string> RequestedCut(const OnnxGraph& graph, const ImportOptions& options) {
  if (!options.inputs.empty()) return options.inputs;
  std::vector<std::string> cut;
  for (const auto& [name, shape] : options.dynamic_shapes) {
    const OnnxSource::Kind kind = graph.Find(name).kind;
    const bool inner = kind == OnnxSource::Kind::kNode || kind == OnnxSource::Kind::kInitializer;
    if (inner && options.input_values.count(name) == 0) cut.push_back(name);
  }
  return cut;
}

}  // namespace mace
