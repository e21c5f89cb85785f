// TensorFlow's loops, unrolled: While with functions, and the older form of Enter, Merge, Switch,
// NextIteration and Exit nodes.
#include <set>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/evaluator.h"

namespace mace {
namespace {

Status UnknownCondition(size_t step) {
  return Unsupported(
      "expected a condition that is known at import, since the loop is unrolled, "
      "found at step " +
      std::to_string(step) + " one that depends on what is computed");
}

// Whether another step follows; an error where that is not known at import.
StatusOr<bool> GoesOn(const TfEvaluator& evaluator, const std::vector<TfValue>& condition,
                      size_t step) {
  if (condition.size() != 1 || !condition[0].is_tensor() ||
      evaluator.builder()->ElementsOf(condition[0].id) == nullptr) {
    return UnknownCondition(step);
  }
  const std::optional<bool> known = evaluator.KnownPredicate(condition[0]);
  if (!known) return UnknownCondition(step);
  if (*known && step >= kMaxLoopSteps) {
    return ResourceExhausted("loop: expected at most " + std::to_string(kMaxLoopSteps) +
                             " steps, found more");
  }
  return *known;
}

Status EvaluateWhile(TfEvaluator* evaluator, TfCall* call) {
  const auto condition = call->def->attr().find("cond"), body = call->def->attr().find("body");
  const auto end = call->def->attr().end();
  if (condition == end || body == end || !condition->second.has_func() ||
      !body->second.has_func()) {
    return InvalidArgument("cond and body: expected functions");
  }
  std::vector<TfValue> state = call->inputs;
  for (size_t step = 0;; ++step) {
    MACE_RETURN_IF_ERROR(evaluator->CountExpanded());
    const std::string number = std::to_string(step) + "/";
    MACE_ASSIGN_OR_RETURN(
        const std::vector<TfValue> holds,
        evaluator->CallFunction(*call, condition->second.func(), state, "cond" + number));
    MACE_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(*evaluator, holds, step));
    if (!goes_on) break;
    MACE_ASSIGN_OR_RETURN(
        state, evaluator->CallFunction(*call, body->second.func(), state, "step" + number));
    if (state.size() != call->inputs.size()) {
      return InvalidArgument("body: expected " + std::to_string(call->inputs.size()) +
                             " results, found " + std::to_string(state.size()));
    }
  }
  call->outputs = std::move(state);
  return Status::Ok();
}

// One run of a loop of the older form. The condition and the body are the same nodes as those
// around the loop; at each step, Merge and Switch have given values.
class FrameRun {
 public:
  FrameRun(TfEvaluator* evaluator, const TfCall& call, const TfFrame& frame)
      : evaluator_(evaluator), call_(call), frame_(frame) {}

  // What the variables are in the end.
  StatusOr<std::vector<TfValue>> Run() {
    MACE_RETURN_IF_ERROR(Check());
    MACE_ASSIGN_OR_RETURN(std::vector<TfValue> state, Enter());
    for (const TfValue& value : state) {
      if (value.is_dead()) return std::vector<TfValue>(state.size(), TfValue::Dead());
    }
    MACE_RETURN_IF_ERROR(OrderNodes(state));
    for (size_t step = 0;; ++step) {
      MACE_RETURN_IF_ERROR(evaluator_->CountExpanded());
      TfScope scope = NewScope(state, step);
      MACE_ASSIGN_OR_RETURN(
          const std::vector<TfValue> holds,
          evaluator_->EvaluateInOrder(&scope, condition_order_, {frame_.condition}));
      MACE_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(*evaluator_, holds, step));
      if (!goes_on) return state;
      GiveBody(state, &scope);
      MACE_ASSIGN_OR_RETURN(state, evaluator_->EvaluateInOrder(&scope, body_order_, Next()));
    }
  }

 private:
  Status Check() const {
    if (!frame_.has_condition) return InvalidArgument("loop: expected a LoopCond node");
    if (call_.scope->depth < kMaxNestedCalls) return Status::Ok();
    return Unsupported("loop: expected loops nested at most " + std::to_string(kMaxNestedCalls) +
                       " deep, found more");
  }

