#include "mace/runtime/weight_sources.h"

#include <utility>

namespace mace {

WeightSources::WeightSources(const Plan& plan) : plan_(plan) {
  const Graph& graph = *plan.graph;
  for (int node : plan.weight_nodes) {
    for (ValueId id : graph.nodes[static_cast<size_t>(node)].inputs) {
      if (!graph.IsConstant(id)) continue;
      const Bytes bytes = graph.value(id).constant->address_range();
      Source& source = sources_[bytes.data()];
      source.bytes = bytes;
      ++source.uses;
      if (bytes.empty()) continue;
      const std::shared_ptr<FileMemory> memory = FileMemory::Find(bytes);
      if (memory != nullptr && memories_.insert(memory).second) memory->KeepSpares();
    }
  }
}

WeightSources::~WeightSources() {
  for (const std::shared_ptr<FileMemory>& memory : memories_) memory->DropSpares();
}

std::vector<const uint8_t*> WeightSources::KeysOf(size_t weights) const {
  std::vector<const uint8_t*> keys;
  if (weights >= plan_.weight_nodes.size()) return keys;
  const Graph& graph = *plan_.graph;
  for (ValueId id : graph.nodes[static_cast<size_t>(plan_.weight_nodes[weights])].inputs) {
    if (graph.IsConstant(id)) keys.push_back(graph.value(id).constant->address_range().data());
  }
  return keys;
}

Status WeightSources::Begin(size_t weights) {
  for (const uint8_t* key : KeysOf(weights)) {
    Source& source = sources_.find(key)->second;
    std::lock_guard<std::mutex> lock(source.mutex);
    if (source.pin.holds()) continue;
    MACE_ASSIGN_OR_RETURN(source.pin, FilePin::Hold(source.bytes));
  }
  return Status::Ok();
}

void WeightSources::End(size_t weights) {
  for (const uint8_t* key : KeysOf(weights)) {
    Source& source = sources_.find(key)->second;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (--source.uses > 0) continue;
    }
    source.pin = FilePin();
    ReleaseFileBlock(source.bytes);
  }
}

}  // namespace mace
