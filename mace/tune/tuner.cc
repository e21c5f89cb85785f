#include "mace/tune/tuner.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>

#include "mace/base/clock.h"
#include "mace/base/log.h"
#include "mace/graph/difference.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

constexpr double kFailed = std::numeric_limits<double>::infinity();

// Kernels that are compiled together: enough to share the start of a driver's compiler, few enough
// to keep the time budget.
constexpr size_t kKernelsInBundle = 10;

struct LevelLimits {
  double budget_ms;
  size_t max_variants;    // For each node.
  double worst_estimate;  // Relative to the best variant's estimate.
  double trial_ms;        // Measuring one trial, without compiling.
};

LevelLimits LimitsOf(TuningLevel level, bool cpu) {
  if (level == TuningLevel::kFull) return {kFailed, SIZE_MAX, kFailed, 50};
  // A little less than the documented 10 and 5 seconds, because a trial is not interrupted.
  if (cpu) return {9700, 4, 3, 12};
  return {4800, 8, 4, 6};
}

double EstimateOf(const KernelVariant& variant) {
  return variant.estimate_ms + 0.001 * static_cast<double>(variant.launches.size());
}

// The lowest estimate of a variant that may be chosen without a measurement; infinite if there is
// none.
double BestEstimate(const std::vector<KernelVariant>& variants) {
  double best = kFailed;
  for (const KernelVariant& variant : variants) {
    if (!variant.needs_measurement) best = std::min(best, EstimateOf(variant));
  }
  return best;
}

// The tolerance for answers: two roundings of the operands if they are not float32.
double ToleranceOf(const PlanOptions& options, const Node& node) {
  // After rounding to int8 a value near a tie may be off by one step; seeded inputs reach more than
  // 50 steps.
  if (node.attributes.Has("y_scale")) return 2e-2;
  if (options.precision == Precision::kFloat16) return 2e-2;
  return options.allow_tf32 ? kDefaultRtolTf32 : 1e-4;
}

// Adds the kernels that a plan launches, each one once.
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

Tuner::Tuner(const BoundGraph& bound, const GraphVariants& variants, const PlanOptions& plan,
             const TuningOptions& options, ProgramCompiler* compiler)
    : bound_(bound),
      variants_(variants),
      plan_(plan),
      options_(options),
      compiler_(compiler),
      device_(compiler->device()->info()),
      records_(*bound.graph, plan, compiler),
      kernel_ms_(device_.kind == DeviceKind::kCpu ? 270 : 60) {}

std::vector<KernelInstance> Tuner::KernelsOf(const std::vector<Pending>& bundle) {
  std::set<std::string> names;
  std::vector<KernelInstance> kernels;
  for (const Pending& pending : bundle) AddKernels(*pending.trial.plan, &names, &kernels);
  return kernels;
}

void Tuner::Collect() {
  NameMap<size_t> group_of;  // By signature.
  for (size_t n = 0; n < variants_.nodes.size(); ++n) {
    const std::vector<KernelVariant>& variants = variants_.nodes[n].variants;
    // Nothing to choose or nothing to launch.
    if (variants.size() < 2 && (variants.empty() || variants.front().launches.empty())) continue;
    const std::string signature = records_.SignatureOf(n, variants_.nodes[n]);
    const auto [found, added] = group_of.emplace(signature, groups_.size());
    if (added) {
      Group group;
      group.node = n;
      group.signature = signature;
      group.candidates = PickVariants(n);
      groups_.push_back(std::move(group));
    }
    const double best = BestEstimate(variants);
    if (best < kFailed) groups_[found->second].weight += best;
  }
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const Group& a, const Group& b) { return a.weight > b.weight; });
}

std::vector<Tuner::TunedVariant> Tuner::PickVariants(size_t node) const {
  const bool cpu = device_.kind == DeviceKind::kCpu;
  const LevelLimits limits = LimitsOf(options_.level, cpu);
  std::vector<KernelVariant> variants = variants_.nodes[node].variants;
  // A CPU driver compiles a kernel again for each work-group size.
  if (!cpu || options_.level == TuningLevel::kFull) AddWorkGroupSizes(device_, &variants);
  std::vector<TunedVariant> all;
  std::set<std::string> ids;
  for (KernelVariant& variant : variants) {
    // A library that compiles for seconds is not worth it in a fast tuning on a CPU.
    if (variant.needs_measurement && cpu && options_.level != TuningLevel::kFull) continue;
    TunedVariant candidate;
    candidate.id = VariantId(variant);
    candidate.order = variant.needs_measurement ? kFailed : EstimateOf(variant);
    candidate.variant = std::move(variant);
    if (ids.insert(candidate.id).second) all.push_back(std::move(candidate));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const TunedVariant& a, const TunedVariant& b) { return a.order < b.order; });
  const double best = all.empty() ? kFailed : all.front().order;
  const auto is_hopeless = [&](const TunedVariant& candidate) {
    return !candidate.variant.needs_measurement && candidate.order > limits.worst_estimate * best;
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_hopeless), all.end());
  if (all.size() > limits.max_variants) all.resize(limits.max_variants);
  // A single variant is chosen anyway and needs no measurement.
  if (all.size() < 2) all.clear();
  return all;
}

bool Tuner::FindRecord(const Group& group, const std::string& variant_id) {
  const std::optional<double> ms = records_.Find(group.signature, variant_id);
  if (!ms.has_value()) return false;
  measured_[group.signature][variant_id] = *ms;
  ++stats_.found;
  return true;
}

