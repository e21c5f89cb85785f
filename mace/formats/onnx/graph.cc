#include "mace/formats/onnx/graph.h"

#include <algorithm>
#include <utility>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/order.h"
#include "mace/formats/onnx/captured.h"

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

Status OnnxGraph::AddInitializers() {
  size_t index = 0;
  const auto add = [&](const std::string& name) {
    const OnnxSource source{OnnxSource::Kind::kInitializer, index++};
    return sources_.emplace(name, source).second ? Status::Ok() : TakenTwice(name);
  };
  for (const onnx::TensorProto& tensor : def_->initializer()) {
    MACE_RETURN_IF_ERROR(add(tensor.name()));
  }
  for (const onnx::SparseTensorProto& tensor : def_->sparse_initializer()) {
    MACE_RETURN_IF_ERROR(add(tensor.values().name()));
  }
  return Status::Ok();
}

StatusOr<OnnxGraph> OnnxGraph::MakeInner(const onnx::GraphProto& def) {
  OnnxGraph graph(def);
  using Kind = OnnxSource::Kind;
  MACE_RETURN_IF_ERROR(graph.AddInitializers());
  NameSet inputs;
  for (int i = 0; i < def.input_size(); ++i) {
    const std::string& name = def.input(i).name();
    if (name.empty() || !inputs.insert(name).second) return TakenTwice(name);
    graph.sources_.emplace(name, OnnxSource{Kind::kInput, static_cast<size_t>(i)});
  }
  for (int i = 0; i < def.node_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    for (const std::string& output : def.node(i).output()) {
      if (output.empty()) continue;
      if (!graph.sources_.emplace(output, OnnxSource{Kind::kNode, index}).second) {
        return TakenTwice(output).WithPrefix(DescribeOnnxNode(def.node(i)));
      }
    }
    std::vector<std::string> captured = CapturedOnnxTensors(def.node(i));
    if (!captured.empty()) graph.captured_.emplace(index, std::move(captured));
  }
  return graph;
}

StatusOr<OnnxGraph> OnnxGraph::Make(const onnx::GraphProto& def) {
  MACE_ASSIGN_OR_RETURN(OnnxGraph graph, MakeInner(def));
  for (size_t i = 0; i < static_cast<size_t>(def.node_size()); ++i) {
    MACE_RETURN_IF_ERROR(graph.CheckReads(i));
  }
  return graph;
}

std::vector<std::string> OnnxGraph::Reads(size_t index) const {
  const onnx::NodeProto& def = node(index);
  std::vector<std::string> names(def.input().begin(), def.input().end());
  const auto captured = captured_.find(index);
  if (captured != captured_.end()) {
    names.insert(names.end(), captured->second.begin(), captured->second.end());
  }
  return names;
}

Status OnnxGraph::CheckReads(size_t index) const {
  for (const std::string& input : Reads(index)) {
    if (input.empty() || sources_.count(input) > 0) continue;
    return InvalidArgument(DescribeOnnxNode(node(index)) + ": input '" + Printable(input) +
                           "': expected a tensor of this name, found none");
  }
  return Status::Ok();
}

const onnx::TensorProto& OnnxGraph::initializer(size_t index) const {
  const int i = static_cast<int>(index), dense = def_->initializer_size();
  return i < dense ? def_->initializer(i) : def_->sparse_initializer(i - dense).values();
}

OnnxSource OnnxGraph::Find(const std::string& tensor) const {
  const auto found = sources_.find(tensor);
  return found == sources_.end() ? OnnxSource() : found->second;
}

StatusOr<OnnxGraph::Needs> OnnxGraph::NeedsFor(const std::vector<std::string>& outputs,
                                               const NameSet& cut, bool skip_cycles) const {
  const size_t count = static_cast<size_t>(def_->node_size());
  std::vector<bool> inputs(static_cast<size_t>(def_->input_size()));
  std::vector<bool> initializers(
      static_cast<size_t>(def_->initializer_size() + def_->sparse_initializer_size()));
  std::vector<std::vector<size_t>> dependencies(count);
  for (size_t i = 0; i < count; ++i) {
    for (const std::string& input : Reads(i)) {
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
    for (const std::string& input : Reads(index)) mark(input);
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
