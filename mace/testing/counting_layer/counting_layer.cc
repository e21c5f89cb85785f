// A loader layer for tests: counts every OpenCL call that reaches it, and can fail any of them.
//
// The layer sees what a driver would see when OPENCL_LAYERS names it first, because the loader puts
// later layers above it. The environment is read at the process's first OpenCL call:
//   MACE_COUNT_FILE  at exit, a line "name count" a call is written there, and the lines
//                    "source_builds" and "il_builds": the clBuildProgram of programs from source
//                    or IL, which alone (with clCompileProgram and clLinkProgram) compile.
//   MACE_COUNT_KERNELS  at exit, a line "name count" a kernel launched is added to that file.
//   MACE_COUNT_FAIL  "clCreateBuffer=-4,clBuildProgram=-11@2": calls that give that error and do
//                    not reach the driver; with @N the N-th alone, counted from 1, and with @NAME
//                    those alone that build a source with that name in it, or make or launch that
//                    kernel. In the place of an error "abort", "segfault" and "hang" do that.
// MaceCountOf(name) gives a count within the process; MaceFailNext(name, error) fails the next call.
// MaceFailCall(n, error) fails the n-th of all calls that can fail, whatever its name, and
// MaceLiveObjects(kind) tells how many references to OpenCL objects the process holds.
#include <CL/cl_layer.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mace/testing/counting_layer/crashes.h"
#include "mace/testing/counting_layer/live_objects.h"

namespace mace {
namespace {

struct Call {
  std::string name;
  std::atomic<uint64_t> count{0};
  cl_int error = CL_SUCCESS;   // Other than success: given in the call's place.
  Crash crash = Crash::kNone;  // Done in the call's place.
  uint64_t only = 0;           // The call that fails; 0: all.
  std::string kernel;          // Only calls for this kernel fail; empty: all.
  bool fails() const { return error != CL_SUCCESS || crash != Crash::kNone; }
  ReferenceChange change = ReferenceChange::kNone;
};

// The numbering of all calls that can fail: those that return an error code, or a pointer.
struct CallNumbers {
  std::atomic<uint64_t> made{0};
  std::atomic<uint64_t> failing{0};  // The number of the call that fails; 0: none.
  std::atomic<cl_int> error{CL_SUCCESS};
  std::atomic<const char*> failed{nullptr};  // The name of the call that has failed.
};

enum class Origin { kOther, kSource, kIl };

struct Layer {
  const cl_icd_dispatch* driver = nullptr;
  cl_icd_dispatch calls = {};
  std::map<std::string, Call*> by_name;  // Complete before the first call.
  Call source_builds, il_builds;
  CallNumbers numbers;
  LiveObjects live;
  std::mutex mutex;
  // Guarded by the mutex.
  std::map<cl_program, Origin> origins;
  std::map<cl_program, std::string> sources;
  std::map<std::string, uint64_t> launches;  // By the kernel's name; where they are asked for.
  bool list_launches = false;
};

Layer& TheLayer() {
  static auto* const layer = new Layer;
  return *layer;
}

void Remember(cl_program program, Origin origin) {
  std::lock_guard<std::mutex> lock(TheLayer().mutex);
  TheLayer().origins[program] = origin;
}

void CountBuild(cl_program program) {
  Layer& layer = TheLayer();
  std::lock_guard<std::mutex> lock(layer.mutex);
  const Origin origin = layer.origins[program];
  if (origin == Origin::kSource) ++layer.source_builds.count;
  if (origin == Origin::kIl) ++layer.il_builds.count;
}

void RememberSource(cl_program program, cl_uint count, const char** texts, const size_t* sizes) {
  std::string source;
  for (cl_uint i = 0; i < count; ++i) {
    source +=
        sizes == nullptr || sizes[i] == 0 ? std::string(texts[i]) : std::string(texts[i], sizes[i]);
  }
  std::lock_guard<std::mutex> lock(TheLayer().mutex);
  TheLayer().sources[program] = std::move(source);
}

// Whether the text names the kernel as a whole word.
bool Names(const std::string& text, const std::string& kernel) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (size_t at = text.find(kernel); at != std::string::npos; at = text.find(kernel, at + 1)) {
    const size_t end = at + kernel.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

// Whether a call works on a kernel of that name: the first argument that says so decides.
bool IsFor(const std::string& kernel, cl_program program, const char* name) {
  static_cast<void>(program);
  return kernel == name;
}
bool IsFor(const std::string& kernel, cl_program program, cl_uint) {
  std::lock_guard<std::mutex> lock(TheLayer().mutex);
  return Names(TheLayer().sources[program], kernel);
}
bool IsFor(const std::string& kernel, cl_command_queue, cl_kernel launched) {
  char name[256] = "";
  return TheLayer().driver->clGetKernelInfo(launched, CL_KERNEL_FUNCTION_NAME, sizeof(name), name,
                                            nullptr) == CL_SUCCESS &&
         kernel == name;
}
template <typename First, typename Second>
bool IsFor(const std::string&, const First&, const Second&) {
  return false;
}

void CountLaunch(cl_kernel kernel) {
  Layer& layer = TheLayer();
  char name[256] = "";
  if (!layer.list_launches ||
      layer.driver->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof(name), name, nullptr) !=
          CL_SUCCESS) {
    return;
  }
  std::lock_guard<std::mutex> lock(layer.mutex);
  ++layer.launches[name];
}

template <auto kA, auto kB>
constexpr bool kIsSame = std::is_same_v<std::integral_constant<decltype(kA), kA>,
                                        std::integral_constant<decltype(kB), kB>>;

template <auto cl_icd_dispatch::*kEntry, typename Function>
struct Counted;

template <auto cl_icd_dispatch::*kEntry, typename Result, typename... Arguments>
struct Counted<kEntry, Result(CL_API_CALL*)(Arguments...)> {
  static Call* call;

