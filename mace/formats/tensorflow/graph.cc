#include "mace/formats/tensorflow/graph.h"

#include <algorithm>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/common/order.h"

namespace mace {
namespace {

constexpr size_t kMaxPortDigits = 5;
constexpr int64_t kMaxPorts = 1 << 12;

// The number behind "node:"; -1 where it is none.
int ParsePort(const std::string& digits) {
  if (digits.empty() || digits.size() > kMaxPortDigits) return -1;
  int port = 0;
  for (char digit : digits) {
    if (digit < '0' || digit > '9') return -1;
    port = port * 10 + (digit - '0');
  }
  return port;
}

bool IsOutputCandidate(const std::string& op) {
  return op != "NoOp" && op != "Const" && op != "Placeholder" && op != "Assert";
}

// How many outputs are the model's when nobody reads the node.
int64_t PortCount(const tf::NodeDef& node) {
  const char* attribute = node.op() == "Split" || node.op() == "SplitV" ? "num_split"
                          : node.op() == "Unpack"                       ? "num"
                                                                        : nullptr;
  if (attribute == nullptr) return 1;
  const auto found = node.attr().find(attribute);
  if (found == node.attr().end()) return 1;
  return std::min(std::max<int64_t>(found->second.i(), 1), kMaxPorts);
}

}  // namespace

StatusOr<TfTensorRef> TfGraph::Resolve(const std::string& tensor) const {
  TfTensorRef ref;
  const size_t colon = tensor.rfind(':');
  if (colon != std::string::npos) {
    ref.port = ParsePort(tensor.substr(colon + 1));
    if (ref.port < 0) {
      return InvalidArgument("'" + Printable(tensor) + "': expected an output number behind ':'");
    }
  }
  const auto found = by_name_.find(tensor.substr(0, colon));
  if (found == by_name_.end()) {
    return NotFound("'" + Printable(tensor) + "': expected a node of this name, found none");
  }
  ref.node = found->second;
  return ref;
}

StatusOr<TfGraph> TfGraph::Make(const tf::GraphDef& def) {
  TfGraph graph(def);
  const size_t count = static_cast<size_t>(def.node_size());
  graph.by_name_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    if (!graph.by_name_.emplace(graph.node(i).name(), i).second) {
      return InvalidArgument("two nodes are named '" + Printable(graph.node(i).name()) + "'");
    }
  }
  graph.inputs_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    for (const std::string& input : graph.node(i).input()) {
      if (StartsWith(input, "^")) continue;
      StatusOr<TfTensorRef> ref = graph.Resolve(input);
      if (!ref.ok()) {
        return InvalidArgument(ref.status().message())
            .WithPrefix(DescribeNode(graph.node(i).name(), graph.node(i).op()) + ": input");
      }
      graph.inputs_[i].push_back(*ref);
    }
  }
  return graph;
}

std::vector<TfTensorRef> TfGraph::FindOutputs() const {
  std::vector<bool> read(inputs_.size(), false);
  for (const std::vector<TfTensorRef>& inputs : inputs_) {
    for (const TfTensorRef& ref : inputs) read[ref.node] = true;
  }
  std::vector<TfTensorRef> outputs;
  for (size_t i = 0; i < read.size(); ++i) {
    if (read[i] || !IsOutputCandidate(node(i).op())) continue;
    const int64_t ports = PortCount(node(i));
    for (int port = 0; port < ports; ++port) outputs.push_back({i, port});
  }
  return outputs;
}

StatusOr<std::vector<size_t>> TfGraph::OrderFor(const std::vector<TfTensorRef>& outputs,
                                                const std::set<TfTensorRef>& given,
                                                bool skip_cycles) const {
  std::vector<std::vector<size_t>> dependencies(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (const TfTensorRef& ref : inputs_[i]) {
      if (given.count(ref) == 0) dependencies[i].push_back(ref.node);
    }
  }
  std::vector<size_t> roots;
  for (const TfTensorRef& ref : outputs) {
    if (given.count(ref) == 0) roots.push_back(ref.node);
  }
  DependencyOrder sorted = OrderByDependencies(dependencies, roots);
  if (sorted.has_cycle && !skip_cycles) {
    const tf::NodeDef& found = node(sorted.cycle_node);
    return InvalidArgument(DescribeNode(found.name(), found.op()) +
                           ": expected no cycle, found that it needs its own output");
  }
  return std::move(sorted.order);
}

}  // namespace mace
