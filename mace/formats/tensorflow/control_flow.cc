// TensorFlow's branches and calls: Switch and Merge, If, Case, PartitionedCall, and what hands
// values on.
#include <algorithm>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/evaluator.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {
namespace {

Status RequireInputs(const TfCall& call, size_t count) {
  if (call.inputs.size() >= count) return Status::Ok();
  return InvalidArgument("expected " + std::to_string(count) + " inputs, found " +
                         std::to_string(call.inputs.size()));
}

StatusOr<tf::NameAttrList> FunctionOf(const TfCall& call, const char* attribute) {
  const auto found = call.def->attr().find(attribute);
  if (found == call.def->attr().end() || found->second.value_case() != tf::AttrValue::kFunc) {
    return InvalidArgument(std::string(attribute) + ": expected a function");
  }
  return found->second.func();
}

// Values of any kind go on as they are.
Status PassOn(TfEvaluator*, TfCall* call) {
  MACE_RETURN_IF_ERROR(RequireInputs(*call, 1));
  call->outputs = call->inputs;
  for (TfValue& value : call->outputs) {
    const int depth = value.guard == nullptr ? 0 : value.guard->depth;
    if (call->guard != nullptr && call->guard->depth > depth) value.guard = call->guard;
  }
  return Status::Ok();
}

// data, predicate: output 1 where it holds, else output 0.
Status EvaluateSwitch(TfEvaluator* evaluator, TfCall* call) {
  MACE_RETURN_IF_ERROR(RequireInputs(*call, 2));
  const TfValue& data = call->inputs[0];
  const std::optional<bool> known = evaluator->KnownPredicate(call->inputs[1]);
  if (known) {
    call->outputs = {*known ? TfValue::Dead() : data, *known ? data : TfValue::Dead()};
    return Status::Ok();
  }
  if (!call->inputs[1].is_tensor()) return InvalidArgument("predicate: expected a tensor");
  for (bool taken : {false, true}) {
    auto guard = std::make_shared<TfGuard>();
    guard->predicate = call->inputs[1].id;
    guard->taken = taken;
    guard->depth = call->guard == nullptr ? 1 : call->guard->depth + 1;
    guard->outer = call->guard;
    call->outputs.push_back(data);
    call->outputs.back().guard = std::move(guard);
  }
  return Status::Ok();
}

TfValue AddNumber(TfEvaluator* evaluator, const TfCall& call, int32_t number) {
  return TfValue::Tensor(evaluator->builder()->graph().AddConstant(
      evaluator->NameOf(call) + "/index",
      HostTensor::FromVector<int32_t>(DType::kInt32, Shape(), {number})));
}

// Two branches of one predicate, the one of them that is not taken first.
struct BranchPair {
  size_t if_false = 0;
  size_t if_true = 0;
};

StatusOr<BranchPair> PairBranches(const TfCall& call, const std::vector<size_t>& live) {
  const auto unpaired = [] { return Unsupported("expected the two branches of one predicate"); };
  if (live.size() != 2) return unpaired();
  const TfGuard* a = call.inputs[live[0]].guard.get();
  const TfGuard* b = call.inputs[live[1]].guard.get();
  if (a == nullptr || b == nullptr || a->predicate != b->predicate || a->taken == b->taken) {
    return unpaired();
  }
  return a->taken ? BranchPair{live[1], live[0]} : BranchPair{live[0], live[1]};
}

// The input that is alive, and its number.
Status EvaluateMerge(TfEvaluator* evaluator, TfCall* call) {
  std::vector<size_t> live;
  for (size_t i = 0; i < call->inputs.size(); ++i) {
    if (!call->inputs[i].is_dead()) live.push_back(i);
  }
  if (live.empty()) {
    call->outputs = {TfValue::Dead()};
    return Status::Ok();
  }
  if (live.size() == 1) {
    call->outputs = {call->inputs[live[0]],
                     AddNumber(evaluator, *call, static_cast<int32_t>(live[0]))};
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(const BranchPair pair, PairBranches(*call, live));
  const TfValue& if_true = call->inputs[pair.if_true];
  const TfValue& if_false = call->inputs[pair.if_false];
  const ValueId predicate = if_true.guard->predicate;
  StatusOr<TfValue> chosen = evaluator->Choose(*call, predicate, if_true, if_false);
  if (!chosen.ok()) {
    // The branches differ: a run says which of them it is.
    const HostTensor* const asked = evaluator->builder()->ElementsOf(predicate);
    const std::optional<bool> holds = evaluator->KnownPredicate(TfValue::Tensor(predicate));
    if (asked == nullptr || !holds.has_value()) return chosen.status();
    const size_t taken = *holds ? pair.if_true : pair.if_false;
    call->outputs = {call->inputs[taken], AddNumber(evaluator, *call, static_cast<int32_t>(taken))};
    for (TfValue& output : call->outputs) output.guard = if_true.guard->outer;
    return Status::Ok();
  }
  TfValue value = *std::move(chosen);
  MACE_ASSIGN_OR_RETURN(
      TfValue number,
      evaluator->Choose(*call, predicate,
                        AddNumber(evaluator, *call, static_cast<int32_t>(pair.if_true)),
                        AddNumber(evaluator, *call, static_cast<int32_t>(pair.if_false))));
  value.guard = if_true.guard->outer;
  number.guard = value.guard;
  call->outputs = {std::move(value), std::move(number)};
  return Status::Ok();
}

Status EvaluatePartitionedCall(TfEvaluator* evaluator, TfCall* call) {
  MACE_ASSIGN_OR_RETURN(const tf::NameAttrList function, FunctionOf(*call, "f"));
  MACE_ASSIGN_OR_RETURN(call->outputs, evaluator->CallFunction(*call, function, call->inputs, ""));
  return Status::Ok();
}

// Both branches, and a choice between their results.
Status EvaluateBoth(TfEvaluator* evaluator, TfCall* call, const std::vector<TfValue>& arguments) {
  MACE_ASSIGN_OR_RETURN(const tf::NameAttrList then_branch, FunctionOf(*call, "then_branch"));
  MACE_ASSIGN_OR_RETURN(const tf::NameAttrList else_branch, FunctionOf(*call, "else_branch"));
  MACE_ASSIGN_OR_RETURN(const std::vector<TfValue> if_true,
                        evaluator->CallFunction(*call, then_branch, arguments, "then/"));
  MACE_ASSIGN_OR_RETURN(const std::vector<TfValue> if_false,
                        evaluator->CallFunction(*call, else_branch, arguments, "else/"));
  if (if_true.size() != if_false.size()) {
    return InvalidArgument("expected branches with one number of results, found " +
                           std::to_string(if_true.size()) + " and " +
                           std::to_string(if_false.size()));
  }
  for (size_t i = 0; i < if_true.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(TfValue value,
                          evaluator->Choose(*call, call->inputs[0].id, if_true[i], if_false[i]));
    call->outputs.push_back(std::move(value));
  }
  return Status::Ok();
}

// predicate, then the arguments of both branches.
Status EvaluateIf(TfEvaluator* evaluator, TfCall* call) {
  MACE_RETURN_IF_ERROR(RequireInputs(*call, 1));
  const std::vector<TfValue> arguments(call->inputs.begin() + 1, call->inputs.end());
  MACE_ASSIGN_OR_RETURN(const tf::NameAttrList then_branch, FunctionOf(*call, "then_branch"));
  MACE_ASSIGN_OR_RETURN(const tf::NameAttrList else_branch, FunctionOf(*call, "else_branch"));
  const std::optional<bool> known = evaluator->KnownPredicate(call->inputs[0]);
  if (known) {
    MACE_ASSIGN_OR_RETURN(
        call->outputs, evaluator->CallFunction(*call, *known ? then_branch : else_branch, arguments,
                                               *known ? "then/" : "else/"));
    return Status::Ok();
  }
  if (!call->inputs[0].is_tensor()) return InvalidArgument("predicate: expected a tensor");
  evaluator->builder()->run_values().Suspend();
  const Status both = EvaluateBoth(evaluator, call, arguments);
  evaluator->builder()->run_values().Resume();
  if (both.ok() || evaluator->builder()->ElementsOf(call->inputs[0].id) == nullptr) return both;
  call->outputs.clear();
  const bool holds = evaluator->KnownPredicate(call->inputs[0]).value_or(false);
  MACE_ASSIGN_OR_RETURN(call->outputs,
                        evaluator->CallFunction(*call, holds ? then_branch : else_branch, arguments,
                                                holds ? "then/" : "else/"));
  return Status::Ok();
}

// The number of a branch, which must be known, then its arguments. A number of no branch is that of
// the last one.
Status EvaluateCase(TfEvaluator* evaluator, TfCall* call) {
  MACE_RETURN_IF_ERROR(RequireInputs(*call, 1));
  const auto branches = call->def->attr().find("branches");
  const int count = branches == call->def->attr().end() ? 0 : branches->second.list().func_size();
  const HostTensor* number =
      call->inputs[0].is_tensor() ? evaluator->builder()->ElementsOf(call->inputs[0].id) : nullptr;
  if (count < 1) return InvalidArgument("branches: expected functions, found none");
  if (number == nullptr || number->shape().elements() != 1) {
    return Unsupported("branch_index: expected a number that is known at import");
  }
  int64_t index = ToInt64Vector(*number)[0];
  if (index < 0 || index >= count) index = count - 1;
  const std::vector<TfValue> arguments(call->inputs.begin() + 1, call->inputs.end());
  MACE_ASSIGN_OR_RETURN(
      call->outputs,
      evaluator->CallFunction(*call, branches->second.list().func(static_cast<int>(index)),
                              arguments, "branch/"));
  return Status::Ok();
}

Status EvaluateVariable(TfEvaluator*, TfCall* call) {
  if (call->scope->depth > 0) return Unsupported("expected variables in the main graph alone");
  call->outputs = {TfValue::Variable(call->def->name())};
  return Status::Ok();
}

// The value of a variable; in a graph whose variables became constants, the constant.
Status EvaluateRead(TfEvaluator* evaluator, TfCall* call) {
  MACE_RETURN_IF_ERROR(RequireInputs(*call, 1));
  if (!call->inputs[0].is_variable()) return PassOn(evaluator, call);
  MACE_ASSIGN_OR_RETURN(const ValueId id, evaluator->ReadVariable(call->inputs[0].variable));
  call->outputs = {TfValue::Tensor(id)};
  return Status::Ok();
}

Status EvaluateNothing(TfEvaluator*, TfCall*) { return Status::Ok(); }

}  // namespace

const TfSpecialEntry kTfControlSpecials[] = {
    {"Assert", EvaluateNothing},
    {"Case", EvaluateCase},
    {"Identity", PassOn},
    {"IdentityN", PassOn},
    {"If", EvaluateIf},
    {"Merge", EvaluateMerge},
    {"NoOp", EvaluateNothing},
    {"PartitionedCall", EvaluatePartitionedCall},
    {"PlaceholderWithDefault", PassOn},
    {"ReadVariableOp", EvaluateRead},
    {"RefIdentity", PassOn},
    {"RefMerge", EvaluateMerge},
    {"RefSwitch", EvaluateSwitch},
    {"StatefulPartitionedCall", EvaluatePartitionedCall},
    {"StatelessCase", EvaluateCase},
    {"StatelessIf", EvaluateIf},
    {"StopGradient", PassOn},
    {"Switch", EvaluateSwitch},
    {"VarHandleOp", EvaluateVariable},
    {"Variable", EvaluateVariable},
    {"VariableV2", EvaluateVariable},
    {"_Retval", PassOn},
    {nullptr, nullptr},
};

}  // namespace mace
