#include "mace/passes/merge_transposes.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/graph/output_marks.h"
#include "mace/graph/unique_names.h"
#include "mace/passes/permutation.h"
#include "mace/passes/transpose_sinking.h"

namespace mace {

namespace {

// The walk: takes the nodes one by one and lays them, or what they became, down in `done_`.
class TransposeMerger {
 public:
  explicit TransposeMerger(Graph* graph)
      : graph_(graph), outputs_(*graph), todo_(std::move(graph->nodes)) {
    graph_->nodes.clear();
    for (const Node& node : todo_) names_.Insert(node.name);
    Grow();
  }

  Status Run() {
    for (Node& node : todo_) {
      for (ValueId& id : node.inputs) id = Resolve(id);
      if (MergeTranspose(&node)) continue;
      MACE_ASSIGN_OR_RETURN(const bool sunk, Sink(&node));
      if (!sunk) Lay(std::move(node));
    }
    for (IoInfo& io : graph_->outputs) io.value = Resolve(io.value);
    for (Node& node : done_) MakeReshape(&node);
    graph_->nodes = std::move(done_);
    return Status::Ok();
  }

 private:
  const TensorInfo& info(ValueId id) const { return graph_->value(id).info; }

  void Grow() {
    producers_.resize(graph_->values.size(), -1);
    stands_for_.resize(graph_->values.size(), kNoValue);
  }
  ValueId Resolve(ValueId id) const {
    return id != kNoValue && stands_for_[id] != kNoValue ? stands_for_[id] : id;
  }
  void Lay(Node node) {
    for (ValueId id : node.outputs) producers_[id] = static_cast<int>(done_.size());
    done_.push_back(std::move(node));
  }
  ValueId AddValue(const std::string& name, DType dtype, Shape shape) {
    const ValueId id = graph_->AddValue(name);
    graph_->value(id).info = {dtype, std::move(shape)};
    graph_->value(id).shape_known = true;
    Grow();
    return id;
  }
  // The permutation of the Transpose that makes the value.
  std::optional<Permutation> MadeBy(ValueId id) const {
    if (id == kNoValue || producers_[id] < 0) return std::nullopt;
    return ReadTranspose(*graph_, done_[producers_[id]]);
  }
  ValueId Source(ValueId transposed) const { return done_[producers_[transposed]].inputs[0]; }

  bool MergeTranspose(Node* node);
  StatusOr<bool> Sink(Node* node);
  std::optional<Permutation> CommonPermutation(const Node& node, size_t count) const;
  bool CanReorder(ValueId id, const Permutation& p, bool broadcasts) const;
  StatusOr<ValueId> Reorder(ValueId id, const Permutation& p);
  void LayTranspose(const std::string& name, const Permutation& p, ValueId from, ValueId to);
  void MakeReshape(Node* node);

