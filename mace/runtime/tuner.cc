#include "mace/runtime/tuner.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/plan/signature.h"
#include "mace/runtime/difference.h"

namespace mace {
namespace {

constexpr double kFailed = std::numeric_limits<double>::infinity();

// Kernels compiled at once: enough to share the start of a driver's compiler, few enough that a
// budget is kept.
constexpr size_t kKernelsInBundle = 10;

struct LevelLimits {
  double budget_ms;
  size_t most_ways;       // Of a node.
  double worst_estimate;  // Times the best way's.
  double trial_ms;        // Of measuring alone.
};

LevelLimits LimitsOf(TuningLevel level, bool cpu) {
  if (level == TuningLevel::kFull) return {kFailed, SIZE_MAX, kFailed, 50};
  // A little less than the 10 and 5 seconds that are promised: a trial is not stopped.
  if (cpu) return {9700, 4, 3, 12};
  return {4800, 8, 4, 6};
}

double EstimateOf(const Lowering& way) {
  return way.estimate_ms + 0.001 * static_cast<double>(way.launches.size());
}

std::string SignatureOf(const Graph& graph, const Node& node, const PlanOptions& options,
                        Precision precision) {
  const char* float32 = options.allow_tf32 ? " tf32" : " f32";
  return NodeSignature(graph, node) + (precision == Precision::kFloat16 ? " f16" : float32);
}

// How far answers may lie apart: two roundings of operands where they are not float32.
double ToleranceOf(const PlanOptions& options, const Node& node) {
  // Where results are rounded to 8 bits one that lies beside a tie may be a step off, of more than
  // 50 that seeded inputs reach.
  if (node.attributes.Has("y_scale")) return 2e-2;
  if (options.precision == Precision::kFloat16) return 2e-2;
  return options.allow_tf32 ? kDefaultRtolTf32 : 1e-4;
}

// Adds the kernels that a plan launches, each once.
void AddKernels(const Plan& plan, std::set<std::string>* names,
                std::vector<KernelInstance>* kernels) {
  for (const PlannedLaunch& planned : plan.launches) {
    if (planned.launch.call.has_value()) continue;
    if (names->insert(planned.launch.kernel.function_name()).second) {
      kernels->push_back(planned.launch.kernel);
    }
  }
}

}  // namespace

Tuner::Tuner(const Graph& graph, const PlanOptions& plan, const TuningOptions& options,
             ProgramCompiler* compiler)
    : graph_(graph),
      plan_(plan),
      options_(options),
      compiler_(compiler),
      device_(compiler->device()->info()),
      kernel_text_(KernelTextHash()),
      kernel_ms_(device_.kind == DeviceKind::kCpu ? 270 : 60) {}

std::vector<KernelInstance> Tuner::KernelsOf(const std::vector<Pending>& bundle) {
  std::set<std::string> names;
  std::vector<KernelInstance> kernels;
  for (const Pending& pending : bundle) AddKernels(*pending.trial.plan, &names, &kernels);
  return kernels;
}

std::string Tuner::KeyOf(const Group& group, const std::string& way) const {
  return "way " + kernel_text_ + " " + way + " " + group.signature;
}

Status Tuner::Collect() {
  PlanOptions options = plan_;
  options.refine_ways = [&](const Node& node, std::vector<Lowering>* ways) {
    // Nothing to choose, and nothing to launch.
    if (ways->size() < 2 && (ways->empty() || ways->front().launches.empty())) return;
    const std::string signature = SignatureOf(graph_, node, plan_, ways->front().precision);
    double best = kFailed;
    for (const Lowering& way : *ways) {
      if (!way.needs_measurement) best = std::min(best, EstimateOf(way));
    }
    const auto [found, added] = group_of_.emplace(signature, groups_.size());
    if (added) {
      Group group;
      // The callback's node is of the graph that outlives the tuner.
      group.node = &node;
      group.signature = signature;
      for (const Lowering& way : *ways) group.candidates.push_back({way, "", EstimateOf(way)});
      groups_.push_back(std::move(group));
    }
    if (best < kFailed) groups_[found->second].weight += best;
  };
  MACE_RETURN_IF_ERROR(
      MakePlan(std::shared_ptr<const Graph>(std::shared_ptr<void>(), &graph_), &device_, options)
          .status());
  for (Group& group : groups_) PickCandidates(&group);
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const Group& a, const Group& b) { return a.weight > b.weight; });
  group_of_.clear();
  return Status();
}

