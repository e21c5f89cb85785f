// Calls on programs: creation, builds, queries, references.
#include <algorithm>
#include <cstring>
#include <utility>

#include "mace/opencl_layer/calls.h"
#include "mace/opencl_layer/program_cache.h"
#include "mace/opencl_layer/scope.h"
#include "mace/opencl_layer/settings.h"

namespace mace {
namespace {

using ProgramPointer = std::shared_ptr<TrackedProgram>;
using Notify = void(CL_CALLBACK*)(cl_program, void*);

// The hidden program of a hit; else null.
std::shared_ptr<HiddenProgram> HiddenOf(const ProgramPointer& tracked) {
  if (tracked == nullptr) return nullptr;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  return tracked->state == BuildState::kHit ? tracked->hidden : nullptr;
}

void Hold(TrackedProgram* program) {
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    if (std::exchange(program->held, true)) return;
  }
  Driver().clRetainProgram(program->handle);
}

// Counts and reports a build without a stored binary under MACE_REQUIRE_CACHE=1.
cl_int Refuse(const std::string& what, cl_int error) {
  if (!ThisScope().entered) LayerWarning("MACE_REQUIRE_CACHE=1 forbids " + what);
  Count(&MaceClCacheCounters::refused);
  return error;
}

// Discards the result of the previous build; stores it first if it is to be stored.
cl_int EndPreviousBuild(TrackedProgram* program) {
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    // The driver would give this error, but it does not see the hidden program's kernels.
    if (program->kernels > 0) return CL_INVALID_OPERATION;
  }
  if (HasSomethingToStore(*program) && LaunchesEnded(program, 0)) StoreProgram(program);
  std::shared_ptr<HiddenProgram> hidden;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  Objects().SetState(program, BuildState::kNone);
  hidden = std::move(program->hidden);
  program->launches.clear();
  program->covered.clear();
  program->binary_asked = program->new_shapes = false;
  return CL_SUCCESS;
}

// Whether compiles are forbidden.
bool MustRefuse() { return LayerMayNotCompile() && TakesPart(); }

cl_program CL_API_CALL CreateProgramWithSource(cl_context context, cl_uint count,
                                               const char** strings, const size_t* lengths,
                                               cl_int* errcode_ret) {
  cl_program program =
      Driver().clCreateProgramWithSource(context, count, strings, lengths, errcode_ret);
  if (program == nullptr || !TakesPart()) return program;
  // The summary line at exit needs the exit handler; other users of it are armed elsewhere.
  static const bool armed = LayerNotesWanted() && (ArmExit(), true);
  static_cast<void>(armed);
  auto tracked = std::make_shared<TrackedProgram>();
  tracked->handle = program;
  tracked->context = context;
  for (cl_uint i = 0; i < count; ++i) {
    const bool terminated = lengths == nullptr || lengths[i] == 0;
    tracked->source.append(strings[i], terminated ? std::strlen(strings[i]) : lengths[i]);
  }
  std::lock_guard<std::mutex> lock(Objects().mutex);
  Objects().programs[program] = std::move(tracked);
  return program;
}

cl_program CL_API_CALL CreateProgramWithIL(cl_context context, const void* il, size_t length,
                                           cl_int* errcode_ret) {
  if (MustRefuse()) {
    const cl_int error = Refuse("clCreateProgramWithIL", CL_INVALID_OPERATION);
    if (errcode_ret != nullptr) *errcode_ret = error;
    return nullptr;
  }
  return Driver().clCreateProgramWithIL(context, il, length, errcode_ret);
}

struct BuildCall {
  cl_uint device_count;
  const cl_device_id* devices;
  const char* options;
  Notify notify;
  void* user_data;

  cl_int Forward(cl_program program) const {
    return Driver().clBuildProgram(program, device_count, devices, options, notify, user_data);
  }
};

