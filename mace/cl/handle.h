// A unique owner of an OpenCL object: releases it when it goes, unless the process is a forked
// child of the one that owns it (opencl_process.h). Move-only.
//
// Thread contract: thread-compatible.
#ifndef MACE_CL_HANDLE_H_
#define MACE_CL_HANDLE_H_

#include <CL/cl.h>

#include <utility>

#include "mace/cl/opencl_process.h"

namespace mace {

template <typename T, cl_int (*kRelease)(T)>
class ClHandle {
 public:
  ClHandle() = default;
  explicit ClHandle(T object) : object_(object) {}
  ~ClHandle() { Reset(); }
  ClHandle(ClHandle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ClHandle& operator=(ClHandle&& other) noexcept {
    if (this != &other) {
      Reset();
      object_ = std::exchange(other.object_, nullptr);
    }
    return *this;
  }

  T get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  void Reset() {
    // A release that fails leaves nothing that could be done about it.
    if (object_ != nullptr && !OpenClIsOfParentProcess()) kRelease(object_);
    object_ = nullptr;
  }

  T object_ = nullptr;
};

using ClContextHandle = ClHandle<cl_context, clReleaseContext>;
using ClQueueHandle = ClHandle<cl_command_queue, clReleaseCommandQueue>;
using ClProgramHandle = ClHandle<cl_program, clReleaseProgram>;
using ClKernelHandle = ClHandle<cl_kernel, clReleaseKernel>;
using ClMemHandle = ClHandle<cl_mem, clReleaseMemObject>;
using ClEventHandle = ClHandle<cl_event, clReleaseEvent>;

// The place where a call leaves its event for a handle to take over; null for a null handle.
class ClEventOut {
 public:
  explicit ClEventOut(ClEventHandle* into) : into_(into) {}
  ~ClEventOut() {
    if (into_ != nullptr) *into_ = ClEventHandle(raw_);
  }
  ClEventOut(const ClEventOut&) = delete;
  ClEventOut& operator=(const ClEventOut&) = delete;
  cl_event* out() { return into_ == nullptr ? nullptr : &raw_; }

 private:
  ClEventHandle* const into_;
  cl_event raw_ = nullptr;
};

}  // namespace mace

#endif  // MACE_CL_HANDLE_H_
