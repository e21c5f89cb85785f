#include "mace/runtime/tuned_plan.h"

#include <algorithm>
#include <unordered_map>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/plan/signature.h"
#include "mace/runtime/trial.h"
#include "mace/runtime/tuner.h"

namespace mace {
namespace {

constexpr const char* kLevelNames[] = {"none", "fast", "full"};

std::string RecordKey(const Graph& graph, const PlanOptions& options) {
  return "plan " + PlanSignature(graph, options);
}

// What a record says: the level, then a word for each node, "-" for one on the CPU.
struct Choices {
  TuningLevel level = TuningLevel::kNone;
  std::vector<std::string> ways;
};

bool ParseChoices(const std::string& record, size_t nodes, Choices* choices) {
  const std::vector<std::string> words = Split(record, ' ');
  if (words.size() != nodes + 1) return false;
  for (size_t level = 0; level < 3; ++level) {
    if (words[0] == kLevelNames[level]) choices->level = static_cast<TuningLevel>(level);
  }
  choices->ways.assign(words.begin() + 1, words.end());
  return choices->level != TuningLevel::kNone;
}

// By node name: its index.
std::unordered_map<std::string, size_t> IndexOfNodes(const Graph& graph) {
  std::unordered_map<std::string, size_t> index;
  for (size_t n = 0; n < graph.nodes.size(); ++n) index[graph.nodes[n].name] = n;
  return index;
}

// The plan with these choices; null where one of them is not offered any more.
StatusOr<std::unique_ptr<Plan>> MakeChosenPlan(std::shared_ptr<const Graph> graph,
                                               const DeviceInfo& device, PlanOptions options,
                                               const std::vector<std::string>& choices) {
  const std::unordered_map<std::string, size_t> index = IndexOfNodes(*graph);
  bool complete = true;
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    const std::string& choice = choices[index.at(node.name)];
    const auto is_other = [&](const Lowering& way) { return WayId(way) != choice; };
    std::vector<Lowering> kept = *ways;
    kept.erase(std::remove_if(kept.begin(), kept.end(), is_other), kept.end());
    if (kept.empty()) {
      AddWorkGroupSizes(device, ways);
      ways->erase(std::remove_if(ways->begin(), ways->end(), is_other), ways->end());
      kept = std::move(*ways);
    }
    complete = complete && !kept.empty();
    for (Lowering& way : kept) way.measured_ms = 0;  // Chosen, as a library's call must be.
    *ways = std::move(kept);
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, MakePlan(graph, &device, options));
  plan->options.refine_ways = nullptr;
  if (!complete) return std::unique_ptr<Plan>();
  return plan;
}

StatusOr<std::unique_ptr<Plan>> MakeMeasuredPlan(std::shared_ptr<const Graph> graph,
                                                 PlanOptions options, const TuningOptions& tuning,
                                                 ProgramCompiler* compiler, TuningStats* stats) {
  Tuner tuner(*graph, options, tuning, compiler);
  MACE_RETURN_IF_ERROR(tuner.Measure());
  *stats = tuner.stats();
  std::vector<std::vector<std::string>> ids(graph->nodes.size());
  const std::unordered_map<std::string, size_t> index = IndexOfNodes(*graph);
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    tuner.Refine(node, ways);
    for (const Lowering& way : *ways) ids[index.at(node.name)].push_back(WayId(way));
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(graph, &compiler->device()->info(), options));
  plan->options.refine_ways = nullptr;
  std::string record = kLevelNames[static_cast<size_t>(tuning.level)];
  for (size_t n = 0; n < ids.size(); ++n) {
    const int way = plan->placements[n].way;
    record += " " + (way < 0 ? std::string("-") : ids[n][static_cast<size_t>(way)]);
  }
  const Status kept = compiler->AddTuning(RecordKey(*graph, options), record);
  if (!kept.ok()) Log(LogLevel::kWarning, "the plan's choices are not kept: " + kept.message());
  return plan;
}

}  // namespace

StatusOr<std::unique_ptr<Plan>> MakeTunedPlan(std::shared_ptr<const Graph> graph,
                                              const PlanOptions& options,
                                              const TuningOptions& tuning,
                                              ProgramCompiler* compiler, TuningStats* stats) {
  *stats = TuningStats();
  const DeviceInfo& device = compiler->device()->info();
  if (compiler->store() != nullptr) {
    Choices choices;
    const std::optional<std::string> record = compiler->FindTuning(RecordKey(*graph, options));
    if (record.has_value() && ParseChoices(*record, graph->nodes.size(), &choices) &&
        choices.level >= tuning.level) {
      MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                            MakeChosenPlan(graph, device, options, choices.ways));
      if (plan != nullptr) {
        stats->plan = "recorded";
        stats->level = kLevelNames[static_cast<size_t>(choices.level)];
        return plan;
      }
      Log(LogLevel::kInfo, "the cache file's plan names a way that is not offered: made anew");
    }
  }
  if (tuning.level == TuningLevel::kNone) return MakePlan(graph, &device, options);
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakeMeasuredPlan(graph, options, tuning, compiler, stats));
  stats->plan = "tuned";
  stats->level = kLevelNames[static_cast<size_t>(tuning.level)];
  return plan;
}

}  // namespace mace
