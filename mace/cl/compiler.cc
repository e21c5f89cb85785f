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

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::Build(const ProgramRequest& request,
                                                                     bool* reused) {
  const DeviceInfo& info = device_->info();
  ProgramIdentity identity = {FinalSource(request, info), kBuildOptions, info};
  const Sha256Digest key = ProgramKey(identity);
  return built_.Get(
      key, [&] { return LoadOrCompile(std::move(identity), key, request); }, reused);
}

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::LoadOrCompile(
    ProgramIdentity identity, const Sha256Digest& key, const ProgramRequest& request) {
  auto built = std::make_shared<BuiltProgram>();
  built->kernels = request.kernels;
  built->identity = std::move(identity);
  built->key = key;
  const std::string what = Describe(request.kernels);
  built->program = TryCache(built.get(), what);
  if (built->program != nullptr) {
    built->identity.source = std::string();
    return std::shared_ptr<const BuiltProgram>(std::move(built));
  }
  if (CacheIsRequired()) {
    return NotFound("MACE_REQUIRE_CACHE=1 forbids compiling " + what + ": not in the cache" +
                    (store_ == nullptr ? ", none is set" : " " + store_->path()));
  }
  Log(LogLevel::kInfo, "compiling " + what);
  MACE_ASSIGN_OR_RETURN(built->program,
                        ClProgram::FromSource(device_, built->identity.source, what));
  built->from_source = true;
  return std::shared_ptr<const BuiltProgram>(std::move(built));
}

StatusOr<std::shared_ptr<const BuiltProgram>> ProgramCompiler::BuildTrial(
    const std::string& source, const std::string& what) const {
  if (CacheIsRequired()) return NotFound("MACE_REQUIRE_CACHE=1 forbids compiling " + what);
  auto built = std::make_shared<BuiltProgram>();
  MACE_ASSIGN_OR_RETURN(built->program, ClProgram::FromSource(device_, source, what));
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
  StatusOr<std::shared_ptr<ClProgram>> program =
      ClProgram::FromBinary(device_, cached->bytes, what);
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
