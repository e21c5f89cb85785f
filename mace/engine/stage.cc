#include "mace/engine/stage.h"

#include <algorithm>
#include <unordered_map>

#include "mace/execute/io_shapes.h"
#include "mace/execute/io_types.h"
#include "mace/passes/drop_dead.h"

namespace mace {
namespace {

// The elements of larger inputs, such as the numbers of words, seldom come again.
constexpr int64_t kMaxDecidingElements = 16;

constexpr int kBeforeAll = -1;  // The stage of inputs and constants.

// What a graph's values are called, where they are made, and which of them are inputs.
class Values {
 public:
  explicit Values(const AskedGraph& from)
      : asked_(from.asked),
        producers_(from.graph->Producers()),
        levels_(from.graph->values.size(), kBeforeAll) {
    const Graph& graph = *from.graph;
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const ValueId id : graph.nodes[n].outputs) levels_[At(id)] = asked_.levels[n];
    }
    for (size_t i = 0; i < graph.inputs.size(); ++i) inputs_[graph.inputs[i].value] = i;
  }

  // The level of the node that makes the value.
  int LevelOf(ValueId id) const { return levels_[At(id)]; }
  // REQUIRES: a node makes the value.
  const std::string& NameOf(ValueId id) const { return asked_.names.at(id); }
  int ProducerOf(ValueId id) const { return producers_[At(id)]; }
  std::optional<size_t> InputOf(ValueId id) const {
    const auto found = inputs_.find(id);
    return found == inputs_.end() ? std::nullopt : std::optional<size_t>(found->second);
  }
  // What the value is for a stage that does not make it.
  StageLink LinkOf(ValueId id) const {
    StageLink link;
    link.model_io = InputOf(id);
    if (!link.model_io.has_value()) link.value = NameOf(id);
    return link;
  }

 private:
  static size_t At(ValueId id) { return static_cast<size_t>(id); }

  const AskedValues& asked_;
  std::vector<int> producers_;
  std::vector<int> levels_;
  std::unordered_map<ValueId, size_t> inputs_;
};

// Marks the nodes that make these values, and all nodes that those need. `stops_at` says of a value
// whether it is there already.
template <typename IsThere>
std::vector<bool> FindNeeded(const Graph& graph, const std::vector<int>& producers,
                             std::vector<ValueId> wanted, const IsThere& is_there) {
  std::vector<bool> needed(graph.nodes.size());
  while (!wanted.empty()) {
    const ValueId id = wanted.back();
    wanted.pop_back();
    const int producer = id == kNoValue ? -1 : producers[static_cast<size_t>(id)];
    if (producer < 0 || is_there(id)) continue;
    const auto n = static_cast<size_t>(producer);
    if (needed[n]) continue;
    needed[n] = true;
    wanted.insert(wanted.end(), graph.nodes[n].inputs.begin(), graph.nodes[n].inputs.end());
  }
  return needed;
}

// Makes the stage of a level.
class StageMaker {
 public:
  StageMaker(const AskedGraph& from, int level, const HandedOn& handed_on)
      : from_(*from.graph),
        asked_(from.asked),
        level_(level),
        handed_on_(handed_on),
        values_(from),
        graph_(std::make_shared<Graph>(*from.graph)),
        stage_(std::make_shared<ModelStage>()) {}

  StatusOr<std::shared_ptr<const ModelStage>> Make() {
    graph_->inputs.clear();
    graph_->outputs.clear();
    graph_->nodes.clear();
    stage_->is_last = !asked_.stops();
    if (stage_->is_last) {
      AddModelOutputs();
    } else {
      AddNext();
      AddHandedOn();
    }
    AddNodes();
    MACE_RETURN_IF_ERROR(DropDead(graph_.get()));
    MACE_RETURN_IF_ERROR(ValidateGraph(*graph_).WithPrefix("a stage of the model"));
    stage_->graph = std::move(graph_);
    return std::shared_ptr<const ModelStage>(std::move(stage_));
  }

 private:
  bool IsMadeHere(ValueId id) const { return values_.LevelOf(id) == level_; }

  IoInfo HandedOnInfo(ValueId id) const {
    const TensorInfo& info = from_.value(id).info;
    IoInfo io;
    io.name = values_.NameOf(id);
    io.value = id;
    io.declared_dims = info.shape.dims();
    io.dtype = info.dtype;
    return io;
  }

  void AddOutput(IoInfo io, StageLink link) {
    graph_->outputs.push_back(std::move(io));
    stage_->outputs.push_back(std::move(link));
  }

  void AddModelOutputs() {
    for (size_t i = 0; i < from_.outputs.size(); ++i) {
      const IoInfo& io = from_.outputs[i];
      if (IsMadeHere(io.value)) {
        StageLink link;
        link.model_io = i;
        AddOutput(io, link);
        continue;
      }
      const TensorInfo& info = from_.value(io.value).info;
      stage_->reads.insert(values_.NameOf(io.value));
      stage_->passed_on.push_back(
          {i, values_.NameOf(io.value), {ShownType(io, info.dtype), ShownShape(io, info.shape)}});
    }
  }

  void AddHandedOnOutput(ValueId id) {
    if (!handed_over_.insert(id).second) return;
    StageLink link;
    link.value = values_.NameOf(id);
    AddOutput(HandedOnInfo(id), std::move(link));
  }

