#include "mace/execute/device_weights.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/half.h"
#include "mace/base/memory_budget.h"
#include "mace/execute/weight_sources.h"
#include "mace/plan/memory.h"
#include "mace/plan/persistent_kernel.h"

namespace mace {
namespace {

constexpr size_t kMaxPackingThreads = 8;

// Packs into the device's format. REQUIRES: `to` has WeightBytes of room, aligned for floats.
Status PackInto(const PackedWeights& weights, MutableBytes to) {
  if (weights.elements == 0) return Status();
  if (weights.keep_float32) return weights.pack(reinterpret_cast<float*>(to.data()));
  std::vector<float> packed(weights.elements);
  MACE_RETURN_IF_ERROR(weights.pack(packed.data()));
  FloatsToHalves(packed, Span<uint16_t>(reinterpret_cast<uint16_t*>(to.data()), packed.size()));
  return Status();
}

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

// Calls work(0, scratch) … work(count - 1, scratch) on this thread and on others, all of which
// count against this thread's memory budget. Each thread has `scratch_bytes` of scratch. Gives the
// first error; calls that have not begun by then are left out.
template <typename Work>
Status RunOnThreads(size_t count, size_t scratch_bytes, const Work& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status first_error;
  const std::shared_ptr<MemoryBudget> budget = ScopedMemoryBudget::Current();
  auto loop = [&] {
    ScopedMemoryBudget scope(budget);
    FileScratch scratch(scratch_bytes);
    for (size_t i = next++; i < count; i = next++) {
      Status status = CatchExhaustion([&] { return work(i, &scratch); });
      if (status.ok()) continue;
      next = count;
      std::lock_guard<std::mutex> lock(mutex);
      if (first_error.ok()) first_error = std::move(status);  // A copy could need memory.
    }
  };
  const size_t wanted = std::min<size_t>(
      {count, kMaxPackingThreads, std::max(1u, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  threads.reserve(wanted);
  // If no more threads can be made, the existing ones do all the work.
  static_cast<void>(CatchExhaustion([&] {
    while (threads.size() + 1 < wanted) threads.emplace_back(loop);
    return Status();
  }));
  loop();
  for (std::thread& thread : threads) thread.join();
  return first_error;
}

// Packs weights of a plan when a WeightStore asks for them.
class WeightPacker {
 public:
  WeightPacker(const Plan& plan, ClQueue* queue) : plan_(plan), queue_(queue), sources_(plan) {}

  Status Pack(const std::vector<size_t>& indices, const WeightStore::Weights& weights);

 private:
  Status PackOnHost(const std::vector<size_t>& indices, const WeightStore::Weights& weights);
  Status Upload(const std::vector<size_t>& indices, const WeightStore::Weights& weights);
  // Tells the sources that weights which were found packed no longer need their constants.
  void EndOthers(const std::vector<size_t>& indices);
  // Calls `pack` for one weight while its constants are readable.
  template <typename Work>
  Status WithSources(size_t index, FileScratch* scratch, const Work& pack) {
    const std::vector<FilePin> pins = sources_.Begin(index, scratch);
    MACE_RETURN_IF_ERROR(pack());
    sources_.End(index);
    return scratch->status();
  }
  size_t BytesOf(size_t index) const {
    return std::max<size_t>(WeightBytes(plan_.weights[index]), 1);
  }

  const Plan& plan_;
  ClQueue* const queue_;
  WeightSources sources_;
};

void WeightPacker::EndOthers(const std::vector<size_t>& indices) {
  std::vector<bool> is_packed(plan_.weights.size(), true);
  for (size_t index : indices) is_packed[index] = false;
  for (size_t i = 0; i < is_packed.size(); ++i) {
    if (is_packed[i]) sources_.End(i);
  }
}

Status WeightPacker::PackOnHost(const std::vector<size_t>& indices,
                                const WeightStore::Weights& weights) {
  const ClDevice& device = *queue_->device();
  const size_t alignment = std::max<size_t>(4096, device.info().memory_base_address_align_bytes);
  std::vector<size_t> offsets = {0};
  for (size_t index : indices) {
    offsets.push_back(offsets.back() + (BytesOf(index) + alignment - 1) / alignment * alignment);
  }
  const auto block = std::make_shared<WeightBlock>();
  MACE_ASSIGN_OR_RETURN(block->pages, PageBlock::Allocate(offsets.back()));
  const auto place_of = [&](size_t i) {
    return MutableBytes(block->pages.bytes().data() + offsets[i], BytesOf(indices[i]));
  };
  MACE_RETURN_IF_ERROR(RunOnThreads(
      indices.size(), sources_.max_bytes(), [&](size_t i, FileScratch* scratch) -> Status {
        return WithSources(indices[i], scratch,
                           [&] { return PackInto(plan_.weights[indices[i]], place_of(i)); });
      }));
  // Made after packing, because a driver may read the bytes when a buffer is made.
  const bool in_one = WeightsFitOneBuffer(plan_, device.info());
  if (in_one) {
    MACE_ASSIGN_OR_RETURN(block->memory,
                          ClMemory::CreateOverHost(device, block->pages.bytes(), "weights"));
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    StoredWeights& stored = *weights[indices[i]];
    const std::string name = "weights " + plan_.weights[indices[i]].name;
    StatusOr<ClMemory> memory =
        in_one ? ClMemory::CreateSubBuffer(block->memory, offsets[i], BytesOf(indices[i]), name)
               : ClMemory::CreateOverHost(device, place_of(i), name);
    if (!memory.ok()) return memory.status();
    stored.memory = *std::move(memory);
    stored.place = MutableBytes(place_of(i).data(), offsets[i + 1] - offsets[i]);
    stored.block = block;
  }
  return Status();
}

Status WeightPacker::Upload(const std::vector<size_t>& indices,
                            const WeightStore::Weights& weights) {
  MACE_RETURN_IF_ERROR(RunOnThreads(
      indices.size(), sources_.max_bytes(), [&](size_t i, FileScratch* scratch) -> Status {
        return WithSources(indices[i], scratch, [&]() -> Status {
          MACE_ASSIGN_OR_RETURN(weights[indices[i]]->memory,
                                UploadWeights(plan_.weights[indices[i]], queue_));
          return Status();
        });
      }));
  // Other queues may read the weights from now on.
  return queue_->Finish();
}

Status WeightPacker::Pack(const std::vector<size_t>& indices, const WeightStore::Weights& weights) {
  EndOthers(indices);
  if (indices.empty()) return Status();
  return queue_->device()->info().is_host() ? PackOnHost(indices, weights)
                                            : Upload(indices, weights);
}

}  // namespace

Status DeviceWeights::Fill(const Plan& plan, ClQueue* queue, WeightStore* store) {
  WeightPacker packer(plan, queue);
  MACE_ASSIGN_OR_RETURN(weights_, store->Get(plan, [&](const std::vector<size_t>& indices,
                                                       const WeightStore::Weights& weights) {
    return packer.Pack(indices, weights);
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
