#include "mace/execute/device_tensors.h"

namespace mace {

DeviceTensors::~DeviceTensors() {
  while (!regions_.empty()) regions_.pop_back();
}

Status DeviceTensors::CreateArena(size_t bytes, ClQueue* queue) {
  const ClDevice& device = *queue->device();
  const std::string name = "activation arena";
  if (device.info().is_host()) {
    MACE_ASSIGN_OR_RETURN(arena_block_, PageBlock::Allocate(bytes));
    MACE_ASSIGN_OR_RETURN(arena_, ClMemory::CreateOverHost(device, arena_block_.bytes(), name));
  } else {
    MACE_ASSIGN_OR_RETURN(arena_, ClMemory::CreateBuffer(device, bytes, name));
    MACE_RETURN_IF_ERROR(queue->FillZero(arena_, name));
  }
  bytes_ += arena_.bytes();
  return Status();
}

StatusOr<ClMemory> DeviceTensors::PartOfArena(const MemoryRegion& region, const ClDevice& device,
                                              const std::string& name) const {
  MACE_ASSIGN_OR_RETURN(ClMemory part,
                        ClMemory::CreateSubBuffer(arena_, region.offset_bytes, region.bytes, name));
  if (region.storage == Storage::kBuffer) return part;
  return ClMemory::CreateImageOver(
      device, part,
      {region.image_width, region.image_height, region.image_pitch_bytes, region.precision}, name);
}

StatusOr<ClMemory> DeviceTensors::OwnMemory(const MemoryRegion& region, const ClDevice& device,
                                            const std::string& name) {
  if (region.storage == Storage::kBuffer) return ClMemory::CreateBuffer(device, region.bytes, name);
  return ClMemory::CreateImage(device, region.image_width, region.image_height, region.precision,
                               name);
}

Status DeviceTensors::CreateRegions(const Plan& plan, ClQueue* queue) {
  const ClDevice& device = *queue->device();
  if (plan.arena_bytes > 0) MACE_RETURN_IF_ERROR(CreateArena(plan.arena_bytes, queue));
  for (size_t i = 0; i < plan.regions.size(); ++i) {
    const MemoryRegion& region = plan.regions[i];
    const std::string name = "region " + std::to_string(i);
    if (region.in_arena()) {
      MACE_ASSIGN_OR_RETURN(ClMemory memory, PartOfArena(region, device, name));
      regions_.push_back(std::move(memory));
      continue;
    }
    // Another region of the pool stands for this one.
    if (region.bytes == 0) {
      regions_.emplace_back();
      continue;
    }
    MACE_ASSIGN_OR_RETURN(ClMemory memory, OwnMemory(region, device, name));
    MACE_RETURN_IF_ERROR(queue->FillZero(memory, name));
    bytes_ += memory.bytes();
    regions_.push_back(std::move(memory));
  }
  return Status();
}

}  // namespace mace
