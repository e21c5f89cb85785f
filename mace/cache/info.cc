#include "mace/cache/info.h"

#include "mace/cache/cache_file.h"
#include "mace/cache/file_owner.h"

namespace mace {

StatusOr<CacheFileInfo> ReadCacheFileInfo(const std::string& path) {
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  MACE_ASSIGN_OR_RETURN(const auto cache, CacheFile::Open(path, anyone));
  const CacheIndex& index = cache->index();

  CacheFileInfo info;
  info.path = path;
  info.owner = cache->file().owner();
  info.mode = cache->file().mode();
  info.distrust = CheckCacheFileOwner(cache->file()).message();
  info.header = index.header;
  info.trailer = index.trailer;
  info.sections = static_cast<uint32_t>(DistinctSections(index.kernels).size());
  for (const DeviceIdentity& device : index.devices) {
    info.devices.emplace_back();
    info.devices.back().device = device;
  }
  for (uint32_t i = 0; i < index.kernels.size(); ++i) {
    const KernelEntry& entry = index.kernels[i];
    CacheDeviceInfo& device = info.devices[entry.device];
    ++device.kernels;
    const std::vector<uint32_t>& kernels = index.programs.at(entry.program_key);
    if (kernels[0] != i) continue;  // Not the first entry of its program.
    ++device.programs;
    device.binary_bytes += entry.section_size;
    info.programs.push_back(CacheProgramInfo{entry.program_key, entry.source_hash, entry.device,
                                             entry.kind, entry.section_offset, entry.section_size,
                                             entry.last_used, cache->KernelsOf(kernels)});
  }
  for (const TuningRecord& record : index.tuning) ++info.devices[record.device].tuning_records;
  info.tuning = index.tuning;
  return info;
}

std::string VersionText(uint32_t version) {
  return std::to_string(version >> 16) + "." + std::to_string(version & 0xFFFF);
}

}  // namespace mace
