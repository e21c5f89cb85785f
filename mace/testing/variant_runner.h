// Runs one variant of an op on the OpenCL device at hand, apart from planner and session: packs
// and unpacks tensors by itself and looks for what a kernel must not do.
//
// Memory that a kernel must not read holds NaN, and memory that it must not write is compared
// afterwards: guards around every buffer, the columns beside a slice, the padding lanes.
#ifndef MACE_TESTING_VARIANT_RUNNER_H_
#define MACE_TESTING_VARIANT_RUNNER_H_

#include <vector>

#include "mace/graph/tensor.h"
#include "mace/ops/op.h"

namespace mace {

struct VariantRun {
  const KernelVariant* variant = nullptr;
  const LoweringRequest* request = nullptr;
  // float32, also what stands for bools and integers; absent ones have dtype kInvalid.
  std::vector<HostTensor> inputs;
  // channels4 tensors lie inside wider ones: pitch and offset are not the tight ones.
  bool slices = false;
  // Output 0 is in the memory of input variant->in_place. REQUIRES: there is such an input.
  bool in_place = false;
  // All launches run once more, on what they left in weights and scratch and into other outputs.
  bool again = false;
};

// Whether a test is to run it here. For drivers that interpret, MACE_TEST_KERNELS=own in the
// environment leaves out what a library computes, and =once also what launches only kernels that
// this process was asked about before; their storage and precision count, their macros do not.
bool IsWanted(const KernelVariant& variant);

// The outputs as float32, integers too; kInternal where a kernel broke the contract of layout.h, or
// where the second run's bits are others than the first one's.
StatusOr<std::vector<HostTensor>> RunVariant(const VariantRun& run);

}  // namespace mace

#endif  // MACE_TESTING_VARIANT_RUNNER_H_
