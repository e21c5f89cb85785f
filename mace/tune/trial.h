// A trial: a measured run of one variant of one node, alone on the device. Its plan, session and
// outputs serve only the choice of a variant and are thrown away.
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
  std::string node;                  // Name of the node in the model, for messages.
  std::string variant_id;            // See VariantId in signature.h.
  std::shared_ptr<const Plan> plan;  // For a graph of this node alone; at most one program.
};

// `variant`: one of the node's variants.
StatusOr<Trial> MakeTrial(const BoundGraph& bound, size_t node, const KernelVariant& variant,
                          const DeviceInfo& device);

// Seeded inputs for the trials of a node: uniform in [-1, 1), or int8 numbers if the node reads
// int8.
StatusOr<std::vector<HostTensor>> MakeTrialInputs(const Trial& trial);

struct TrialResult {
  double milliseconds = 0;  // The node's launches, without layout conversions.
  std::vector<HostTensor> outputs;
};
// Runs the trial repeatedly for about `limit_ms` after a first run. `program` holds the kernels of
// trial.plan and possibly others; it is ignored if the plan has no kernels.
StatusOr<TrialResult> RunTrial(const Trial& trial, const std::vector<HostTensor>& inputs,
                               std::shared_ptr<const BuiltProgram> program,
                               ProgramCompiler* compiler, double limit_ms);

// Runs the trial once and gives its outputs.
StatusOr<std::vector<HostTensor>> RunTrialOnce(const Trial& trial,
                                               const std::vector<HostTensor>& inputs,
                                               std::shared_ptr<const BuiltProgram> program,
                                               ProgramCompiler* compiler);

// The outputs of the node's CPU reference.
StatusOr<std::vector<HostTensor>> RunTrialReference(const Trial& trial,
                                                    const std::vector<HostTensor>& inputs);

}  // namespace mace

#endif  // MACE_TUNE_TRIAL_H_
