#include "mace/runtime/tuned_plan.h"

#include <algorithm>
#include <optional>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/library_call.h"
#include "mace/plan/signature.h"
#include "mace/runtime/trial.h"
#include "mace/runtime/tuner.h"

namespace mace {
namespace {

constexpr const char* kLevelNames[] = {"none", "fast", "full"};

// Within the ids of the ways that call a library (mace/ops/matrix_product_library.cc).
constexpr const char* kLibraryVariant = "_clblast:";

// In a record, in the place of a way.
constexpr const char* kOnCpu = "-";

// Of the part of a plan's record: a text above kLargestText is kept in several.
std::string RecordKey(const Graph& graph, const PlanOptions& options, size_t part) {
  return "plan " + PlanSignature(graph, options) +
         (part == 0 ? "" : " part " + std::to_string(part));
}

// Every part but the last one is full.
std::optional<std::string> FindRecord(const ProgramCompiler& compiler, const Graph& graph,
                                      const PlanOptions& options) {
  std::string record;
  for (size_t part = 0;; ++part) {
    const std::optional<std::string> text = compiler.FindTuning(RecordKey(graph, options, part));
    if (!text.has_value()) return std::nullopt;
    record += *text;
    if (text->size() < kLargestText) return record;
  }
}

// The last part first: a record whose beginning is there is whole.
Status KeepRecord(const Graph& graph, const PlanOptions& options, const std::string& record,
                  ProgramCompiler* compiler) {
  for (size_t part = record.size() / kLargestText + 1; part-- > 0;) {
    MACE_RETURN_IF_ERROR(compiler->AddMeasurement(
        RecordKey(graph, options, part), record.substr(part * kLargestText, kLargestText)));
  }
  return Status();
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

std::string ChoiceOf(const NodePlacement& placement) {
  return placement.way_id.empty() ? kOnCpu : placement.way_id;
}

// The plan with these choices; null where one of them is not offered any more.
StatusOr<std::unique_ptr<Plan>> MakeChosenPlan(std::shared_ptr<const Graph> graph,
                                               const ProgramCompiler& compiler, PlanOptions options,
                                               const std::vector<std::string>& choices) {
  const DeviceInfo& device = compiler.device()->info();
  bool complete = true;
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    // The planner sees by itself what has to run on the CPU.
    const std::string& choice = choices[static_cast<size_t>(&node - graph->nodes.data())];
    if (choice == kOnCpu) return;
    complete = KeepWay(device, choice, ways) && complete;
    for (const Lowering& way : *ways) {
      const bool left_out = CallsLibrary(way) && !WhyNoLibraryCalls(compiler.store()).empty();
      complete = complete && !left_out;
    }
  };
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, MakePlan(graph, &device, options));
  plan->options.refine_ways = nullptr;
  for (size_t n = 0; n < choices.size(); ++n) {
    complete = complete && ChoiceOf(plan->placements[n]) == choices[n];
  }
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
  for (const NodePlacement& placement : plan->placements) record += " " + ChoiceOf(placement);
  const Status kept = KeepRecord(*graph, options, record, compiler);
  if (!kept.ok()) Log(LogLevel::kWarning, "the plan's choices are not kept: " + kept.message());
  return plan;
}

}  // namespace

bool HoldsPlanWithLibraryCalls(const CacheStore& store) {
  return store.AnyTuning([](const std::string& key, const std::string& value) {
    return StartsWith(key, "plan ") && value.find(kLibraryVariant) != std::string::npos;
  });
}

StatusOr<std::unique_ptr<Plan>> MakeTunedPlan(std::shared_ptr<const Graph> graph,
                                              const PlanOptions& options,
                                              const TuningOptions& tuning,
                                              ProgramCompiler* compiler, TuningStats* stats) {
  *stats = TuningStats();
  const DeviceInfo& device = compiler->device()->info();
  if (compiler->store() != nullptr) {
    Choices choices;
    const std::optional<std::string> record = FindRecord(*compiler, *graph, options);
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
