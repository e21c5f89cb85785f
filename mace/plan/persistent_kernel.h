// The persistent kernel: one launch that runs many launches of a plan, one after the other.
//
// A CPU driver wakes its threads for each launch and puts them to sleep after it. That takes tens
// of microseconds, about as long as computing a small layer. A persistent launch is one launch with
// a work-group for each compute unit. Each work-group goes through its launches in order and
// takes chunks of work-items until none is left: first those of its own share, then what is left of
// the others'. Shares are the same parts of each launch, so that a unit finds in its own caches
// what it wrote before. Before the next launch a work-group waits until every chunk is done. It
// only ever waits for chunks that a running work-group has taken, so no other work-group needs to
// run: one alone does everything. The wait is a loop that keeps its processor busy, for a part of a
// launch at most. Where the processors have other work to do, the chunks take longer, and so does
// the wait; CompileOptions::separate_launches does without it.
//
// PoCL also compiles one large kernel in half the time of ten small ones.
//
// Where a launch is run by the persistent kernel, its own kernel is a plain function of the program
// (kernel_prologue.clh, ENTRY), called for each work-item with arguments from a table of ints in
// device memory. Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_PERSISTENT_KERNEL_H_
#define MACE_PLAN_PERSISTENT_KERNEL_H_

#include <string>
#include <vector>

#include "mace/plan/plan.h"

namespace mace {

// The kernel's parameters: arena, weights (both `__global` bytes), table (ints), state (ints), half
// (0 and 1 in turn, from run to run), count of launches. Global size: the compute units; local: 1.
inline constexpr char kPersistentKernel[] = "persistent_kernel";

// Bytes: the unit in which the table counts offsets into the arena and into the weights.
inline constexpr size_t kPersistentOffsetUnit = 64;

// Ints of a launch's header in the table: the function's case, chunks, work-items in a chunk,
// work-items in all, global size along the axes, and where in the table its arguments begin. All
// headers come first.
inline constexpr int kPersistentHeaderInts = 8;

// Ints of a counter in the state, a cache line. Each launch has 1 + units counters in each half:
// how many chunks are done, and for each work-group how many chunks of its own share are taken. The
// state is zero before the first run; each run leaves zeros in the other half.
inline constexpr int kPersistentStateInts = 16;

// Whether this device is given a persistent kernel at all: CPUs whose memory is the host's, by
// PoCL. Intel's runtime needs 11 s to compile the persistent launch of ResNet-50 and 1.6 s for its
// kernels one by one, and a persistent launch gains a tenth of the latency there.
bool UsesPersistentKernel(const DeviceInfo& device);

// Whether the device allows one buffer that holds all weights, each from a page of its own: the
// persistent kernel takes them as one.
bool WeightsFitOneBuffer(const Plan& plan, const DeviceInfo& device);

// Replaces runs of two and more launches in plan->steps that the persistent kernel can run by one
// step each. REQUIRES: memory is planned.
void FindPersistentLaunches(const DeviceInfo& device, Plan* plan);

// The kernels of Plan::persistent_functions; a launch's case in the persistent kernel is its index.
std::vector<KernelInstance> PersistentFunctions(const Plan& plan);

// The text of the persistent kernel for these functions, to stand behind them. kInternal
// where launches of one kernel take different arguments.
StatusOr<std::string> PersistentKernelText(const Plan& plan);

// The name of the function that a kernel becomes.
std::string PersistentFunctionName(const KernelInstance& kernel);

// The table of a persistent launch. `weight_offsets`: where each of Plan::weights begins, in bytes.
std::vector<int32_t> PersistentLaunchTable(const Plan& plan, const PersistentLaunch& persistent,
                                           const std::vector<size_t>& weight_offsets);

}  // namespace mace

#endif  // MACE_PLAN_PERSISTENT_KERNEL_H_
