#include "mace/cache/store.h"

#include <algorithm>
#include <utility>

#include "mace/cache/rewrite.h"

namespace mace {
namespace {

// Names a tuning record across devices; the device's own encoding ends where the key begins.
std::string TuningName(const DeviceIdentity& device, const std::string& key) {
  return EncodeDevice(device) + key;
}

RewriteOptions RewriteWith(const CacheStoreOptions& options, int lock_wait_milliseconds) {
  RewriteOptions rewrite;
  rewrite.trust = options.trust;
  rewrite.lock_wait_milliseconds = lock_wait_milliseconds;
  rewrite.signing_key = options.signing_key;
  return rewrite;
}

}  // namespace

CacheStore::CacheStore(CachePlace place, const CacheStoreOptions& options)
    : place_(std::move(place)), path_(place_.name()), options_(options) {}

std::unique_ptr<CacheStore> CacheStore::Open(const std::string& path,
                                             const CacheStoreOptions& options) {
  return Open(CachePlace::OfPath(path), options);
}

std::unique_ptr<CacheStore> CacheStore::Open(CachePlace place, const CacheStoreOptions& options) {
  std::unique_ptr<CacheStore> store(new CacheStore(std::move(place), options));
  StatusOr<std::shared_ptr<const CacheFile>> file = store->place_.Open(options.trust);
  const bool needs_key =
      options.trust.public_key.has_value() || (file.ok() && (*file)->index().header.is_signed());
  if (store->is_path() && !options.read_only && (!needs_key || options.signing_key.has_value())) {
    store->journal_ = std::make_unique<CrashJournal>(store->path());
  }
  if (file.ok()) {
    store->file_ = *std::move(file);
    store->status_ = CacheFileStatus::kWarm;
    return store;
  }
  const bool missing = file.status().code() == StatusCode::kNotFound;
  store->status_ = missing ? CacheFileStatus::kCold : CacheFileStatus::kRejected;
  store->reason_ = file.status().message();
  return store;
}

StatusOr<CachedProgram> CacheStore::FindProgram(const Sha256Digest& key) {
  std::shared_ptr<const CacheFile> file;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto added = added_.programs.find(key);
    if (added != added_.programs.end()) {
      const ProgramRecord& program = *added->second;
      ++counters_.hits;
      counters_.loaded_bytes += program.bytes->size();
      return CachedProgram{*program.bytes, program.kind, program.kernels};
    }
    file = file_;
    const bool known = file != nullptr && file->index().programs.count(key) != 0;
    if (!known) {
      ++counters_.misses;
      return NotFound(path_ + ": does not hold the program");
    }
  }
  const std::vector<uint32_t>& kernels = file->index().programs.at(key);
  const KernelEntry& entry = file->index().kernels[kernels[0]];
  StatusOr<std::vector<uint8_t>> bytes =
      IsKnownKind(entry.kind)
          ? file->ReadSection(entry)
          : StatusOr<std::vector<uint8_t>>(NotFound(path_ + ": holds a program of unknown kind"));
  std::lock_guard<std::mutex> lock(mutex_);
  if (!bytes.ok()) {
    ++counters_.misses;
    if (bytes.status().code() != StatusCode::kNotFound) ++counters_.damaged;
    return bytes.status();
  }
  ++counters_.hits;
  counters_.loaded_bytes += bytes->size();
  added_.used_programs.insert(key);
  return CachedProgram{*std::move(bytes), entry.kind, file->KernelsOf(kernels)};
}

bool CacheStore::HasProgram(const Sha256Digest& key) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return added_.programs.count(key) != 0 ||
         (file_ != nullptr && file_->index().programs.count(key) != 0);
}

Status CacheStore::AddProgram(ProgramRecord program) {
  MACE_RETURN_IF_ERROR(CheckProgram(program).WithPrefix(path_));
  const Sha256Digest key = program.key;
  auto shared = std::make_shared<const ProgramRecord>(std::move(program));
  std::lock_guard<std::mutex> lock(mutex_);
  added_.programs[key] = std::move(shared);
  return Status::Ok();
}

std::optional<std::string> CacheStore::FindTuning(const DeviceIdentity& device,
                                                  const std::string& key) {
  const std::string name = TuningName(device, key);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto added = added_.tuning.find(name);
  if (added != added_.tuning.end()) return added->second->value;
  const std::string* value = file_ != nullptr ? file_->FindTuning(device, key) : nullptr;
  if (value == nullptr) return std::nullopt;
  added_.used_tuning.insert(name);
  return *value;
}

std::vector<CacheStore::DeviceTuning> CacheStore::FindTuningOfAllDevices(
    const std::string& key) const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<DeviceTuning> found;
  for (const auto& [name, entry] : added_.tuning) {
    if (entry->key == key) found.push_back({entry->device, entry->value});
  }
  if (file_ == nullptr) return found;
  const CacheIndex& index = file_->index();
  for (const TuningRecord& record : index.tuning) {
    if (record.key != key) continue;
    const DeviceIdentity& device = index.devices[record.device];
    if (added_.tuning.count(TuningName(device, key)) == 0) found.push_back({device, record.value});
  }
  return found;
}

Status CacheStore::AddTuning(const DeviceIdentity& device, const std::string& key,
                             const std::string& value) {
  auto entry = std::make_shared<const TuningEntry>(TuningEntry{device, key, value, 0});
  MACE_RETURN_IF_ERROR(CheckTuning(*entry).WithPrefix(path_));
  std::string name = TuningName(device, key);
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string* known = file_ != nullptr ? file_->FindTuning(device, key) : nullptr;
  if (known != nullptr && *known == value) {
    // Not worth rewriting the file for; the entry only counts as used.
    added_.tuning.erase(name);
    added_.used_tuning.insert(std::move(name));
    return Status::Ok();
  }
  added_.tuning[std::move(name)] = std::move(entry);
  return Status::Ok();
}

