// The calls of OpenCL that mace makes, each found in the OpenCL loader when it is first made.
//
// A program that links the loader does not start on a machine without one: the dynamic linker ends
// it with a line of its own. The command links this file instead, so that it starts everywhere, and
// the CPU reference works without OpenCL. Without a loader, clGetPlatformIDs says that there is no
// platform, as a loader without drivers does, so that no other call is made.
//
// A library that is preloaded (LD_PRELOAD) and defines a call comes first, as it does for a program
// that links the loader.
//
// Errors: CL_PLATFORM_NOT_FOUND_KHR, or null from calls that give an object, without a loader.
// Thread contract: thread-safe.
// The calls keep their names in every version of OpenCL.
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <dlfcn.h>

#include <type_traits>

namespace mace {
namespace {

// What an ICD loader answers where no driver is installed; CL/cl_ext.h has its name.
constexpr cl_int kPlatformNotFound = -1001;

#ifdef __ANDROID__
constexpr char kLoader[] = "libOpenCL.so";
#else
constexpr char kLoader[] = "libOpenCL.so.1";
#endif

void* FindCall(const char* name) {
  void* const preloaded = dlsym(RTLD_NEXT, name);
  if (preloaded != nullptr) return preloaded;
  // Never closed: drivers leave threads and handlers behind.
  static void* const loader = dlopen(kLoader, RTLD_LAZY | RTLD_LOCAL);
  return loader == nullptr ? nullptr : dlsym(loader, name);
}

// What a call gives without a loader.
template <typename Result>
Result NotFound() {
  if constexpr (std::is_pointer_v<Result>) {
    return nullptr;
  } else {
    return kPlatformNotFound;
  }
}

}  // namespace
}  // namespace mace

