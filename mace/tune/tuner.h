// Measures the variants of a model's nodes on the device, so that the planner can choose by time.
//
// Equal nodes (plan/signature.h) are measured once. Those that weigh most in the estimate come
// first; their kernels are compiled a bundle at a time, since a driver's compiler starts slowly.
// A variant whose answer departs from the others' is compared with the reference on the CPU and
// never chosen where it is the one that is wrong. Each measurement is written into the cache file
// before the next one is made, so that a process which is killed loses one at most; trial programs
// never go there.
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
  // `plan`: what `variants` of `bound` were found with. REQUIRES: they have a device; graph,
  // variants and compiler outlive the tuner.
  Tuner(const BoundGraph& bound, const GraphVariants& variants, const PlanOptions& plan,
        const TuningOptions& options, ProgramCompiler* compiler);

  // Measures what the level asks for and no record holds, within its budget. kNotFound where
  // MACE_REQUIRE_CACHE=1 forbids the compiling, kCancelled where the progress callback ends it; a
  // variant that fails on the device is left out.
  Status Measure();

  // The variants with their measured times, and those of other work-group sizes that were measured:
  // where something of a node was, what was not is left out.
  GraphVariants Measured() const;

  // Variants measured, and found in records; milliseconds; variants left for want of time.
  const TuningStatistics& stats() const { return stats_; }

 private:
  struct TunedVariant {
    KernelVariant variant;
    std::string id;
    double order = 0;  // Estimated milliseconds; smaller is tried first.
  };
  // Nodes of equal signature.
  struct Group {
    size_t node = 0;  // The first of them.
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
  // kCancelled where the callback ends the tuning; what was measured is then in the cache.
  Status MeasureTrial(const Pending& pending,
                      const StatusOr<std::shared_ptr<const BuiltProgram>>& program);
  StatusOr<TrialResult> Try(const Pending& pending,
                            const StatusOr<std::shared_ptr<const BuiltProgram>>& program);
  // False: the variant is wrong.
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
  // By signature, then by id: milliseconds; infinite for one that failed or was wrong.
  NameMap<std::map<std::string, double>> measured_;
  TuningStatistics stats_;
  double begin_ms_ = 0;
  double kernel_ms_;  // What compiling a kernel takes, by experience.
  double trial_ms_ = 20;
  size_t planned_ = 0;
};

}  // namespace mace

#endif  // MACE_TUNE_TUNER_H_
