// ONNX's If. Where the condition is known at import, its branch takes the node's place. Elsewhere
// both branches are computed, which have no effect but their outputs, and each output is chosen. A
// branch that is not possible for the shapes at hand, or that has an op that is not supported, is
// left out: the run fails where the condition asks for it.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/body.h"
#include "mace/formats/onnx/choice.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/structure.h"

namespace mace {
namespace {

StatusOr<std::vector<std::string>> RunBranch(const OnnxStructure& at, const char* branch) {
  std::vector<bool> wanted;
  for (int i = 0; i < at.output_count(); ++i) wanted.push_back(at.WantsOutput(i));
  const std::string prefix = at.node->name() + "/" + branch;
  StatusOr<OnnxBody> body = MakeOnnxBody(at.call, branch, prefix, wanted, at.importer);
  if (!body.ok()) return body.status().WithPrefix(branch);
  StatusOr<std::vector<std::string>> outputs = body->Run({}, prefix);
  if (!outputs.ok()) return outputs.status().WithPrefix(branch);
  return outputs;
}

Status AddKnown(const OnnxStructure& at, bool condition) {
  MACE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs,
                        RunBranch(at, condition ? "then_branch" : "else_branch"));
  for (int i = 0; i < at.output_count(); ++i) {
    if (at.WantsOutput(i)) {
      MACE_RETURN_IF_ERROR(at.SetOutput(i, outputs[static_cast<size_t>(i)]));
    }
  }
  return Status::Ok();
}

constexpr char kComputed[] =
    "the condition is computed when the network runs, so that both branches are computed, too";

// condition ? a : b for the outputs of the two branches.
StatusOr<ValueId> Choose(const OnnxStructure& at, ValueId condition, const std::string& then_output,
                         const std::string& else_output) {
  OnnxTensors* const tensors = at.tensors();
  for (const std::string& name : {then_output, else_output}) {
    if (!tensors->IsStructured(name)) continue;
    return Unsupported("expected a tensor, found a sequence or an optional");
  }
  MACE_ASSIGN_OR_RETURN(const ValueId a, tensors->Value(then_output));
  MACE_ASSIGN_OR_RETURN(const ValueId b, tensors->Value(else_output));
  return ChooseOnnxValue(at, condition, a, b);
}

// The outputs of the one branch that is possible, each of which asks that `holds`, a scalar.
Status AddPossible(const OnnxStructure& at, const std::vector<std::string>& outputs, ValueId holds,
                   const Status& why_other_is_not) {
  AttributeMap attributes;
  attributes.Set("message", "the condition asks for a branch that is not possible: " +
                                why_other_is_not.message());
  for (int i = 0; i < at.output_count(); ++i) {
    if (!at.WantsOutput(i)) continue;
    const std::string& name = outputs[static_cast<size_t>(i)];
    if (at.tensors()->IsStructured(name)) return why_other_is_not;
    MACE_ASSIGN_OR_RETURN(const ValueId value, at.tensors()->Value(name));
    // Nothing runs for an output without elements: nothing would look at the condition.
    if (at.tensors()->builder()->ShapeOf(value).elements() == 0) return why_other_is_not;
    MACE_ASSIGN_OR_RETURN(const ValueId result,
                          at.node->Emit("/required", "Require", {value, holds}, attributes));
    MACE_RETURN_IF_ERROR(at.SetValue(i, result));
  }
  return Status::Ok();
}

// Whether a branch failed for what it is, and not since a limit of the import was reached.
bool IsImpossible(const Status& status) {
  return status.code() == StatusCode::kUnsupported || status.code() == StatusCode::kInvalidArgument;
}

Status AddChosen(const OnnxStructure& at, ValueId condition,
                 const std::vector<std::string>& then_outputs,
                 const std::vector<std::string>& else_outputs) {
  for (int i = 0; i < at.output_count(); ++i) {
    if (!at.WantsOutput(i)) continue;
    const auto index = static_cast<size_t>(i);
    const StatusOr<ValueId> chosen =
        Choose(at, condition, then_outputs[index], else_outputs[index]);
    if (!chosen.ok()) {
      return chosen.status()
          .WithPrefix("output '" + Printable(at.call.written->output(i)) + "' of both branches")
          .WithPrefix(kComputed);
    }
    MACE_RETURN_IF_ERROR(at.SetValue(i, *chosen));
  }
  return Status::Ok();
}

// Adds both branches and chooses between their outputs.
Status AddBoth(const OnnxStructure& at) {
  const StatusOr<std::vector<std::string>> then_outputs = RunBranch(at, "then_branch");
  const StatusOr<std::vector<std::string>> else_outputs = RunBranch(at, "else_branch");
  MACE_ASSIGN_OR_RETURN(const ValueId condition, OnnxCondition(at, at.Input(0)));
  if (then_outputs.ok() && else_outputs.ok()) {
    return AddChosen(at, condition, *then_outputs, *else_outputs);
  }
  // A branch that is possible once a run has given some elements stands in the way of Require.
  if (at.tensors()->builder()->run_values().was_refused()) {
    return (then_outputs.ok() ? else_outputs : then_outputs).status().WithPrefix(kComputed);
  }
  const bool has_then = then_outputs.ok();
  const Status& why = has_then ? else_outputs.status() : then_outputs.status();
  if (!IsImpossible(why) || (!has_then && !else_outputs.ok())) return why.WithPrefix(kComputed);
  ValueId holds = condition;
  if (!has_then) {
    MACE_ASSIGN_OR_RETURN(holds, EmitEltwise(at.node, EltwiseType::kEqual, condition, 0.0));
  }
  return AddPossible(at, has_then ? *then_outputs : *else_outputs, holds, why);
}

// Both branches if that is possible, else the one that the condition of a run asks for.
Status AddComputed(const OnnxStructure& at) {
  GraphBuilder* const builder = at.tensors()->builder();
  builder->run_values().Suspend();
  const Status both = AddBoth(at);
  builder->run_values().Resume();
  if (both.ok()) return both;
  MACE_ASSIGN_OR_RETURN(const std::optional<bool> asked, AskOnnxCondition(at, at.Input(0)));
  return asked.has_value() ? AddKnown(at, *asked) : both;
}

}  // namespace

Status AddOnnxIf(const OnnxStructure& at) {
  at.node->Ignore({"then_branch", "else_branch"});
  if (at.input_count() != 1) {
    return InvalidArgument("expected 1 input, found " + std::to_string(at.input_count()));
  }
  MACE_ASSIGN_OR_RETURN(const std::optional<bool> known, KnownOnnxCondition(at, at.Input(0)));
  return known.has_value() ? AddKnown(at, *known) : AddComputed(at);
}

}  // namespace mace
