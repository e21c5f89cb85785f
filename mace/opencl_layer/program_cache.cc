#include "mace/opencl_layer/program_cache.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "mace/base/coding.h"
#include "mace/base/strings.h"
#include "mace/cache/program_key.h"
#include "mace/cache/ptx_records.h"
#include "mace/cl/nvidia/cubin.h"
#include "mace/cl/pocl/reproducible_binary.h"
#include "mace/opencl_layer/device_identity.h"
#include "mace/opencl_layer/scope.h"
#include "mace/opencl_layer/settings.h"
#include "mace/opencl_layer/source_check.h"
#include "mace/opencl_layer/stores.h"

namespace mace {
namespace {

using Clock = std::chrono::steady_clock;

// Separates the launch shapes of a kernel in the file.
constexpr char kBetweenShapes = ';';
// Far above any real binary; a limit is needed because a driver's answer may be wrong.
constexpr size_t kMaxBinaryBytes = size_t{1} << 30;

std::string ShortName(const TrackedProgram& program) {
  return ToHex(DigestBytes(program.key)).substr(0, 12);
}

std::string Milliseconds(Clock::time_point since) {
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since);
  return std::to_string(spent.count() / 1000) + "." + std::to_string(spent.count() / 100 % 10) +
         " ms";
}

// The source in the key: with the files that it includes.
std::string KeyedSource(const TrackedProgram& program) {
  if (program.files.empty()) return program.source;
  return program.source + "\n// Included:\n" + program.files;
}

// Whether the included files are still those that the driver read.
bool FilesAreTheSame(const TrackedProgram& program) {
  if (program.files.empty()) return true;
  std::string now;
  return WhyNotCacheable(program.source, program.options, &now).empty() && now == program.files;
}

std::string LogKey(const TrackedProgram& program) {
  return "build log " + ToHex(DigestBytes(program.key));
}

// Whether launches add code to a program's binary, as on PoCL. PoCL fixes the binary when it is
// first asked for, and a program made from a binary keeps that binary. A second program from the
// same source, however, is filled from PoCL's folder with the code of all earlier launches, and
// nothing is compiled for it.
bool SpecialisesAtLaunch(const DeviceIdentity& device) {
  return device.platform_name == "Portable Computing Language";
}

bool PoclKeepsCode() {
  const char* kept = std::getenv("POCL_KERNEL_CACHE");
  return kept == nullptr || std::strcmp(kept, "0") != 0;
}

std::string DriverLog(const TrackedProgram& program) {
  size_t size = 0;
  if (Driver().clGetProgramBuildInfo(program.handle, program.device, CL_PROGRAM_BUILD_LOG, 0,
                                     nullptr, &size) != CL_SUCCESS ||
      size <= 1 || size > kLargestText) {
    return "";
  }
  std::string log(size, '\0');
  if (Driver().clGetProgramBuildInfo(program.handle, program.device, CL_PROGRAM_BUILD_LOG, size,
                                     log.data(), nullptr) != CL_SUCCESS) {
    return "";
  }
  return log.substr(0, log.find('\0'));
}

bool DriverSaysBuilt(const TrackedProgram& program) {
  cl_build_status status = CL_BUILD_NONE;
  Driver().clGetProgramBuildInfo(program.handle, program.device, CL_PROGRAM_BUILD_STATUS,
                                 sizeof(status), &status, nullptr);
  return status == CL_BUILD_SUCCESS;
}

// The program's binary, PoCL's without what names this machine; empty if the driver gives none.
std::vector<uint8_t> DriverBinary(cl_program program) {
  size_t size = 0;
  if (Driver().clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(size), &size, nullptr) !=
          CL_SUCCESS ||
      size == 0 || size > kMaxBinaryBytes) {
    return {};
  }
  std::vector<uint8_t> binary(size);
  unsigned char* into = binary.data();
  if (Driver().clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(into), &into, nullptr) !=
      CL_SUCCESS) {
    return {};
  }
  const std::string_view text = AsStringView(binary);
  if (!IsPoclBinary(text)) return binary;
  const StatusOr<std::string> reproducible = ReproduciblePoclBinary(text);
  if (reproducible.ok()) return {reproducible->begin(), reproducible->end()};
  LayerNote("a binary names its build folder: " + reproducible.status().message());
  return binary;
}

