#include "mace/cl/kernel.h"

#include "mace/cl/error.h"

namespace mace {

StatusOr<ClKernel> ClKernel::Create(cl_program program, const std::string& name) {
  ClKernel kernel;
  kernel.name_ = name;
  cl_int error = CL_SUCCESS;
  kernel.handle_ = ClKernelHandle(clCreateKernel(program, name.c_str(), &error));
  MACE_RETURN_IF_ERROR(CheckCl("clCreateKernel", error, name));
  MACE_RETURN_IF_ERROR(
      CheckCl("clGetKernelInfo",
              clGetKernelInfo(kernel.get(), CL_KERNEL_NUM_ARGS, sizeof(kernel.parameters_),
                              &kernel.parameters_, nullptr),
              name));
  return kernel;
}

Status ClKernel::Add(size_t size, const void* value) {
  if (set_ >= parameters_) {
    return Internal("kernel " + name_ + ": more arguments than its " + std::to_string(parameters_) +
                    " parameters");
  }
  const cl_int error = clSetKernelArg(get(), set_, size, value);
  if (error != CL_SUCCESS) {
    return MakeClError("clSetKernelArg", error, name_ + ", argument " + std::to_string(set_));
  }
  ++set_;
  return Status();
}

Status ClKernel::AddMemory(const ClMemory& memory) {
  const cl_mem object = memory.get();
  return Add(sizeof(object), &object);
}

Status ClKernel::AddInt(int32_t value) { return Add(sizeof(value), &value); }

Status ClKernel::AddFloat(float value) { return Add(sizeof(value), &value); }

Status ClKernel::CheckComplete() const {
  if (set_ == parameters_) return Status();
  return Internal("kernel " + name_ + ": expected " + std::to_string(parameters_) +
                  " arguments, found " + std::to_string(set_));
}

StatusOr<size_t> ClKernel::MaxWorkGroupSize(const ClDevice& device) const {
  // A kernel compiled for one size runs in it. NVIDIA's driver answers the other question with 256
  // even for such a kernel of 512 work-items.
  size_t compiled_for[3] = {0, 0, 0};
  MACE_RETURN_IF_ERROR(
      CheckCl("clGetKernelWorkGroupInfo",
              clGetKernelWorkGroupInfo(get(), device.id(), CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                       sizeof(compiled_for), compiled_for, nullptr),
              name_));
  size_t size = compiled_for[0] * compiled_for[1] * compiled_for[2];
  if (size > 0) return size;
  MACE_RETURN_IF_ERROR(
      CheckCl("clGetKernelWorkGroupInfo",
              clGetKernelWorkGroupInfo(get(), device.id(), CL_KERNEL_WORK_GROUP_SIZE, sizeof(size),
                                       &size, nullptr),
              name_));
  return size;
}

}  // namespace mace
