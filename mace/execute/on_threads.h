// Runs the same work on several threads of the host.
#ifndef MACE_EXECUTE_ON_THREADS_H_
#define MACE_EXECUTE_ON_THREADS_H_

#include <cstddef>
#include <functional>

namespace mace {

// The number of threads that packing uses at most: one for each processor, up to a limit.
size_t MaxPackingThreads();

// Calls `work` on this thread and on up to `threads` - 1 others, whose allocations count against
// this thread's memory budget, and waits for all of them. If no more threads can be made, fewer run
// it: what `work` does must be complete however many there are. `work` must not throw.
void RunOnThreads(size_t threads, const std::function<void()>& work);

}  // namespace mace

#endif  // MACE_EXECUTE_ON_THREADS_H_
