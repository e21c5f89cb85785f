// What an app has of OpenCL already and lends to a compiled model.
#ifndef MACE_CL_CALLER_CONTEXT_H_
#define MACE_CL_CALLER_CONTEXT_H_

namespace mace {

// Opaque, so that who passes the handles on needs no header of OpenCL's.
struct CallerContext {
  void* context = nullptr;  // cl_context; null: none is lent.
  void* device = nullptr;   // cl_device_id; null: the only one of the context.
  void* queue = nullptr;    // cl_command_queue; null: each session makes one of its own.
};

}  // namespace mace

#endif  // MACE_CL_CALLER_CONTEXT_H_
