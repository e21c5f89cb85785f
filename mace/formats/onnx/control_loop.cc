// ONNX's Loop with a number of steps that is known at import: the steps follow one another in the
// graph. Where only the largest number is known, a step whose condition does not hold keeps what
// the step before it has given.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/onnx/body.h"
#include "mace/formats/onnx/choice.h"
#include "mace/formats/onnx/structure.h"

namespace mace {
namespace {

class Loop {
 public:
  Loop(const OnnxStructure& at, OnnxBody body, int carried_count, int scanned_count)
      : at_(at), body_(std::move(body)), scanned_(static_cast<size_t>(scanned_count)) {
    for (int i = 0; i < carried_count; ++i) carried_.push_back(at.Input(i + 2));
  }

  Status Run();

 private:
  Status Start();
  Status CheckCount(size_t nodes_of_step) const;
  bool WantsScanned() const;
  StatusOr<bool> IsDone();
  Status Step(bool is_counted);
  Status Keep(const std::vector<std::string>& outputs);
  Status SetOutputs();
  StatusOr<ValueId> Stack(size_t index);
  StatusOr<std::string> AddScalar(const char* name, HostTensor tensor) const;

  const OnnxStructure& at_;
  OnnxBody body_;
  std::optional<int64_t> limit_;  // Input M; nullopt: none is given.
  int64_t step_ = 0;
  std::string condition_;
  bool is_computed_ = false;  // Whether the condition is.
  std::vector<std::string> carried_;
  std::vector<std::vector<ValueId>> scanned_;  // By output: a value a step.
};

StatusOr<std::string> Loop::AddScalar(const char* name, HostTensor tensor) const {
  return at_.Name(name, at_.node->AddConstant("/" + std::string(name), std::move(tensor)));
}

Status Loop::Start() {
  if (!at_.Input(0).empty()) {
    MACE_ASSIGN_OR_RETURN(const ValueId id, at_.tensors()->Value(at_.Input(0)));
    const HostTensor* const known = at_.tensors()->builder()->ElementsOf(id);
    if (known == nullptr) {
      return Unsupported(
          "input 0: expected a number of steps that is known at import, found a "
          "computed tensor");
    }
    if (IsFloat(known->dtype()) || known->shape().elements() != 1) {
      return InvalidArgument("input 0: expected one integer, found " + known->info().ToString());
    }
    limit_ = ToInt64Vector(*known)[0];
  }
  condition_ = at_.Input(1);
  if (!condition_.empty()) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(condition_, AddScalar("condition", HostTensor::FromVector<uint8_t>(
                                                               DType::kBool, Shape(), {1})));
  return Status::Ok();
}

// Where all steps are sure to run there is no need to add nodes until there are too many. The first
// step has others besides.
Status Loop::CheckCount(size_t nodes_of_step) const {
  if (!limit_.has_value() || step_ < 2 || !body_.Keeps(1, 0)) return Status::Ok();
  return OnnxNodeImporter::CheckSteps(at_.importer->inner_nodes(),
                                      static_cast<size_t>(*limit_ - step_), nodes_of_step);
}

bool Loop::WantsScanned() const {
  for (size_t i = 0; i < scanned_.size(); ++i) {
    if (at_.WantsOutput(static_cast<int>(carried_.size() + i))) return true;
  }
  return false;
}

// Whether there is no further step. A condition that is computed stays so: it is that of the step
// before and the new one.
StatusOr<bool> Loop::IsDone() {
  if (limit_.has_value() && step_ >= *limit_) return true;
  MACE_ASSIGN_OR_RETURN(const std::optional<bool> known, KnownOnnxCondition(at_, condition_));
  if (known.has_value()) return !*known;
  if (!limit_.has_value() || WantsScanned()) {
    MACE_ASSIGN_OR_RETURN(const std::optional<bool> asked, AskOnnxCondition(at_, condition_));
    if (asked.has_value()) return !*asked;
  }
  is_computed_ = true;
  if (!limit_.has_value()) {
    return Unsupported(
        "expected a condition or a number of steps that is known at import, found "
        "that the condition is computed when the network runs");
  }
  for (size_t i = 0; i < scanned_.size(); ++i) {
    if (!at_.WantsOutput(static_cast<int>(carried_.size() + i))) continue;
    return Unsupported("output '" +
                       Printable(at_.call.written->output(static_cast<int>(carried_.size() + i))) +
                       "': expected a number of steps that is known at import, found that the "
                       "condition is computed when the network runs");
  }
  return false;
}

Status Loop::Step(bool is_counted) {
  MACE_ASSIGN_OR_RETURN(
      const std::string number,
      AddScalar("step", HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {step_})));
  std::vector<std::string> inputs = {number, condition_};
  inputs.insert(inputs.end(), carried_.begin(), carried_.end());
  const std::string prefix = at_.node->name() + "/" + std::to_string(step_);
  MACE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs, body_.Run(inputs, prefix));
  for (size_t i = 0; i < scanned_.size(); ++i) {
    const std::string& name = outputs[1 + carried_.size() + i];
    if (name.empty()) continue;
    MACE_ASSIGN_OR_RETURN(const ValueId value, at_.tensors()->Value(name));
    scanned_[i].push_back(value);
  }
  if (!is_counted) return Status::Ok();
  ++step_;
  if (is_computed_) return Keep(outputs);
  condition_ = outputs[0];
  carried_.assign(outputs.begin() + 1, outputs.begin() + 1 + static_cast<int>(carried_.size()));
  return Status::Ok();
}

