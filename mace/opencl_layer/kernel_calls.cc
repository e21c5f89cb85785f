// Calls on kernels. A kernel is made from the hidden program if there is one (objects.h), and is
// tracked until it is released. Its launches are recorded if a binary to be stored must cover them.
#include <algorithm>
#include <utility>

#include "mace/opencl_layer/calls.h"
#include "mace/opencl_layer/program_cache.h"
#include "mace/opencl_layer/scope.h"
#include "mace/opencl_layer/settings.h"

namespace mace {
namespace {

using ProgramPointer = std::shared_ptr<TrackedProgram>;

// Up to so many launch shapes of a kernel are recorded.
constexpr size_t kMaxShapes = 64;

// Set by a launch that may have made the driver generate code; cleared when the exit handler is
// registered again.
std::atomic<bool> g_new_code{false};

// The driver's program from which kernels of `program` are made. `tracked` is null if the layer
// does not track them. Keeps a hidden program alive.
struct KernelSource {
  cl_program handle;
  ProgramPointer tracked;
  std::shared_ptr<HiddenProgram> hidden;
};

KernelSource SourceOf(cl_program program) {
  KernelSource source = {program, nullptr, nullptr};
  std::lock_guard<std::mutex> lock(Objects().mutex);
  const auto found = Objects().programs.find(program);
  if (found == Objects().programs.end()) return source;
  const BuildState state = found->second->state;
  if (state == BuildState::kHit) {
    source.hidden = found->second->hidden;
    source.handle = source.hidden->get();
  }
  if (state == BuildState::kHit || state == BuildState::kPending) source.tracked = found->second;
  return source;
}

std::string NameOf(cl_kernel kernel) {
  size_t size = 0;
  if (Driver().clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, 0, nullptr, &size) != CL_SUCCESS ||
      size == 0) {
    return "";
  }
  std::string name(size, '\0');
  Driver().clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, size, name.data(), nullptr);
  name.resize(size - 1);
  return name;
}

void Follow(cl_kernel kernel, const std::string& name, const ProgramPointer& program) {
  std::lock_guard<std::mutex> lock(Objects().mutex);
  Objects().kernels[kernel] = {program, name, 1};
  if (!ThisScope().entered || ThisScope().keep) program->wanted = true;
  ++program->kernels;
  program->launches[name];
}

cl_kernel CL_API_CALL CreateKernel(cl_program program, const char* name, cl_int* errcode_ret) {
  const KernelSource source = SourceOf(program);
  cl_kernel kernel = Driver().clCreateKernel(source.handle, name, errcode_ret);
  if (kernel != nullptr && source.tracked != nullptr) Follow(kernel, name, source.tracked);
  return kernel;
}

cl_int CL_API_CALL CreateKernelsInProgram(cl_program program, cl_uint count, cl_kernel* kernels,
                                          cl_uint* count_ret) {
  const KernelSource source = SourceOf(program);
  cl_uint made = 0;
  const cl_int error = Driver().clCreateKernelsInProgram(source.handle, count, kernels, &made);
  if (error != CL_SUCCESS) return error;
  if (count_ret != nullptr) *count_ret = made;
  for (cl_uint i = 0; source.tracked != nullptr && kernels != nullptr && i < made; ++i) {
    Follow(kernels[i], NameOf(kernels[i]), source.tracked);
  }
  return CL_SUCCESS;
}

cl_kernel CL_API_CALL CloneKernel(cl_kernel kernel, cl_int* errcode_ret) {
  std::string name;
  const ProgramPointer program = Objects().ProgramOf(kernel, &name);
  cl_kernel clone = Driver().clCloneKernel(kernel, errcode_ret);
  if (clone != nullptr && program != nullptr) Follow(clone, name, program);
  return clone;
}

cl_int CL_API_CALL RetainKernel(cl_kernel kernel) {
  const cl_int error = Driver().clRetainKernel(kernel);
  std::lock_guard<std::mutex> lock(Objects().mutex);
  const auto found = Objects().kernels.find(kernel);
  if (error == CL_SUCCESS && found != Objects().kernels.end()) ++found->second.references;
  return error;
}

