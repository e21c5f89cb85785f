// What a plan is asked for.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_PLAN_OPTIONS_H_
#define MACE_PLAN_PLAN_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "mace/kernel/device_info.h"
#include "mace/kernel/kernel.h"

namespace mace {

enum class MemoryChoice { kAuto, kImage, kBuffer };

struct PlanOptions {
  MemoryChoice memory = MemoryChoice::kAuto;
  // The storage of activations and weights. In half precision the graph's outputs, and the nodes
  // that make them, are float32 all the same, so that no output is rounded by its storage.
  Precision precision = Precision::kFloat32;
  bool allow_tf32 = false;     // LoweringRequest::allow_tf32.
  bool allow_fallback = true;  // False: an op without a GPU variant is an error that names it.
  // Launches that follow one another become one, on devices that gain from it
  // (persistent_kernel.h).
  bool use_persistent_kernel = false;
  // The measured peaks, in place of those of DeviceInfo; 0: not measured.
  double measured_gflops = 0;
  double measured_gbytes_per_second = 0;
  // The most scratch of a variant, where another variant takes less; negative: what the bound on
  // device memory leaves the node (scratch_limit.h).
  double max_scratch_bytes = -1;
  // The precision of each node, in place of `precision`; empty: `precision` holds for all nodes.
  std::vector<Precision> precisions;
  // The integers among the graph's inputs fit an int32, as those that kernels make do.
  bool integer_inputs_fit = false;
};

// `device` with the peaks of `options` where these have any.
DeviceInfo WithMeasuredPeaks(DeviceInfo device, const PlanOptions& options);

}  // namespace mace

#endif  // MACE_PLAN_PLAN_OPTIONS_H_
