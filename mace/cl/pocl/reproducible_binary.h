// What PoCL says of a program, without what only the machine knows that compiled it: the random
// name and the folder of the temporary source file, and the order in which the file system lists
// files. Equal builds give equal bytes, and the bytes do not tell where they were made.
//
// Thread contract: thread-safe.
#ifndef MACE_CL_POCL_REPRODUCIBLE_BINARY_H_
#define MACE_CL_POCL_REPRODUCIBLE_BINARY_H_

#include <string>
#include <string_view>

#include "mace/base/status.h"

namespace mace {

// Whether a driver's binary is PoCL's container of bitcode and kernel libraries.
bool IsPoclBinary(std::string_view binary);

// The program of `binary` in bytes that depend on its source, options and device alone; PoCL takes
// them as it takes its own. REQUIRES: IsPoclBinary(binary), and PoCL gave it to this process.
// kUnsupported where the container has a form that is not known, and as WithSourceFileName
// (driver_llvm.h); PoCL's own bytes may then be kept.
StatusOr<std::string> ReproduciblePoclBinary(std::string_view binary);

// A build log with one fixed name in place of each temporary source file of PoCL's.
std::string ReproduciblePoclLog(std::string_view log);

}  // namespace mace

#endif  // MACE_CL_POCL_REPRODUCIBLE_BINARY_H_
