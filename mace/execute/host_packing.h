// Packs the weights of a plan into memory of this process, for devices that use host memory.
//
// Packing needs the plan but no device. It may therefore begin while the device is being opened;
// whoever needs the weights later helps with what is left.
//
// Thread contract: thread-safe.
#ifndef MACE_EXECUTE_HOST_PACKING_H_
#define MACE_EXECUTE_HOST_PACKING_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mace/base/file_scratch.h"
#include "mace/base/page_block.h"
#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/execute/weight_sources.h"
#include "mace/kernel/device_info.h"
#include "mace/plan/plan.h"

namespace mace {

// Packs into the device's format. REQUIRES: `to` has WeightBytes of room, aligned for floats; the
// constants can be read.
Status PackInto(const PackedWeights& weights, MutableBytes to);

class HostPacking {
 public:
  // Allocates the memory for the weights that `indices` names; nothing is packed yet. `plan` must
  // outlive the object. Errors: PageBlock::Allocate's.
  static StatusOr<std::shared_ptr<HostPacking>> Create(const Plan& plan,
                                                       std::vector<size_t> indices,
                                                       const DeviceInfo& device);

  // Packs weights on this thread until none is left to begin, one has failed, or `stop` (may be
  // null) is set. Several threads may be in here.
  void Work(const std::atomic<bool>* stop) noexcept;
  // Packs what is left on up to `threads` threads, and waits for weights that others are packing.
  // Gives the first error of packing.
  Status Finish(size_t threads);

  const std::vector<size_t>& indices() const { return indices_; }
  // The bytes of indices()[i], without and with the padding behind them. They begin at a page, and at
  // an address that the device can use.
  MutableBytes place(size_t i) const;
  MutableBytes padded_place(size_t i) const;
  size_t offset(size_t i) const { return offsets_[i]; }
  // Gives the memory of all weights away. REQUIRES: Finish has succeeded.
  PageBlock TakePages() { return std::move(pages_); }

 private:
  HostPacking(const Plan& plan, std::vector<size_t> indices);
  Status PackOne(size_t i, FileScratch* scratch);
  void End(Status status) noexcept;

  const Plan& plan_;
  const std::vector<size_t> indices_;
  WeightSources sources_;
  std::vector<size_t> offsets_;  // In the pages; one more than there are indices.
  PageBlock pages_;
  std::mutex mutex_;  // Guards the members below.
  std::condition_variable changed_;
  size_t next_ = 0;     // The first of the indices that is not begun.
  size_t in_work_ = 0;  // Begun, and neither packed nor failed.
  Status first_error_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_HOST_PACKING_H_
