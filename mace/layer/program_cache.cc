#include "mace/layer/program_cache.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "mace/cache/program_key.h"
#include "mace/layer/device_entry.h"
#include "mace/layer/settings.h"
#include "mace/layer/source_check.h"
#include "mace/layer/stores.h"

namespace mace {
namespace {

using Clock = std::chrono::steady_clock;

// Far above any real binary: a driver's answer is not believed without a bound either.
constexpr size_t kMaxBinaryBytes = size_t{1} << 30;

std::string ShortName(const TrackedProgram& program) {
  return ToHex(DigestBytes(program.key)).substr(0, 12);
}

std::string Milliseconds(Clock::time_point since) {
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since);
  return std::to_string(spent.count() / 1000) + "." + std::to_string(spent.count() / 100 % 10) +
         " ms";
}

std::string LogKey(const TrackedProgram& program) {
  return "build log " + ToHex(DigestBytes(program.key));
}

// PoCL specialises kernels at their launches, and freezes a binary at the first question for it.
bool SpecialisesAtLaunch(const TrackedProgram& program) {
  return program.device_entry.platform_name == "Portable Computing Language";
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

// Empty where the driver gives none.
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
  return binary;
}

struct UseOfProgram {
  std::vector<CachedKernel> kernels;
  bool launched = false;
  bool binary_asked = false;
};

UseOfProgram UseOf(const TrackedProgram& program) {
  UseOfProgram use;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  use.binary_asked = program.binary_asked;
  for (const auto& [name, shapes] : program.launches) {
    CachedKernel kernel;
    kernel.name = name;
    for (const LaunchShape& shape : shapes) {
      kernel.launch_shapes += (kernel.launch_shapes.empty() ? "" : ", ") + shape.Text();
    }
    use.launched = use.launched || !shapes.empty();
    use.kernels.push_back(std::move(kernel));
  }
  return use;
}

// What is wrong with the program or its binary; empty where it was added.
std::string AddToStore(const TrackedProgram& program) {
  const UseOfProgram use = UseOf(program);
  if (SpecialisesAtLaunch(program) && !use.launched && !use.binary_asked) {
    return "it was never launched, so that its binary would still lack code";
  }
  cl_build_status status = CL_BUILD_NONE;
  Driver().clGetProgramBuildInfo(program.handle, program.device, CL_PROGRAM_BUILD_STATUS,
                                 sizeof(status), &status, nullptr);
  if (status != CL_BUILD_SUCCESS) return "its build did not succeed";
  std::shared_ptr<HiddenProgram> twin;
  // Frozen before its launches by the application's question: the twin's binary has all that PoCL's
  // folder holds of the same program.
  if (use.binary_asked && SpecialisesAtLaunch(program)) twin = BuildTwin(program);
  const std::vector<uint8_t> binary = DriverBinary(twin == nullptr ? program.handle : twin->get());
  if (binary.empty()) return "the driver gives no binary";
  ProgramRecord record;
  record.key = program.key;
  record.source_hash = SourceHash(program.source, program.options);
  record.device = program.device_entry;
  record.kernels = use.kernels;
  record.bytes = std::make_shared<const std::vector<uint8_t>>(binary);
  const Status added = program.store->AddProgram(std::move(record));
  if (!added.ok()) return added.message();
  const std::string log = DriverLog(program);
  if (!log.empty()) {
    const Status kept = program.store->AddTuning(program.device_entry, LogKey(program), log);
    if (!kept.ok()) LayerNote("a build log is not stored: " + kept.message());
  }
  LayerNote("stored " + ShortName(program) + ": " + std::to_string(binary.size()) + " bytes, " +
            std::to_string(use.kernels.size()) + " kernels" +
            (twin == nullptr ? "" : ", by a second program"));
  return "";
}

void GiveBack(TrackedProgram* program) {
  std::shared_ptr<HiddenProgram> hidden;
  bool held = false;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    hidden = std::move(program->hidden);
    held = std::exchange(program->held, false);
  }
  hidden.reset();
  if (held) Driver().clReleaseProgram(program->handle);
}

// Those released by the application meanwhile.
void StoreWaiting() {
  std::vector<std::shared_ptr<TrackedProgram>> waiting;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    waiting.swap(Objects().waiting);
  }
  for (const std::shared_ptr<TrackedProgram>& program : waiting) Retire(program);
}

void AtExit(pid_t owner) {
  // A forked child has none of its parent's threads, without which a driver may wait forever.
  static std::atomic<bool> done{false};
  if (getpid() != owner || done.exchange(true)) return;
  constexpr int kWaitMilliseconds = 2000;
  StoreEverything(kWaitMilliseconds);
  MaceClCacheCounters counters;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    counters = Counters();
  }
  LayerNote(std::to_string(counters.hits) + " hits, " + std::to_string(counters.misses) +
            " misses, " + std::to_string(counters.untouched) + " left alone, " +
            std::to_string(counters.stored) + " stored");
}

pid_t g_owner = 0;

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
  std::string why = WhyNotCacheable(program->source, program->options);
  if (!why.empty()) return why;
  program->device_entry = ReadDeviceEntry(program->device);
  program->key = ProgramKey(MakeIdentity(program->source, program->options, program->device_entry));
  return "";
}

std::shared_ptr<HiddenProgram> FindBuilt(TrackedProgram* program) {
  if (ReadLayerSettings().renew) return nullptr;
  const Clock::time_point start = Clock::now();
  StatusOr<CachedProgram> cached = program->store->FindProgram(program->key);
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
  program->cached_log =
      program->store->FindTuning(program->device_entry, LogKey(*program)).value_or("");
  LayerNote("hit " + ShortName(*program) + ": " + std::to_string(size) + " bytes, " +
            Milliseconds(start));
  std::lock_guard<std::mutex> lock(Objects().mutex);
  Counters().loaded_bytes += size;
  return hidden;
}

std::shared_ptr<HiddenProgram> BuildTwin(const TrackedProgram& program) {
  const char* source = program.source.data();
  const size_t size = program.source.size();
  cl_int error = CL_SUCCESS;
  cl_program raw = Driver().clCreateProgramWithSource(program.context, 1, &source, &size, &error);
  if (raw == nullptr || error != CL_SUCCESS) return nullptr;
  auto twin = std::make_shared<HiddenProgram>(raw);
  error =
      Driver().clBuildProgram(raw, 1, &program.device, program.options.c_str(), nullptr, nullptr);
  return error == CL_SUCCESS ? twin : nullptr;
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
    // Not clWaitForEvents: it may wait for something that never happens.
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

void StoreProgram(TrackedProgram* program) {
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    if (program->state != BuildState::kPending) return;
    Objects().SetState(program, BuildState::kStored);
  }
  const std::string why = AddToStore(*program);
  if (!why.empty()) {
    LayerNote("not stored " + ShortName(*program) + ": " + why);
    return;
  }
  std::lock_guard<std::mutex> lock(Objects().mutex);
  ++Counters().stored;
}

void Retire(std::shared_ptr<TrackedProgram> program) {
  bool pending = false;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    pending = program->state == BuildState::kPending;
  }
  if (pending) {
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
    for (const auto& [handle, program] : Objects().programs) {
      if (program->state == BuildState::kPending) programs.push_back(program);
    }
    programs.insert(programs.end(), Objects().waiting.begin(), Objects().waiting.end());
  }
  for (const std::shared_ptr<TrackedProgram>& program : programs) {
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

MaceClCacheCounters& Counters() {
  static auto* const counters = new MaceClCacheCounters{};
  return *counters;
}

}  // namespace mace
