// Objects that are shared by key as long as somebody uses them. The first caller that asks for a
// key makes the object. Callers that ask for the same key meanwhile wait for that one, and callers
// that ask for another key wait for nothing, because no lock is held while an object is made.
//
// An object is destroyed with its last user, and made again for the next caller. A failure is given
// to all callers that waited for it, and is not kept. Thread contract: thread-safe. A maker may ask
// for other keys, not for its own.
#ifndef MACE_BASE_SHARED_OBJECTS_H_
#define MACE_BASE_SHARED_OBJECTS_H_

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/status.h"

namespace mace {

template <typename Key, typename Object>
class SharedObjects {
 public:
  using Pointer = std::shared_ptr<Object>;
  using Maker = std::function<StatusOr<Pointer>()>;

  // The object of `key`. `found` (may be null) says whether `make` was not called for it.
  StatusOr<Pointer> Get(const Key& key, const Maker& make, bool* found = nullptr) {
    std::promise<StatusOr<Pointer>> promise;
    std::shared_future<StatusOr<Pointer>> others;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ForgetUnused();
      Slot& slot = slots_[key];
      Pointer object = slot.object.lock();
      if (found != nullptr) *found = object != nullptr || slot.making.valid();
      if (object != nullptr) return object;
      others = slot.making;
      if (!others.valid()) slot.making = promise.get_future().share();
    }
    if (others.valid()) return Await(others);
    StatusOr<Pointer> made = CatchExhaustion(make);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      Slot& slot = slots_[key];
      slot.making = {};
      if (made.ok()) slot.object = *made;
    }
    promise.set_value(made);
    return made;
  }

  // Keys that are remembered, those of objects that are gone included.
  size_t size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return slots_.size();
  }

 private:
  struct Slot {
    std::weak_ptr<Object> object;
    std::shared_future<StatusOr<Pointer>> making;  // Valid while the object is made.
  };

  static StatusOr<Pointer> Await(const std::shared_future<StatusOr<Pointer>>& others) {
    try {
      return others.get();
    } catch (const std::future_error&) {
      return OutOfMemory();  // The maker had no memory left to hand its answer over.
    }
  }

  // Called at every doubling, so that a look-up costs a logarithm on average. REQUIRES: mutex_ is
  // held.
  void ForgetUnused() {
    if (slots_.size() < next_sweep_) return;
    for (auto slot = slots_.begin(); slot != slots_.end();) {
      const bool unused = !slot->second.making.valid() && slot->second.object.expired();
      slot = unused ? slots_.erase(slot) : std::next(slot);
    }
    next_sweep_ = std::max<size_t>(kFirstSweep, 2 * slots_.size());
  }

  static constexpr size_t kFirstSweep = 32;

  mutable std::mutex mutex_;
  std::map<Key, Slot> slots_;
  size_t next_sweep_ = kFirstSweep;
};

}  // namespace mace

#endif  // MACE_BASE_SHARED_OBJECTS_H_