  StatusOr<TfValue> Entered(size_t enter) const {
    const std::vector<TfTensorRef>& inputs = call_.scope->graph->inputs(enter);
    if (inputs.size() != 1) return InvalidArgument("loop: expected an Enter node with one input");
    return evaluator_->Find(*call_.scope, inputs[0]);
  }

  StatusOr<std::vector<TfValue>> Enter() {
    std::vector<TfValue> state;
    for (const TfFrame::Variable& variable : frame_.variables) {
      MACE_ASSIGN_OR_RETURN(TfValue value, Entered(variable.enter));
      state.push_back(std::move(value));
    }
    for (size_t invariant : frame_.invariants) {
      MACE_ASSIGN_OR_RETURN(TfValue value, Entered(invariant));
      invariants_.push_back(std::move(value));
    }
    return state;
  }

  TfScope NewScope(const std::vector<TfValue>& state, size_t step) const {
    TfScope scope;
    scope.graph = call_.scope->graph;
    scope.prefix = call_.scope->prefix + call_.def->name() + "/step" + std::to_string(step) + "/";
    scope.depth = call_.scope->depth + 1;
    for (size_t i = 0; i < state.size(); ++i) {
      scope.given[{frame_.variables[i].merge, 0}] = state[i];
    }
    for (size_t i = 0; i < invariants_.size(); ++i) {
      scope.given[{frame_.invariants[i], 0}] = invariants_[i];
    }
    return scope;
  }

  void GiveBody(const std::vector<TfValue>& state, TfScope* scope) const {
    for (size_t i = 0; i < state.size(); ++i) {
      const TfFrame::Variable& variable = frame_.variables[i];
      if (variable.has_switch) scope->given[{variable.switch_node, 1}] = state[i];
    }
  }

  std::vector<TfTensorRef> Next() const {
    std::vector<TfTensorRef> next;
    for (const TfFrame::Variable& variable : frame_.variables) next.push_back(variable.next);
    return next;
  }

  // Finds the nodes that every step evaluates, and their order.
  Status OrderNodes(const std::vector<TfValue>& state) {
    TfScope scope = NewScope(state, 0);
    const auto given = [&] {
      std::set<TfTensorRef> refs;
      for (const auto& [ref, value] : scope.given) refs.insert(ref);
      return refs;
    };
    MACE_ASSIGN_OR_RETURN(condition_order_, scope.graph->OrderFor({frame_.condition}, given()));
    GiveBody(state, &scope);
    MACE_ASSIGN_OR_RETURN(body_order_, scope.graph->OrderFor(Next(), given()));
    return Status::Ok();
  }

  TfEvaluator* const evaluator_;
  const TfCall& call_;
  const TfFrame& frame_;
  std::vector<TfValue> invariants_;
  std::vector<size_t> condition_order_, body_order_;
};

// The first exit of a loop runs it, and sets the results of all its exits.
Status EvaluateExit(TfEvaluator* evaluator, TfCall* call) {
  const TfGraph& graph = *call->scope->graph;
  const TfExit* exit = graph.FindExit(call->index);
  if (exit == nullptr) return InvalidArgument("expected the exit of a loop with Merge and Switch");
  MACE_ASSIGN_OR_RETURN(const std::vector<TfValue> state,
                        FrameRun(evaluator, *call, graph.frames()[exit->frame]).Run());
  for (size_t i = 0; i < graph.size(); ++i) {
    const TfExit* other = graph.FindExit(i);
    if (other == nullptr || other->frame != exit->frame) continue;
    call->scope->results[i] = {state[other->variable]};
  }
  call->outputs = {state[exit->variable]};
  return Status::Ok();
}

Status RefuseOutside(TfEvaluator*, TfCall*) {
  return Unsupported(
      "expected it in a loop with Enter, Merge, LoopCond, Switch, NextIteration and "
      "Exit");
}

}  // namespace

const TfSpecialEntry kTfLoopSpecials[] = {
    {"Enter", RefuseOutside},
    {"Exit", EvaluateExit},
    {"LoopCond", RefuseOutside},
    {"NextIteration", RefuseOutside},
    {"StatelessWhile", EvaluateWhile},
    {"While", EvaluateWhile},
    {nullptr, nullptr},
};

}  // namespace mace