// The step has run whether its condition held or not: where it did not, all stays as it was.
Status Loop::Keep(const std::vector<std::string>& outputs) {
  MACE_ASSIGN_OR_RETURN(const ValueId held, OnnxCondition(at_, condition_));
  for (size_t i = 0; i < carried_.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(const ValueId before, at_.tensors()->Value(carried_[i]));
    MACE_ASSIGN_OR_RETURN(const ValueId after, at_.tensors()->Value(outputs[1 + i]));
    const StatusOr<ValueId> kept = ChooseOnnxValue(at_, held, after, before);
    if (!kept.ok()) {
      return kept.status().WithPrefix(
          "the condition is computed when the network runs: loop-carried value " +
          std::to_string(i));
    }
    MACE_ASSIGN_OR_RETURN(carried_[i], at_.Name("carried", *kept));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId next, OnnxCondition(at_, outputs[0]));
  const ValueId no =
      at_.node->AddConstant("/no", HostTensor::FromVector<uint8_t>(DType::kBool, Shape(), {0}));
  MACE_ASSIGN_OR_RETURN(const ValueId both, ChooseOnnxValue(at_, held, next, no));
  MACE_ASSIGN_OR_RETURN(condition_, at_.Name("condition", both));
  return Status::Ok();
}

StatusOr<ValueId> Loop::Stack(size_t index) {
  if (step_ > 0) return JoinOnnxParts(at_, scanned_[index], 0, true);
  // Nothing was gathered: the extents are those of a step that is not counted.
  const TensorInfo info = at_.tensors()->builder()->graph().value(scanned_[index][0]).info;
  return EmptyOnnxStack(at_, info, 0);
}

Status Loop::SetOutputs() {
  const auto count = static_cast<int>(carried_.size());
  bool wants_empty = false;
  for (int i = count; i < at_.output_count(); ++i) wants_empty |= at_.WantsOutput(i);
  if (step_ == 0 && wants_empty) MACE_RETURN_IF_ERROR(Step(false));
  for (int i = 0; i < at_.output_count(); ++i) {
    if (!at_.WantsOutput(i)) continue;
    if (i < count) {
      MACE_RETURN_IF_ERROR(at_.SetOutput(i, carried_[static_cast<size_t>(i)]));
      continue;
    }
    MACE_ASSIGN_OR_RETURN(const ValueId stacked, Stack(static_cast<size_t>(i - count)));
    MACE_RETURN_IF_ERROR(at_.SetValue(i, stacked));
  }
  return Status::Ok();
}

Status Loop::Run() {
  MACE_RETURN_IF_ERROR(Start());
  while (true) {
    MACE_ASSIGN_OR_RETURN(const bool is_done, IsDone());
    if (is_done) break;
    const size_t before = at_.importer->inner_nodes();
    MACE_RETURN_IF_ERROR(Step(true).WithPrefix("step " + std::to_string(step_)));
    MACE_RETURN_IF_ERROR(CheckCount(at_.importer->inner_nodes() - before));
  }
  return SetOutputs();
}

}  // namespace

Status AddOnnxLoop(const OnnxStructure& at) {
  at.node->Ignore({"body"});
  MACE_ASSIGN_OR_RETURN(const OnnxSubgraph graph, at.importer->Subgraph(at.call, "body"));
  const int carried = at.input_count() - 2;
  const int scanned = graph.def->output_size() - 1 - carried;
  if (carried < 0 || scanned < 0 || graph.def->input_size() != carried + 2 ||
      at.output_count() > carried + scanned) {
    return InvalidArgument(
        "expected a body with the inputs of the node and as many outputs as it has carried values "
        "and one more, found " +
        std::to_string(at.input_count()) + " inputs and " + std::to_string(at.output_count()) +
        " outputs of the node, " + std::to_string(graph.def->input_size()) + " inputs and " +
        std::to_string(graph.def->output_size()) + " outputs of the body");
  }
  std::vector<bool> wanted(static_cast<size_t>(1 + carried), true);
  for (int i = carried; i < carried + scanned; ++i) wanted.push_back(at.WantsOutput(i));
  MACE_ASSIGN_OR_RETURN(
      OnnxBody body, MakeOnnxBody(at.call, "body", at.node->name() + "/body", wanted, at.importer));
  return Loop(at, std::move(body), carried, scanned).Run();
}

}  // namespace mace