void Tuner::PickCandidates(Group* group) const {
  const bool cpu = device_.kind == DeviceKind::kCpu;
  const LevelLimits limits = LimitsOf(options_.level, cpu);
  std::vector<Lowering> ways;
  for (Candidate& candidate : group->candidates) ways.push_back(std::move(candidate.way));
  // A CPU driver makes code anew for each work-group size.
  if (!cpu || options_.level == TuningLevel::kFull) AddWorkGroupSizes(device_, &ways);
  group->candidates.clear();
  std::set<std::string> ids;
  for (Lowering& way : ways) {
    // A library that compiles for seconds is not worth a fast tuning on a CPU.
    if (way.needs_measurement && cpu && options_.level != TuningLevel::kFull) continue;
    Candidate candidate;
    candidate.id = WayId(way);
    candidate.order = way.needs_measurement ? kFailed : EstimateOf(way);
    candidate.way = std::move(way);
    if (ids.insert(candidate.id).second) group->candidates.push_back(std::move(candidate));
  }
  std::stable_sort(group->candidates.begin(), group->candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
  std::vector<Candidate>* all = &group->candidates;
  const auto is_hopeless = [&](const Candidate& candidate) {
    return !candidate.way.needs_measurement &&
           candidate.order > limits.worst_estimate * all->front().order;
  };
  all->erase(std::remove_if(all->begin(), all->end(), is_hopeless), all->end());
  if (all->size() > limits.most_ways) all->resize(limits.most_ways);
  // One way is chosen whatever it takes.
  if (all->size() < 2) all->clear();
}

bool Tuner::FindRecord(const Group& group, const std::string& way) {
  const std::optional<std::string> record = compiler_->FindTuning(KeyOf(group, way));
  if (!record.has_value()) return false;
  char* end = nullptr;
  const double value = std::strtod(record->c_str(), &end);
  if (end == record->c_str() || !(value >= 0)) return false;
  measured_[group.signature][way] = value;
  ++stats_.found;
  return true;
}

bool Tuner::OutOfTime(double predicted_ms) const {
  const double elapsed = MonotonicMilliseconds() - begin_ms_;
  const bool cpu = device_.kind == DeviceKind::kCpu;
  // A compiler cannot be stopped, and kernels take it from half to twice the mean.
  constexpr double kMargin = 1.5;
  return elapsed + kMargin * predicted_ms > LimitsOf(options_.level, cpu).budget_ms;
}

void Tuner::Report() const {
  if (!options_.progress) return;
  options_.progress({stats_.measured, planned_, MonotonicMilliseconds() - begin_ms_});
}

Status Tuner::Measure() {
  begin_ms_ = MonotonicMilliseconds() - options_.spent_ms;
  MACE_RETURN_IF_ERROR(Collect());
  std::vector<Pending> wanted;
  for (Group& group : groups_) {
    for (const Candidate& candidate : group.candidates) {
      if (FindRecord(group, candidate.id)) continue;
      MACE_ASSIGN_OR_RETURN(
          Trial trial,
          MakeTrial(graph_, *group.node, {candidate.id, candidate.way.precision}, device_));
      wanted.push_back({&group, std::move(trial)});
    }
  }
  planned_ = wanted.size();
  Report();
  std::vector<Pending> bundle;
  for (size_t i = 0; i < wanted.size(); ++i) {
    bundle.push_back(std::move(wanted[i]));
    if (i + 1 < wanted.size() && KernelsOf(bundle).size() < kKernelsInBundle) continue;
    MACE_RETURN_IF_ERROR(MeasureBundle(std::move(bundle)));
    bundle.clear();
  }
  stats_.left = planned_ - stats_.measured;
  if (stats_.left > 0) {
    planned_ = stats_.measured;
    Report();
  }
  stats_.ms = MonotonicMilliseconds() - begin_ms_;
  ReleaseTensors();
  return Status();
}

// The likeliest ones that there is time for.
void Tuner::TrimToBudget(std::vector<Pending>* bundle) const {
  while (!bundle->empty()) {
    const size_t kernels = KernelsOf(*bundle).size();
    const double predicted =
        kernel_ms_ * static_cast<double>(kernels) + trial_ms_ * static_cast<double>(bundle->size());
    if (!OutOfTime(predicted)) return;
    bundle->pop_back();
  }
}

Status Tuner::MeasureBundle(std::vector<Pending> bundle) {
  TrimToBudget(&bundle);
  if (bundle.empty()) return Status();
  const std::vector<KernelInstance> kernels = KernelsOf(bundle);
  const double begin = MonotonicMilliseconds();
  StatusOr<std::shared_ptr<const BuiltProgram>> program = BuildBundle(kernels);
  if (!program.ok() && program.status().code() == StatusCode::kNotFound) return program.status();
  if (!program.ok() && bundle.size() > 1) {
    // One of them is not for this driver: each by itself.
    for (Pending& pending : bundle) {
      std::vector<Pending> one;
      one.push_back(std::move(pending));
      MACE_RETURN_IF_ERROR(MeasureBundle(std::move(one)));
    }
    return Status();
  }
  const double built = MonotonicMilliseconds();
  size_t measured = 0;
  for (const Pending& pending : bundle) {
    if (OutOfTime(trial_ms_)) break;
    MeasureTrial(pending, program);
    ++measured;
  }
  // Experience for the next bundle; a CPU driver makes code within the first run.
  if (!kernels.empty()) {
    kernel_ms_ = (kernel_ms_ + (built - begin) / static_cast<double>(kernels.size())) / 2;
  }
  if (measured == 0) return Status();
  const double trials_ms = MonotonicMilliseconds() - built;
  trial_ms_ = (trial_ms_ + trials_ms / static_cast<double>(measured)) / 2;
  return Status();
}

StatusOr<std::shared_ptr<const BuiltProgram>> Tuner::BuildBundle(
    const std::vector<KernelInstance>& kernels) const {
  if (kernels.empty()) return std::shared_ptr<const BuiltProgram>();
  MACE_ASSIGN_OR_RETURN(const std::string text, ComposeProgram(kernels));
  return compiler_->BuildTrial(text, std::to_string(kernels.size()) + " kernels to be measured");
}

void Tuner::MeasureTrial(const Pending& pending,
                         const StatusOr<std::shared_ptr<const BuiltProgram>>& program) {
  Group* group = pending.group;
  double* milliseconds = &measured_[group->signature][pending.trial.way];
  *milliseconds = kFailed;
  ++stats_.measured;
  StatusOr<TrialResult> result = Try(pending, program);
  if (!result.ok()) {
    Log(LogLevel::kInfo, "tuning: " + pending.trial.way + ": " + result.status().message());
  } else if (Check(pending, result->outputs)) {
    *milliseconds = result->milliseconds;
    char text[32];
    std::snprintf(text, sizeof(text), "%.6g", result->milliseconds);
    Keep(*group, pending.trial.way, text);
  }
  Report();
}

StatusOr<TrialResult> Tuner::Try(const Pending& pending,
                                 const StatusOr<std::shared_ptr<const BuiltProgram>>& program) {
  if (!program.ok()) return program.status();
  Group* group = pending.group;
  if (!group->answers.has_value()) {
    MACE_ASSIGN_OR_RETURN(group->inputs, MakeTrialInputs(pending.trial));
    group->answers.emplace(ToleranceOf(plan_, *group->node));
  }
  const bool cpu = device_.kind == DeviceKind::kCpu;
  return RunTrial(pending.trial, group->inputs, *program, compiler_,
                  LimitsOf(options_.level, cpu).trial_ms);
}

void Tuner::Keep(const Group& group, const std::string& way, const std::string& value) const {
  // What is too long for the file is measured again.
  const Status kept = compiler_->AddMeasurement(KeyOf(group, way), value);
  if (!kept.ok()) Log(LogLevel::kInfo, "tuning: not kept: " + kept.message());
}

bool Tuner::Check(const Pending& pending, const std::vector<HostTensor>& outputs) {
  Group* group = pending.group;
  std::vector<std::string> wrong;
  const bool right = group->answers->Accept(
      pending.trial.way, outputs, [&] { return RunTrialReference(pending.trial, group->inputs); },
      &wrong);
  for (const std::string& way : wrong) {
    measured_[group->signature][way] = kFailed;
    // In place of the time that is in the file already.
    Keep(*group, way, "wrong");
  }
  if (!right) wrong.push_back(pending.trial.way);
  for (const std::string& way : wrong) {
    Log(LogLevel::kWarning, "tuning: " + way + " gives wrong answers on this device for '" +
                                pending.trial.node + "' and is not used");
  }
  return right;
}

void Tuner::ReleaseTensors() {
  for (Group& group : groups_) {
    group.inputs.clear();
    group.answers.reset();
    group.candidates.clear();
  }
}

void Tuner::Refine(const Node& node, std::vector<Lowering>* ways) const {
  if (ways->empty()) return;
  const auto found = measured_.find(SignatureOf(graph_, node, plan_, ways->front().precision));
  if (found == measured_.end()) return;
  const std::map<std::string, double>& measured = found->second;
  std::vector<Lowering> kept, all = *ways;
  AddWorkGroupSizes(device_, &all);
  std::set<std::string> ids;
  for (Lowering& way : all) {
    const std::string id = WayId(way);
    const auto time = measured.find(id);
    if (time == measured.end() || time->second == kFailed || !ids.insert(id).second) continue;
    way.measured_ms = time->second;
    kept.push_back(std::move(way));
  }
  if (!kept.empty()) *ways = std::move(kept);
}

}  // namespace mace
