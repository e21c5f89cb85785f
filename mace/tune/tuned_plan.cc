#include "mace/tune/tuned_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/library_call.h"
#include "mace/plan/choose_by_cost.h"
#include "mace/plan/signature.h"
#include "mace/tune/tuner.h"

namespace mace {
namespace {

constexpr const char* kLevelNames[] = {"none", "fast", "full"};

// Part of the ids of variants that call a library (mace/ops/matmul/batched_gemm_library.cc).
constexpr const char* kLibraryVariant = "_clblast:";

// Stands for the CPU in a record, where a variant's id would stand.
constexpr const char* kOnCpu = "-";

// The key of one part of the record of a plan with this signature. A text longer than kLargestText
// is kept in several parts.
std::string RecordKey(const std::string& signature, size_t part) {
  return "plan " + signature + (part == 0 ? "" : " part " + std::to_string(part));
}

// Joins the parts of a record. All parts but the last are full.
std::optional<std::string> FindRecord(const TuningRecords& records, const std::string& signature) {
  std::string record;
  for (size_t part = 0;; ++part) {
    const std::optional<std::string> text = records.Find(RecordKey(signature, part));
    if (!text.has_value()) return std::nullopt;
    record += *text;
    if (text->size() < kLargestText) return record;
  }
}

// Writes the last part first, so that a record whose first part exists is complete.
Status KeepRecord(const std::string& signature, const std::string& record,
                  ProgramCompiler* compiler) {
  for (size_t part = record.size() / kLargestText + 1; part-- > 0;) {
    MACE_RETURN_IF_ERROR(compiler->AddMeasurement(
        RecordKey(signature, part), record.substr(part * kLargestText, kLargestText)));
  }
  return Status();
}

// A record holds the level, then a word for each node: a variant's id, or "-" for the CPU.
struct RecordedChoice {
  TuningLevel level = TuningLevel::kNone;
  std::vector<std::string> ids;  // In the form that ChooseByIds takes.
};

std::optional<RecordedChoice> ParseChoice(const std::string& record, size_t nodes) {
  const std::vector<std::string> words = Split(record, ' ');
  if (words.size() != nodes + 1) return std::nullopt;
  RecordedChoice choice;
  for (size_t level = 0; level < 3; ++level) {
    if (words[0] == kLevelNames[level]) choice.level = static_cast<TuningLevel>(level);
  }
  if (choice.level == TuningLevel::kNone) return std::nullopt;
  for (size_t n = 1; n < words.size(); ++n) {
    choice.ids.push_back(words[n] == kOnCpu ? "" : words[n]);
  }
  return choice;
}

std::string RecordText(TuningLevel level, const Plan& plan) {
  std::string record = kLevelNames[static_cast<size_t>(level)];
  for (const NodePlacement& placement : plan.placements) {
    record += " " + (placement.variant_id.empty() ? kOnCpu : placement.variant_id);
  }
  return record;
}

bool CallsLibrary(const KernelVariant& variant) {
  return std::any_of(variant.launches.begin(), variant.launches.end(),
                     [](const Launch& launch) { return launch.call.has_value(); });
}

// kNotFound says why a recorded choice does not fit this start.
Status CheckChoice(const Graph& graph, const GraphVariants& variants, const Choice& choice,
                   const CacheStore* store) {
  for (size_t n = 0; n < choice.nodes.size(); ++n) {
    const NodeVariants& offered = variants.nodes[n];
    const NodeChoice& chosen = choice.nodes[n];
    const std::string who = "node '" + graph.nodes[n].name + "'";
    if (chosen.on_cpu()) {
      if (AnyMayBeChosen(offered)) return NotFound(who + " need not run on the CPU");
    } else if (CallsLibrary(offered.variants[static_cast<size_t>(chosen.variant)])) {
      // Only called if it matters, because it logs once that library calls are left out.
      const std::string why_not = WhyNoLibraryCalls(store);
      if (!why_not.empty()) return NotFound(who + " calls a library: " + why_not);
    }
  }
  return Status();
}

// Makes the plan of a model.
class TunedPlanner {
 public:
  static StatusOr<TunedPlanner> Create(BoundGraph bound, const PlanOptions& options,
                                       const TuningRecords& records) {
    MACE_ASSIGN_OR_RETURN(GraphVariants variants, FindVariants(bound, &records.device(), options));
    return TunedPlanner(std::move(bound), std::move(variants), options, records);
  }

  // The plan of the choice in the cache file, or from estimates if nothing is to be measured. Null
  // if something is.
  StatusOr<std::unique_ptr<Plan>> WithoutMeasuring(TuningLevel level,
                                                   TuningStatistics* stats) const;
  // Measures, chooses, and writes the choice into the file.
  StatusOr<std::unique_ptr<Plan>> ByMeasurements(const TuningOptions& tuning,
                                                 ProgramCompiler* compiler,
                                                 TuningStatistics* stats) const;

