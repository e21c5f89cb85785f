#include "mace/cache/contents.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace mace {
namespace {

// The bound on offsets and totals, which are 32-bit fields; table, tuning records and trailer come
// on top.
constexpr uint64_t kLargestOffset = std::numeric_limits<uint32_t>::max();

Status CheckDevice(const DeviceIdentity& device) {
  for (const auto text : kDeviceTexts) {
    if ((device.*text).size() > kLargestDeviceText) {
      return InvalidArgument("a device's text is too long");
    }
  }
  return Status::Ok();
}

// A text that is equal for two devices which are the same hardware.
std::string HardwareOf(const DeviceIdentity& device) {
  std::string text;
  for (const std::string* part : {&device.name, &device.vendor_name, &device.platform_name}) {
    text += std::to_string(part->size()) + ":" + *part;
  }
  return text;
}

// For what is new, under a text that names a source or a record: on which hardware it is there, and
// for which devices. A look-up costs the same however many devices there are.
class NewEntries {
 public:
  void Add(const std::string& text, const DeviceIdentity& device) {
    devices_[text + HardwareOf(device)].insert(EncodeDevice(device));
  }
  bool HasSameHardware(const std::string& text, const DeviceIdentity& device) const {
    return devices_.count(text + HardwareOf(device)) > 0;
  }
  // Whether it is there for the same hardware under another version of driver, device or platform.
  bool HasOtherVersion(const std::string& text, const DeviceIdentity& device) const {
    const auto found = devices_.find(text + HardwareOf(device));
    if (found == devices_.end()) return false;
    return found->second.size() > 1 || found->second.count(EncodeDevice(device)) == 0;
  }

 private:
  NameMap<std::set<std::string>> devices_;
};

// Names a source or a record apart from whatever text stands behind it.
std::string TextOf(const Sha256Digest& digest) { return std::string(digest.begin(), digest.end()); }
std::string TextOf(const std::string& key) { return std::to_string(key.size()) + ":" + key; }

size_t TableSize(const ProgramRecord& program) {
  if (program.kernels.empty()) return KernelEntry::kMinimumSize;
  size_t size = 0;
  for (const CachedKernel& kernel : program.kernels) {
    size += KernelEntry::kMinimumSize + kernel.name.size() + kernel.launch_shapes.size();
  }
  return size;
}

size_t TuningSize(const TuningEntry& entry) {
  return TuningRecord::kMinimumSize + entry.key.size() + entry.value.size();
}

size_t EncodedSize(const DeviceIdentity& device) { return EncodeDevice(device).size(); }

// Keeps the elements that `keep` marks.
template <typename T>
void Filter(std::vector<T>* values, const std::vector<bool>& keep) {
  size_t kept = 0;
  for (size_t i = 0; i < values->size(); ++i) {
    if (!keep[i]) continue;
    if (kept != i) (*values)[kept] = std::move((*values)[i]);
    ++kept;
  }
  values->resize(kept);
}

}  // namespace

Status CheckProgram(const ProgramRecord& program) {
  if (program.bytes == nullptr || program.bytes->empty()) {
    return InvalidArgument("a program without bytes");
  }
  if (!IsKnownKind(program.kind)) return InvalidArgument("a program of unknown kind");
  for (const CachedKernel& kernel : program.kernels) {
    if (kernel.name.size() > kLargestText || kernel.launch_shapes.size() > kLargestText) {
      return InvalidArgument("a kernel's name or launch shapes are too long");
    }
  }
  return CheckDevice(program.device);
}

Status CheckTuning(const TuningEntry& entry) {
  if (entry.key.empty()) return InvalidArgument("a tuning record without a key");
  if (entry.key.size() > kLargestText || entry.value.size() > kLargestText) {
    return InvalidArgument("a tuning record's key or value is too long");
  }
  return CheckDevice(entry.device);
}

size_t CacheContents::Merge(const std::vector<ProgramRecord>& new_programs,
                            const std::vector<TuningEntry>& new_tuning) {
  // Looked up by what makes an old entry go, so that the cost is not old times new.
  std::set<Sha256Digest> new_keys;
  NewEntries new_sources, new_records;
  for (const ProgramRecord& program : new_programs) {
    new_keys.insert(program.key);
    if (program.source_hash != Sha256Digest{}) {
      new_sources.Add(TextOf(program.source_hash), program.device);
    }
  }
  for (const TuningEntry& entry : new_tuning) new_records.Add(TextOf(entry.key), entry.device);

  size_t stale = 0;
  const auto program_goes = [&](const ProgramRecord& old) {
    if (new_keys.count(old.key) != 0) return true;
    const bool is_stale = new_sources.HasOtherVersion(TextOf(old.source_hash), old.device);
    stale += is_stale ? 1 : 0;
    return is_stale;
  };
  const auto record_goes = [&](const TuningEntry& old) {
    return new_records.HasSameHardware(TextOf(old.key), old.device);
  };
  programs.erase(std::remove_if(programs.begin(), programs.end(), program_goes), programs.end());
  tuning.erase(std::remove_if(tuning.begin(), tuning.end(), record_goes), tuning.end());
  programs.insert(programs.end(), new_programs.begin(), new_programs.end());
  tuning.insert(tuning.end(), new_tuning.begin(), new_tuning.end());
  return stale;
}

