#include "mace/formats/onnx/captured.h"

#include "mace/base/keyed_hash.h"

namespace mace {
namespace {

NameSet MadeIn(const onnx::GraphProto& graph) {
  NameSet made;
  for (const onnx::ValueInfoProto& input : graph.input()) made.insert(input.name());
  for (const onnx::TensorProto& tensor : graph.initializer()) made.insert(tensor.name());
  for (const onnx::SparseTensorProto& tensor : graph.sparse_initializer()) {
    made.insert(tensor.values().name());
  }
  for (const onnx::NodeProto& node : graph.node()) {
    made.insert(node.output().begin(), node.output().end());
  }
  return made;
}

// Appends what the graph reads from outside, as often as it does.
void AddCaptured(const onnx::GraphProto& graph, std::vector<std::string>* captured) {
  const NameSet made = MadeIn(graph);
  const auto add = [&](const std::string& name) {
    if (!name.empty() && made.count(name) == 0) captured->push_back(name);
  };
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& input : node.input()) add(input);
    for (const std::string& name : CapturedOnnxTensors(node)) add(name);
  }
  for (const onnx::ValueInfoProto& output : graph.output()) add(output.name());
}

}  // namespace

std::vector<std::string> CapturedOnnxTensors(const onnx::NodeProto& node) {
  std::vector<std::string> all, once;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) AddCaptured(attribute.g(), &all);
  }
  NameSet seen;
  for (std::string& name : all) {
    if (seen.insert(name).second) once.push_back(std::move(name));
  }
  return once;
}

}  // namespace mace