 private:
  TunedPlanner(BoundGraph bound, GraphVariants variants, const PlanOptions& options,
               const TuningRecords& records)
      : bound_(std::move(bound)),
        variants_(std::move(variants)),
        options_(options),
        records_(records) {}

  StatusOr<std::unique_ptr<Plan>> ByEstimates() const {
    return MakePlan(bound_, variants_, ChooseByCost(*bound_.graph, variants_), options_);
  }
  // The choice in the cache file, if it was made with this level or a higher one.
  std::optional<Choice> FindChoice(TuningLevel* level) const;
  StatusOr<std::unique_ptr<Plan>> ByChoice(const Choice& choice) const {
    return MakePlan(bound_, variants_, choice, options_);
  }

  BoundGraph bound_;
  GraphVariants variants_;
  const PlanOptions& options_;
  TuningRecords records_;
};

std::optional<Choice> TunedPlanner::FindChoice(TuningLevel* level) const {
  if (records_.store() == nullptr) return std::nullopt;
  const Graph& graph = *bound_.graph;
  const std::optional<std::string> record = FindRecord(records_, PlanSignature(graph, options_));
  if (!record.has_value()) return std::nullopt;
  const std::optional<RecordedChoice> recorded = ParseChoice(*record, graph.nodes.size());
  if (!recorded.has_value() || recorded->level < *level) return std::nullopt;
  StatusOr<Choice> choice = ChooseByIds(graph, variants_, recorded->ids);
  const Status fits =
      choice.ok() ? CheckChoice(graph, variants_, *choice, records_.store()) : choice.status();
  if (!fits.ok()) {
    Log(LogLevel::kInfo, "the cache file's plan does not fit and is made again: " + fits.message());
    return std::nullopt;
  }
  *level = recorded->level;
  return *std::move(choice);
}

StatusOr<std::unique_ptr<Plan>> TunedPlanner::WithoutMeasuring(TuningLevel level,
                                                               TuningStatistics* stats) const {
  TuningLevel recorded = level;
  if (const std::optional<Choice> choice = FindChoice(&recorded); choice.has_value()) {
    stats->plan = "recorded";
    stats->level = kLevelNames[static_cast<size_t>(recorded)];
    return ByChoice(*choice);
  }
  if (level == TuningLevel::kNone) return ByEstimates();
  return std::unique_ptr<Plan>();
}

StatusOr<std::unique_ptr<Plan>> TunedPlanner::ByMeasurements(const TuningOptions& tuning,
                                                             ProgramCompiler* compiler,
                                                             TuningStatistics* stats) const {
  // Estimates come first: if they fail, no measurement can help.
  MACE_RETURN_IF_ERROR(ByEstimates().status());
  Tuner tuner(bound_, variants_, options_, tuning, compiler);
  MACE_RETURN_IF_ERROR(tuner.Measure());
  *stats = tuner.stats();
  const GraphVariants measured = tuner.Measured();
  MACE_ASSIGN_OR_RETURN(
      std::unique_ptr<Plan> plan,
      MakePlan(bound_, measured, ChooseByCost(*bound_.graph, measured), options_));
  const Status kept =
      KeepRecord(PlanSignature(*bound_.graph, options_), RecordText(tuning.level, *plan), compiler);
  if (!kept.ok()) Log(LogLevel::kWarning, "the plan's choices are not kept: " + kept.message());
  return plan;
}

}  // namespace

bool HoldsPlanWithLibraryCalls(const CacheStore& store) {
  return store.AnyTuning([](const std::string& key, const std::string& value) {
    return StartsWith(key, "plan ") && value.find(kLibraryVariant) != std::string::npos;
  });
}

StatusOr<std::unique_ptr<Plan>> MakePlanWithoutDevice(BoundGraph bound, const PlanOptions& options,
                                                      TuningLevel level,
                                                      const TuningRecords& records,
                                                      TuningStatistics* stats) {
  *stats = TuningStatistics();
  MACE_ASSIGN_OR_RETURN(const TunedPlanner planner,
                        TunedPlanner::Create(std::move(bound), options, records));
  return planner.WithoutMeasuring(level, stats);
}

StatusOr<std::unique_ptr<Plan>> MakeTunedPlan(BoundGraph bound, const PlanOptions& options,
                                              const TuningOptions& tuning,
                                              ProgramCompiler* compiler, TuningStatistics* stats) {
  *stats = TuningStatistics();
  MACE_ASSIGN_OR_RETURN(const TunedPlanner planner,
                        TunedPlanner::Create(std::move(bound), options, TuningRecords(*compiler)));
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, planner.WithoutMeasuring(tuning.level, stats));
  if (plan != nullptr) return plan;
  MACE_ASSIGN_OR_RETURN(plan, planner.ByMeasurements(tuning, compiler, stats));
  stats->plan = "tuned";
  stats->level = kLevelNames[static_cast<size_t>(tuning.level)];
  return plan;
}

}  // namespace mace