cl_int Compile(const ProgramPointer& tracked, const BuildCall& call) {
  Hold(tracked.get());
  {
    // Done before the driver is called: it may notify another thread that makes kernels at once.
    std::lock_guard<std::mutex> lock(Objects().mutex);
    Objects().SetState(tracked.get(), BuildState::kPending);
  }
  Count(&MaceClCacheCounters::misses);
  const cl_int error = call.Forward(tracked->handle);
  LayerNote("miss " + ToHex(DigestBytes(tracked->key)).substr(0, 12) + ": compiled" +
            (error == CL_SUCCESS ? "" : " in vain"));
  if (error == CL_SUCCESS) {
    ArmExit();
  } else {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    Objects().SetState(tracked.get(), BuildState::kNone);
  }
  return error;
}

cl_int LeaveAlone(const ProgramPointer& tracked, const std::string& why, const BuildCall& call) {
  if (LayerMayNotCompile()) {
    return Refuse("a compile that is not cached: " + why, CL_COMPILER_NOT_AVAILABLE);
  }
  LayerNote("left alone: " + why);
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    tracked->state = BuildState::kUntouched;
  }
  Count(&MaceClCacheCounters::untouched);
  return call.Forward(tracked->handle);
}

cl_int CL_API_CALL BuildProgram(cl_program program, cl_uint device_count,
                                const cl_device_id* devices, const char* options, Notify notify,
                                void* user_data) {
  const BuildCall call = {device_count, devices, options, notify, user_data};
  const ProgramPointer tracked = Objects().Find(program);
  if (tracked == nullptr) return call.Forward(program);
  const cl_int error = EndPreviousBuild(tracked.get());
  if (error != CL_SUCCESS) return error;
  const std::string why = notify == nullptr && user_data != nullptr
                              ? "wrong arguments"
                              : PrepareBuild(device_count, devices, options, tracked.get());
  if (!why.empty()) return LeaveAlone(tracked, why, call);
  std::shared_ptr<HiddenProgram> hidden = FindBuilt(tracked.get());
  if (hidden == nullptr) {
    if (!LayerMayNotCompile()) return Compile(tracked, call);
    return Refuse("to compile a program that is not in " + tracked->store->path(),
                  CL_COMPILER_NOT_AVAILABLE);
  }
  Hold(tracked.get());
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    tracked->hidden = std::move(hidden);
    Objects().SetState(tracked.get(), BuildState::kHit);
  }
  Count(&MaceClCacheCounters::hits);
  // A driver may call `notify` before the call returns, too.
  if (notify != nullptr) notify(program, user_data);
  return CL_SUCCESS;
}

cl_int CL_API_CALL CompileProgram(cl_program program, cl_uint device_count,
                                  const cl_device_id* devices, const char* options,
                                  cl_uint header_count, const cl_program* headers,
                                  const char** names, Notify notify, void* user_data) {
  if (MustRefuse()) return Refuse("clCompileProgram", CL_COMPILER_NOT_AVAILABLE);
  const ProgramPointer tracked = Objects().Find(program);
  if (tracked != nullptr) {
    const cl_int error = EndPreviousBuild(tracked.get());
    if (error != CL_SUCCESS) return error;
  }
  return Driver().clCompileProgram(program, device_count, devices, options, header_count, headers,
                                   names, notify, user_data);
}

cl_program CL_API_CALL LinkProgram(cl_context context, cl_uint device_count,
                                   const cl_device_id* devices, const char* options,
                                   cl_uint input_count, const cl_program* inputs, Notify notify,
                                   void* user_data, cl_int* errcode_ret) {
  if (MustRefuse()) {
    const cl_int error = Refuse("clLinkProgram", CL_LINKER_NOT_AVAILABLE);
    if (errcode_ret != nullptr) *errcode_ret = error;
    return nullptr;
  }
  return Driver().clLinkProgram(context, device_count, devices, options, input_count, inputs,
                                notify, user_data, errcode_ret);
}

