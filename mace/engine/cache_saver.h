// What a compiled model leaves in the cache file.
#ifndef MACE_ENGINE_CACHE_SAVER_H_
#define MACE_ENGINE_CACHE_SAVER_H_

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "mace/base/status.h"
#include "mace/engine/plan_table.h"
#include "mace/engine/runtime.h"

namespace mace {

// Thread contract: thread-safe; saves of one saver wait for each other.
class CacheSaver {
 public:
  // `plans` outlives the object. REQUIRES: the runtime has a store.
  CacheSaver(std::shared_ptr<Runtime> runtime, const PlanTable* plans);
  // Waits for a save in the background, so that no answer's programs are lost. In a forked child,
  // which does not have that thread, waits for nothing.
  ~CacheSaver();
  CacheSaver(const CacheSaver&) = delete;
  CacheSaver& operator=(const CacheSaver&) = delete;

  // Asks the driver for the programs that it built and that have run, and writes the file where
  // there is something new. `run_unused`: plans that never ran are run once on zeros first, since a
  // driver makes the last of its code at the first run.
  Status Save(bool run_unused);
  // Save(false) on another thread, after which it logs a failure. One that is asked for while
  // another is at work follows it.
  void SaveInBackground();

  // Has the store take the programs of plans that have to go.
  void Retire(const PlanTable::Plans& plans);

  double written_ms() const;

 private:
  Status Collect(bool run_unused);
  void Work();

  const std::shared_ptr<Runtime> runtime_;
  const PlanTable* const plans_;
  const pid_t process_;
  std::mutex save_mutex_;     // Held for the length of a save.
  mutable std::mutex mutex_;  // Of what follows; never held for long.
  std::thread thread_;
  bool is_working_ = false;  // The thread has not ended its loop.
  bool is_wanted_ = false;   // A save is to follow.
  double written_ms_ = 0;
};

}  // namespace mace

#endif  // MACE_ENGINE_CACHE_SAVER_H_
