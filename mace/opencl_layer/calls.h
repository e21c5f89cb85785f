// The OpenCL calls that the layer handles. For all other calls the dispatch table keeps the entries
// of the driver, so they cost nothing extra.
//
// Thread contract: thread-safe, like the calls of OpenCL.
#ifndef MACE_OPENCL_LAYER_CALLS_H_
#define MACE_OPENCL_LAYER_CALLS_H_

#include <CL/cl_icd.h>

#include <cstring>
#include <string>

namespace mace {

// Each function replaces its entries of a table that holds the driver's, if the driver has them.
void InstallProgramCalls(cl_icd_dispatch* table);
void InstallKernelCalls(cl_icd_dispatch* table);

template <typename Function>
void Replace(Function* entry, Function replacement) {
  if (*entry != nullptr) *entry = replacement;
}

// Answers a query for a text in the way of clGet…Info.
inline cl_int AnswerText(const std::string& text, size_t size, void* value, size_t* size_ret) {
  const size_t needed = text.size() + 1;
  if (value != nullptr) {
    if (size < needed) return CL_INVALID_VALUE;
    std::memcpy(value, text.c_str(), needed);
  }
  if (size_ret != nullptr) *size_ret = needed;
  return CL_SUCCESS;
}

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_CALLS_H_
