#include "mace/formats/common/graph_builder.h"

#include <algorithm>

#include "mace/base/strings.h"
#include "mace/formats/common/permute.h"
#include "mace/graph/constant_identity.h"
#include "mace/graph/derived_constants.h"
#include "mace/ops/infer.h"

namespace mace {
namespace {

// Puts the extents of `known` where those of `dims` are dynamic, if the others agree.
void FillOpen(const std::vector<int64_t>& known, std::vector<int64_t>* dims) {
  if (known.size() != dims->size()) return;
  for (size_t i = 0; i < known.size(); ++i) {
    if ((*dims)[i] >= 0 && (*dims)[i] != known[i]) return;
  }
  *dims = known;
}

// Open extents filled in: the batch is 1 unless somebody says otherwise.
StatusOr<Shape> CloseShape(const IoInfo& io, const ImportOptions& options) {
  const auto given = options.input_shapes.find(io.name);
  std::vector<int64_t> dims =
      given != options.input_shapes.end() ? given->second : *io.declared_dims;
  const auto at_hand = options.dynamic_shapes.find(io.name);
  if (at_hand != options.dynamic_shapes.end()) FillOpen(at_hand->second, &dims);
  if (given == options.input_shapes.end() && !dims.empty() && dims[0] < 0) dims[0] = 1;
  const std::string who = "input '" + Printable(io.name) + "'";
  for (int64_t extent : dims) {
    if (extent < 0) {
      return InvalidArgument(who +
                             ": the model leaves its shape dynamic, give one: expected extents "
                             "of 0 or more, found " +
                             Shape(dims).ToString());
    }
  }
  StatusOr<Shape> shape = Shape::Make(std::move(dims));
  if (!shape.ok()) return shape.status().WithPrefix(who);
  return shape;
}

}  // namespace

std::string DescribeNode(const std::string& name, const std::string& type) {
  return "node '" + Printable(name) + "' (" + Printable(type) + ")";
}

Status GraphBuilder::Define(const std::string& name, ValueId id) {
  if (names_.emplace(name, id).second) return Status::Ok();
  return InvalidArgument("two tensors are named '" + Printable(name) + "'");
}

ValueId GraphBuilder::Find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? kNoValue : found->second;
}

const std::vector<int64_t>* GraphBuilder::GivenShape(const std::string& input) const {
  for (const auto* shapes : {&options_.input_shapes, &options_.dynamic_shapes}) {
    const auto found = shapes->find(input);
    if (found != shapes->end()) return &found->second;
  }
  return nullptr;
}

const HostTensor* GraphBuilder::ConstantOf(ValueId id) const {
  const auto known = known_.find(id);
  if (known != known_.end()) id = known->second;
  return graph_->IsConstant(id) ? &*graph_->value(id).constant : nullptr;
}

const HostTensor* GraphBuilder::ElementsOf(ValueId id, int64_t largest) {
  if (const HostTensor* constant = ConstantOf(id)) return constant;
  const Value& value = graph_->value(id);
  const HostTensor* const elements = tracker_.Ask(id, value.info, largest);
  if (elements == nullptr) return nullptr;
  known_[id] = graph_->AddConstant(value.name + "/elements", *elements);
  return ConstantOf(id);
}

Status GraphBuilder::UseRunValue(const std::string& input, ValueId id) {
  const auto given = options_.run_values.inputs.find(input);
  if (given == options_.run_values.inputs.end()) return Status::Ok();
  const TensorInfo info = graph_->value(id).info;
  MACE_ASSIGN_OR_RETURN(HostTensor elements, given->second.ConvertTo(info.dtype));
  if (elements.shape() != info.shape) {
    return InvalidArgument("value of input '" + Printable(input) + "': expected " +
                           info.ToString() + ", found " + elements.info().ToString());
  }
  known_[id] = graph_->AddConstant(input + "/elements", std::move(elements));
  return Status::Ok();
}

StatusOr<std::shared_ptr<Graph>> GraphBuilder::Finish(const Status& status) {
  if (status.ok()) {
    MACE_RETURN_IF_ERROR(ValidateGraph(*graph_));
    return graph_;
  }
  const AskedValues* const asked = options_.run_values.asked.get();
  if (asked == nullptr || !asked->stops()) return status;
  return graph_;
}

StatusOr<ValueId> GraphBuilder::AddInput(IoInfo io) {
  MACE_ASSIGN_OR_RETURN(Shape shape, CloseShape(io, options_));
  io.value = graph_->AddValue(io.name);
  Value& value = graph_->value(io.value);
  value.info = {IsFloat(io.dtype) ? DType::kFloat32 : io.dtype, std::move(shape)};
  value.shape_known = true;
  const ValueId id = io.value;
  graph_->inputs.push_back(std::move(io));
  inputs_.insert(id);
  return id;
}

