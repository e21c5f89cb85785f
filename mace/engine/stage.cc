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
  explicit Values(const AskedGraph& from) : Values(*from.graph, from.asked) {}
  Values(const Graph& graph, const AskedValues& asked)
      : asked_(asked),
        producers_(graph.Producers()),
        stages_(graph.values.size(), kBeforeAll),
        names_(graph.values.size()) {
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const ValueId id : graph.nodes[n].outputs) stages_[At(id)] = StageOfNode(n);
    }
    std::unordered_map<std::string, int> counts;
    for (size_t i = 0; i < names_.size(); ++i) {
      const int count = ++counts[graph.values[i].name];
      names_[i] = graph.values[i].name;
      if (count > 1) names_[i] += "#" + std::to_string(count);
    }
    for (size_t i = 0; i < graph.inputs.size(); ++i) inputs_[graph.inputs[i].value] = i;
  }

  // The number of values before the node whose elements had to be known for it.
  int StageOfNode(size_t node) const {
    int stage = 0;
    for (const AskedValue& value : asked_.values) stage += value.node_count <= node ? 1 : 0;
    return stage;
  }
  int LastStage() const { return static_cast<int>(asked_.values.size()) - (asked_.stops ? 1 : 0); }
  int StageOf(ValueId id) const { return stages_[At(id)]; }
  const std::string& NameOf(ValueId id) const { return names_[At(id)]; }
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
  std::vector<int> stages_;
  std::vector<std::string> names_;
  std::unordered_map<ValueId, size_t> inputs_;
};

// Marks the nodes that make these values, and all nodes that those need, from node `begin` on.
std::vector<bool> FindNeeded(const Graph& graph, const Values& values, size_t begin,
                             std::vector<ValueId> wanted) {
  std::vector<bool> needed(graph.nodes.size());
  while (!wanted.empty()) {
    const ValueId id = wanted.back();
    wanted.pop_back();
    const int producer = id == kNoValue ? -1 : values.ProducerOf(id);
    if (producer < 0 || static_cast<size_t>(producer) < begin) continue;
    const auto n = static_cast<size_t>(producer);
    if (needed[n]) continue;
    needed[n] = true;
    wanted.insert(wanted.end(), graph.nodes[n].inputs.begin(), graph.nodes[n].inputs.end());
  }
  return needed;
}

// Makes the last stage of a graph.
class StageMaker {
 public:
  StageMaker(const AskedGraph& from, const ValueNames& handed_on)
      : from_(*from.graph),
        asked_(from.asked),
        handed_on_(handed_on),
        values_(from),
        graph_(std::make_shared<Graph>(*from.graph)),
        stage_(std::make_shared<Stage>()) {
    const int last = values_.LastStage();
    begin_ = last == 0 ? 0 : asked_.values[static_cast<size_t>(last) - 1].node_count;
  }

  StatusOr<std::shared_ptr<const Stage>> Make() {
    graph_->inputs.clear();
    graph_->outputs.clear();
    graph_->nodes.clear();
    stage_->is_last = !asked_.stops;
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
    return std::shared_ptr<const Stage>(std::move(stage_));
  }

 private:
  bool IsMadeHere(ValueId id) const {
    const int producer = values_.ProducerOf(id);
    return producer >= 0 && static_cast<size_t>(producer) >= begin_;
  }

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

  void AddNext() {
    const ValueId id = asked_.values.back().value;
    stage_->next = values_.LinkOf(id);
    stage_->next_info = from_.value(id).info;
    if (stage_->next.model_io.has_value()) return;
    if (IsMadeHere(id)) {
      AddOutput(HandedOnInfo(id), stage_->next);
    } else {
      stage_->reads.insert(values_.NameOf(id));
    }
  }

  void AddHandedOn() {
    for (size_t n = begin_; n < from_.nodes.size(); ++n) {
      for (const ValueId id : from_.nodes[n].outputs) {
        const std::string& name = values_.NameOf(id);
        if (handed_on_.count(name) == 0 || name == stage_->next.value) continue;
        StageLink link;
        link.value = name;
        AddOutput(HandedOnInfo(id), link);
      }
    }
  }

  void AddNodes() {
    std::vector<ValueId> wanted;
    for (const IoInfo& io : graph_->outputs) wanted.push_back(io.value);
    const std::vector<bool> needed = FindNeeded(from_, values_, begin_, std::move(wanted));
    std::set<ValueId> added;
    for (size_t n = begin_; n < from_.nodes.size(); ++n) {
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
  const ValueNames& handed_on_;
  const Values values_;
  size_t begin_ = 0;  // The first node of the stage.
  std::shared_ptr<Graph> graph_;
  std::shared_ptr<Stage> stage_;
};

bool DecidesBySize(const Graph& graph, ValueId id) {
  return graph.value(id).info.shape.elements() <= kMaxDecidingElements;
}

}  // namespace

StatusOr<std::shared_ptr<const Stage>> MakeStage(const AskedGraph& from,
                                                 const ValueNames& handed_on) {
  return StageMaker(from, handed_on).Make();
}

ValueNames FindHandedOn(const AskedGraph& from) {
  const Graph& graph = *from.graph;
  const Values values(from);
  std::vector<ValueId> wanted;
  for (const AskedValue& value : from.asked.values) wanted.push_back(value.value);
  for (const IoInfo& io : graph.outputs) wanted.push_back(io.value);
  ValueNames names;
  for (const IoInfo& io : graph.outputs) {
    const int stage = values.StageOf(io.value);
    if (stage != kBeforeAll && stage < values.LastStage()) names.insert(values.NameOf(io.value));
  }
  const std::vector<bool> needed = FindNeeded(graph, values, 0, std::move(wanted));
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    for (const ValueId id : graph.nodes[n].inputs) {
      if (id == kNoValue || values.StageOf(id) == kBeforeAll) continue;
      if (values.StageOf(id) < values.StageOfNode(n)) names.insert(values.NameOf(id));
    }
  }
  return names;
}

std::vector<size_t> FindDecidingInputs(const AskedGraph& from) {
  const Graph& graph = *from.graph;
  const Values values(from);
  const ValueId id = from.asked.values.back().value;
  if (const std::optional<size_t> input = values.InputOf(id)) {
    return DecidesBySize(graph, id) ? std::vector<size_t>{*input} : std::vector<size_t>();
  }
  const std::vector<bool> needed = FindNeeded(graph, values, 0, {id});
  std::set<size_t> inputs;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    for (const ValueId read : graph.nodes[n].inputs) {
      if (read == kNoValue || graph.IsConstant(read) || values.ProducerOf(read) >= 0) continue;
      const bool decides = !IsFloat(graph.value(read).info.dtype) && DecidesBySize(graph, read);
      if (!decides) return {};
      inputs.insert(*values.InputOf(read));
    }
  }
  return std::vector<size_t>(inputs.begin(), inputs.end());
}

}  // namespace mace