cl_int CL_API_CALL RetainProgram(cl_program program) {
  const cl_int error = Driver().clRetainProgram(program);
  std::lock_guard<std::mutex> lock(Objects().mutex);
  const auto found = Objects().programs.find(program);
  if (error == CL_SUCCESS && found != Objects().programs.end()) ++found->second->references;
  return error;
}

cl_int CL_API_CALL ReleaseProgram(cl_program program) {
  ProgramPointer last;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    const auto found = Objects().programs.find(program);
    if (found != Objects().programs.end() && --found->second->references == 0 &&
        found->second->kernels == 0) {
      last = std::move(found->second);
      // Erased before the driver can reuse the handle for another program.
      Objects().programs.erase(found);
    }
  }
  const cl_int error = Driver().clReleaseProgram(program);
  if (last != nullptr) Retire(std::move(last));
  return error;
}

cl_int CL_API_CALL GetProgramInfo(cl_program program, cl_program_info what, size_t size,
                                  void* value, size_t* size_ret) {
  const ProgramPointer tracked = Objects().Find(program);
  if (tracked == nullptr) {
    return Driver().clGetProgramInfo(program, what, size, value, size_ret);
  }
  const std::shared_ptr<HiddenProgram> hidden = HiddenOf(tracked);
  bool held = false;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    const bool binary = what == CL_PROGRAM_BINARY_SIZES || what == CL_PROGRAM_BINARIES;
    tracked->binary_asked = tracked->binary_asked || binary;
    held = tracked->held;
  }
  // Queries about a program's creation go to the program itself, queries about its build to the
  // built one.
  const bool own = what == CL_PROGRAM_REFERENCE_COUNT || what == CL_PROGRAM_CONTEXT ||
                   what == CL_PROGRAM_NUM_DEVICES || what == CL_PROGRAM_DEVICES ||
                   what == CL_PROGRAM_SOURCE || what == CL_PROGRAM_IL;
  const cl_program asked = hidden == nullptr || own ? program : hidden->get();
  const cl_int error = Driver().clGetProgramInfo(asked, what, size, value, size_ret);
  if (what == CL_PROGRAM_REFERENCE_COUNT && error == CL_SUCCESS && value != nullptr && held) {
    --*static_cast<cl_uint*>(value);
  }
  return error;
}

cl_int CL_API_CALL GetProgramBuildInfo(cl_program program, cl_device_id device,
                                       cl_program_build_info what, size_t size, void* value,
                                       size_t* size_ret) {
  const ProgramPointer tracked = Objects().Find(program);
  const std::shared_ptr<HiddenProgram> hidden = HiddenOf(tracked);
  if (hidden == nullptr) {
    return Driver().clGetProgramBuildInfo(program, device, what, size, value, size_ret);
  }
  if (device == tracked->device && what == CL_PROGRAM_BUILD_OPTIONS) {
    return AnswerText(tracked->options, size, value, size_ret);
  }
  if (device == tracked->device && what == CL_PROGRAM_BUILD_LOG) {
    return AnswerText(tracked->cached_log, size, value, size_ret);
  }
  return Driver().clGetProgramBuildInfo(hidden->get(), device, what, size, value, size_ret);
}

}  // namespace

void InstallProgramCalls(cl_icd_dispatch* table) {
  Replace(&table->clCreateProgramWithSource, &CreateProgramWithSource);
  Replace(&table->clCreateProgramWithIL, &CreateProgramWithIL);
  Replace(&table->clBuildProgram, &BuildProgram);
  Replace(&table->clCompileProgram, &CompileProgram);
  Replace(&table->clLinkProgram, &LinkProgram);
  Replace(&table->clRetainProgram, &RetainProgram);
  Replace(&table->clReleaseProgram, &ReleaseProgram);
  Replace(&table->clGetProgramInfo, &GetProgramInfo);
  Replace(&table->clGetProgramBuildInfo, &GetProgramBuildInfo);
}

}  // namespace mace
