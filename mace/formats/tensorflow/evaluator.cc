#include "mace/formats/tensorflow/evaluator.h"

#include <algorithm>
#include <set>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/complex.h"
#include "mace/formats/tensorflow/node.h"
#include "mace/formats/tensorflow/tensor.h"

namespace mace {

TfSpecial FindTfSpecial(const std::string& op) {
  static const auto* const kSpecials = [] {
    auto* all = new std::unordered_map<std::string, TfSpecial>();
    for (const TfSpecialEntry* table :
         {kTfControlSpecials, kTfLoopSpecials, kTfListSpecials, kTfArraySpecials}) {
      for (const TfSpecialEntry* entry = table; entry->op != nullptr; ++entry) {
        all->emplace(entry->op, entry->evaluate);
      }
    }
    return all;
  }();
  const auto found = kSpecials->find(op);
  return found == kSpecials->end() ? nullptr : found->second;
}

StatusOr<TfValue> TfEvaluator::Find(const TfScope& scope, const TfTensorRef& ref) const {
  const auto given = scope.given.find(ref);
  if (given != scope.given.end()) return given->second;
  const auto found = scope.results.find(ref.node);
  const size_t count = found == scope.results.end() ? 0 : found->second.size();
  if (static_cast<size_t>(ref.port) < count) return found->second[static_cast<size_t>(ref.port)];
  if (count > 0 && found->second[0].is_dead()) return found->second[0];
  const tf::NodeDef& node = scope.graph->node(ref.node);
  return Unsupported("'" + Printable(TfTensorName(node.name(), ref.port)) + "': expected one of " +
                     std::to_string(count) + " outputs of op " + Printable(node.op()));
}

std::string TfEvaluator::NameOf(const TfCall& call) const {
  if (call.scope->prefix.empty()) return call.def->name();
  return builder_->UniqueName(call.scope->prefix + call.def->name());
}

Status TfEvaluator::CountExpanded() {
  if (++expanded_nodes_ <= kMaxExpandedNodes) return Status::Ok();
  return ResourceExhausted("functions and loops: expected at most " +
                           std::to_string(kMaxExpandedNodes) +
                           " nodes when they are expanded, found more");
}

// The deepest branch that an input is in is the node's.
Status TfEvaluator::ReadInputs(TfCall* call, bool* is_dead) const {
  const auto add = [&](const TfValue& value) {
    *is_dead = *is_dead || value.is_dead();
    const int depth = call->guard == nullptr ? 0 : call->guard->depth;
    if (value.guard != nullptr && value.guard->depth > depth) call->guard = value.guard;
  };
  for (const TfTensorRef& ref : call->scope->graph->inputs(call->index)) {
    MACE_ASSIGN_OR_RETURN(TfValue value, Find(*call->scope, ref));
    add(value);
    call->inputs.push_back(std::move(value));
  }
  for (size_t pivot : call->scope->graph->pivots(call->index)) {
    MACE_ASSIGN_OR_RETURN(const TfValue value, Find(*call->scope, {pivot, 0}));
    add(value);
  }
  return Status::Ok();
}

Status TfEvaluator::Evaluate(TfScope* scope, size_t index) {
  // In the main graph, another output of the node may be needed than the one that is given.
  const bool is_given = scope->depth > 0 && scope->given.count({index, 0}) > 0;
  if (is_given || scope->results.count(index) > 0) return Status::Ok();
  TfCall call;
  call.scope = scope;
  call.index = index;
  call.def = &scope->graph->node(index);
  if (scope->depth > 0) MACE_RETURN_IF_ERROR(CountExpanded());
  if (scope->graph->FindExit(index) == nullptr) {
    bool is_dead = false;
    MACE_RETURN_IF_ERROR(ReadInputs(&call, &is_dead));
    if (is_dead && call.def->op() != "Merge") {
      scope->results[index] = {TfValue::Dead()};
      return Status::Ok();
    }
  }
  MACE_RETURN_IF_ERROR(EvaluateCall(&call));
  scope->results[index] = std::move(call.outputs);
  return Status::Ok();
}

Status TfEvaluator::EvaluateCall(TfCall* call) {
  const std::string& op = call->def->op();
  if (const TfSpecial special = FindTfSpecial(op)) {
    const bool is_list = StartsWith(op, "TensorList") || StartsWith(op, "TensorArray");
    if (is_list && NamesTfComplex(*call->def)) return Unsupported("complex numbers in a list");
    return special(this, call);
  }
  if (op == "Const") return EvaluateConstant(call);
  if (kept_->functions.Has(op)) {
    tf::NameAttrList function;
    function.set_name(op);
    *function.mutable_attr() = call->def->attr();
    MACE_ASSIGN_OR_RETURN(call->outputs, CallFunction(*call, function, call->inputs, ""));
    return Status::Ok();
  }
  return EvaluateByConverter(call);
}

// One constant for all steps of a loop and all calls of a function.
Status TfEvaluator::EvaluateConstant(TfCall* call) {
  const auto value = call->def->attr().find("value");
  if (value == call->def->attr().end()) return InvalidArgument("a constant without a value");
  const auto made = constants_.find(call->def);
  ValueId id = kNoValue;
  if (made != constants_.end()) {
    id = made->second;
  } else {
    MACE_ASSIGN_OR_RETURN(id, AddTfConstant(call->scope->prefix + call->def->name(),
                                            value->second.tensor(), kept_, builder_));
    constants_[call->def] = id;
  }
  call->outputs = {TfValue::Tensor(id)};
  call->outputs[0].guard = call->guard;
  return Status::Ok();
}

Status TfEvaluator::EvaluateByConverter(TfCall* call) {
  const TfConverter convert = FindTfConverterFor(*call->def);
  if (convert == nullptr) {
    return Unsupported(NamesTfComplex(*call->def) ? "complex numbers" : "unknown op");
  }
  std::vector<ValueId> ids;
  for (size_t i = 0; i < call->inputs.size(); ++i) {
    const TfValue& input = call->inputs[i];
    ValueId id = input.id;
    if (input.is_variable()) {
      MACE_ASSIGN_OR_RETURN(id, ReadVariable(input.variable));
    } else if (!input.is_tensor()) {
      return Unsupported("input " + std::to_string(i) + ": expected a tensor, found a list");
    }
    ids.push_back(id);
  }
  TfNode node(*call->def, NameOf(*call), std::move(ids), builder_);
  MACE_RETURN_IF_ERROR(convert(&node));
  for (ValueId id : node.outputs()) {
    call->outputs.push_back(TfValue::Tensor(id));
    call->outputs.back().guard = call->guard;
  }
  return Status::Ok();
}

StatusOr<ValueId> TfEvaluator::ReadVariable(const std::string& node) {
  if (variables_ == nullptr) {
    return Unsupported("variable '" + Printable(node) +
                       "': expected a graph whose variables are constants, or a SavedModel");
  }
  const auto found = read_variables_.find(node);
  if (found != read_variables_.end()) return found->second;
  StatusOr<ValueId> id = variables_->Read(node, builder_);
  if (!id.ok()) return id.status().WithPrefix("variable '" + Printable(node) + "'");
  read_variables_[node] = *id;
  return *id;
}

StatusOr<std::vector<TfValue>> TfEvaluator::EvaluateInOrder(
    TfScope* scope, const std::vector<size_t>& order, const std::vector<TfTensorRef>& outputs) {
  for (size_t index : order) {
    const Status status = Evaluate(scope, index);
    if (status.ok()) continue;
    const tf::NodeDef& def = scope->graph->node(index);
    return status.WithPrefix(DescribeNode(scope->prefix + def.name(), def.op()));
  }
  std::vector<TfValue> values;
  for (const TfTensorRef& ref : outputs) {
    MACE_ASSIGN_OR_RETURN(TfValue value, Find(*scope, ref));
    values.push_back(std::move(value));
  }
  return values;
}

StatusOr<std::vector<TfValue>> TfEvaluator::CallFunction(const TfCall& call,
                                                         const tf::NameAttrList& name,
                                                         const std::vector<TfValue>& arguments,
                                                         const std::string& part) {
  MACE_ASSIGN_OR_RETURN(const TfFunction* function, kept_->functions.Find(name));
  const std::string who = "function '" + Printable(name.name()) + "'";
  if (std::find(active_.begin(), active_.end(), function) != active_.end()) {
    return InvalidArgument(who + ": expected no function that calls itself");
  }
  if (call.scope->depth >= kMaxNestedCalls) {
    return Unsupported(who + ": expected calls nested at most " + std::to_string(kMaxNestedCalls) +
                       " deep, found more");
  }
  if (arguments.size() != function->arguments) {
    return InvalidArgument(who + ": expected " + std::to_string(function->arguments) +
                           " arguments, found " + std::to_string(arguments.size()));
  }
  TfScope scope;
  scope.graph = function->graph.get();
  scope.prefix = call.scope->prefix + call.def->name() + "/" + part;
  scope.depth = call.scope->depth + 1;
  for (size_t i = 0; i < arguments.size(); ++i) scope.given[{i, 0}] = arguments[i];
  active_.push_back(function);
  StatusOr<std::vector<TfValue>> results =
      EvaluateInOrder(&scope, function->order, function->results);
  active_.pop_back();
  return results;
}

std::optional<bool> TfEvaluator::KnownPredicate(const TfValue& predicate) const {
  if (!predicate.is_tensor()) return std::nullopt;
  const HostTensor* constant = builder_->ConstantOf(predicate.id);
  if (constant == nullptr || constant->shape().elements() != 1) return std::nullopt;
  return ToFloatVector(*constant)[0] != 0;
}

StatusOr<TfValue> TfEvaluator::Choose(const TfCall& call, ValueId predicate, const TfValue& if_true,
                                      const TfValue& if_false) {
  if (!if_true.is_tensor() || !if_false.is_tensor()) {
    return Unsupported(
        "expected a predicate that is known at import where a branch gives no "
        "tensor");
  }
  if (if_true.id == if_false.id) return if_true;
  const TensorInfo a = builder_->graph().value(if_true.id).info;
  const TensorInfo b = builder_->graph().value(if_false.id).info;
  if (a.shape != b.shape || a.dtype != b.dtype) {
    return Unsupported(
        "expected branches of one type and shape, since the predicate is not known "
        "at import, found " +
        a.ToString() + " and " + b.ToString());
  }
  if (builder_->ShapeOf(predicate).elements() != 1) {
    return InvalidArgument("predicate: expected one element, found " +
                           builder_->ShapeOf(predicate).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const ValueId scalar, builder_->Reshape(predicate, {}));
  Node node;
  node.type = "Where";
  node.inputs = {scalar, if_true.id, if_false.id};
  MACE_ASSIGN_OR_RETURN(const ValueId chosen,
                        builder_->AddHelper(NameOf(call) + "/chosen", std::move(node)));
  return TfValue::Tensor(chosen);
}

}  // namespace mace