  Graph* graph_;
  const OutputMarks outputs_;
  std::vector<Node> todo_;
  std::vector<Node> done_;
  std::vector<int> producers_;       // In done_, by value.
  std::vector<ValueId> stands_for_;  // By value: the one that readers take instead.
  UniqueNames names_;
  std::map<std::pair<ValueId, Permutation>, ValueId> reordered_;  // What Reorder has made.
};

// A Transpose reads through those before it, and vanishes where nothing is left of them.
bool TransposeMerger::MergeTranspose(Node* node) {
  auto p = ReadTranspose(*graph_, *node);
  if (!p) return false;
  while (const auto first = MadeBy(node->inputs[0])) {
    p = Compose(*first, *p);
    node->inputs[0] = Source(node->inputs[0]);
  }
  const ValueId source = node->inputs[0], result = node->outputs[0];
  node->inputs = {source};
  // The runtime is spared graph outputs that no node makes.
  if (IsIdentity(*p) && (producers_[source] >= 0 || !outputs_.IsOutput(result))) {
    stands_for_[result] = source;
    return true;
  }
  node->attributes.Set("dims", *p);
  Lay(std::move(*node));
  return true;
}

// The permutation of the first Transpose among the inputs.
std::optional<Permutation> TransposeMerger::CommonPermutation(const Node& node,
                                                              size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (auto p = MadeBy(node.inputs[i])) return p;
  }
  return std::nullopt;
}

// Whether Reorder can give this input in the other order at no cost at run time.
bool TransposeMerger::CanReorder(ValueId id, const Permutation& p, bool broadcasts) const {
  if (id == kNoValue || !graph_->value(id).shape_known) return false;
  const auto rank = static_cast<size_t>(info(id).shape.rank());
  if (const auto made_by = MadeBy(id)) return *made_by == p;
  if (graph_->IsConstant(id)) return broadcasts ? rank <= p.size() : rank == p.size();
  if (broadcasts && rank < p.size()) return info(id).shape.elements() == 1;
  return rank == p.size() && KeepsElementOrder(info(id).shape, Inverse(p));
}

// x' for x = Transpose(x', p). REQUIRES: CanReorder.
StatusOr<ValueId> TransposeMerger::Reorder(ValueId id, const Permutation& p) {
  if (MadeBy(id)) return Source(id);
  const auto rank = static_cast<size_t>(info(id).shape.rank());
  if (rank < p.size() && info(id).shape.elements() == 1) return id;
  const auto known = reordered_.find({id, p});
  if (known != reordered_.end()) return known->second;
  // Copies: adding values moves those that are there.
  const std::string name = graph_->value(id).name;
  const TensorInfo old = info(id);
  if (!graph_->IsConstant(id)) {
    const Permutation back = Inverse(p);
    const ValueId reordered = AddValue(name + "/reordered", old.dtype, Permute(old.shape, back));
    LayTranspose(name, back, id, reordered);
    reordered_[{id, p}] = reordered;
    return reordered;
  }
  std::vector<int64_t> dims(p.size() - rank, 1);
  dims.insert(dims.end(), old.shape.dims().begin(), old.shape.dims().end());
  const HostTensor whole_rank = graph_->value(id).constant->Reshaped(Shape(std::move(dims)));
  IdentityHasher hasher("permuted");
  hasher.Add(Inverse(p));
  hasher.Add(whole_rank);
  MACE_ASSIGN_OR_RETURN(HostTensor constant,
                        DeriveConstant(graph_->derived, hasher.Finish(), {whole_rank},
                                       [&] { return Permute(whole_rank, Inverse(p)); }));
  const ValueId reordered = graph_->AddConstant(name + "/reordered", std::move(constant));
  Grow();
  reordered_[{id, p}] = reordered;
  return reordered;
}

void TransposeMerger::LayTranspose(const std::string& name, const Permutation& p, ValueId from,
                                   ValueId to) {
  Node transpose;
  transpose.name = names_.Take(name + "/order");
  transpose.type = "Transpose";
  transpose.inputs = {from};
  transpose.outputs = {to};
  transpose.attributes.Set("dims", p);
  Lay(std::move(transpose));
}

// Works on the sources of the Transposes before the node, and lays Transposes behind it.
StatusOr<bool> TransposeMerger::Sink(Node* node) {
  const size_t count = CountOrderFreeInputs(*node);
  const auto p = CommonPermutation(*node, count);
  if (!p) return false;
  const bool broadcasts = node->type == "Eltwise";
  for (size_t i = 0; i < count; ++i) {
    if (!CanReorder(node->inputs[i], *p, broadcasts)) return false;
  }
  for (ValueId id : node->outputs) {
    if (!graph_->value(id).shape_known) return false;
  }
  auto sunk = SinkTranspose(*graph_, *node, *p);
  if (!sunk) return false;
  std::vector<ValueId> inputs = node->inputs;
  for (size_t i = 0; i < count; ++i) {
    MACE_ASSIGN_OR_RETURN(inputs[i], Reorder(inputs[i], *p));
  }
  const std::string name = node->name;
  const std::vector<ValueId> results = node->outputs;
  std::vector<ValueId> outputs;
  for (size_t i = 0; i < results.size(); ++i) {
    const TensorInfo old = info(results[i]);
    outputs.push_back(IsIdentity(sunk->outputs[i])
                          ? results[i]
                          : AddValue(graph_->value(results[i]).name + "/reordered", old.dtype,
                                     Permute(old.shape, Inverse(sunk->outputs[i]))));
  }
  node->inputs = std::move(inputs);
  node->outputs = outputs;
  node->attributes = std::move(sunk->attributes);
  Lay(std::move(*node));
  for (size_t i = 0; i < results.size(); ++i) {
    if (outputs[i] != results[i]) LayTranspose(name, sunk->outputs[i], outputs[i], results[i]);
  }
  return true;
}

// A zero in `dim` would mean "as the input", so empty tensors stay.
void TransposeMerger::MakeReshape(Node* node) {
  const auto p = ReadTranspose(*graph_, *node);
  if (!p || !graph_->value(node->inputs[0]).shape_known) return;
  const Shape& shape = info(node->inputs[0]).shape;
  if (shape.elements() == 0 || !KeepsElementOrder(shape, *p)) return;
  node->type = "Reshape";
  node->attributes = AttributeMap();
  node->attributes.Set("dim", Permute(shape, *p).dims());
}

}  // namespace

Status MergeTransposes(Graph* graph) { return TransposeMerger(graph).Run(); }

}  // namespace mace