  static Result CL_API_CALL Run(Arguments... arguments) {
    const uint64_t number = ++call->count;
    if (call->fails() && (call->only == 0 || call->only == number) && IsForKernel(arguments...)) {
      DoCrash(call->crash);
      return Fail(call->error, arguments...);
    }
    if constexpr (!std::is_void_v<Result>) {
      CallNumbers& numbers = TheLayer().numbers;
      if (++numbers.made == numbers.failing) {
        numbers.failed = call->name.c_str();
        return Fail(numbers.error, arguments...);
      }
    }
    return Pass(arguments...);
  }

  static bool IsForKernel(Arguments... arguments) {
    if (call->kernel.empty()) return true;
    if constexpr (sizeof...(Arguments) < 2) {
      return false;
    } else {
      const auto all = std::tie(arguments...);
      return IsFor(call->kernel, std::get<0>(all), std::get<1>(all));
    }
  }

  // The driver's answer, with what it means for the objects that are alive.
  static Result Pass(Arguments... arguments) {
    if constexpr (std::is_void_v<Result>) {
      Ask(arguments...);
    } else {
      const Result result = Ask(arguments...);
      TheLayer().live.NoteCall(call->change, result, arguments...);
      return result;
    }
  }

  static Result Ask(Arguments... arguments) {
    const auto driver = TheLayer().driver->*kEntry;
    if constexpr (std::is_same_v<Result, cl_program>) {
      const cl_program program = driver(arguments...);
      if constexpr (kIsSame<kEntry, &cl_icd_dispatch::clCreateProgramWithSource>) {
        const auto all = std::tie(arguments...);
        RememberSource(program, std::get<1>(all), std::get<2>(all), std::get<3>(all));
      }
      Remember(program, call->name == "clCreateProgramWithSource" ? Origin::kSource
                        : call->name == "clCreateProgramWithIL"   ? Origin::kIl
                                                                  : Origin::kOther);
      return program;
    } else {
      if constexpr (kIsSame<kEntry, &cl_icd_dispatch::clBuildProgram>) {
        CountBuild(std::get<0>(std::tie(arguments...)));
      }
      if constexpr (kIsSame<kEntry, &cl_icd_dispatch::clEnqueueNDRangeKernel>) {
        CountLaunch(std::get<1>(std::tie(arguments...)));
      }
      return driver(arguments...);
    }
  }

