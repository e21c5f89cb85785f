#include "mace/cl/compiler.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "mace/base/clock.h"
#include "mace/base/coding.h"
#include "mace/base/hash.h"
#include "mace/base/log.h"
#include "mace/base/start_trace.h"
#include "mace/base/strings.h"
#include "mace/cache/ptx_records.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/machine_code.h"
#include "mace/cl/nvidia/cubin.h"

namespace mace {
namespace {

// The kernels' names, for messages.
std::string Describe(const std::vector<CachedKernel>& kernels) {
  constexpr size_t kMax = 6;
  std::vector<std::string> names;
  for (size_t i = 0; i < kernels.size() && i < kMax; ++i) names.push_back(kernels[i].name);
  if (kernels.size() > kMax) {
    names.push_back("and " + std::to_string(kernels.size() - kMax) + " more");
  }
  return (kernels.size() == 1 ? "kernel " : "kernels ") + Join(names, ", ");
}

// kUnsupported for a program that is neither loaded nor compiled as a whole.
Status CheckRecord(const std::optional<DriverRecord>& record, const std::string& what) {
  if (!record.has_value()) return Status();
  switch (record->verdict) {
    case DriverVerdict::kProven:
    case DriverVerdict::kLoadCrashed:
      return Status();
    case DriverVerdict::kRefused:
      return Unsupported(what + ": refused by the driver before: " + record->text);
    case DriverVerdict::kBuildCrashed:
    case DriverVerdict::kUseCrashed:
      break;
  }
  return Unsupported(what + ": an earlier start crashed in " + record->text);
}

// The text that is compiled, with the launch shapes where the driver's binary depends on them. They
// are a comment, for a reader, and a name in the code: PoCL's own folder has one program for all
// texts that differ in comments alone, and would add the code of other launches to the binary.
std::string FinalSource(const ProgramRequest& request, const DeviceInfo& info) {
  std::string source = request.source;
  if (info.vendor != DeviceVendor::kPocl) return source;
  std::string launches = "\n// Launched as:\n";
  for (const CachedKernel& kernel : request.kernels) {
    launches += "//   " + kernel.name + " " + kernel.launch_shapes + "\n";
  }
  const Sha256Digest digest = Sha256(AsBytes(launches));
  return source + launches + "typedef int launches_" + ToHex(DigestBytes(digest)) + ";\n";
}

// The records of one program as its driver gave it: NVIDIA's PTX also as machine code, which needs
// no assembler at the next start.
std::vector<ProgramRecord> MakeRecords(const BuiltProgram& built, const std::string& binary,
                                       const ClDevice& device) {
  const auto bytes_of = [](const std::string& text) {
    return std::make_shared<const std::vector<uint8_t>>(text.begin(), text.end());
  };
  ProgramRecord record;
  record.key = built.key;
  record.source_hash = SourceHash(built.identity.source, built.identity.build_options);
  record.device = built.identity.device;
  record.kind = SectionKind::kDriverBinary;
  record.kernels = built.kernels;
  record.bytes = bytes_of(binary);
  if (!IsPtx(binary)) return {record};
  record.kind = SectionKind::kPtx;
  StatusOr<std::string> cubin = AssembleCubin(binary, device);
  if (!cubin.ok()) {
    Log(LogLevel::kWarning, "cache: PTX is kept, not machine code: " + cubin.status().message());
    return {record};
  }
  return MakePtxRecords(std::move(record), *cubin, built.identity.source,
                        built.identity.build_options);
}

}  // namespace

bool CacheIsRequired() {
  const char* value = std::getenv("MACE_REQUIRE_CACHE");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

// Ends an announcement.
class ProgramCompiler::Announced {
 public:
  Announced(CrashJournal* journal, const Announcement& step) : journal_(journal) {
    if (journal_ != nullptr) number_ = journal_->Begin({step}, /*durable=*/true);
  }
  ~Announced() {
    if (number_.has_value()) journal_->End(*number_);
  }
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;

 private:
  CrashJournal* const journal_;
  std::optional<uint64_t> number_;
};

std::unique_ptr<ProgramCompiler::Announced> ProgramCompiler::Announce(
    DriverStep step, const Sha256Digest& key, const std::string& what) const {
  CrashJournal* const journal = store_ == nullptr ? nullptr : store_->journal();
  return std::make_unique<Announced>(journal, Announcement{step, key, device_->info(), what, ""});
}

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::Build(const ProgramRequest& request,
                                                                     bool* reused) {
  const DeviceInfo& info = device_->info();
  ProgramIdentity identity = {FinalSource(request, info), kBuildOptions, info};
  const Sha256Digest key = ProgramKey(identity);
  return built_.Get(
      key, [&] { return LoadOrCompile(std::move(identity), key, request); }, reused);
}

std::optional<DriverRecord> ProgramCompiler::RecordOf(const ProgramRequest& request) const {
  const DeviceInfo& info = device_->info();
  return FindDriverRecord(store_.get(), info,
                          ProgramKey({FinalSource(request, info), kBuildOptions, info}));
}

Status ProgramCompiler::CheckUsable(const ProgramRequest& request) const {
  return CheckRecord(RecordOf(request), Describe(request.kernels));
}

std::unique_ptr<FirstUse> ProgramCompiler::FirstUseOf(
    const std::vector<std::shared_ptr<const BuiltProgram>>& programs, bool durable) const {
  if (store_ == nullptr || store_->journal() == nullptr) return nullptr;
  std::vector<FirstUse::Program> unproven;
  for (size_t i = 0; i < programs.size(); ++i) {
    const BuiltProgram& built = *programs[i];
    if (built.proven) continue;
    const std::string what =
        built.kernels.empty() ? "kernels to be measured" : Describe(built.kernels);
    unproven.push_back({i, built.key, what, !built.from_source});
  }
  if (unproven.empty()) return nullptr;
  return std::make_unique<FirstUse>(store_, device_->info(), std::move(unproven), durable);
}

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::LoadOrCompile(
    ProgramIdentity identity, const Sha256Digest& key, const ProgramRequest& request) {
  auto built = std::make_shared<BuiltProgram>();
  built->kernels = request.kernels;
  built->identity = std::move(identity);
  built->key = key;
  const std::string what = Describe(request.kernels);
  const std::optional<DriverRecord> record = FindDriverRecord(store_.get(), device_->info(), key);
  MACE_RETURN_IF_ERROR(CheckRecord(record, what));
  const bool has_crashed = record && record->verdict == DriverVerdict::kLoadCrashed;
  built->proven = record && record->verdict == DriverVerdict::kProven;
  if (!has_crashed) built->program = TryCache(built.get(), what);
  if (built->program != nullptr) {
    built->identity.source = std::string();
    return std::shared_ptr<const BuiltProgram>(std::move(built));
  }
  built->proven = false;
  if (CacheIsRequired()) {
    return NotFound("MACE_REQUIRE_CACHE=1 forbids compiling " + what + ": " +
                    (has_crashed         ? "its binary crashed the driver before"
                     : store_ == nullptr ? "not in the cache, none is set"
                                         : "not in the cache " + store_->path()));
  }
  Log(LogLevel::kInfo, "compiling " + what);
  MACE_ASSIGN_OR_RETURN(built->program, Compile(built->identity.source, key, what));
  built->from_source = true;
  // A binary that is never loaded is not stored.
  built->keeping->done = has_crashed;
  return std::shared_ptr<const BuiltProgram>(std::move(built));
}

StatusOr<std::shared_ptr<ClProgram>> ProgramCompiler::Compile(const std::string& source,
                                                              const Sha256Digest& key,
                                                              const std::string& what) const {
  const std::unique_ptr<Announced> announced = Announce(DriverStep::kBuild, key, what);
  StatusOr<std::shared_ptr<ClProgram>> program = ClProgram::FromSource(device_, source, what);
  if (program.status().code() == StatusCode::kUnsupported) {
    AddDriverRecord(store_.get(), device_->info(), key,
                    {DriverVerdict::kRefused, program.status().message()});
  }
  return program;
}

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::BuildTrial(
    const std::string& source, const std::string& what) const {
  if (CacheIsRequired()) return NotFound("MACE_REQUIRE_CACHE=1 forbids compiling " + what);
  auto built = std::make_shared<BuiltProgram>();
  built->key = ProgramKey({source, kBuildOptions, device_->info()});
  MACE_RETURN_IF_ERROR(
      CheckRecord(FindDriverRecord(store_.get(), device_->info(), built->key), what));
  MACE_ASSIGN_OR_RETURN(built->program, Compile(source, built->key, what));
  built->from_source = true;
  return std::shared_ptr<const BuiltProgram>(std::move(built));
}

std::shared_ptr<ClProgram> ProgramCompiler::TryCache(BuiltProgram* built, const std::string& what) {
  if (store_ == nullptr) return nullptr;
  std::shared_ptr<ClProgram> program = TryEntry(built->key, built, what);
  const Sha256Digest ptx = PtxKey(built->key);
  if (program == nullptr && store_->HasProgram(ptx)) program = TryEntry(ptx, built, what);
  return program;
}

std::shared_ptr<ClProgram> ProgramCompiler::TryEntry(const Sha256Digest& key, BuiltProgram* built,
                                                     const std::string& what) {
  const double begin = MonotonicMilliseconds();
  StatusOr<CachedProgram> cached = store_->FindProgram(key);
  RecordStartPart("cache read", begin, MonotonicMilliseconds());
  if (!cached.ok()) {
    // Not to be there is ordinary; to be unusable is worth a line.
    const bool absent = cached.status().code() == StatusCode::kNotFound;
    Log(absent ? LogLevel::kInfo : LogLevel::kWarning,
        "cache miss: " + what + ": " + cached.status().message());
    return nullptr;
  }
  std::unique_ptr<Announced> announced;
  if (!built->proven) announced = Announce(DriverStep::kLoad, built->key, what);
  StatusOr<std::shared_ptr<ClProgram>> program =
      ClProgram::FromBinary(device_, cached->bytes, what);
  announced.reset();
  if (!program.ok()) {
    Log(LogLevel::kWarning,
        "cache miss: the driver refuses the binary of " + what + ": " + program.status().message());
    return nullptr;
  }
  built->loaded_bytes = cached->bytes.size();
  return *program;
}

Status ProgramCompiler::Keep(Span<const std::shared_ptr<const BuiltProgram>> programs) {
  if (store_ == nullptr) return Status();
  for (const std::shared_ptr<const BuiltProgram>& built : programs) {
    if (!built->from_source) continue;
    std::lock_guard<std::mutex> lock(built->keeping->mutex);
    if (built->keeping->done) continue;
    MACE_ASSIGN_OR_RETURN(const std::string binary, built->program->Binary());
    for (ProgramRecord& record : MakeRecords(*built, binary, *device_)) {
      MACE_RETURN_IF_ERROR(store_->AddProgram(std::move(record)));
    }
    built->keeping->done = true;
  }
  return Status();
}

Status ProgramCompiler::Save() {
  if (store_ == nullptr) return Status();
  MACE_RETURN_IF_ERROR(store_->Flush());
  return StoreLayerPrograms();
}

Status ProgramCompiler::SaveAfterFirstUse(
    Span<const std::shared_ptr<const BuiltProgram>> programs) {
  MACE_RETURN_IF_ERROR(Keep(programs));
  return Save();
}

std::optional<std::string> ProgramCompiler::FindTuning(const std::string& signature) const {
  if (store_ == nullptr) return std::nullopt;
  return store_->FindTuning(device_->info(), signature);
}

Status ProgramCompiler::AddTuning(const std::string& signature, const std::string& choice) {
  if (store_ == nullptr) return Status();
  return store_->AddTuning(device_->info(), signature, choice);
}

Status ProgramCompiler::AddMeasurement(const std::string& signature, const std::string& choice) {
  MACE_RETURN_IF_ERROR(AddTuning(signature, choice));
  // In memory nothing is lost before the process is.
  if (store_ == nullptr || store_->is_memory()) return Status();
  const Status saved = store_->TryFlush();
  if (!saved.ok() && !said_not_saved_.exchange(true)) {
    Log(LogLevel::kInfo, "cache: measurements are written later: " + saved.message());
  }
  return Status();
}

}  // namespace mace