void CacheContents::Union(const CacheContents& newer) {
  std::set<Sha256Digest> new_keys;
  for (const ProgramRecord& program : newer.programs) new_keys.insert(program.key);
  const auto program_goes = [&](const ProgramRecord& old) { return new_keys.count(old.key) != 0; };
  NameSet new_records;
  const auto name_of = [](const TuningEntry& entry) {
    return TextOf(entry.key) + EncodeDevice(entry.device);
  };
  for (const TuningEntry& entry : newer.tuning) new_records.insert(name_of(entry));
  const auto record_goes = [&](const TuningEntry& old) {
    return new_records.count(name_of(old)) != 0;
  };
  programs.erase(std::remove_if(programs.begin(), programs.end(), program_goes), programs.end());
  tuning.erase(std::remove_if(tuning.begin(), tuning.end(), record_goes), tuning.end());
  programs.insert(programs.end(), newer.programs.begin(), newer.programs.end());
  tuning.insert(tuning.end(), newer.tuning.begin(), newer.tuning.end());
}

size_t CacheContents::EvictTo(uint64_t limit) {
  const uint64_t fixed =
      kMinimumHeaderSize + kSectionAlignment + kTrailerSize + kSignatureBlockSize;
  limit = std::min(limit, kLargestOffset);

  // Programs first, then tuning records; the newest first, and the last added first among equals.
  const size_t count = programs.size() + tuning.size();
  const auto last_used = [this](size_t i) {
    return i < programs.size() ? programs[i].last_used : tuning[i - programs.size()].last_used;
  };
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::make_tuple(last_used(a), a) > std::make_tuple(last_used(b), b);
  });

  uint64_t total = fixed, header = kMinimumHeaderSize, table = 0, records = 0;
  bool full = false;
  DeviceTable devices;  // Devices of kept entries: each costs its bytes once.
  std::vector<bool> keep_program(programs.size()), keep_tuning(tuning.size());
  size_t kept = 0;
  for (size_t i : order) {
    const bool is_program = i < programs.size();
    const uint64_t in_table = is_program ? TableSize(programs[i]) : 0;
    const uint64_t in_records = is_program ? 0 : TuningSize(tuning[i - programs.size()]);
    const DeviceIdentity& device =
        is_program ? programs[i].device : tuning[i - programs.size()].device;
    const uint64_t in_header = devices.Holds(device) ? 0 : EncodedSize(device);
    const uint64_t size = in_header + in_table + in_records +
                          (is_program ? AlignSection(programs[i].bytes->size()) : 0);
    // An entry that can never fit goes by itself, and does not take everything older with it.
    if (full || fixed + size > limit) continue;
    full = total + size > limit || header + in_header > kLargestHeader ||
           table + in_table > kLargestTable || records + in_records > kLargestTuning;
    if (full) continue;
    devices.IndexOf(device);
    total += size;
    header += in_header;
    table += in_table;
    records += in_records;
    (is_program ? keep_program[i] : keep_tuning[i - programs.size()]) = true;
    ++kept;
  }
  Filter(&programs, keep_program);
  Filter(&tuning, keep_tuning);
  return count - kept;
}

void CacheContents::Sort() {
  std::sort(programs.begin(), programs.end(),
            [](const ProgramRecord& a, const ProgramRecord& b) { return a.key < b.key; });
  std::sort(tuning.begin(), tuning.end(), [](const TuningEntry& a, const TuningEntry& b) {
    return a.key != b.key ? a.key < b.key : EncodeDevice(a.device) < EncodeDevice(b.device);
  });
}

uint32_t DeviceTable::IndexOf(const DeviceIdentity& device) {
  const auto [found, is_new] =
      numbers_.emplace(EncodeDevice(device), static_cast<uint32_t>(devices_.size()));
  if (is_new) devices_.push_back(device);
  return found->second;
}

bool DeviceTable::Holds(const DeviceIdentity& device) const {
  return numbers_.count(EncodeDevice(device)) > 0;
}

std::string DeviceTable::Encode() const {
  std::string bytes;
  for (const DeviceIdentity& device : devices_) bytes += EncodeDevice(device);
  return bytes;
}

DeviceTable CollectDevices(const CacheContents& contents) {
  DeviceTable devices;
  for (const ProgramRecord& program : contents.programs) devices.IndexOf(program.device);
  for (const TuningEntry& entry : contents.tuning) devices.IndexOf(entry.device);
  return devices;
}

uint64_t AlignSection(uint64_t offset) {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

}  // namespace mace