  static Result Fail(cl_int error, Arguments... arguments) {
    if constexpr (std::is_same_v<Result, cl_int>) {
      // Nobody can release an object again, so that the driver sees a release that fails.
      if (call->change == ReferenceChange::kRelease) Pass(arguments...);
      return error;
    } else if constexpr (!std::is_void_v<Result>) {
      const auto all = std::tie(arguments...);
      using Last = std::remove_reference_t<
          std::tuple_element_t<sizeof...(Arguments) - 1, std::tuple<Arguments...>>>;
      if constexpr (std::is_same_v<Last, cl_int*>) {
        cl_int* const into = std::get<sizeof...(Arguments) - 1>(all);
        if (into != nullptr) *into = error;
      }
      return nullptr;
    }
  }
};

template <auto cl_icd_dispatch::*kEntry, typename Result, typename... Arguments>
Call* Counted<kEntry, Result(CL_API_CALL*)(Arguments...)>::call = nullptr;

template <auto cl_icd_dispatch::*kEntry>
void Install(const char* name) {
  Layer& layer = TheLayer();
  using Function = std::remove_reference_t<decltype(layer.calls.*kEntry)>;
  auto* const call = new Call;
  call->name = name;
  call->change = ReferenceChangeOf(name);
  layer.by_name[name] = call;
  Counted<kEntry, Function>::call = call;
  if (layer.calls.*kEntry != nullptr) layer.calls.*kEntry = &Counted<kEntry, Function>::Run;
}

// "name=code", "name=code@N" or "name=code@KERNEL"; a test that names no call of OpenCL must not pass unseen.
void ReadFault(const std::string& text) {
  const size_t equals = text.find('='), at = text.find('@');
  const auto found = TheLayer().by_name.find(text.substr(0, equals));
  if (equals == std::string::npos || found == TheLayer().by_name.end()) {
    std::fprintf(
        stderr,
        "MACE_COUNT_FAIL: expected NAME=CODE, NAME=CODE@N or NAME=CODE@KERNEL, found '%s'\n",
        text.c_str());
    std::abort();
  }
  Call* const call = found->second;
  const std::string what = text.substr(equals + 1, std::min(at, text.size()) - equals - 1);
  call->crash = CrashOf(what.c_str());
  if (call->crash == Crash::kNone) call->error = std::atoi(what.c_str());
  if (at == std::string::npos) return;
  const std::string only = text.substr(at + 1);
  const bool is_number = only.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) call->only = std::strtoull(only.c_str(), nullptr, 10);
  if (!is_number) call->kernel = only;
}

void ReadFaults() {
  const char* faults = std::getenv("MACE_COUNT_FAIL");
  std::string rest = faults == nullptr ? "" : faults;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    ReadFault(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
}

std::FILE* OpenNamed(const char* variable, const char* mode) {
  const char* path = std::getenv(variable);
  return path == nullptr ? nullptr : std::fopen(path, mode);
}

void WriteCounts() {
  const auto write = [](std::FILE* file, const std::string& name, uint64_t count) {
    std::fprintf(file, "%s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  };
  if (std::FILE* file = OpenNamed("MACE_COUNT_FILE", "w")) {
    for (const auto& [name, call] : TheLayer().by_name) write(file, name, call->count.load());
    std::fclose(file);
  }
  if (std::FILE* file = OpenNamed("MACE_COUNT_KERNELS", "a")) {
    for (const auto& [name, count] : TheLayer().launches) write(file, name, count);
    std::fclose(file);
  }
}

}  // namespace
}  // namespace mace

extern "C" {

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void* value,
                                               size_t* size_ret) {
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (what != CL_LAYER_API_VERSION || (value != nullptr && size < sizeof(version))) {
    return CL_INVALID_VALUE;
  }
  if (value != nullptr) std::memcpy(value, &version, sizeof(version));
  if (size_ret != nullptr) *size_ret = sizeof(version);
  return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint num_entries,
                                            const cl_icd_dispatch* target_dispatch,
                                            cl_uint* num_entries_ret,
                                            const cl_icd_dispatch** layer_dispatch_ret) {
  mace::Layer& layer = mace::TheLayer();
  if (layer.driver != nullptr) return CL_INVALID_OPERATION;
  constexpr cl_uint kEntries = sizeof(cl_icd_dispatch) / sizeof(void*);
  std::memcpy(&layer.calls, target_dispatch, std::min(num_entries, kEntries) * sizeof(void*));
  layer.driver = target_dispatch;
#define ENTRY(name) mace::Install<&cl_icd_dispatch::name>(#name);
#include "mace/testing/counting_layer/entries.inc"
#undef ENTRY
  layer.by_name["source_builds"] = &layer.source_builds;
  layer.by_name["il_builds"] = &layer.il_builds;
  layer.list_launches = std::getenv("MACE_COUNT_KERNELS") != nullptr;
  mace::ReadFaults();
  std::atexit(mace::WriteCounts);
  *num_entries_ret = kEntries;
  *layer_dispatch_ret = &layer.calls;
  return CL_SUCCESS;
}

// Newer loaders of Khronos ask this function instead.
CL_API_ENTRY cl_int CL_API_CALL clInitLayerWithProperties(
    cl_uint num_entries, const cl_icd_dispatch* target_dispatch, cl_uint* num_entries_ret,
    const cl_icd_dispatch** layer_dispatch_ret, const intptr_t* /*properties*/) {
  return clInitLayer(num_entries, target_dispatch, num_entries_ret, layer_dispatch_ret);
}

// 0 for what is not counted.
CL_API_ENTRY uint64_t MaceCountOf(const char* name) {
  const auto found = mace::TheLayer().by_name.find(name);
  return found == mace::TheLayer().by_name.end() ? 0 : found->second->count.load();
}

// The next call of that name gives the error and does not reach the driver. Does nothing for what is
// not counted. REQUIRES: no other thread is calling OpenCL.
CL_API_ENTRY void MaceFailNext(const char* name, cl_int error) {
  const auto found = mace::TheLayer().by_name.find(name);
  if (found == mace::TheLayer().by_name.end()) return;
  found->second->error = error;
  found->second->only = found->second->count + 1;
}

// Numbers the calls that can fail from here on, from 1; the n-th gives the error and does not reach
// the driver, unless it is a release. 0: no call fails. May be called before the process's first
// OpenCL call.
CL_API_ENTRY void MaceFailCall(uint64_t n, cl_int error) {
  mace::CallNumbers& numbers = mace::TheLayer().numbers;
  numbers.failing = 0;
  numbers.made = 0;
  numbers.failed = nullptr;
  numbers.error = error;
  numbers.failing = n;
}

// Calls that can fail since MaceFailCall.
CL_API_ENTRY uint64_t MaceCallsMade() { return mace::TheLayer().numbers.made; }

// The name of the call that failed since MaceFailCall; null: none did.
CL_API_ENTRY const char* MaceFailedCall() { return mace::TheLayer().numbers.failed; }

// The references that the process holds to objects of a kind (live_objects.h), such as "memory".
CL_API_ENTRY int64_t MaceLiveObjects(const char* kind) {
  return mace::TheLayer().live.CountOf(kind);
}

}  // extern "C"