Status GraphBuilder::CountStored(const ByteSource& source, uint64_t offset, uint64_t size) {
  const uint64_t before = budget_.stored_bytes();
  MACE_RETURN_IF_ERROR(budget_.CountStored(source, offset, size));
  fold_budget_.AddSource(budget_.stored_bytes() - before);
  return Status::Ok();
}

StatusOr<std::vector<ValueId>> GraphBuilder::AddNode(Node node,
                                                     const std::vector<std::string>& output_names) {
  if (!node_names_.Insert(node.name)) {
    return InvalidArgument("two nodes are named '" + Printable(node.name) + "'");
  }
  FoldBudget* budget = &fold_budget_;
  for (ValueId& id : node.inputs) {
    const auto known = known_.find(id);
    if (known != known_.end()) id = known->second;
  }
  for (const std::string& name : output_names) {
    if (kept_.count(name) > 0) budget = nullptr;
    node.outputs.push_back(graph_->AddValue(name));
  }
  tracker_.NoteName(node.name);
  const std::vector<ValueId> outputs = node.outputs;
  MACE_ASSIGN_OR_RETURN(const bool folded, InferNode(graph_.get(), &node, budget));
  tracker_.NoteNode(node, output_names, folded);
  if (!folded) graph_->nodes.push_back(std::move(node));
  return outputs;
}

StatusOr<ValueId> GraphBuilder::AddHelper(const std::string& base, Node node) {
  node.name = UniqueName(base);
  const std::string output = node.name;
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs, AddNode(std::move(node), {output}));
  return outputs[0];
}

StatusOr<ValueId> GraphBuilder::AddSharedHelper(const std::string& base,
                                                const std::vector<int64_t>& numbers, Node node) {
  const std::string telling = tracker_.NameOf(numbers);
  if (telling.empty()) return AddHelper(base, std::move(node));
  node.name = node_names_.Find(base + telling);
  const std::string output = node.name;
  MACE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs, AddNode(std::move(node), {output}));
  return outputs[0];
}

StatusOr<ValueId> GraphBuilder::ComputedByNode(const std::string& name, ValueId id) {
  if (!graph_->IsConstant(id) && inputs_.count(id) == 0) return id;
  Node node;
  node.type = "Identity";
  node.inputs = {id};
  KeepAsNode(UniqueName(name));
  return AddHelper(name, std::move(node));
}

StatusOr<ValueId> GraphBuilder::Transpose(ValueId id, const std::vector<int64_t>& permutation) {
  const auto found = transposed_.find({id, permutation});
  if (found != transposed_.end()) return found->second;
  const std::string base = graph_->value(id).name + "/transposed";
  ValueId result = kNoValue;
  const HostTensor* constant = ConstantOf(id);
  if (constant != nullptr && budget_.HasRoomFor(constant->info().bytes())) {
    MACE_RETURN_IF_ERROR(Reserve("tensor '" + Printable(base) + "'", constant->info().bytes()));
    IdentityHasher hasher("permuted");
    hasher.Add(permutation);
    hasher.Add(*constant);
    MACE_ASSIGN_OR_RETURN(HostTensor permuted,
                          DeriveConstant(graph_->derived, hasher.Finish(), {*constant},
                                         [&] { return PermuteTensor(*constant, permutation); }));
    result = graph_->AddConstant(base, std::move(permuted));
  } else {
    Node node;
    node.type = "Transpose";
    node.inputs = {id};
    node.attributes.Set("dims", permutation);
    MACE_ASSIGN_OR_RETURN(result, AddSharedHelper(base, permutation, std::move(node)));
  }
  transposed_[{id, permutation}] = result;
  transposed_[{result, InversePermutation(permutation)}] = id;
  return result;
}

StatusOr<ValueId> GraphBuilder::Reshape(ValueId id, const std::vector<int64_t>& dims) {
  const std::string base = graph_->value(id).name + "/reshaped";
  if (const HostTensor* constant = ConstantOf(id)) {
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(dims));
    if (shape.elements() != constant->shape().elements()) {
      return InvalidArgument("tensor '" + Printable(base) + "': expected " +
                             std::to_string(constant->shape().elements()) + " elements, found " +
                             shape.ToString());
    }
    return graph_->AddConstant(base, constant->Reshaped(std::move(shape)));
  }
  Node node;
  node.type = "Reshape";
  node.inputs = {id};
  node.attributes.Set("dim", dims);
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) {
    node.attributes.Set("allowzero", int64_t{1});
  }
  return AddSharedHelper(base, dims, std::move(node));
}

}  // namespace mace
