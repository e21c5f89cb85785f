#include "mace/execute/host_packing.h"

#include <algorithm>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/divide.h"
#include "mace/base/half.h"
#include "mace/execute/on_threads.h"
#include "mace/plan/memory.h"

namespace mace {
namespace {

constexpr size_t kPageBytes = 4096;

size_t RoomFor(const PackedWeights& weights) { return std::max<size_t>(WeightBytes(weights), 1); }

}  // namespace

Status PackInto(const PackedWeights& weights, MutableBytes to) {
  if (weights.elements == 0) return Status();
  if (weights.keep_float32) return weights.pack(reinterpret_cast<float*>(to.data()));
  std::vector<float> packed(weights.elements);
  MACE_RETURN_IF_ERROR(weights.pack(packed.data()));
  FloatsToHalves(packed, Span<uint16_t>(reinterpret_cast<uint16_t*>(to.data()), packed.size()));
  return Status();
}

HostPacking::HostPacking(const Plan& plan, std::vector<size_t> indices)
    : plan_(plan), indices_(std::move(indices)), sources_(plan) {
  // Weights that are found packed elsewhere no longer need their constants.
  sources_.EndOthers(indices_);
}

StatusOr<std::shared_ptr<HostPacking>> HostPacking::Create(const Plan& plan,
                                                           std::vector<size_t> indices,
                                                           const DeviceInfo& device) {
  const std::shared_ptr<HostPacking> packing(new HostPacking(plan, std::move(indices)));
  const size_t alignment = std::max<size_t>(kPageBytes, device.memory_base_address_align_bytes);
  packing->offsets_.push_back(0);
  for (const size_t index : packing->indices_) {
    packing->offsets_.push_back(packing->offsets_.back() +
                                AlignUp(RoomFor(plan.weights[index]), alignment));
  }
  MACE_ASSIGN_OR_RETURN(packing->pages_, PageBlock::Allocate(packing->offsets_.back()));
  return packing;
}

MutableBytes HostPacking::place(size_t i) const {
  return MutableBytes(pages_.bytes().data() + offsets_[i], RoomFor(plan_.weights[indices_[i]]));
}

MutableBytes HostPacking::padded_place(size_t i) const {
  return MutableBytes(pages_.bytes().data() + offsets_[i], offsets_[i + 1] - offsets_[i]);
}

Status HostPacking::PackOne(size_t i, FileScratch* scratch) {
  return CatchExhaustion([&]() -> Status {
    const size_t index = indices_[i];
    const std::vector<FilePin> pins = sources_.Begin(index, scratch);
    MACE_RETURN_IF_ERROR(PackInto(plan_.weights[index], place(i)));
    sources_.End(index);
    return scratch->status();
  });
}

void HostPacking::End(Status status) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  --in_work_;
  if (!status.ok()) {
    next_ = indices_.size();
    if (first_error_.ok()) first_error_ = std::move(status);  // A copy could need memory.
  }
  changed_.notify_all();
}

void HostPacking::Work(const std::atomic<bool>* stop) noexcept {
  FileScratch scratch(sources_.max_bytes());
  while (stop == nullptr || !*stop) {
    size_t i = 0;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (next_ >= indices_.size()) return;
      i = next_++;
      ++in_work_;
    }
    End(PackOne(i, &scratch));
  }
}

Status HostPacking::Finish(size_t threads) {
  size_t left = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    left = indices_.size() - next_;
  }
  RunOnThreads(std::min(threads, left), [this] { Work(nullptr); });
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return in_work_ == 0; });
  return std::move(first_error_);
}

}  // namespace mace
