#include "mace/api/compiled_model.h"

#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/engine/cache_options.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/request_state.h"

namespace mace {
namespace {

Status NoCompiledModel() {
  return FailedPrecondition("compiled model: expected one that Compile made, found none");
}

StatusOr<std::shared_ptr<CompiledModel::State>> NewState(const CompileOptions& options) {
  auto state = std::make_shared<CompiledModel::State>();
  state->options = options;
  MACE_ASSIGN_OR_RETURN(state->cache_place, TakeCachePlace(&state->options.cache));
  return state;
}

}  // namespace

CompiledModel::CompiledModel() = default;
CompiledModel::CompiledModel(std::shared_ptr<State> state) : state_(std::move(state)) {}
CompiledModel::~CompiledModel() = default;
CompiledModel::CompiledModel(const CompiledModel&) = default;
CompiledModel& CompiledModel::operator=(const CompiledModel&) = default;
CompiledModel::CompiledModel(CompiledModel&&) noexcept = default;
CompiledModel& CompiledModel::operator=(CompiledModel&&) noexcept = default;

StatusOr<CompiledModel> CompiledModel::Compile(const Model& model, const CompileOptions& options) {
  return CatchExhaustion([&]() -> StatusOr<CompiledModel> {
    if (ModelAccess::StateOf(model) == nullptr) {
      return FailedPrecondition("model: expected one that was loaded, found none");
    }
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<State> state, NewState(options));
    MACE_RETURN_IF_ERROR(state->Start([&] { return ModelAccess::StateOf(model); }));
    return CompiledModel(std::move(state));
  });
}

StatusOr<CompiledModel> CompiledModel::Load(const std::string& path,
                                            const LoadOptions& load_options,
                                            const CompileOptions& options) {
  return CatchExhaustion([&]() -> StatusOr<CompiledModel> {
    MACE_ASSIGN_OR_RETURN(std::shared_ptr<State> state, NewState(options));
    MACE_RETURN_IF_ERROR(state->Start([&] { return LoadModelState(path, load_options); }));
    return CompiledModel(std::move(state));
  });
}

const std::vector<TensorSpec>& CompiledModel::inputs() const {
  static const std::vector<TensorSpec> kNone;
  return state_ == nullptr ? kNone : state_->model->inputs;
}

const std::vector<TensorSpec>& CompiledModel::outputs() const {
  static const std::vector<TensorSpec> kNone;
  return state_ == nullptr ? kNone : state_->model->outputs;
}

Status CompiledModel::Prepare(const DimsByName& input_dims) { return Prepare(input_dims, {}); }

Status CompiledModel::Prepare(const DimsByName& input_dims,
                              const std::vector<std::string>& outputs) {
  if (state_ == nullptr) return NoCompiledModel();
  MACE_RETURN_IF_ERROR(state_->CheckProcess());
  return CatchExhaustion([&]() -> Status {
    const ScopedMemoryBudget scope(state_->host_budget);
    PlanTable::Key key;
    key.dims = state_->compiled_dims;
    for (const auto& [name, wanted] : input_dims) {
      MACE_ASSIGN_OR_RETURN(const size_t index, FindSpec(inputs(), "input", name));
      key.dims[index] = wanted;
    }
    MACE_ASSIGN_OR_RETURN(const std::vector<bool> wanted, FindOutputs(*state_->model, outputs));
    if (const RunValueModel* const run_values = state_->model->run_values.get()) {
      if (!run_values->inputs.empty()) return RefuseRunValues(*state_->model, "preparing");
      RunValues known;
      known.one_by_one = run_values->one_by_one;
      return state_->StageFor(key.dims, known).status();
    }
    key.outputs = OutputsToPlan(*state_->model->graph, wanted);
    return state_->PlanFor(key).status();
  });
}

StatusOr<Request> CompiledModel::NewRequest() {
  if (state_ == nullptr) return NoCompiledModel();
  MACE_RETURN_IF_ERROR(state_->CheckProcess());
  return CatchExhaustion([&]() -> StatusOr<Request> { return RequestAccess::Make(state_); });
}

Status CompiledModel::SaveCache() {
  if (state_ == nullptr) return NoCompiledModel();
  MACE_RETURN_IF_ERROR(state_->CheckProcess());
  if (!state_->saver.has_value()) return Status();
  return CatchExhaustion([&] {
    const ScopedMemoryBudget scope(state_->host_budget);
    return state_->saver->Save(/*run_unused=*/true);
  });
}

StatusOr<std::vector<uint8_t>> CompiledModel::SaveCacheToBytes() {
  MACE_RETURN_IF_ERROR(SaveCache());
  return CatchExhaustion([&]() -> StatusOr<std::vector<uint8_t>> {
    if (state_->saver.has_value()) return state_->runtime->store()->ReadAll();
    return FailedPrecondition(
        "cache: expected one that was asked for when the model was compiled, " +
        std::string("found none"));
  });
}

Statistics CompiledModel::statistics() const noexcept {
  if (state_ == nullptr) return Statistics();
  StatusOr<Statistics> known = CatchExhaustion([&]() -> StatusOr<Statistics> {
    Statistics statistics = state_->Report();
    statistics.plans = state_->plans.All().size();
    statistics.device_bytes = state_->device_bytes->now();
    statistics.runs = state_->runs;
    return statistics;
  });
  return known.ok() ? *std::move(known) : Statistics();
}

std::string CompiledModel::note() const noexcept {
  if (state_ == nullptr) return "";
  StatusOr<std::string> known = CatchExhaustion([&]() -> StatusOr<std::string> {
    std::lock_guard<std::mutex> lock(state_->report_mutex);
    return state_->note;
  });
  return known.ok() ? *std::move(known) : std::string();
}

}  // namespace mace
