// Runs of a model whose shapes depend on values that only a run gives: stage by stage.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "mace/base/strings.h"
#include "mace/cl/event_wait.h"
#include "mace/engine/request_state.h"
#include "mace/engine/tensor_access.h"

namespace mace {
namespace {

// Each further try has found out that a stage reads a value that was not handed on.
constexpr int kMaxTries = 64;

// A copy that the caller's later writes do not change.
StatusOr<HostTensor> CopyOf(const HostTensor& tensor) {
  MACE_ASSIGN_OR_RETURN(HostTensor copy, HostTensor::Allocate(tensor.info()));
  const Bytes bytes = tensor.bytes();
  if (!bytes.empty()) std::memcpy(copy.mutable_data<uint8_t>(), bytes.data(), bytes.size());
  return copy;
}

// One run through all stages.
class StageRun {
 public:
  StageRun(CompiledModel::State* compiled, const std::vector<HostTensor>& inputs,
           const Request::State::StageRunner& run_stage)
      : compiled_(*compiled),
        inputs_(inputs),
        run_stage_(run_stage),
        results_(compiled->model->outputs.size()) {
    for (const HostTensor& input : inputs) dims_.push_back(input.shape().dims());
  }

  // False: a stage reads a value that was not handed on. The next run will find it.
  StatusOr<bool> Run() {
    known_.one_by_one = compiled_.model->run_values->one_by_one || compiled_.stages_one_by_one;
    for (const size_t index : compiled_.model->run_values->inputs) {
      MACE_ASSIGN_OR_RETURN(known_.inputs[compiled_.model->inputs[index].name],
                            CopyOf(inputs_[index]));
    }
    while (true) {
      MACE_RETURN_IF_ERROR(CheckCancelled());
      const StatusOr<PlanTable::Found> stage_found = compiled_.StageFor(dims_, known_);
      if (!stage_found.ok() && compiled_.stages_one_by_one && !known_.one_by_one) return false;
      MACE_RETURN_IF_ERROR(stage_found.status());
      const PlanTable::Found& found = *stage_found;
      made_plan_ = made_plan_ || found.was_made;
      const ModelStage& stage = *found.plan->model().stage;
      const ValueNames missing = FindMissing(stage);
      if (!missing.empty()) {
        MACE_RETURN_IF_ERROR(compiled_.HandOn(missing));
        return false;
      }
      if (!stage.outputs.empty()) MACE_RETURN_IF_ERROR(RunStage(found.plan, stage));
      if (stage.is_last) {
        MACE_RETURN_IF_ERROR(PassOn(stage));
        return true;
      }
      MACE_RETURN_IF_ERROR(TakeNext(stage));
    }
  }

  std::vector<HostTensor>& results() { return results_; }
  bool made_plan() const { return made_plan_; }

 private:
  ValueNames FindMissing(const ModelStage& stage) const {
    ValueNames missing;
    for (const std::string& name : stage.reads) {
      if (values_.count(name) == 0) missing.insert(name);
    }
    return missing;
  }

  const HostTensor& Find(const StageLink& link) const {
    return link.model_io.has_value() ? inputs_[*link.model_io] : values_.at(link.value);
  }

  Status RunStage(const std::shared_ptr<SharedPlan>& plan, const ModelStage& stage) {
    std::vector<HostTensor> inputs;
    for (const StageLink& link : stage.inputs) inputs.push_back(Find(link));
    MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, AllocateTensors(plan->model().outputs));
    MACE_RETURN_IF_ERROR(run_stage_(stages_run_++, plan, inputs, &outputs));
    for (size_t k = 0; k < outputs.size(); ++k) {
      const StageLink& link = stage.outputs[k];
      (link.model_io.has_value() ? results_[*link.model_io] : values_[link.value]) =
          std::move(outputs[k]);
    }
    return Status();
  }

  Status PassOn(const ModelStage& stage) {
    for (const ModelStage::PassedOn& passed : stage.passed_on) {
      MACE_ASSIGN_OR_RETURN(HostTensor shown,
                            values_.at(passed.value).ConvertTo(passed.shown.dtype));
      results_[passed.output] = shown.Reshaped(passed.shown.shape);
    }
    return Status();
  }

