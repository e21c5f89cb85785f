#include "mace/execute/device_weights.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "mace/base/catch_exhaustion.h"
#include "mace/execute/host_packing.h"
#include "mace/execute/on_threads.h"
#include "mace/execute/weight_sources.h"
#include "mace/plan/memory.h"
#include "mace/plan/persistent_kernel.h"

namespace mace {
namespace {

StatusOr<ClMemory> UploadWeights(const PackedWeights& weights, ClQueue* queue) {
  const std::string name = "weights " + weights.name;
  const size_t bytes = WeightBytes(weights);
  MACE_ASSIGN_OR_RETURN(ClMemory memory, ClMemory::CreateBuffer(*queue->device(), bytes, name));
  if (weights.elements == 0) return memory;
  if (queue->device()->info().host_unified_memory) {
    MACE_ASSIGN_OR_RETURN(MutableBytes mapped, queue->Map(memory, bytes, true, name));
    const Status packed = CatchExhaustion([&] { return PackInto(weights, mapped); });
    MACE_RETURN_IF_ERROR(queue->Unmap(memory, mapped, name));
    MACE_RETURN_IF_ERROR(packed);
    return memory;
  }
  std::vector<uint8_t> packed(bytes);
  MACE_RETURN_IF_ERROR(PackInto(weights, packed));
  MACE_RETURN_IF_ERROR(queue->Write(memory, packed, name));
  return memory;
}

// Makes weights of a plan when a WeightStore asks for them.
class WeightMaker {
 public:
  // `packing` (may be null) holds weights that were packed before the device was open.
  WeightMaker(const Plan& plan, ClQueue* queue, std::shared_ptr<HostPacking> packing)
      : plan_(plan), queue_(queue), packing_(std::move(packing)) {}

  Status Make(const std::vector<size_t>& indices, const WeightStore::Weights& weights) {
    if (indices.empty()) {
      WeightSources(plan_).EndOthers({});
      return Status();
    }
    return queue_->device()->info().is_host() ? PackOnHost(indices, weights)
                                              : Upload(indices, weights);
  }

 private:
  Status PackOnHost(const std::vector<size_t>& indices, const WeightStore::Weights& weights);
  Status Upload(const std::vector<size_t>& indices, const WeightStore::Weights& weights);