// By kernel: the launch shapes for which the next binary will have code.
std::map<std::string, std::set<std::string>> AllShapes(const TrackedProgram& program) {
  std::lock_guard<std::mutex> lock(Objects().mutex);
  std::map<std::string, std::set<std::string>> all = program.covered;
  for (const auto& [name, shapes] : program.launches) {
    std::set<std::string>& texts = all[name];
    for (const LaunchShape& shape : shapes) texts.insert(shape.Text());
  }
  return all;
}

std::vector<CachedKernel> Describe(const std::map<std::string, std::set<std::string>>& all) {
  std::vector<CachedKernel> kernels;
  for (const auto& [name, shapes] : all) {
    const std::vector<std::string> texts(shapes.begin(), shapes.end());
    kernels.push_back({name, Join(texts, std::string(1, kBetweenShapes))});
  }
  return kernels;
}

void AddLog(const TrackedProgram& program) {
  const std::string log = ReproduciblePoclLog(DriverLog(program));
  if (log.empty()) return;
  const Status kept = program.store->AddTuning(program.device_identity, LogKey(program), log);
  if (!kept.ok()) LayerNote("a build log is not stored: " + kept.message());
}

// Adds machine code to NVIDIA's PTX, so that the next start needs no assembler.
std::vector<ProgramRecord> WithMachineCode(const TrackedProgram& program, ProgramRecord record) {
  const std::string binary(record.bytes->begin(), record.bytes->end());
  if (!IsPtx(binary)) return {std::move(record)};
  DeviceUuid uuid = {};
  const bool known = Driver().clGetDeviceInfo(program.device, kClDeviceUuid, sizeof(uuid),
                                              uuid.data(), nullptr) == CL_SUCCESS;
  const StatusOr<std::string> cubin =
      AssembleCubin(binary, known ? std::optional<DeviceUuid>(uuid) : std::nullopt);
  if (cubin.ok()) {
    return MakePtxRecords(std::move(record), *cubin, KeyedSource(program), program.options);
  }
  LayerNote("PTX is kept, not machine code: " + cubin.status().message());
  record.kind = SectionKind::kPtx;
  return {std::move(record)};
}

// Adds a program to the store. Returns what is wrong with the program or its binary; empty if it
// was added. `again`: the store has the program already, and its binary has more code now.
std::string AddToStore(TrackedProgram* program, bool again) {
  if (!FilesAreTheSame(*program)) return "the files that it includes have changed meanwhile";
  cl_program asked = program->handle;
  std::shared_ptr<HiddenProgram> rebuilt;
  if (program->specialises && (again || program->binary_asked)) {
    const bool may_build = PoclKeepsCode() && !LayerMayNotCompile();
    rebuilt = may_build ? RebuildFromSource(*program) : nullptr;
    if (rebuilt != nullptr) asked = rebuilt->get();
    if (again && rebuilt == nullptr) return "its new launches need a second program";
  }
  if (!again && !DriverSaysBuilt(*program)) return "its build did not succeed";
  auto shapes = AllShapes(*program);
  const std::vector<uint8_t> binary = DriverBinary(asked);
  if (binary.empty()) return "the driver gives no binary";
  ProgramRecord record;
  record.key = program->key;
  record.source_hash = SourceHash(KeyedSource(*program), program->options);
  record.device = program->device_identity;
  record.kernels = Describe(shapes);
  record.bytes = std::make_shared<const std::vector<uint8_t>>(binary);
  for (ProgramRecord& stored : WithMachineCode(*program, std::move(record))) {
    const Status added = program->store->AddProgram(std::move(stored));
    if (!added.ok()) return added.message();
  }
  if (!again) AddLog(*program);
  LayerNote((again ? "extended " : "stored ") + ShortName(*program) + ": " +
            std::to_string(binary.size()) + " bytes, " + std::to_string(shapes.size()) +
            " kernels" + (rebuilt == nullptr ? "" : ", by a second program"));
  Count(&MaceClCacheCounters::stored);
  std::lock_guard<std::mutex> lock(Objects().mutex);
  program->covered = std::move(shapes);
  return "";
}

