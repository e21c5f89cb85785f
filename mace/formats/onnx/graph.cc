#include "mace/formats/onnx/graph.h"

#include <algorithm>
#include <utility>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/order.h"

namespace mace {
namespace {

Status TakenTwice(const std::string& name) {
  return InvalidArgument("tensor '" + Printable(name) +
                         "': expected one source, found that it is made twice");
}

}  // namespace

std::string DescribeOnnxNode(const onnx::NodeProto& node) {
  std::string name = node.name();
  if (name.empty() && node.output_size() > 0) name = node.output(0);
  return DescribeNode(name, node.op_type());
}

StatusOr<OnnxGraph> OnnxGraph::Make(const onnx::GraphProto& def) {
  OnnxGraph graph(def);
  using Kind = OnnxSource::Kind;
  for (int i = 0; i < def.initializer_size(); ++i) {
    const OnnxSource source{Kind::kInitializer, static_cast<size_t>(i)};
    if (!graph.sources_.emplace(def.initializer(i).name(), source).second) {
      return TakenTwice(def.initializer(i).name());
    }
  }
  NameSet inputs;
  for (int i = 0; i < def.input_size(); ++i) {
    const std::string& name = def.input(i).name();
    if (name.empty() || !inputs.insert(name).second) return TakenTwice(name);
    graph.sources_.emplace(name, OnnxSource{Kind::kInput, static_cast<size_t>(i)});
  }
  for (int i = 0; i < def.node_size(); ++i) {
    for (const std::string& output : def.node(i).output()) {
      if (output.empty()) continue;
      if (!graph.sources_.emplace(output, OnnxSource{Kind::kNode, static_cast<size_t>(i)}).second) {
        return TakenTwice(output).WithPrefix(DescribeOnnxNode(def.node(i)));
      }
    }
  }
  for (const onnx::NodeProto& node : def.node()) {
    MACE_RETURN_IF_ERROR(graph.CheckInputs(node));
  }
  return graph;
}

Status OnnxGraph::CheckInputs(const onnx::NodeProto& node) const {
  for (const std::string& input : node.input()) {
    if (input.empty() || sources_.count(input) > 0) continue;
    return InvalidArgument(DescribeOnnxNode(node) + ": input '" + Printable(input) +
                           "': expected a tensor of this name, found none");
  }
  return Status::Ok();
}

OnnxSource OnnxGraph::Find(const std::string& tensor) const {
  const auto found = sources_.find(tensor);
  return found == sources_.end() ? OnnxSource() : found->second;
}

StatusOr<OnnxGraph::Needs> OnnxGraph::NeedsFor(const std::vector<std::string>& outputs,
                                               const NameSet& cut, bool skip_cycles) const {
  const size_t count = static_cast<size_t>(def_->node_size());
  std::vector<bool> inputs(static_cast<size_t>(def_->input_size()));
  std::vector<bool> initializers(static_cast<size_t>(def_->initializer_size()));
  std::vector<std::vector<size_t>> dependencies(count);
  for (size_t i = 0; i < count; ++i) {
    for (const std::string& input : node(i).input()) {
      const OnnxSource source = Find(input);
      if (source.kind == OnnxSource::Kind::kNode && cut.count(input) == 0) {
        dependencies[i].push_back(source.index);
      }
    }
  }
  const auto mark = [&](const std::string& tensor) {
    const OnnxSource source = Find(tensor);
    if (cut.count(tensor) > 0) return;
    if (source.kind == OnnxSource::Kind::kInput) inputs[source.index] = true;
    if (source.kind == OnnxSource::Kind::kInitializer) initializers[source.index] = true;
  };
  std::vector<size_t> roots;
  for (const std::string& output : outputs) {
    const OnnxSource source = Find(output);
    if (source.kind == OnnxSource::Kind::kNone) {
      return NotFound("output '" + Printable(output) +
                      "': expected a tensor of this name, found none");
    }
    if (source.kind == OnnxSource::Kind::kNode && cut.count(output) == 0) {
      roots.push_back(source.index);
    }
    mark(output);
  }
  DependencyOrder sorted = OrderByDependencies(dependencies, roots);
  if (sorted.has_cycle && !skip_cycles) {
    return InvalidArgument(DescribeOnnxNode(node(sorted.cycle_node)) +
                           ": expected no cycle, found that it needs its own output");
  }
  Needs needs;
  for (size_t index : sorted.order) {
    for (const std::string& input : node(index).input()) mark(input);
  }
  needs.nodes = std::move(sorted.order);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]) needs.inputs.push_back(def_->input(static_cast<int>(i)).name());
  }
  for (size_t i = 0; i < initializers.size(); ++i) {
    if (initializers[i]) needs.initializers.push_back(i);
  }
  return needs;
}

}  // namespace mace
