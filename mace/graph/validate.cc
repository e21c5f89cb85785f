#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/base/strings.h"
#include "mace/graph/graph.h"

namespace mace {

namespace {

std::string NodeText(const Node& node) {
  return "node '" + Printable(node.name) + "' (" + Printable(node.type) + ")";
}

std::string QuotedValue(const Graph& graph, ValueId id) {
  return "value " + std::to_string(id) + " '" + Printable(graph.value(id).name) + "'";
}

bool InRange(const Graph& graph, ValueId id) {
  return id >= 0 && static_cast<size_t>(id) < graph.values.size();
}

Status IndexError(const Graph& graph, const std::string& owner, const char* what, ValueId id) {
  return InvalidArgument(owner + ": " + what + ": expected a value below " +
                         std::to_string(graph.values.size()) + ", found " + std::to_string(id));
}

// Every index of nodes, inputs and outputs points to a value; only inputs of nodes may be absent.
Status CheckIndices(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    for (ValueId id : node.inputs) {
      if (id != kNoValue && !InRange(graph, id)) {
        return IndexError(graph, NodeText(node), "input", id);
      }
    }
    if (node.outputs.empty()) {
      return InvalidArgument(NodeText(node) + ": expected at least one output, found none");
    }
    for (ValueId id : node.outputs) {
      if (!InRange(graph, id)) return IndexError(graph, NodeText(node), "output", id);
    }
  }
  for (const IoInfo& io : graph.inputs) {
    if (!InRange(graph, io.value)) {
      return IndexError(graph, "graph input '" + Printable(io.name) + "'", "value", io.value);
    }
  }
  for (const IoInfo& io : graph.outputs) {
    if (!InRange(graph, io.value)) {
      return IndexError(graph, "graph output '" + Printable(io.name) + "'", "value", io.value);
    }
  }
  return Status::Ok();
}

Status CheckIoNames(const std::vector<IoInfo>& infos, const char* kind) {
  NameSet names;
  for (const IoInfo& io : infos) {
    if (!names.insert(io.name).second) {
      return InvalidArgument(std::string("graph ") + kind + " '" + Printable(io.name) +
                             "': expected a unique name, found it twice");
    }
  }
  return Status::Ok();
}

Status CheckNames(const Graph& graph) {
  NameSet names;
  for (const Node& node : graph.nodes) {
    if (node.type.empty()) return InvalidArgument(NodeText(node) + ": expected a type, found none");
    if (!names.insert(node.name).second) {
      return InvalidArgument(NodeText(node) + ": expected a unique name, found it twice");
    }
  }
  MACE_RETURN_IF_ERROR(CheckIoNames(graph.inputs, "input"));
  return CheckIoNames(graph.outputs, "output");
}

Status CheckConstants(const Graph& graph) {
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    if (!value.constant) continue;
    const std::string text = QuotedValue(graph, static_cast<ValueId>(i));
    if (!value.shape_known || value.constant->info() != value.info) {
      return InvalidArgument(text + ": expected its constant's " +
                             value.constant->info().ToString() + " as info, found " +
                             value.info.ToString());
    }
    if (!value.constant->has_data()) {
      return InvalidArgument(text + ": expected a constant with elements, found none in memory");
    }
  }
  return Status::Ok();
}

// Values that are there before any node runs: inputs and constants.
StatusOr<std::vector<bool>> ReadyFromStart(const Graph& graph) {
  std::vector<bool> ready(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); ++i) ready[i] = graph.values[i].constant.has_value();
  for (const IoInfo& io : graph.inputs) {
    if (ready[static_cast<size_t>(io.value)]) {
      return InvalidArgument("graph input '" + Printable(io.name) +
                             "': expected a value of its own, found a constant or another input");
    }
    ready[static_cast<size_t>(io.value)] = true;
  }
  return ready;
}

