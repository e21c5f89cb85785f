// The options of planning.
//
// Thread contract: thread-compatible.
#ifndef MACE_PLAN_PLAN_OPTIONS_H_
#define MACE_PLAN_PLAN_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "mace/kernel/device_info.h"
#include "mace/kernel/kernel.h"
#include "mace/plan/excluded_variants.h"

namespace mace {

enum class MemoryChoice { kAuto, kImage, kBuffer };

struct PlanOptions {
  MemoryChoice memory = MemoryChoice::kAuto;
  // The storage of activations and weights. The graph's outputs, and the nodes that make them, stay
  // float32 even in half precision, so that storage does not round an output.
  Precision precision = Precision::kFloat32;
  bool allow_tf32 = false;     // LoweringRequest::allow_tf32.
  bool allow_fallback = true;  // False: an op without a GPU variant is an error that names it.
  // An int64 may be beyond int32, as which devices compute: nodes that read or make one run on the
  // CPU. Constants do not count.
  bool wide_integers = false;
  // Whether a plan may take the spare memory of MemoryRules.
  bool use_spare_memory = true;
  // Merges successive launches into persistent launches on devices that gain from it
  // (persistent_kernel.h).
  bool use_persistent_kernel = false;
  // The measured roofline limits (tune/roofline_limits.h), which replace those of DeviceInfo; 0:
  // not measured.
  double measured_gflops = 0;
  double measured_gbytes_per_second = 0;
  // Variants with more scratch than this are dropped if another one needs less. Negative: the limit
  // follows from the bound on device memory (scratch_limit.h).
  double max_scratch_bytes = -1;
  // By node: the precision, in place of `precision`. Empty: `precision` holds for all nodes.
  std::vector<Precision> precisions;
  // Variants that are not offered; a node without another variant runs on the CPU.
  ExcludedVariants excluded;
};

// `device` with the roofline limits of `options`, if these have any.
DeviceInfo WithMeasuredRoofline(DeviceInfo device, const PlanOptions& options);

}  // namespace mace

#endif  // MACE_PLAN_PLAN_OPTIONS_H_
