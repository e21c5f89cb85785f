#include "mace/graph/graph.h"

namespace mace {

ValueId Graph::AddValue(std::string value_name) {
  Value value;
  value.name = std::move(value_name);
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::AddConstant(std::string value_name, HostTensor tensor) {
  const ValueId id = AddValue(std::move(value_name));
  Value& added = value(id);
  added.info = tensor.info();
  added.shape_known = true;
  added.constant = std::move(tensor);
  return id;
}

std::vector<int> Graph::Producers() const {
  std::vector<int> producers(values.size(), -1);
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (ValueId id : nodes[i].outputs) {
      if (id != kNoValue) producers[static_cast<size_t>(id)] = static_cast<int>(i);
    }
  }
  return producers;
}

std::vector<std::vector<int>> Graph::Consumers() const {
  std::vector<std::vector<int>> consumers(values.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (ValueId id : nodes[i].inputs) {
      if (id != kNoValue) consumers[static_cast<size_t>(id)].push_back(static_cast<int>(i));
    }
  }
  return consumers;
}

}  // namespace mace