cl_int CL_API_CALL ReleaseKernel(cl_kernel kernel) {
  ProgramPointer program;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    const auto found = Objects().kernels.find(kernel);
    if (found != Objects().kernels.end() && --found->second.references == 0) {
      program = std::move(found->second.program);
      // Erased before the driver can reuse the handle for another kernel.
      Objects().kernels.erase(found);
    }
  }
  const cl_int error = Driver().clReleaseKernel(kernel);
  if (program == nullptr) return error;
  {
    std::lock_guard<std::mutex> lock(Objects().mutex);
    if (--program->kernels > 0 || program->references > 0) return error;
    Objects().programs.erase(program->handle);
  }
  Retire(std::move(program));
  return error;
}

// Asks the same kernel compiled from source for what a kernel from a binary cannot tell.
// `otherwise` if there is no such kernel.
template <typename Ask>
cl_int AskRebuilt(cl_kernel kernel, cl_int otherwise, const Ask& ask) {
  std::string name;
  const ProgramPointer program = Objects().ProgramOf(kernel, &name);
  if (program == nullptr || LayerMayNotCompile()) return otherwise;
  const std::shared_ptr<HiddenProgram> rebuilt = RebuildFromSource(*program);
  if (rebuilt == nullptr) return otherwise;
  LayerNote("compiled " + name + " again: its binary does not answer a query of the application");
  cl_int error = CL_SUCCESS;
  cl_kernel other = Driver().clCreateKernel(rebuilt->get(), name.c_str(), &error);
  if (other == nullptr) return otherwise;
  error = ask(other);
  Driver().clReleaseKernel(other);
  return error;
}

bool IsHit(const ProgramPointer& program) {
  if (program == nullptr) return false;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  return program->state == BuildState::kHit;
}

cl_int CL_API_CALL GetKernelInfo(cl_kernel kernel, cl_kernel_info what, size_t size, void* value,
                                 size_t* size_ret) {
  size_t needed = 0;
  const cl_int error = Driver().clGetKernelInfo(kernel, what, size, value, &needed);
  if (error == CL_SUCCESS && size_ret != nullptr) *size_ret = needed;
  if (error != CL_SUCCESS || (what != CL_KERNEL_PROGRAM && what != CL_KERNEL_ATTRIBUTES)) {
    return error;
  }
  const ProgramPointer program = Objects().ProgramOf(kernel, nullptr);
  if (!IsHit(program)) return error;
  if (what == CL_KERNEL_PROGRAM) {
    if (value != nullptr) *static_cast<cl_program*>(value) = program->handle;
    return error;
  }
  // A kernel from a binary may have lost its attributes.
  const bool lost = needed <= 1 && program->source.find("__attribute__") != std::string::npos;
  if (!lost) return error;
  return AskRebuilt(kernel, error, [&](cl_kernel rebuilt) {
    return Driver().clGetKernelInfo(rebuilt, what, size, value, size_ret);
  });
}

cl_int CL_API_CALL GetKernelArgInfo(cl_kernel kernel, cl_uint index, cl_kernel_arg_info what,
                                    size_t size, void* value, size_t* size_ret) {
  const cl_int error = Driver().clGetKernelArgInfo(kernel, index, what, size, value, size_ret);
  if (error != CL_KERNEL_ARG_INFO_NOT_AVAILABLE) return error;
  const ProgramPointer program = Objects().ProgramOf(kernel, nullptr);
  const bool promised =
      IsHit(program) && program->options.find("-cl-kernel-arg-info") != std::string::npos;
  if (!promised) return error;
  return AskRebuilt(kernel, error, [&](cl_kernel rebuilt) {
    return Driver().clGetKernelArgInfo(rebuilt, index, what, size, value, size_ret);
  });
}

// Whether this launch has a new shape that a stored binary should cover.
bool IsNewLaunch(cl_kernel kernel, const LaunchShape& shape) {
  std::lock_guard<std::mutex> lock(Objects().mutex);
  const auto found = Objects().kernels.find(kernel);
  if (found == Objects().kernels.end()) return false;
  TrackedProgram& program = *found->second.program;
  const bool pending = program.state == BuildState::kPending;
  const bool stored = program.state == BuildState::kHit || program.state == BuildState::kStored;
  if (!pending && !(stored && program.specialises)) return false;
  std::vector<LaunchShape>& shapes = program.launches[found->second.name];
  if (shapes.size() >= kMaxShapes ||
      std::find(shapes.begin(), shapes.end(), shape) != shapes.end()) {
    return false;
  }
  shapes.push_back(shape);
  if (pending) return true;
  const std::set<std::string>& covered = program.covered[found->second.name];
  if (covered.size() >= kMaxShapes || covered.count(shape.Text()) != 0) return false;
  program.new_shapes = true;
  return true;
}