Status ProducedTwice(const Graph& graph, const Node& node, ValueId id) {
  return InvalidArgument(NodeText(node) + ": expected to be the only source of " +
                         QuotedValue(graph, id) +
                         ", found another node, an input or a constant that is");
}

Status CheckOrder(const Graph& graph) {
  MACE_ASSIGN_OR_RETURN(std::vector<bool> ready, ReadyFromStart(graph));
  for (const Node& node : graph.nodes) {
    for (ValueId id : node.inputs) {
      if (id != kNoValue && !ready[static_cast<size_t>(id)]) {
        return InvalidArgument(NodeText(node) + ": expected input " + QuotedValue(graph, id) +
                               " to be made before, found it made later or never");
      }
    }
    for (ValueId id : node.outputs) {
      if (ready[static_cast<size_t>(id)]) return ProducedTwice(graph, node, id);
      ready[static_cast<size_t>(id)] = true;
    }
  }
  for (const IoInfo& io : graph.outputs) {
    if (!ready[static_cast<size_t>(io.value)]) {
      return InvalidArgument("graph output '" + Printable(io.name) + "': expected a node to make " +
                             QuotedValue(graph, io.value) + ", found none");
    }
  }
  return Status::Ok();
}

// For each node how many inputs still wait for a node, and for each node who waits for it.
struct Waiting {
  std::vector<size_t> missing;
  std::vector<std::vector<size_t>> readers;
};

StatusOr<Waiting> FindWaiting(const Graph& graph) {
  MACE_ASSIGN_OR_RETURN(const std::vector<bool> ready, ReadyFromStart(graph));
  std::vector<int> producers(graph.values.size(), -1);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : graph.nodes[i].outputs) {
      int& producer = producers[static_cast<size_t>(id)];
      if (producer >= 0 || ready[static_cast<size_t>(id)]) {
        return ProducedTwice(graph, graph.nodes[i], id);
      }
      producer = static_cast<int>(i);
    }
  }
  Waiting waiting;
  waiting.missing.resize(graph.nodes.size());
  waiting.readers.resize(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : graph.nodes[i].inputs) {
      if (id == kNoValue || ready[static_cast<size_t>(id)]) continue;
      const int producer = producers[static_cast<size_t>(id)];
      if (producer < 0) {
        return InvalidArgument(NodeText(graph.nodes[i]) + ": expected a node to make input " +
                               QuotedValue(graph, id) + ", found none");
      }
      waiting.readers[static_cast<size_t>(producer)].push_back(i);
      ++waiting.missing[i];
    }
  }
  return waiting;
}

}  // namespace

Status ValidateGraph(const Graph& graph) {
  MACE_RETURN_IF_ERROR(CheckIndices(graph));
  MACE_RETURN_IF_ERROR(CheckNames(graph));
  MACE_RETURN_IF_ERROR(CheckConstants(graph));
  return CheckOrder(graph);
}

Status SortTopologically(Graph* graph) {
  MACE_RETURN_IF_ERROR(CheckIndices(*graph));
  MACE_ASSIGN_OR_RETURN(Waiting waiting, FindWaiting(*graph));
  // The smallest index first: what is in order already stays as it is.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<size_t>> ready;
  const size_t count = graph->nodes.size();
  for (size_t i = 0; i < count; ++i) {
    if (waiting.missing[i] == 0) ready.push(i);
  }
  std::vector<size_t> order;
  order.reserve(count);
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(next);
    for (size_t reader : waiting.readers[next]) {
      if (--waiting.missing[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() != count) {
    size_t first = 0;
    while (waiting.missing[first] == 0) ++first;
    return InvalidArgument(NodeText(graph->nodes[first]) +
                           ": expected an order of nodes, found a cycle that it is part of or "
                           "waits for");
  }
  std::vector<Node> sorted;
  sorted.reserve(count);
  for (size_t index : order) sorted.push_back(std::move(graph->nodes[index]));
  graph->nodes = std::move(sorted);
  return Status::Ok();
}

}  // namespace mace