  const Plan& plan_;
  ClQueue* const queue_;
  std::shared_ptr<HostPacking> packing_;
};

Status WeightMaker::PackOnHost(const std::vector<size_t>& indices,
                               const WeightStore::Weights& weights) {
  const ClDevice& device = *queue_->device();
  std::shared_ptr<HostPacking> packing = std::move(packing_);
  if (packing == nullptr || packing->indices() != indices) {
    MACE_ASSIGN_OR_RETURN(packing, HostPacking::Create(plan_, indices, device.info()));
  }
  MACE_RETURN_IF_ERROR(packing->Finish(MaxPackingThreads()));
  // Buffers are made after packing, because a driver may read the bytes when a buffer is made.
  const auto block = std::make_shared<WeightBlock>();
  const bool in_one = WeightsFitOneBuffer(plan_, device.info());
  std::vector<MutableBytes> places, padded_places;
  for (size_t i = 0; i < indices.size(); ++i) {
    places.push_back(packing->place(i));
    padded_places.push_back(packing->padded_place(i));
  }
  block->pages = packing->TakePages();
  if (in_one) {
    MACE_ASSIGN_OR_RETURN(block->memory,
                          ClMemory::CreateOverHost(device, block->pages.bytes(), "weights"));
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    StoredWeights& stored = *weights[indices[i]];
    const std::string name = "weights " + plan_.weights[indices[i]].name;
    StatusOr<ClMemory> memory =
        in_one
            ? ClMemory::CreateSubBuffer(block->memory, packing->offset(i), places[i].size(), name)
            : ClMemory::CreateOverHost(device, places[i], name);
    if (!memory.ok()) return memory.status();
    stored.memory = *std::move(memory);
    stored.place = padded_places[i];
    stored.block = block;
  }
  return Status();
}

Status WeightMaker::Upload(const std::vector<size_t>& indices,
                           const WeightStore::Weights& weights) {
  WeightSources sources(plan_);
  sources.EndOthers(indices);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status first_error;
  const auto upload = [&](size_t index, FileScratch* scratch) -> Status {
    const std::vector<FilePin> pins = sources.Begin(index, scratch);
    MACE_ASSIGN_OR_RETURN(weights[index]->memory, UploadWeights(plan_.weights[index], queue_));
    sources.End(index);
    return scratch->status();
  };
  RunOnThreads(std::min(indices.size(), MaxPackingThreads()), [&] {
    FileScratch scratch(sources.max_bytes());
    for (size_t i = next++; i < indices.size(); i = next++) {
      Status status = CatchExhaustion([&] { return upload(indices[i], &scratch); });
      if (status.ok()) continue;
      next = indices.size();
      std::lock_guard<std::mutex> lock(mutex);
      if (first_error.ok()) first_error = std::move(status);  // A copy could need memory.
    }
  });
  MACE_RETURN_IF_ERROR(first_error);
  // Other queues may read the weights from now on.
  return queue_->Finish();
}

}  // namespace

Status DeviceWeights::Fill(const Plan& plan, ClQueue* queue, WeightStore* store) {
  WeightMaker maker(plan, queue, store->TakePacking());
  MACE_ASSIGN_OR_RETURN(weights_, store->Get(plan, [&](const std::vector<size_t>& indices,
                                                       const WeightStore::Weights& weights) {
    return maker.Make(indices, weights);
  }));
  return Status();
}

bool DeviceWeights::FindOffsets() {
  // A persistent launch's table holds 32-bit numbers in these units.
  constexpr uint64_t kFarthest = uint64_t{kPersistentOffsetUnit} << 32;
  static const ClMemory* const kNone = new ClMemory;
  all_ = kNone;
  offsets_.clear();
  const WeightBlock* first = nullptr;
  for (const auto& stored : weights_) {
    const WeightBlock* const block = stored->block.get();
    if (block == nullptr || block->memory.bytes() == 0) return false;
    const bool is_before =
        first == nullptr || std::less<>()(block->pages.bytes().data(), first->pages.bytes().data());
    if (is_before) first = block;
  }
  if (first == nullptr) return true;
  all_ = &first->memory;
  for (const auto& stored : weights_) {
    const uint64_t offset = reinterpret_cast<uintptr_t>(stored->place.data()) -
                            reinterpret_cast<uintptr_t>(first->pages.bytes().data());
    if (offset >= kFarthest) return false;
    offsets_.push_back(static_cast<size_t>(offset));
  }
  return true;
}

Status DeviceWeights::MakeEmptyBlock(const ClDevice& device) {
  const size_t page = std::max<size_t>(4096, device.info().memory_base_address_align_bytes);
  MACE_ASSIGN_OR_RETURN(none_.pages, PageBlock::Allocate(page));
  MACE_ASSIGN_OR_RETURN(none_.memory,
                        ClMemory::CreateOverHost(device, none_.pages.bytes(), "weights"));
  all_ = &none_.memory;
  return Status();
}

Status DeviceWeights::Create(const Plan& plan, ClQueue* queue, WeightStore* store) {
  MACE_RETURN_IF_ERROR(Fill(plan, queue, store));
  const bool is_near = FindOffsets();
  if (plan.persistent_launches.empty()) return Status();
  if (weights_.empty()) return MakeEmptyBlock(*queue->device());
  if (is_near) return Status();
  // All weights in one block, which only this plan uses.
  weights_.clear();
  WeightStore own(store->device_bytes());
  MACE_RETURN_IF_ERROR(Fill(plan, queue, &own));
  return FindOffsets() ? Status()
                       : Internal("weights of a persistent launch: they lie in several buffers");
}

}  // namespace mace