// Defines one call: its result, name, parameters and arguments. The header declares the same call,
// so that the compiler refuses other parameters.
#define CALL(Result, name, parameters, arguments)                                      \
  extern "C" Result CL_API_CALL name parameters {                                      \
    static const auto call = reinterpret_cast<decltype(&name)>(mace::FindCall(#name)); \
    return call == nullptr ? mace::NotFound<Result>() : call arguments;                \
  }

CALL(cl_int, clGetPlatformIDs,
     (cl_uint num_entries, cl_platform_id* platforms, cl_uint* num_platforms),
     (num_entries, platforms, num_platforms))
CALL(cl_int, clGetPlatformInfo,
     (cl_platform_id platform, cl_platform_info param_name, size_t param_value_size,
      void* param_value, size_t* param_value_size_ret),
     (platform, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clGetDeviceIDs,
     (cl_platform_id platform, cl_device_type device_type, cl_uint num_entries,
      cl_device_id* devices, cl_uint* num_devices),
     (platform, device_type, num_entries, devices, num_devices))
CALL(cl_int, clGetDeviceInfo,
     (cl_device_id device, cl_device_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (device, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clRetainDevice, (cl_device_id device), (device))
CALL(cl_int, clReleaseDevice, (cl_device_id device), (device))
CALL(cl_context, clCreateContext,
     (const cl_context_properties* properties, cl_uint num_devices, const cl_device_id* devices,
      void(CL_CALLBACK* pfn_notify)(const char* errinfo, const void* private_info, size_t cb,
                                    void* user_data),
      void* user_data, cl_int* errcode_ret),
     (properties, num_devices, devices, pfn_notify, user_data, errcode_ret))
CALL(cl_int, clRetainContext, (cl_context context), (context))
CALL(cl_int, clReleaseContext, (cl_context context), (context))
CALL(cl_int, clGetContextInfo,
     (cl_context context, cl_context_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (context, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clRetainCommandQueue, (cl_command_queue command_queue), (command_queue))
CALL(cl_int, clReleaseCommandQueue, (cl_command_queue command_queue), (command_queue))
CALL(cl_int, clGetCommandQueueInfo,
     (cl_command_queue command_queue, cl_command_queue_info param_name, size_t param_value_size,
      void* param_value, size_t* param_value_size_ret),
     (command_queue, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_mem, clCreateBuffer,
     (cl_context context, cl_mem_flags flags, size_t size, void* host_ptr, cl_int* errcode_ret),
     (context, flags, size, host_ptr, errcode_ret))
CALL(cl_mem, clCreateSubBuffer,
     (cl_mem buffer, cl_mem_flags flags, cl_buffer_create_type buffer_create_type,
      const void* buffer_create_info, cl_int* errcode_ret),
     (buffer, flags, buffer_create_type, buffer_create_info, errcode_ret))
CALL(cl_mem, clCreateImage,
     (cl_context context, cl_mem_flags flags, const cl_image_format* image_format,
      const cl_image_desc* image_desc, void* host_ptr, cl_int* errcode_ret),
     (context, flags, image_format, image_desc, host_ptr, errcode_ret))
CALL(cl_int, clRetainMemObject, (cl_mem memobj), (memobj))
CALL(cl_int, clReleaseMemObject, (cl_mem memobj), (memobj))
CALL(cl_int, clGetSupportedImageFormats,
     (cl_context context, cl_mem_flags flags, cl_mem_object_type image_type, cl_uint num_entries,
      cl_image_format* image_formats, cl_uint* num_image_formats),
     (context, flags, image_type, num_entries, image_formats, num_image_formats))
CALL(cl_int, clGetMemObjectInfo,
     (cl_mem memobj, cl_mem_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (memobj, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_program, clCreateProgramWithSource,
     (cl_context context, cl_uint count, const char** strings, const size_t* lengths,
      cl_int* errcode_ret),
     (context, count, strings, lengths, errcode_ret))
CALL(cl_program, clCreateProgramWithBinary,
     (cl_context context, cl_uint num_devices, const cl_device_id* device_list,
      const size_t* lengths, const unsigned char** binaries, cl_int* binary_status,
      cl_int* errcode_ret),
     (context, num_devices, device_list, lengths, binaries, binary_status, errcode_ret))
CALL(cl_int, clRetainProgram, (cl_program program), (program))
CALL(cl_int, clReleaseProgram, (cl_program program), (program))
CALL(cl_int, clBuildProgram,
     (cl_program program, cl_uint num_devices, const cl_device_id* device_list, const char* options,
      void(CL_CALLBACK* pfn_notify)(cl_program program, void* user_data), void* user_data),
     (program, num_devices, device_list, options, pfn_notify, user_data))
CALL(cl_int, clGetProgramInfo,
     (cl_program program, cl_program_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (program, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clGetProgramBuildInfo,
     (cl_program program, cl_device_id device, cl_program_build_info param_name,
      size_t param_value_size, void* param_value, size_t* param_value_size_ret),
     (program, device, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_kernel, clCreateKernel, (cl_program program, const char* kernel_name, cl_int* errcode_ret),
     (program, kernel_name, errcode_ret))
CALL(cl_int, clRetainKernel, (cl_kernel kernel), (kernel))
CALL(cl_int, clReleaseKernel, (cl_kernel kernel), (kernel))
CALL(cl_int, clSetKernelArg,
     (cl_kernel kernel, cl_uint arg_index, size_t arg_size, const void* arg_value),
     (kernel, arg_index, arg_size, arg_value))
CALL(cl_int, clGetKernelInfo,
     (cl_kernel kernel, cl_kernel_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (kernel, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clGetKernelWorkGroupInfo,
     (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info param_name,
      size_t param_value_size, void* param_value, size_t* param_value_size_ret),
     (kernel, device, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clWaitForEvents, (cl_uint num_events, const cl_event* event_list),
     (num_events, event_list))
CALL(cl_int, clGetEventInfo,
     (cl_event event, cl_event_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (event, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clRetainEvent, (cl_event event), (event))
CALL(cl_int, clReleaseEvent, (cl_event event), (event))
CALL(cl_int, clSetUserEventStatus, (cl_event event, cl_int execution_status),
     (event, execution_status))
CALL(cl_int, clSetEventCallback,
     (cl_event event, cl_int command_exec_callback_type,
      void(CL_CALLBACK* pfn_notify)(cl_event event, cl_int event_command_status, void* user_data),
      void* user_data),
     (event, command_exec_callback_type, pfn_notify, user_data))
CALL(cl_int, clGetEventProfilingInfo,
     (cl_event event, cl_profiling_info param_name, size_t param_value_size, void* param_value,
      size_t* param_value_size_ret),
     (event, param_name, param_value_size, param_value, param_value_size_ret))
CALL(cl_int, clFlush, (cl_command_queue command_queue), (command_queue))
CALL(cl_int, clFinish, (cl_command_queue command_queue), (command_queue))
CALL(cl_int, clEnqueueReadBuffer,
     (cl_command_queue command_queue, cl_mem buffer, cl_bool blocking_read, size_t offset,
      size_t size, void* ptr, cl_uint num_events_in_wait_list, const cl_event* event_wait_list,
      cl_event* event),
     (command_queue, buffer, blocking_read, offset, size, ptr, num_events_in_wait_list,
      event_wait_list, event))
CALL(cl_int, clEnqueueWriteBuffer,
     (cl_command_queue command_queue, cl_mem buffer, cl_bool blocking_write, size_t offset,
      size_t size, const void* ptr, cl_uint num_events_in_wait_list,
      const cl_event* event_wait_list, cl_event* event),
     (command_queue, buffer, blocking_write, offset, size, ptr, num_events_in_wait_list,
      event_wait_list, event))
CALL(cl_int, clEnqueueFillBuffer,
     (cl_command_queue command_queue, cl_mem buffer, const void* pattern, size_t pattern_size,
      size_t offset, size_t size, cl_uint num_events_in_wait_list, const cl_event* event_wait_list,
      cl_event* event),
     (command_queue, buffer, pattern, pattern_size, offset, size, num_events_in_wait_list,
      event_wait_list, event))
CALL(cl_int, clEnqueueCopyBuffer,
     (cl_command_queue command_queue, cl_mem src_buffer, cl_mem dst_buffer, size_t src_offset,
      size_t dst_offset, size_t size, cl_uint num_events_in_wait_list,
      const cl_event* event_wait_list, cl_event* event),
     (command_queue, src_buffer, dst_buffer, src_offset, dst_offset, size, num_events_in_wait_list,
      event_wait_list, event))
CALL(cl_int, clEnqueueReadImage,
     (cl_command_queue command_queue, cl_mem image, cl_bool blocking_read, const size_t* origin,
      const size_t* region, size_t row_pitch, size_t slice_pitch, void* ptr,
      cl_uint num_events_in_wait_list, const cl_event* event_wait_list, cl_event* event),
     (command_queue, image, blocking_read, origin, region, row_pitch, slice_pitch, ptr,
      num_events_in_wait_list, event_wait_list, event))
CALL(cl_int, clEnqueueWriteImage,
     (cl_command_queue command_queue, cl_mem image, cl_bool blocking_write, const size_t* origin,
      const size_t* region, size_t input_row_pitch, size_t input_slice_pitch, const void* ptr,
      cl_uint num_events_in_wait_list, const cl_event* event_wait_list, cl_event* event),
     (command_queue, image, blocking_write, origin, region, input_row_pitch, input_slice_pitch, ptr,
      num_events_in_wait_list, event_wait_list, event))
CALL(cl_int, clEnqueueFillImage,
     (cl_command_queue command_queue, cl_mem image, const void* fill_color, const size_t* origin,
      const size_t* region, cl_uint num_events_in_wait_list, const cl_event* event_wait_list,
      cl_event* event),
     (command_queue, image, fill_color, origin, region, num_events_in_wait_list, event_wait_list,
      event))
CALL(void*, clEnqueueMapBuffer,
     (cl_command_queue command_queue, cl_mem buffer, cl_bool blocking_map, cl_map_flags map_flags,
      size_t offset, size_t size, cl_uint num_events_in_wait_list, const cl_event* event_wait_list,
      cl_event* event, cl_int* errcode_ret),
     (command_queue, buffer, blocking_map, map_flags, offset, size, num_events_in_wait_list,
      event_wait_list, event, errcode_ret))
CALL(cl_int, clEnqueueUnmapMemObject,
     (cl_command_queue command_queue, cl_mem memobj, void* mapped_ptr,
      cl_uint num_events_in_wait_list, const cl_event* event_wait_list, cl_event* event),
     (command_queue, memobj, mapped_ptr, num_events_in_wait_list, event_wait_list, event))
CALL(cl_int, clEnqueueNDRangeKernel,
     (cl_command_queue command_queue, cl_kernel kernel, cl_uint work_dim,
      const size_t* global_work_offset, const size_t* global_work_size,
      const size_t* local_work_size, cl_uint num_events_in_wait_list,
      const cl_event* event_wait_list, cl_event* event),
     (command_queue, kernel, work_dim, global_work_offset, global_work_size, local_work_size,
      num_events_in_wait_list, event_wait_list, event))
CALL(void*, clGetExtensionFunctionAddressForPlatform,
     (cl_platform_id platform, const char* func_name), (platform, func_name))
CALL(cl_command_queue, clCreateCommandQueue,
     (cl_context context, cl_device_id device, cl_command_queue_properties properties,
      cl_int* errcode_ret),
     (context, device, properties, errcode_ret))

#undef CALL
