// The persistent kernel: one launch that runs many launches of a plan, one after the other.
//
// A CPU driver wakes its threads for each launch and puts them to sleep after it. That takes tens
// of microseconds, about as long as computing a small layer. A persistent launch is one launch with
// a work-group for each compute unit. Each work-group goes through the plan's launches in order and
// takes chunks of work-items until none is left: first those of its own share, then those left in
// the shares of others. Shares are the same parts of each launch, so that a unit finds in its
// caches what it wrote before. Before the next launch a work-group waits until every chunk is done.
// It only waits for chunks that a running work-group has taken, so it never depends on a work-group
// that has not begun; a single work-group can do everything. The wait is a loop that keeps its
// processor busy, at most for a part of a launch. If other programs need the processors, chunks and
// waits take longer; CompileOptions::separate_launches avoids these waits.
// PoCL also compiles one large kernel in half the time of ten small ones.
//
// Where a launch is run by the persistent kernel, its own kernel is a plain function of the program
// The kernel of a launch that the persistent kernel runs becomes a plain function of the program
// (kernel_prologue.clh, ENTRY). It is called for each work-item, with arguments from a table of
// ints in device memory.
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_PERSISTENT_KERNEL_H_
#define MACE_PLAN_PERSISTENT_KERNEL_H_

#include <string>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// The kernel's parameters, in order:
//   arena, weights  `__global` bytes
//   table, state    ints
//   half            0 and 1 in turn, from run to run
//   count           the number of launches
// Its global size is the number of compute units, its local size 1.
inline constexpr char kPersistentKernel[] = "persistent_kernel";

// The table counts offsets into the arena and the weights in units of so many bytes.
inline constexpr size_t kPersistentOffsetUnit = 64;

// Ints of a launch's header in the table: the function's case, chunks, work-items of a chunk, all
// work-items, global size along three axes, and the index in the table where its arguments begin.
// All headers come first.
inline constexpr int kPersistentHeaderInts = 8;

// Ints of a counter in the state; they fill a cache line. Each launch has 1 + units counters in
// each half: the chunks that are done, and for each work-group the chunks of its share that are
// taken. The state is zero before the first run; each run leaves zeros in the other half.
inline constexpr int kPersistentStateInts = 16;

// Whether plans for this device use the persistent kernel: PoCL's devices that use host memory do.
// Intel's runtime compiles the persistent launch of ResNet-50 in 11 s and its separate kernels in
// 1.6 s, for a tenth of the latency.
bool UsesPersistentKernel(const DeviceInfo& device);

// Whether the device allows one buffer for all weights, each beginning at a page. The persistent
// kernel needs them in one buffer.
bool WeightsFitOneBuffer(const Plan& plan, const DeviceInfo& device);

// Replaces each run of two or more launches in plan->steps that the persistent kernel can run by
// one step. REQUIRES: memory is planned.
void FindPersistentLaunches(const DeviceInfo& device, Plan* plan);

// The kernels of Plan::persistent_functions. The index of a kernel is its case in the persistent
// kernel.
std::vector<KernelInstance> PersistentFunctions(const Plan& plan);

// The text of the persistent kernel, which must follow the text of its functions. kInternal if
// launches of one kernel take different arguments.
StatusOr<std::string> PersistentKernelText(const Plan& plan);

// The name of the function that `kernel` becomes.
std::string PersistentFunctionName(const KernelInstance& kernel);

// The table of a persistent launch. `weight_offsets`: the offset of each of Plan::weights in bytes.
std::vector<int32_t> PersistentLaunchTable(const Plan& plan, const PersistentLaunch& persistent,
                                           const std::vector<size_t>& weight_offsets);

}  // namespace mace

#endif  // MACE_PLAN_PERSISTENT_KERNEL_H_
