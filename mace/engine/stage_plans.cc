// Plans for the stages of a model whose shapes depend on values that only a run gives.
#include <utility>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/engine/compiled_model_state.h"
#include "mace/engine/planned_model.h"

namespace mace {
namespace {

// What a step of a loop has, such as one that goes on for as long as a computed condition holds.
constexpr uint64_t kMaxBytesOfAll = uint64_t{16} << 20;

std::string BytesOf(const HostTensor& tensor) {
  const Bytes bytes = tensor.bytes();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// The shape and type of an element are given by what was known before.
std::vector<std::string> KeyOf(const RunValues& known, const ValueNames& handed_on) {
  std::vector<std::string> values;
  for (const auto& [name, elements] : known.inputs) values.push_back(BytesOf(elements));
  for (const auto& [name, value] : known.computed) {
    values.push_back(name);
    values.push_back(std::to_string(value.round));
    values.push_back(BytesOf(value.elements));
  }
  // The set only grows, so that its size tells which one it is.
  values.push_back(std::to_string(handed_on.size()) + (known.one_by_one ? " one by one" : ""));
  return values;
}

StatusOr<std::unique_ptr<PlannedModel>> PlanStage(const std::shared_ptr<const ModelStage>& stage,
                                                  const CompileOptions& options, Runtime* runtime,
                                                  WeightStore* weights) {
  if (stage->outputs.empty()) {
    auto planned = std::make_unique<PlannedModel>();
    planned->imported = stage->graph;
    return planned;
  }
  GraphToPlan to_plan;
  to_plan.imported = stage->graph;
  return PlanModel(std::move(to_plan), options, runtime, weights);
}

}  // namespace

Status CompiledModel::State::HandOn(const ValueNames& values) {
  std::lock_guard<std::mutex> lock(stage_mutex_);
  const size_t before = handed_on_.size();
  handed_on_.insert(values.begin(), values.end());
  if (handed_on_.size() > before) return Status();
  if (model->run_values->one_by_one || stages_one_by_one) {
    return Internal("a stage of the model reads value '" + Printable(*values.begin()) +
                    "', which no stage makes");
  }
  stages_one_by_one = true;
  return Status();
}

StatusOr<PlanTable::Found> CompiledModel::State::StageFor(const PlanTable::InputDims& dims,
                                                          const RunValues& known) {
  ValueNames handed_on = model->run_values->handed_on;
  {
    std::lock_guard<std::mutex> lock(stage_mutex_);
    handed_on.insert(handed_on_.begin(), handed_on_.end());
  }
  const PlanTable::Key key{dims, OutputSet(), KeyOf(known, handed_on)};
  MACE_ASSIGN_OR_RETURN(PlanTable::Found found,
                        plans.Get(key, [&] { return MakeStagePlan(key, known, handed_on); }));
  Retire(found.retired);
  found.retired.clear();
  return found;
}

StatusOr<std::shared_ptr<SharedPlan>> CompiledModel::State::MakeStagePlan(
    const PlanTable::Key& key, const RunValues& known, const ValueNames& handed_on) {
  DimsByName dims;
  for (size_t i = 0; i < key.dims.size(); ++i) dims[model->inputs[i].name] = key.dims[i];
  MACE_ASSIGN_OR_RETURN(const AskedGraph graph, ImportAsking(*model, dims, known));
  if (graph.asked.is_ambiguous && !known.one_by_one) {
    stages_one_by_one = true;
    return Internal("the stages of the model are tried one by one");
  }
  const int level = NextRound(known);
  HandedOn to_hand_on{handed_on};
  if (static_cast<size_t>(level) + 1 >= model->run_values->stage_count) {
    to_hand_on.max_bytes_of_all = kMaxBytesOfAll;
  }
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const ModelStage> stage,
                        MakeStage(graph, level, to_hand_on));
  if (!stage->outputs.empty()) {
    Log(LogLevel::kInfo, "a new plan: stage " + std::to_string(level) + ", " +
                             std::to_string(stage->graph->nodes.size()) + " nodes");
  }
  const auto make = [&] { return PlanStage(stage, options, runtime.get(), weights.get()); };
  StatusOr<std::unique_ptr<PlannedModel>> plan = make();
  if (plan.status().code() == StatusCode::kResourceExhausted && MakeRoom()) plan = make();
  MACE_RETURN_IF_ERROR(plan.status());
  (*plan)->stage = stage;
  if ((*plan)->session == nullptr) (*plan)->host_bytes = OwnConstantBytes(*stage->graph);
  if ((*plan)->plan != nullptr) ReportStage(**plan, level, key.dims);
  return std::make_shared<SharedPlan>(*std::move(plan), runtime, device_bytes);
}

// The counts are the sums over the last plan of each stage; the dims are those of the model.
void CompiledModel::State::ReportStage(const PlannedModel& plan, int level,
                                       const PlanTable::InputDims& dims) {
  std::lock_guard<std::mutex> lock(report_mutex);
  AddPlanStats(plan, &stats);
  stage_stats_[level] = stats;
  stats.gpu_image_nodes = stats.gpu_buffer_nodes = stats.cpu_nodes = stats.folded_nodes = 0;
  stats.launches_per_run = 0;
  stats.cpu_node_list.clear();
  for (const auto& [of_level, of_stage] : stage_stats_) {
    stats.gpu_image_nodes += of_stage.gpu_image_nodes;
    stats.gpu_buffer_nodes += of_stage.gpu_buffer_nodes;
    stats.cpu_nodes += of_stage.cpu_nodes;
    stats.folded_nodes += of_stage.folded_nodes;
    stats.launches_per_run += of_stage.launches_per_run;
    stats.cpu_node_list.insert(stats.cpu_node_list.end(), of_stage.cpu_node_list.begin(),
                               of_stage.cpu_node_list.end());
  }
  stats.input_dims = dims;
  stats.output_dims.clear();
  for (const TensorSpec& output : model->outputs) stats.output_dims.push_back(output.dims);
  if (runtime != nullptr && runtime->store() != nullptr) {
    stats.cache = CacheWithStatus(std::move(stats.cache), *runtime->store());
  }
  note = plan.imported->note;
}

}  // namespace mace
