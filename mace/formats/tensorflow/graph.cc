#include "mace/formats/tensorflow/graph.h"

#include <algorithm>
#include <map>
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
  for (const char* other : {"NoOp", "Const", "Placeholder", "Assert", "NextIteration", "Exit",
                            "Switch", "VarHandleOp", "VariableV2", "TensorArrayCloseV3"}) {
    if (op == other) return false;
  }
  return true;
}

// The attribute that lists the types of an op's outputs; null for an op without one.
const char* TypesOfOutputs(const std::string& op) {
  static const auto* const kOps =
      new std::map<std::string, const char*>{{"Case", "Tout"},
                                             {"If", "Tout"},
                                             {"IdentityN", "T"},
                                             {"PartitionedCall", "Tout"},
                                             {"StatefulPartitionedCall", "Tout"},
                                             {"StatelessCase", "Tout"},
                                             {"StatelessIf", "Tout"},
                                             {"StatelessWhile", "T"},
                                             {"While", "T"}};
  const auto found = kOps->find(op);
  return found == kOps->end() ? nullptr : found->second;
}

// How many outputs are the model's when nobody reads the node.
int64_t PortCount(const tf::NodeDef& node) {
  const std::string& op = node.op();
  if (op == "TopK" || op == "TopKV2" || op == "MaxPoolWithArgmax") return 2;
  const char* const types = TypesOfOutputs(op);
  const char* attribute = types != nullptr                  ? types
                          : op == "Split" || op == "SplitV" ? "num_split"
                          : op == "Unpack"                  ? "num"
                                                            : nullptr;
  if (attribute == nullptr) return 1;
  const auto found = node.attr().find(attribute);
  if (found == node.attr().end()) return 1;
  const int64_t count = types != nullptr ? found->second.list().type_size() : found->second.i();
  return std::min(std::max<int64_t>(count, 1), kMaxPorts);
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
  graph.controls_.resize(count);
  graph.pivots_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    for (const std::string& input : graph.node(i).input()) {
      if (StartsWith(input, "^")) {
        const StatusOr<TfTensorRef> control = graph.Resolve(input.substr(1));
        if (control.ok()) graph.controls_[i].push_back(control->node);
        continue;
      }
      StatusOr<TfTensorRef> ref = graph.Resolve(input);
      if (!ref.ok()) {
        return InvalidArgument(ref.status().message())
            .WithPrefix(DescribeNode(graph.node(i).name(), graph.node(i).op()) + ": input");
      }
      graph.inputs_[i].push_back(*ref);
    }
  }
  graph.FindPivots();
  graph.FindFrames();
  return graph;
}

bool TfGraph::IsPivot(size_t index) const {
  return IsOp(index, "Identity") && inputs_[index].size() == 1 &&
         IsOp(inputs_[index][0].node, "Switch");
}

// Control inputs are followed through one NoOp, which gathers those of a branch.
void TfGraph::FindPivots() {
  const auto is_pivot = [&](size_t i) { return IsPivot(i); };
  for (size_t i = 0; i < controls_.size(); ++i) {
    if (IsOp(i, "NoOp")) continue;
    for (size_t control : controls_[i]) {
      if (is_pivot(control)) pivots_[i].push_back(control);
      if (!IsOp(control, "NoOp")) continue;
      constexpr size_t kMaxFollowed = 64;
      const std::vector<size_t>& gathered = controls_[control];
      for (size_t k = 0; k < gathered.size() && k < kMaxFollowed; ++k) {
        if (is_pivot(gathered[k])) pivots_[i].push_back(gathered[k]);
      }
    }
  }
}

// Each Merge of an Enter and a NextIteration is a variable of the frame that the Enter names.
void TfGraph::FindLoopVariables(std::map<std::string, size_t>* frame_of_name) {
  const auto frame_of = [&](size_t enter) {
    const auto name = node(enter).attr().find("frame_name");
    const std::string key = name == node(enter).attr().end() ? "" : name->second.s();
    const auto [found, is_new] = frame_of_name->emplace(key, frames_.size());
    if (is_new) frames_.emplace_back();
    return found->second;
  };
  std::vector<bool> varies(inputs_.size(), false);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!IsOp(i, "Merge") || inputs_[i].size() != 2) continue;
    size_t enter = inputs_[i][0].node, next = inputs_[i][1].node;
    if (IsOp(next, "Enter")) std::swap(enter, next);
    if (!IsOp(enter, "Enter") || !IsOp(next, "NextIteration") || inputs_[next].size() != 1)
      continue;
    TfFrame::Variable variable;
    variable.enter = enter;
    variable.merge = i;
    variable.next = inputs_[next][0];
    varies[enter] = true;
    frames_[frame_of(enter)].variables.push_back(variable);
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (IsOp(i, "Enter") && !varies[i]) frames_[frame_of(i)].invariants.push_back(i);
  }
}