bool CacheStore::dirty() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return !added_.programs.empty() || !added_.tuning.empty();
}

bool CacheStore::HasAddedOnly(
    const std::function<bool(const std::string& key, const std::string& value)>& predicate) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!added_.programs.empty() || added_.tuning.empty()) return false;
  return std::all_of(added_.tuning.begin(), added_.tuning.end(), [&](const auto& added) {
    return predicate(added.second->key, added.second->value);
  });
}

size_t CacheStore::unwritten_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  for (const auto& [key, program] : added_.programs) bytes += program->bytes->size();
  return bytes;
}

bool CacheStore::AnyTuning(
    const std::function<bool(const std::string& key, const std::string& value)>& predicate) const {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [name, entry] : added_.tuning) {
    if (predicate(entry->key, entry->value)) return true;
  }
  if (file_ == nullptr) return false;
  const std::vector<TuningRecord>& records = file_->index().tuning;
  return std::any_of(records.begin(), records.end(), [&](const TuningRecord& record) {
    return predicate(record.key, record.value);
  });
}

Status CacheStore::Flush() {
  if (options_.read_only) return Status::Ok();
  std::lock_guard<std::mutex> flush_lock(flush_mutex_);
  return FlushLocked(options_.lock_wait_milliseconds);
}

Status CacheStore::CheckWritable() {
  if (options_.read_only) return Status::Ok();
  std::lock_guard<std::mutex> flush_lock(flush_mutex_);
  return place_.CheckWritable(RewriteWith(options_, options_.lock_wait_milliseconds));
}

Status CacheStore::TryFlush() {
  if (options_.read_only) return Status::Ok();
  std::unique_lock<std::mutex> flush_lock(flush_mutex_, std::try_to_lock);
  if (!flush_lock.owns_lock()) {
    return FailedPrecondition(path_ + ": another thread writes the file");
  }
  return FlushLocked(0);
}

Status CacheStore::FlushLocked(int lock_wait_milliseconds) {
  Additions additions;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (added_.programs.empty() && added_.tuning.empty()) return Status::Ok();
    additions = added_;
  }
  CacheCounters counters;
  const RewriteOptions rewrite = RewriteWith(options_, lock_wait_milliseconds);
  MACE_ASSIGN_OR_RETURN(auto file,
                        place_.Rewrite(rewrite, [&](const Status&, CacheContents* contents) {
                          // A file that cannot be used counts as an empty one here too.
                          MergeAdditions(additions, contents, &counters);
                          return Status::Ok();
                        }));
  counters.written_bytes = file->size();
  RemoveWritten(additions, std::move(file), counters);
  return Status::Ok();
}

StatusOr<std::vector<uint8_t>> CacheStore::ReadAll() const {
  std::shared_ptr<const CacheFile> file;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    file = file_;
  }
  std::vector<uint8_t> bytes;
  if (file == nullptr) return bytes;
  bytes.resize(static_cast<size_t>(file->size()));
  MACE_RETURN_IF_ERROR(file->ReadAt(0, bytes));
  return bytes;
}

bool CacheStore::IsNews(const Status& failure) {
  std::lock_guard<std::mutex> lock(mutex_);
  return failure.message() != reason_ && told_.insert(failure.message()).second;
}

void CacheStore::MergeAdditions(const Additions& additions, CacheContents* contents,
                                CacheCounters* counters) const {
  for (ProgramRecord& program : contents->programs) {
    if (additions.used_programs.count(program.key) != 0) program.last_used = contents->generation;
  }
  for (TuningEntry& entry : contents->tuning) {
    const bool used = additions.used_tuning.count(TuningName(entry.device, entry.key)) != 0;
    if (used) entry.last_used = contents->generation;
  }

  std::vector<ProgramRecord> programs;
  for (const auto& [key, program] : additions.programs) {
    programs.push_back(*program);
    programs.back().last_used = contents->generation;
  }
  // A hash map's order changes from run to run, a file's should not.
  std::sort(programs.begin(), programs.end(),
            [](const ProgramRecord& a, const ProgramRecord& b) { return a.key < b.key; });
  std::vector<TuningEntry> tuning;
  for (const auto& [name, entry] : additions.tuning) {
    tuning.push_back(*entry);
    tuning.back().last_used = contents->generation;
  }
  std::sort(tuning.begin(), tuning.end(),
            [](const TuningEntry& a, const TuningEntry& b) { return a.key < b.key; });
  counters->stale = contents->Merge(programs, tuning);
  counters->evicted = contents->EvictTo(options_.size_limit);
}

void CacheStore::RemoveWritten(const Additions& written, std::shared_ptr<const CacheFile> file,
                               const CacheCounters& counters) {
  std::lock_guard<std::mutex> lock(mutex_);
  file_ = std::move(file);
  const auto drop = [](const auto& done, auto* added) {
    for (const auto& [key, value] : done) {
      const auto found = added->find(key);
      if (found != added->end() && found->second == value) added->erase(found);
    }
  };
  drop(written.programs, &added_.programs);
  drop(written.tuning, &added_.tuning);
  // The entries stay marked as used, so a later Flush of this process still finds them used.
  for (const auto& [key, program] : written.programs) added_.used_programs.insert(key);
  for (const auto& [name, entry] : written.tuning) added_.used_tuning.insert(name);
  counters_.written_bytes += counters.written_bytes;
  counters_.stale += counters.stale;
  counters_.evicted += counters.evicted;
}

CacheCounters CacheStore::counters() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counters_;
}

}  // namespace mace
