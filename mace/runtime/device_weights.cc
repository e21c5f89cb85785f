#include "mace/runtime/device_weights.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/half.h"
#include "mace/base/memory_budget.h"
#include "mace/plan/chain.h"
#include "mace/plan/memory.h"
#include "mace/runtime/weight_sources.h"

namespace mace {
namespace {

constexpr size_t kMostPackingThreads = 8;

// As they lie on the device. REQUIRES: WeightBytes of room, aligned for floats.
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

// Calls work(0, scratch) … work(count - 1, scratch), on this thread and on others, which count
// against this thread's memory budget; each thread has a scratch for
// scratch_bytes. Gives the first error; what has
// not begun by then is left.
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
      if (first_error.ok()) first_error = std::move(status);  // A copy may need memory.
    }
  };
  const size_t wanted = std::min<size_t>(
      {count, kMostPackingThreads, std::max(1u, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  threads.reserve(wanted);
  // Where no more threads are to be had, those that there are do the work.
  static_cast<void>(CatchExhaustion([&] {
    while (threads.size() + 1 < wanted) threads.emplace_back(loop);
    return Status();
  }));
  loop();
  for (std::thread& thread : threads) thread.join();
  return first_error;
}

}  // namespace

Status DeviceWeights::PackOnHost(const Plan& plan, const ClDevice& device) {
  const size_t alignment = std::max<size_t>(4096, device.info().memory_base_address_align_bytes);
  const auto bytes_of = [&](size_t i) { return std::max<size_t>(WeightBytes(plan.weights[i]), 1); };
  size_t total = 0;
  for (size_t i = 0; i < plan.weights.size(); ++i) {
    offsets_.push_back(total);
    total += (bytes_of(i) + alignment - 1) / alignment * alignment;
  }
  MACE_ASSIGN_OR_RETURN(block_, PageBlock::Allocate(std::max(total, alignment)));
  const auto place_of = [&](size_t i) {
    return MutableBytes(block_.bytes().data() + offsets_[i], bytes_of(i));
  };
  WeightSources sources(plan);
  MACE_RETURN_IF_ERROR(RunOnThreads(plan.weights.size(), sources.most_bytes(),
                                    [&](size_t i, FileScratch* scratch) -> Status {
                                      sources.Begin(i, scratch);
                                      MACE_RETURN_IF_ERROR(PackInto(plan.weights[i], place_of(i)));
                                      return sources.End(i, *scratch);
                                    }));
  // Afterwards: a driver may look at the bytes when a buffer is made.
  const bool in_one = WeightsFitOneBuffer(plan, device.info());
  if (in_one) {
    MACE_ASSIGN_OR_RETURN(all_weights_,
                          ClMemory::CreateOverHost(device, block_.bytes(), "weights"));
  }
  for (size_t i = 0; i < plan.weights.size(); ++i) {
    const std::string name = "weights " + plan.weights[i].name;
    StatusOr<ClMemory> memory =
        in_one ? ClMemory::CreateSubBuffer(all_weights_, offsets_[i], bytes_of(i), name)
               : ClMemory::CreateOverHost(device, place_of(i), name);
    if (!memory.ok()) return memory.status();
    weights_[i] = *std::move(memory);
    bytes_ += weights_[i].bytes();
  }
  return Status();
}

Status DeviceWeights::Create(const Plan& plan, ClQueue* queue) {
  weights_.resize(plan.weights.size());
  if (queue->device()->info().is_host()) return PackOnHost(plan, *queue->device());
  std::mutex mutex;
  WeightSources sources(plan);
  return RunOnThreads(plan.weights.size(), sources.most_bytes(),
                      [&](size_t i, FileScratch* scratch) -> Status {
                        sources.Begin(i, scratch);
                        StatusOr<ClMemory> memory = UploadWeights(plan.weights[i], queue);
                        MACE_RETURN_IF_ERROR(memory.status());
                        MACE_RETURN_IF_ERROR(sources.End(i, *scratch));
                        std::lock_guard<std::mutex> lock(mutex);
                        bytes_ += memory->bytes();
                        weights_[i] = *std::move(memory);
                        return Status();
                      });
}

}  // namespace mace