  Status TakeNext(const ModelStage& stage) {
    const int round = NextRound(known_);
    for (const ModelStage::Next& next : stage.next) {
      MACE_ASSIGN_OR_RETURN(HostTensor elements, Find(next.link).ConvertTo(next.info.dtype));
      if (elements.info() != next.info) {
        return Internal("a stage of the model: expected " + next.info.ToString() + ", found " +
                        elements.info().ToString());
      }
      MACE_ASSIGN_OR_RETURN(elements, CopyOf(elements));
      known_.computed[next.name] = {std::move(elements), round};
    }
    return Status();
  }

  CompiledModel::State& compiled_;
  const std::vector<HostTensor>& inputs_;
  const Request::State::StageRunner& run_stage_;
  size_t stages_run_ = 0;
  PlanTable::InputDims dims_;
  RunValues known_;
  std::map<std::string, HostTensor> values_;  // What stages have handed on.
  std::vector<HostTensor> results_;
  bool made_plan_ = false;
};

}  // namespace

StatusOr<std::vector<HostTensor>> Request::State::FetchAllInputs() {
  std::vector<HostTensor> fetched = given;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (TensorAccess::BufferOf(inputs[i]).empty()) continue;
    MACE_ASSIGN_OR_RETURN(fetched[i], CopyToHost(inputs[i], compiled->model->inputs[i].name));
  }
  return fetched;
}

Status Request::State::PlaceStageResults(const std::vector<HostTensor>& made) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    Output& output = outputs[i];
    output.is_given = output.is_wanted;
    output.is_in_set = output.is_borrowed = output.is_in_state = false;
    const bool is_set = output.is_wanted && !output.set.empty();
    const bool is_buffer = is_set && !TensorAccess::BufferOf(output.set).empty();
    const bool fits = is_set && TensorAccess::ToHost(output.set).info() == made[i].info();
    const std::string& name = compiled->model->outputs[i].name;
    if (is_buffer) {
      if (!fits) {
        return InvalidArgument("output '" + Printable(name) + "': expected an OpenCL buffer of " +
                               made[i].info().ToString() + ", found " +
                               TensorAccess::ToHost(output.set).info().ToString());
      }
      MACE_ASSIGN_OR_RETURN(ClQueue* const through, TransferQueue());
      MACE_RETURN_IF_ERROR(
          through->Write(TensorAccess::BufferOf(output.set), made[i].bytes(), name));
      output.is_in_set = true;
    } else if (fits && TensorAccess::IsForWriting(output.set)) {
      const Bytes bytes = made[i].bytes();
      if (!bytes.empty()) {
        std::memcpy(output.set_host.mutable_data<uint8_t>(), bytes.data(), bytes.size());
      }
      output.is_in_set = true;
    } else {
      output.own = TensorAccess::FromHost(made[i]);
    }
  }
  return Status();
}

StatusOr<std::vector<HostTensor>> Request::State::RunEachStage(const StageRunner& run_stage) {
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> fetched, FetchAllInputs());
  statistics.made_plan = false;
  for (int i = 0; i < kMaxTries; ++i) {
    StageRun run(compiled.get(), fetched, run_stage);
    MACE_ASSIGN_OR_RETURN(const bool is_done, run.Run());
    statistics.made_plan = statistics.made_plan || run.made_plan();
    if (is_done) return std::move(run.results());
  }
  return Internal("the stages of the model read values that no stage makes");
}

Status Request::State::RunStages() {
  MACE_RETURN_IF_ERROR(WaitForEvents(wait_events));
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> results,
                        RunEachStage([&](size_t, const std::shared_ptr<SharedPlan>& plan,
                                         const std::vector<HostTensor>& stage_inputs,
                                         std::vector<HostTensor>* stage_outputs) {
                          return compiled->Run(plan.get(), stage_inputs, stage_outputs);
                        }));
  return PlaceStageResults(results);
}

}  // namespace mace