  void AddNext() {
    for (const AskedValue& asked : asked_.open) {
      const StageLink link = values_.LinkOf(asked.value);
      stage_->next.push_back({asked.name, link, from_.value(asked.value).info});
      if (link.model_io.has_value()) continue;
      if (IsMadeHere(asked.value)) {
        AddHandedOnOutput(asked.value);
      } else {
        stage_->reads.insert(link.value);
      }
    }
  }

  bool HandsOnAll() const {
    uint64_t bytes = 0;
    for (const Node& node : from_.nodes) {
      for (const ValueId id : node.outputs) {
        if (IsMadeHere(id)) bytes += from_.value(id).info.bytes();
      }
    }
    return bytes <= handed_on_.max_bytes_of_all;
  }

  void AddHandedOn() {
    const bool all = HandsOnAll();
    for (const Node& node : from_.nodes) {
      for (const ValueId id : node.outputs) {
        if (!IsMadeHere(id)) continue;
        if (all || handed_on_.names.count(values_.NameOf(id)) > 0) AddHandedOnOutput(id);
      }
    }
  }

  void AddNodes() {
    std::vector<ValueId> wanted;
    for (const IoInfo& io : graph_->outputs) wanted.push_back(io.value);
    const std::vector<bool> needed = FindNeeded(from_, from_.Producers(), std::move(wanted),
                                                [this](ValueId id) { return !IsMadeHere(id); });
    std::set<ValueId> added;
    for (size_t n = 0; n < from_.nodes.size(); ++n) {
      if (!needed[n]) continue;
      graph_->nodes.push_back(from_.nodes[n]);
      for (const ValueId id : from_.nodes[n].inputs) {
        if (id != kNoValue && !from_.IsConstant(id) && !IsMadeHere(id) && added.insert(id).second) {
          AddInput(id);
        }
      }
    }
  }

  void AddInput(ValueId id) {
    StageLink link = values_.LinkOf(id);
    if (link.model_io.has_value()) {
      graph_->inputs.push_back(from_.inputs[*link.model_io]);
    } else {
      graph_->inputs.push_back(HandedOnInfo(id));
      stage_->reads.insert(link.value);
    }
    stage_->inputs.push_back(std::move(link));
  }

  const Graph& from_;
  const AskedValues& asked_;
  const int level_;
  const HandedOn& handed_on_;
  const Values values_;
  std::set<ValueId> handed_over_;  // Values that are outputs to hand on already.
  std::shared_ptr<Graph> graph_;
  std::shared_ptr<ModelStage> stage_;
};

bool DecidesBySize(const Graph& graph, ValueId id) {
  return graph.value(id).info.shape.elements() <= kMaxDecidingElements;
}

}  // namespace

StatusOr<std::shared_ptr<const ModelStage>> MakeStage(const AskedGraph& from, int level,
                                                      const HandedOn& handed_on) {
  return StageMaker(from, level, handed_on).Make();
}

ValueNames FindHandedOn(const AskedGraph& from) {
  const Graph& graph = *from.graph;
  const Values values(from);
  const int last = from.asked.levels.empty()
                       ? 0
                       : *std::max_element(from.asked.levels.begin(), from.asked.levels.end());
  ValueNames names;
  std::vector<ValueId> wanted;
  for (const AskedValue& asked : from.asked.open) wanted.push_back(asked.value);
  for (const IoInfo& io : graph.outputs) {
    if (io.value != kNoValue) wanted.push_back(io.value);
  }
  for (const ValueId id : wanted) {
    const int level = values.LevelOf(id);
    if (level != kBeforeAll && level < last) names.insert(values.NameOf(id));
  }
  const std::vector<bool> needed =
      FindNeeded(graph, graph.Producers(), wanted, [](ValueId) { return false; });
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    for (const ValueId id : graph.nodes[n].inputs) {
      if (id == kNoValue || values.LevelOf(id) == kBeforeAll) continue;
      if (values.LevelOf(id) < from.asked.levels[n]) names.insert(values.NameOf(id));
    }
  }
  return names;
}

std::vector<size_t> FindDecidingInputs(const Graph& graph, ValueId asked) {
  std::unordered_map<ValueId, size_t> all;
  for (size_t i = 0; i < graph.inputs.size(); ++i) all[graph.inputs[i].value] = i;
  if (all.count(asked) > 0) {
    return DecidesBySize(graph, asked) ? std::vector<size_t>{all[asked]} : std::vector<size_t>();
  }
  const std::vector<int> producers = graph.Producers();
  const std::vector<bool> needed =
      FindNeeded(graph, producers, {asked}, [](ValueId) { return false; });
  std::set<size_t> inputs;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    for (const ValueId read : graph.nodes[n].inputs) {
      if (read == kNoValue || all.count(read) == 0) continue;
      const bool decides = !IsFloat(graph.value(read).info.dtype) && DecidesBySize(graph, read);
      if (!decides) return {};
      inputs.insert(all[read]);
    }
  }
  return std::vector<size_t>(inputs.begin(), inputs.end());
}

int NextRound(const RunValues& known) {
  int next = 0;
  for (const auto& [name, value] : known.computed) next = std::max(next, value.round + 1);
  return next;
}

}  // namespace mace
