#include "mace/execute/on_threads.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/memory_budget.h"

namespace mace {

size_t MaxPackingThreads() {
  constexpr size_t kMost = 8;
  return std::min<size_t>(kMost, std::max(1u, std::thread::hardware_concurrency()));
}

void RunOnThreads(size_t threads, const std::function<void()>& work) {
  std::vector<std::thread> others;
  const auto run = [&work, budget = ScopedMemoryBudget::Current()] {
    const ScopedMemoryBudget scope(budget);
    work();
  };
  static_cast<void>(CatchExhaustion([&] {
    others.reserve(threads);
    while (others.size() + 1 < threads) others.emplace_back(run);
    return Status();
  }));
  work();
  for (std::thread& thread : others) thread.join();
}

}  // namespace mace