void TfGraph::FindFrames() {
  std::map<std::string, size_t> frame_of_name;
  FindLoopVariables(&frame_of_name);
  std::map<size_t, TfExit> by_merge, by_switch;
  for (size_t frame = 0; frame < frames_.size(); ++frame) {
    for (size_t variable = 0; variable < frames_[frame].variables.size(); ++variable) {
      by_merge[frames_[frame].variables[variable].merge] = {frame, variable};
    }
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!IsOp(i, "Switch") || inputs_[i].size() != 2) continue;
    const auto found = by_merge.find(inputs_[i][0].node);
    const size_t predicate = inputs_[i][1].node;
    if (found == by_merge.end() || !IsOp(predicate, "LoopCond")) continue;
    if (inputs_[predicate].size() != 1) continue;
    TfFrame& frame = frames_[found->second.frame];
    TfFrame::Variable& variable = frame.variables[found->second.variable];
    variable.has_switch = true;
    variable.switch_node = i;
    frame.has_condition = true;
    frame.condition = inputs_[predicate][0];
    by_switch[i] = found->second;
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!IsOp(i, "Exit") || inputs_[i].size() != 1) continue;
    const auto found = by_switch.find(inputs_[i][0].node);
    if (found != by_switch.end()) exits_[i] = found->second;
  }
}

const TfExit* TfGraph::FindExit(size_t index) const {
  const auto found = exits_.find(index);
  return found == exits_.end() ? nullptr : &found->second;
}

// An exit of a loop needs what enters the loop.
std::vector<size_t> TfGraph::DependenciesOf(size_t index,
                                            const std::set<TfTensorRef>& given) const {
  std::vector<size_t> dependencies;
  const auto add = [&](const TfTensorRef& ref) {
    if (given.count(ref) == 0) dependencies.push_back(ref.node);
  };
  if (const TfExit* exit = FindExit(index)) {
    const TfFrame& frame = frames_[exit->frame];
    for (const TfFrame::Variable& variable : frame.variables) {
      for (const TfTensorRef& ref : inputs_[variable.enter]) add(ref);
    }
    for (size_t invariant : frame.invariants) {
      for (const TfTensorRef& ref : inputs_[invariant]) add(ref);
    }
    return dependencies;
  }
  for (const TfTensorRef& ref : inputs_[index]) add(ref);
  for (size_t pivot : pivots_[index]) add({pivot, 0});
  return dependencies;
}

// Nodes that stand for weights alone, and the ends of loops, are outputs where there is nothing
// else.
std::vector<TfTensorRef> TfGraph::FindOutputs() const {
  std::vector<bool> read(inputs_.size(), false);
  for (const std::vector<TfTensorRef>& inputs : inputs_) {
    for (const TfTensorRef& ref : inputs) read[ref.node] = true;
  }
  std::vector<TfTensorRef> outputs, others;
  for (size_t i = 0; i < read.size(); ++i) {
    if (read[i]) continue;
    const bool is_weight =
        IsOp(i, "Identity") && inputs_[i].size() == 1 && IsOp(inputs_[i][0].node, "Const");
    if (is_weight || IsOp(i, "Exit")) others.push_back({i, 0});
    if (is_weight || !IsOutputCandidate(node(i).op()) || IsPivot(i)) continue;
    const int64_t ports = PortCount(node(i));
    for (int port = 0; port < ports; ++port) outputs.push_back({i, port});
  }
  return outputs.empty() ? others : outputs;
}

StatusOr<std::vector<size_t>> TfGraph::OrderFor(const std::vector<TfTensorRef>& outputs,
                                                const std::set<TfTensorRef>& given,
                                                bool skip_cycles) const {
  std::vector<std::vector<size_t>> dependencies(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) dependencies[i] = DependenciesOf(i, given);
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
