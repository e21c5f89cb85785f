// The LLVM library that PoCL is linked with, through LLVM's C interface. It is in the process once
// PoCL is; no other one is loaded.
//
// Thread contract: thread-safe; each call has an LLVM context of its own.
#ifndef MACE_CL_POCL_DRIVER_LLVM_H_
#define MACE_CL_POCL_DRIVER_LLVM_H_

#include <string>
#include <string_view>

#include "mace/base/status.h"

namespace mace {

// The module that `bitcode` holds, written again with `name` for the name of its source file.
// REQUIRES: PoCL wrote the bitcode; LLVM trusts what it reads. kUnsupported where PoCL is not in
// the process or shows no LLVM, kCorruption where LLVM cannot read the bitcode.
StatusOr<std::string> WithSourceFileName(std::string_view bitcode, std::string_view name);

}  // namespace mace

#endif  // MACE_CL_POCL_DRIVER_LLVM_H_
