#include "mace/runtime/tuned_plan.h"

#include <algorithm>
#include <unordered_map>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/library_call.h"
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

bool CallsLibrary(const Lowering& way) {
  return std::any_of(way.launches.begin(), way.launches.end(),
                     [](const Launch& launch) { return launch.call.has_value(); });
}

// The plan with these choices; null where one of them is not offered any more.
StatusOr<std::unique_ptr<Plan>> MakeChosenPlan(std::shared_ptr<const Graph> graph,
                                               const ProgramCompiler& compiler, PlanOptions options,
                                               const std::vector<std::string>& choices) {
  const DeviceInfo& device = compiler.device()->info();
  std::unordered_map<std::string, std::string> choice_of;  // By node name.
  for (size_t n = 0; n < graph->nodes.size(); ++n) choice_of[graph->nodes[n].name] = choices[n];
  bool complete = true;
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    complete = KeepWay(device, choice_of[node.name], ways) && complete;
    for (const Lowering& way : *ways) {
      const bool left_out = CallsLibrary(way) && !WhyNoLibraryCalls(compiler.store()).empty();
      complete = complete && !left_out;
    }
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
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    tuner.Refine(node, ways);
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan,
                        MakePlan(graph, &compiler->device()->info(), options));
  plan->options.refine_ways = nullptr;
  std::string record = kLevelNames[static_cast<size_t>(tuning.level)];
  for (const NodePlacement& placement : plan->placements) {
    record += " " + (placement.way_id.empty() ? std::string("-") : placement.way_id);
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
                            MakeChosenPlan(graph, *compiler, options, choices.ways));
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