bool Tuner::OutOfTime(double predicted_ms) const {
  const double elapsed = MonotonicMilliseconds() - begin_ms_;
  const bool cpu = device_.kind == DeviceKind::kCpu;
  // A compile cannot be interrupted, and kernels take from half to twice the mean time.
  constexpr double kMargin = 1.5;
  return elapsed + kMargin * predicted_ms > LimitsOf(options_.level, cpu).budget_ms;
}

Status Tuner::Report() const {
  const TuningProgress progress = {stats_.measured, planned_, MonotonicMilliseconds() - begin_ms_};
  if (!options_.progress || options_.progress(progress)) return Status();
  // Writes measurements that could not be written while another process held the file.
  const Status saved = compiler_->Save();
  if (!saved.ok()) Log(LogLevel::kInfo, "tuning: is not kept: " + saved.message());
  return Cancelled("tuning: ended by its progress callback, " + std::to_string(stats_.measured) +
                   " of " + std::to_string(planned_) + " variants measured");
}

Status Tuner::Measure() {
  begin_ms_ = MonotonicMilliseconds() - options_.spent_ms;
  Collect();
  std::vector<Pending> wanted;
  for (Group& group : groups_) {
    for (const TunedVariant& candidate : group.candidates) {
      if (FindRecord(group, candidate.id)) continue;
      MACE_ASSIGN_OR_RETURN(Trial trial, MakeTrial(bound_, group.node, candidate.variant, device_));
      wanted.push_back({&group, std::move(trial)});
    }
  }
  planned_ = wanted.size();
  MACE_RETURN_IF_ERROR(Report());
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
    MACE_RETURN_IF_ERROR(Report());
  }
  stats_.ms = MonotonicMilliseconds() - begin_ms_;
  ReleaseTensors();
  return Status();
}

// Keeps the variants with the best estimates that there is time for.
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
    // The driver refuses one of them, so each is compiled by itself.
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
    MACE_RETURN_IF_ERROR(MeasureTrial(pending, program));
    ++measured;
  }
  // Updates the mean for the next bundle. A CPU driver also makes code within the first run.
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

Status Tuner::MeasureTrial(const Pending& pending,
                           const StatusOr<std::shared_ptr<const BuiltProgram>>& program) {
  Group* group = pending.group;
  double* milliseconds = &measured_[group->signature][pending.trial.variant_id];
  *milliseconds = kFailed;
  ++stats_.measured;
  StatusOr<TrialResult> result = Try(pending, program);
  if (!result.ok()) {
    Log(LogLevel::kInfo, "tuning: " + pending.trial.variant_id + ": " + result.status().message());
  } else if (Check(pending, result->outputs)) {
    *milliseconds = result->milliseconds;
    char text[32];
    std::snprintf(text, sizeof(text), "%.6g", result->milliseconds);
    records_.Keep(group->signature, pending.trial.variant_id, text);
  }
  return Report();
}

StatusOr<TrialResult> Tuner::Try(const Pending& pending,
                                 const StatusOr<std::shared_ptr<const BuiltProgram>>& program) {
  if (!program.ok()) return program.status();
  Group* group = pending.group;
  if (!group->answers.has_value()) {
    MACE_ASSIGN_OR_RETURN(group->inputs, MakeTrialInputs(pending.trial));
    group->answers.emplace(ToleranceOf(plan_, bound_.graph->nodes[group->node]));
  }
  const bool cpu = device_.kind == DeviceKind::kCpu;
  return RunTrial(pending.trial, group->inputs, *program, compiler_,
                  LimitsOf(options_.level, cpu).trial_ms);
}

bool Tuner::Check(const Pending& pending, const std::vector<HostTensor>& outputs) {
  Group* group = pending.group;
  std::vector<std::string> wrong;
  const bool right = group->answers->Accept(
      pending.trial.variant_id, outputs,
      [&] { return RunTrialReference(pending.trial, group->inputs); }, &wrong);
  for (const std::string& id : wrong) {
    measured_[group->signature][id] = kFailed;
    // Replaces the time that is in the file already.
    records_.Keep(group->signature, id, "wrong");
  }
  if (!right) wrong.push_back(pending.trial.variant_id);
  for (const std::string& id : wrong) {
    Log(LogLevel::kWarning, "tuning: " + id + " gives wrong answers on this device for '" +
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

GraphVariants Tuner::Measured() const {
  GraphVariants result = variants_;
  for (size_t n = 0; n < result.nodes.size(); ++n) {
    std::vector<KernelVariant>* variants = &result.nodes[n].variants;
    if (variants->empty()) continue;
    const auto found = measured_.find(records_.SignatureOf(n, result.nodes[n]));
    if (found == measured_.end()) continue;
    const auto time_of = [&](const std::string& id) -> std::optional<double> {
      const auto time = found->second.find(id);
      if (time == found->second.end() || time->second == kFailed) return std::nullopt;
      return time->second;
    };
    SetMeasured(device_, time_of, variants);
    const auto is_unknown = [](const KernelVariant& variant) { return variant.measured_ms < 0; };
    if (std::all_of(variants->begin(), variants->end(), is_unknown)) continue;
    variants->erase(std::remove_if(variants->begin(), variants->end(), is_unknown),
                    variants->end());
  }
  return result;
}

}  // namespace mace
