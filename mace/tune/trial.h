// One variant of one node, alone on the device: planned, run and timed, so that a tuner can choose.
#ifndef MACE_TUNE_TRIAL_H_
#define MACE_TUNE_TRIAL_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/cl/compiler.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"

namespace mace {

struct Trial {
  std::string node;                  // Of the model, for messages.
  std::string variant_id;            // VariantId (signature.h).
  std::shared_ptr<const Plan> plan;  // Of a graph that is the node alone; one program or none.
};

// `variant`: of the node, as it is to run.
StatusOr<Trial> MakeTrial(const BoundGraph& bound, size_t node, const KernelVariant& variant,
                          const DeviceInfo& device);

// Seeded inputs for the trials of a node: uniform in [-1, 1), or among the numbers of its 8 bits.
StatusOr<std::vector<HostTensor>> MakeTrialInputs(const Trial& trial);

struct TrialResult {
  double milliseconds = 0;  // Of the node's launches, conversions left out.
  std::vector<HostTensor> outputs;
};
// `program` holds the kernels of trial.plan, or more; not used where it has none. Takes about
// `limit_ms` beyond its first run.
StatusOr<TrialResult> RunTrial(const Trial& trial, const std::vector<HostTensor>& inputs,
                               std::shared_ptr<const BuiltProgram> program,
                               ProgramCompiler* compiler, double limit_ms);

// Its outputs alone, of one run.
StatusOr<std::vector<HostTensor>> RunTrialOnce(const Trial& trial,
                                               const std::vector<HostTensor>& inputs,
                                               std::shared_ptr<const BuiltProgram> program,
                                               ProgramCompiler* compiler);

// The same node's outputs by its reference on the CPU.
StatusOr<std::vector<HostTensor>> RunTrialReference(const Trial& trial,
                                                    const std::vector<HostTensor>& inputs);

}  // namespace mace

#endif  // MACE_TUNE_TRIAL_H_
