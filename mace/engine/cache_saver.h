// Writes the programs and measurements of a compiled model to its cache file.
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

// Thread contract: thread-safe; the saves of one saver wait for each other.
class CacheSaver {
 public:
  // `plans` must outlive this object. REQUIRES: the runtime has a store.
  CacheSaver(std::shared_ptr<Runtime> runtime, const PlanTable* plans);
  // Waits for a background save, so that no program is lost. A forked child has no such thread and
  // waits for nothing.
  ~CacheSaver();
  CacheSaver(const CacheSaver&) = delete;
  CacheSaver& operator=(const CacheSaver&) = delete;

  // Fetches from the driver the programs that it built and that have run, and writes the file if
  // there is something new. `run_unused`: plans that never ran are first run once on zeros, because
  // some drivers finish a program's machine code at its first run.
  Status Save(bool run_unused);
  // Calls Save(false) on another thread and logs a failure. If a save is running, another one
  // follows it.
  void SaveInBackground();

  // Passes the programs of evicted plans to the store.
  void Retire(const PlanTable::Plans& plans);

  double written_ms() const;

 private:
  Status Collect(bool run_unused);
  void Work();

  const std::shared_ptr<Runtime> runtime_;
  const PlanTable* const plans_;
  const pid_t process_;
  std::mutex save_mutex_;     // Held for the length of a save.
  mutable std::mutex mutex_;  // Guards the members below; never held for long.
  std::thread thread_;
  bool is_working_ = false;  // The thread has not ended its loop.
  bool is_wanted_ = false;   // A save is to follow.
  double written_ms_ = 0;
};

}  // namespace mace

#endif  // MACE_ENGINE_CACHE_SAVER_H_