void GiveBack(TrackedProgram* program) {
  std::shared_ptr<HiddenProgram> hidden;
  bool held = false;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    Objects().SetState(program, BuildState::kNone);
    hidden = std::move(program->hidden);
    held = std::exchange(program->held, false);
  }
  hidden.reset();
  if (held) Driver().clReleaseProgram(program->handle);
}

// Stores programs that the application has released, if their launches have finished.
void StoreWaiting() {
  std::vector<std::shared_ptr<TrackedProgram>> waiting;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    waiting.swap(Objects().waiting);
  }
  for (const std::shared_ptr<TrackedProgram>& program : waiting) Retire(program);
}

void AtExit(pid_t owner) {
  // A forked child has none of its parent's threads, and the driver could wait for them forever.
  static std::atomic<bool> done{false};
  if (getpid() != owner || done.exchange(true)) return;
  constexpr int kWaitMilliseconds = 2000;
  StoreEverything(kWaitMilliseconds);
  const MaceClCacheCounters counters = ReadCounters();
  LayerNote(std::to_string(counters.hits) + " hits, " + std::to_string(counters.misses) +
            " misses, " + std::to_string(counters.untouched) + " left alone, " +
            std::to_string(counters.stored) + " stored");
}

pid_t g_owner = 0;

std::shared_ptr<HiddenProgram> FindEntry(const Sha256Digest& key, TrackedProgram* program) {
  const Clock::time_point start = Clock::now();
  StatusOr<CachedProgram> cached = program->store->FindProgram(key);
  if (!cached.ok()) {
    if (cached.status().code() != StatusCode::kNotFound) LayerWarning(cached.status().message());
    return nullptr;
  }
  const unsigned char* bytes = cached->bytes.data();
  const size_t size = cached->bytes.size();
  cl_int binary_status = CL_SUCCESS, error = CL_SUCCESS;
  cl_program raw = Driver().clCreateProgramWithBinary(program->context, 1, &program->device, &size,
                                                      &bytes, &binary_status, &error);
  if (raw == nullptr || error != CL_SUCCESS || binary_status != CL_SUCCESS) {
    LayerWarning("the driver refuses the binary of " + ShortName(*program) + ": error " +
                 std::to_string(error != CL_SUCCESS ? error : binary_status));
    if (raw != nullptr) Driver().clReleaseProgram(raw);
    return nullptr;
  }
  auto hidden = std::make_shared<HiddenProgram>(raw);
  error =
      Driver().clBuildProgram(raw, 1, &program->device, program->options.c_str(), nullptr, nullptr);
  if (error != CL_SUCCESS) {
    LayerWarning("the driver cannot build the binary of " + ShortName(*program) + ": error " +
                 std::to_string(error));
    return nullptr;
  }
  program->covered.clear();
  for (const CachedKernel& kernel : cached->kernels) {
    std::set<std::string>& shapes = program->covered[kernel.name];
    for (std::string& shape : Split(kernel.launch_shapes, kBetweenShapes)) {
      if (!shape.empty()) shapes.insert(std::move(shape));
    }
  }
  program->cached_log =
      program->store->FindTuning(program->device_identity, LogKey(*program)).value_or("");
  LayerNote("hit " + ShortName(*program) + ": " + std::to_string(size) + " bytes, " +
            Milliseconds(start));
  Count(&MaceClCacheCounters::loaded_bytes, size);
  return hidden;
}

}  // namespace

std::string PrepareBuild(cl_uint device_count, const cl_device_id* devices, const char* options,
                         TrackedProgram* program) {
  program->options = options == nullptr ? "" : options;
  program->store = CurrentStore();
  if (program->store == nullptr) return "no cache file";
  program->device = OnlyDevice(program->context);
  if (program->device == nullptr) return "several devices, or a part of one";
  const bool that_device =
      devices == nullptr ? device_count == 0 : device_count == 1 && devices[0] == program->device;
  if (!that_device) return "a list of devices that is not its context's";
  std::string why = WhyNotCacheable(program->source, program->options, &program->files);
  if (!why.empty()) return why;
  program->device_identity = ReadDeviceIdentity(program->device);
  program->specialises = SpecialisesAtLaunch(program->device_identity);
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    program->wanted = !ThisScope().entered || ThisScope().keep;
  }
  program->key = ProgramKey({KeyedSource(*program), program->options, program->device_identity});
  return "";
}

