// Measures the variants of a model's nodes on the device, so that the planner can choose by time.
//
// Equal nodes (plan/signature.h) are measured once. Nodes with the largest estimated time come
// first. Kernels are compiled in bundles, because a driver's compiler starts slowly. A variant
// whose answer differs from the others' is compared with the CPU reference, and is never chosen if
// it is wrong. Each measurement is written into the cache file before the next one begins, so a
// process that is killed loses at most one. Programs of trials are not stored.
//
// Thread contract: thread-compatible.
#ifndef MACE_TUNE_TUNER_H_
#define MACE_TUNE_TUNER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mace/api/statistics.h"
#include "mace/base/keyed_hash.h"
#include "mace/cl/compiler.h"
#include "mace/plan/plan.h"
#include "mace/tune/measurements.h"
#include "mace/tune/trial.h"
#include "mace/tune/trial_answers.h"
#include "mace/tune/tuning_options.h"

namespace mace {

class Tuner {
 public:
  // `plan`: the options with which `variants` were found for `bound`. REQUIRES: `variants` has a
  // device; graph, variants and compiler outlive the tuner.
  Tuner(const BoundGraph& bound, const GraphVariants& variants, const PlanOptions& plan,
        const TuningOptions& options, ProgramCompiler* compiler);

  // Measures, within the level's budget, the variants that have no record yet. kNotFound if
  // MACE_REQUIRE_CACHE=1 forbids compiling; kCancelled if the progress callback stops the tuning. A
  // variant that fails on the device is left out.
  Status Measure();

  // The variants with their measured times, including measured variants of other work-group sizes.
  // For a node with any measurement, variants without one are left out.
  GraphVariants Measured() const;

  // Variants measured, variants found in records, milliseconds, and variants left out for lack of
  // time.
  const TuningStatistics& stats() const { return stats_; }

 private:
  struct TunedVariant {
    KernelVariant variant;
    std::string id;
    double order = 0;  // Estimated milliseconds; smaller is tried first.
  };
  // Nodes with equal signatures.
  struct Group {
    size_t node = 0;  // The first of the nodes.
    std::string signature;
    double weight = 0;  // Estimated milliseconds in the model.
    std::vector<TunedVariant> candidates;
    std::vector<HostTensor> inputs;
    std::optional<TrialAnswers> answers;
  };
  struct Pending {
    Group* group = nullptr;
    Trial trial;
  };

  void Collect();
  std::vector<TunedVariant> PickVariants(size_t node) const;
  bool FindRecord(const Group& group, const std::string& variant_id);
  static std::vector<KernelInstance> KernelsOf(const std::vector<Pending>& bundle);
  void TrimToBudget(std::vector<Pending>* bundle) const;
  Status MeasureBundle(std::vector<Pending> bundle);
  StatusOr<std::shared_ptr<const BuiltProgram>> BuildBundle(
      const std::vector<KernelInstance>& kernels) const;
  // kCancelled if the callback stops the tuning; the measurements are then in the cache.
  Status MeasureTrial(const Pending& pending,
                      const StatusOr<std::shared_ptr<const BuiltProgram>>& program);
  StatusOr<TrialResult> Try(const Pending& pending,
                            const StatusOr<std::shared_ptr<const BuiltProgram>>& program);
  // False if the variant is wrong.
  bool Check(const Pending& pending, const std::vector<HostTensor>& outputs);
  void ReleaseTensors();
  bool OutOfTime(double predicted_ms) const;
  Status Report() const;

  const BoundGraph& bound_;
  const GraphVariants& variants_;
  const PlanOptions plan_;
  const TuningOptions options_;
  ProgramCompiler* const compiler_;
  const DeviceInfo& device_;
  const Measurements records_;
  std::vector<Group> groups_;
  // By signature, then by id: milliseconds; infinite if the variant failed or was wrong.
  NameMap<std::map<std::string, double>> measured_;
  TuningStatistics stats_;
  double begin_ms_ = 0;
  double kernel_ms_;  // Mean time to compile a kernel.
  double trial_ms_ = 20;
  size_t planned_ = 0;
};

}  // namespace mace

#endif  // MACE_TUNE_TUNER_H_