// Launches by `enqueue(event)`, and keeps the event if the program's binary must cover the launch.
template <typename Enqueue>
cl_int Launch(cl_kernel kernel, const LaunchShape& shape, cl_event* event, const Enqueue& enqueue) {
  if (!IsNewLaunch(kernel, shape)) return enqueue(event);
  cl_event own = nullptr;
  const cl_int error = enqueue(event == nullptr ? &own : event);
  if (error != CL_SUCCESS) return error;
  if (event != nullptr) {
    own = *event;
    Driver().clRetainEvent(own);
  }
  g_new_code = true;
  std::lock_guard<std::mutex> lock(Objects().mutex);
  const auto found = Objects().kernels.find(kernel);
  // The application may not release a kernel during its launch.
  if (found != Objects().kernels.end()) found->second.program->first_launches.push_back(own);
  return error;
}

cl_int CL_API_CALL EnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
                                        cl_uint dimensions, const size_t* offset,
                                        const size_t* global, const size_t* local,
                                        cl_uint wait_count, const cl_event* wait, cl_event* event) {
  const auto enqueue = [&](cl_event* into) {
    return Driver().clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local,
                                           wait_count, wait, into);
  };
  if (Objects().watched == 0) return enqueue(event);
  return Launch(kernel, MakeLaunchShape(dimensions, offset, global, local), event, enqueue);
}

cl_int CL_API_CALL EnqueueTask(cl_command_queue queue, cl_kernel kernel, cl_uint wait_count,
                               const cl_event* wait, cl_event* event) {
  const auto enqueue = [&](cl_event* into) {
    return Driver().clEnqueueTask(queue, kernel, wait_count, wait, into);
  };
  if (Objects().watched == 0) return enqueue(event);
  const size_t one = 1;
  return Launch(kernel, MakeLaunchShape(1, nullptr, &one, &one), event, enqueue);
}

// A call after which the application's launches may have run. The driver's compiler registers exit
// handlers during launches, and these run before handlers that were registered earlier. The layer's
// exit handler is therefore registered again.
template <auto cl_icd_dispatch::*kEntry, typename Function>
struct Waiting;

template <auto cl_icd_dispatch::*kEntry, typename Result, typename... Arguments>
struct Waiting<kEntry, Result(CL_API_CALL*)(Arguments...)> {
  static Result CL_API_CALL Call(Arguments... arguments) {
    const Result result = (Driver().*kEntry)(arguments...);
    if (g_new_code.load(std::memory_order_relaxed) && g_new_code.exchange(false)) ArmExit();
    return result;
  }
};

template <auto cl_icd_dispatch::*kEntry>
void RenewExitAfter(cl_icd_dispatch* table) {
  using Function = std::remove_reference_t<decltype(table->*kEntry)>;
  Replace(&(table->*kEntry), &Waiting<kEntry, Function>::Call);
}

}  // namespace

void InstallKernelCalls(cl_icd_dispatch* table) {
  Replace(&table->clCreateKernel, &CreateKernel);
  Replace(&table->clCreateKernelsInProgram, &CreateKernelsInProgram);
  Replace(&table->clCloneKernel, &CloneKernel);
  Replace(&table->clRetainKernel, &RetainKernel);
  Replace(&table->clReleaseKernel, &ReleaseKernel);
  Replace(&table->clGetKernelInfo, &GetKernelInfo);
  Replace(&table->clGetKernelArgInfo, &GetKernelArgInfo);
  Replace(&table->clEnqueueNDRangeKernel, &EnqueueNDRangeKernel);
  Replace(&table->clEnqueueTask, &EnqueueTask);
  RenewExitAfter<&cl_icd_dispatch::clFinish>(table);
  RenewExitAfter<&cl_icd_dispatch::clWaitForEvents>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueReadBuffer>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueReadBufferRect>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueReadImage>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueMapBuffer>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueMapImage>(table);
  RenewExitAfter<&cl_icd_dispatch::clEnqueueSVMMap>(table);
}

}  // namespace mace
