#include "mace/cache/driver_records.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cache/crash_journal.h"

namespace mace {
namespace {

constexpr std::string_view kKeyBegin = "driver program ";
constexpr size_t kMaxRecordText = 1500;
// By DriverVerdict.
constexpr const char* kWords[] = {"proven", "load crashed", "build crashed", "use crashed",
                                  "refused"};

std::string KeyOf(const Sha256Digest& program) {
  return std::string(kKeyBegin) + ToHex(DigestBytes(program));
}

std::optional<DriverRecord> ParseRecord(const std::string& value) {
  const size_t end = std::min(value.find('\n'), value.size());
  const std::string_view word = std::string_view(value).substr(0, end);
  for (size_t i = 0; i < std::size(kWords); ++i) {
    if (word != kWords[i]) continue;
    return DriverRecord{static_cast<DriverVerdict>(i),
                        value.substr(std::min(end + 1, value.size()))};
  }
  return std::nullopt;
}

DriverRecord RecordOf(const Announcement& crashed) {
  const std::string of = crashed.what.empty() ? "" : " " + Printable(crashed.what);
  switch (crashed.step) {
    case DriverStep::kBuild:
      return {DriverVerdict::kBuildCrashed, "compiling" + of};
    case DriverStep::kLoad:
      return {DriverVerdict::kLoadCrashed, "loading the binary of" + of};
    case DriverStep::kUse:
      break;
  }
  const std::string note = crashed.note.empty() ? "" : ": " + Printable(crashed.note);
  return {DriverVerdict::kUseCrashed, "the first use of" + of + note};
}

const char* ConsequenceOf(DriverVerdict verdict) {
  switch (verdict) {
    case DriverVerdict::kLoadCrashed:
      return "it is compiled from source from now on";
    case DriverVerdict::kBuildCrashed:
      return "it is not compiled as a whole from now on";
    default:
      return "other kernels or the CPU are used from now on";
  }
}

// The variants that plans do without (mace/tune/excluded_records.h).
bool IsExclusion(const std::string& key) { return key.rfind("excluded variants ", 0) == 0; }

// Entries of the quarantine among tuning records.
bool IsQuarantine(const std::string& key, const std::string& value) {
  if (key.compare(0, kKeyBegin.size(), kKeyBegin) != 0) return false;
  const std::optional<DriverRecord> record = ParseRecord(value);
  return record.has_value() && record->verdict != DriverVerdict::kProven;
}

}  // namespace

const char* DriverVerdictName(DriverVerdict verdict) {
  return kWords[static_cast<size_t>(verdict)];
}

std::optional<DriverRecord> FindDriverRecord(CacheStore* store, const DeviceIdentity& device,
                                             const Sha256Digest& program) {
  if (store == nullptr) return std::nullopt;
  const std::optional<std::string> value = store->FindTuning(device, KeyOf(program));
  return value.has_value() ? ParseRecord(*value) : std::nullopt;
}

void AddDriverRecord(CacheStore* store, const DeviceIdentity& device, const Sha256Digest& program,
                     const DriverRecord& record) {
  if (store == nullptr) return;
  std::string value = DriverVerdictName(record.verdict);
  if (record.verdict != DriverVerdict::kProven)
    value += "\n" + record.text.substr(0, kMaxRecordText);
  const Status added = store->AddTuning(device, KeyOf(program), value);
  if (!added.ok()) Log(LogLevel::kInfo, "cache: what the driver did is lost: " + added.message());
}

bool HasAddedOnlyProofs(const CacheStore& store) {
  return store.HasAddedOnly([](const std::string& key, const std::string& value) {
    return key.compare(0, kKeyBegin.size(), kKeyBegin) == 0 &&
           value == DriverVerdictName(DriverVerdict::kProven);
  });
}

void TakeCrashes(CacheStore* store) {
  CrashJournal* const journal = store->journal();
  if (journal == nullptr) return;
  CrashJournal::TakeAbandoned(store->path(), [&](const std::vector<Announcement>& crashes) {
    const bool any_noted = std::any_of(crashes.begin(), crashes.end(),
                                       [](const Announcement& each) { return !each.note.empty(); });
    for (const Announcement& crashed : crashes) {
      // A session may use several programs together; only the one at work is to blame.
      if (crashed.step == DriverStep::kUse && crashed.note.empty() && any_noted) continue;
      const DriverRecord record = RecordOf(crashed);
      const char* const then = ConsequenceOf(record.verdict);
      Log(LogLevel::kWarning, "cache: an earlier start crashed, hung or was killed in " +
                                  record.text + ", on device '" + Printable(crashed.device.name) +
                                  "', driver " + Printable(crashed.device.driver_version) + ": " +
                                  then + "; `mace cache quarantine` lists and clears this");
      AddDriverRecord(store, crashed.device, crashed.program, record);
    }
    const Status written = store->TryFlush();
    if (!written.ok()) Log(LogLevel::kInfo, "cache: " + written.message());
    return written.ok();
  });
}

std::vector<QuarantinedProgram> ListQuarantine(const CacheFile& file) {
  std::vector<QuarantinedProgram> found;
  for (const TuningRecord& record : file.index().tuning) {
    if (!IsQuarantine(record.key, record.value)) continue;
    QuarantinedProgram entry;
    entry.device = file.index().devices[record.device];
    entry.record = *ParseRecord(record.value);
    const std::string digits = record.key.substr(kKeyBegin.size());
    if (sodium_hex2bin(entry.program.data(), entry.program.size(), digits.data(), digits.size(),
                       nullptr, nullptr, nullptr) != 0) {
      continue;
    }
    found.push_back(std::move(entry));
  }
  return found;
}

StatusOr<size_t> ClearQuarantine(const std::string& path, const RewriteOptions& options) {
  size_t announced = 0;
  CrashJournal::TakeAbandoned(path, [&](const std::vector<Announcement>& crashes) {
    announced = crashes.size();
    return true;
  });
  size_t removed = 0;
  MACE_ASSIGN_OR_RETURN(const auto present, CacheFile::Open(path, options.trust));
  const auto is_cleared = [](const auto& entry) {
    return IsQuarantine(entry.key, entry.value) || IsExclusion(entry.key);
  };
  const std::vector<TuningRecord>& records = (*present).index().tuning;
  if (std::none_of(records.begin(), records.end(), is_cleared)) return announced;
  const auto edit = [&](const Status& trusted, CacheContents* contents) {
    MACE_RETURN_IF_ERROR(trusted);
    std::vector<TuningEntry> kept;
    for (TuningEntry& entry : contents->tuning) {
      if (!is_cleared(entry)) kept.push_back(std::move(entry));
    }
    removed = contents->tuning.size() - kept.size();
    contents->tuning = std::move(kept);
    return Status();
  };
  MACE_RETURN_IF_ERROR(RewriteCacheFile(path, options, edit).status());
  return removed + announced;
}

}  // namespace mace
