#include "mace/runtime/device_tensors.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "mace/base/half.h"

namespace mace {
namespace {

constexpr size_t kMostPackingThreads = 8;

Bytes AsBytes(const std::vector<float>& values) {
  return Bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float));
}

Bytes AsBytes(const std::vector<uint16_t>& values) {
  return Bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(uint16_t));
}

StatusOr<ClMemory> UploadWeights(const PackedWeights& weights, bool half, ClQueue* queue) {
  const DeviceInfo& info = queue->device()->info();
  const std::string name = "weights " + weights.name;
  const size_t bytes = weights.elements * (half ? sizeof(uint16_t) : sizeof(float));
  MACE_ASSIGN_OR_RETURN(ClMemory memory, ClMemory::CreateBuffer(*queue->device(), bytes, name));
  if (weights.elements == 0) return memory;
  if (!half && info.host_unified_memory) {
    MACE_ASSIGN_OR_RETURN(MutableBytes mapped, queue->Map(memory, bytes, true, name));
    weights.pack(reinterpret_cast<float*>(mapped.data()));
    MACE_RETURN_IF_ERROR(queue->Unmap(memory, mapped, name));
    return memory;
  }
  std::vector<float> packed(weights.elements);
  weights.pack(packed.data());
  if (half) {
    std::vector<uint16_t> halves(packed.size());
    FloatsToHalves(packed, halves);
    MACE_RETURN_IF_ERROR(queue->Write(memory, AsBytes(halves), name));
  } else {
    MACE_RETURN_IF_ERROR(queue->Write(memory, AsBytes(packed), name));
  }
  return memory;
}

// Calls work(0) … work(count - 1), on this thread and on others.
template <typename Work>
void RunOnThreads(size_t count, const Work& work) {
  std::atomic<size_t> next{0};
  auto loop = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  const size_t wanted = std::min<size_t>(
      {count, kMostPackingThreads, std::max(1u, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  threads.reserve(wanted);
  try {
    while (threads.size() + 1 < wanted) threads.emplace_back(loop);
  } catch (const std::system_error&) {
    // No more threads to be had: those that there are do the work.
  }
  loop();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

DeviceTensors::~DeviceTensors() {
  while (!regions_.empty()) regions_.pop_back();
}

Status DeviceTensors::CreateRegions(const Plan& plan, ClQueue* queue) {
  const ClDevice& device = *queue->device();
  if (plan.arena_bytes > 0) {
    MACE_ASSIGN_OR_RETURN(arena_,
                          ClMemory::CreateBuffer(device, plan.arena_bytes, "activation arena"));
    MACE_RETURN_IF_ERROR(queue->FillZero(arena_, "activation arena"));
    bytes_ += arena_.bytes();
  }
  for (size_t i = 0; i < plan.regions.size(); ++i) {
    const MemoryRegion& region = plan.regions[i];
    const std::string name = "region " + std::to_string(i);
    if (region.storage == Storage::kBuffer) {
      MACE_ASSIGN_OR_RETURN(ClMemory memory, ClMemory::CreateSubBuffer(arena_, region.offset_bytes,
                                                                       region.bytes, name));
      regions_.push_back(std::move(memory));
      continue;
    }
    // Its tensors lie in an image of the pool that another region stands for.
    if (region.image_width == 0) {
      regions_.emplace_back();
      continue;
    }
    MACE_ASSIGN_OR_RETURN(ClMemory memory,
                          ClMemory::CreateImage(device, region.image_width, region.image_height,
                                                region.precision, name));
    MACE_RETURN_IF_ERROR(queue->FillZero(memory, name));
    bytes_ += memory.bytes();
    regions_.push_back(std::move(memory));
  }
  return Status();
}

Status DeviceTensors::CreateWeights(const Plan& plan, ClQueue* queue) {
  weights_.resize(plan.weights.size());
  std::mutex mutex;
  Status first_error;
  RunOnThreads(plan.weights.size(), [&](size_t i) {
    const PackedWeights& weights = plan.weights[i];
    StatusOr<ClMemory> memory = UploadWeights(weights, !weights.keep_float32, queue);
    std::lock_guard<std::mutex> lock(mutex);
    if (!memory.ok()) {
      if (first_error.ok()) first_error = memory.status();
      return;
    }
    bytes_ += memory->bytes();
    weights_[i] = *std::move(memory);
  });
  return first_error;
}

}  // namespace mace