std::shared_ptr<HiddenProgram> FindBuilt(TrackedProgram* program) {
  if (ReadLayerSettings().renew) return nullptr;
  std::shared_ptr<HiddenProgram> found = FindEntry(program->key, program);
  const Sha256Digest ptx = PtxKey(program->key);
  if (found == nullptr && program->store->HasProgram(ptx)) found = FindEntry(ptx, program);
  return found;
}

std::shared_ptr<HiddenProgram> RebuildFromSource(const TrackedProgram& program) {
  const char* source = program.source.data();
  const size_t size = program.source.size();
  cl_int error = CL_SUCCESS;
  cl_program raw = Driver().clCreateProgramWithSource(program.context, 1, &source, &size, &error);
  if (raw == nullptr || error != CL_SUCCESS) return nullptr;
  auto rebuilt = std::make_shared<HiddenProgram>(raw);
  error =
      Driver().clBuildProgram(raw, 1, &program.device, program.options.c_str(), nullptr, nullptr);
  return error == CL_SUCCESS ? rebuilt : nullptr;
}

bool LaunchesEnded(TrackedProgram* program, int wait_milliseconds) {
  std::vector<cl_event> events, running;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    events.swap(program->first_launches);
  }
  const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(wait_milliseconds);
  for (cl_event event : events) {
    cl_int status = CL_QUEUED;
    cl_int error;
    // clWaitForEvents might wait for an event that never happens, so the status is polled.
    while ((error = Driver().clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS,
                                            sizeof(status), &status, nullptr)) == CL_SUCCESS &&
           status > CL_COMPLETE && Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (error == CL_SUCCESS && status > CL_COMPLETE) {
      running.push_back(event);
    } else {
      Driver().clReleaseEvent(event);
    }
  }
  if (running.empty()) return true;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  program->first_launches.insert(program->first_launches.end(), running.begin(), running.end());
  return false;
}

bool HasSomethingToStore(const TrackedProgram& program) {
  std::lock_guard<std::mutex> lock(Objects().mutex);
  return program.wanted && (program.state == BuildState::kPending || program.new_shapes);
}

void StoreProgram(TrackedProgram* program) {
  bool again = false;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    again = program->state != BuildState::kPending;
    if (again && !program->new_shapes) return;
    if (!again) Objects().SetState(program, BuildState::kStored);
    program->new_shapes = false;
  }
  const std::string why = AddToStore(program, again);
  if (why.empty()) return;
  LayerNote("not stored " + ShortName(*program) + ": " + why);
  std::lock_guard<std::mutex> lock(Objects().mutex);
  if (!again) Objects().SetState(program, BuildState::kUntouched);
}

void Retire(std::shared_ptr<TrackedProgram> program) {
  if (HasSomethingToStore(*program)) {
    if (!LaunchesEnded(program.get(), 0)) {
      std::lock_guard<std::mutex> lock(Objects().mutex);
      Objects().waiting.push_back(std::move(program));
      return;
    }
    StoreProgram(program.get());
    FlushStoresNowAndThen();
  }
  GiveBack(program.get());
}

bool StoreEverything(int wait_milliseconds) {
  std::vector<std::shared_ptr<TrackedProgram>> programs;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    for (const auto& [handle, program] : Objects().programs) programs.push_back(program);
    programs.insert(programs.end(), Objects().waiting.begin(), Objects().waiting.end());
  }
  for (const std::shared_ptr<TrackedProgram>& program : programs) {
    if (!HasSomethingToStore(*program)) continue;
    if (LaunchesEnded(program.get(), wait_milliseconds)) StoreProgram(program.get());
  }
  StoreWaiting();
  return FlushStores();
}

void ArmExit() {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  if (g_owner == 0) g_owner = getpid();
  std::atexit([] { AtExit(g_owner); });
}

}  // namespace mace
