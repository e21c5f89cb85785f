// The C++ API of Xiaomi's MACE (versions 0.11 to 1.1), by its own names, over mace/mace.h. An app
// that was written for it includes this file in place of "mace/public/mace.h", or keeps its
// include and adds the folder mace/compat/include to its include path, and links libmace.so of
// this project. docs/from_upstream_mace.md compares the APIs call by call and says what has no
// counterpart.
//
//   MaceStatus                    a code and information(); converts from and to mace::Status
//   GPUContextBuilder             where compiled programs are kept
//   MaceEngineConfig              the device
//   CreateMaceEngineFromProto     a model in memory to an engine
//   MaceEngine::Run, MaceTensor   one inference
//   MaceVersion, GetCapability, GetBigLittleCoreIDs
//
// Everything is defined in headers: the program needs what libmace.so exports for mace/mace.h and
// nothing else. No name of mace/mace.h is hidden or changed, and both APIs may be used in one file.
// Binary compatibility with Xiaomi's libmace.so is not a goal: programs are compiled again.
#ifndef MACE_COMPAT_MACE_H_
#define MACE_COMPAT_MACE_H_

#include "mace/compat/config.h"         // IWYU pragma: export
#include "mace/compat/create_engine.h"  // IWYU pragma: export
#include "mace/compat/device.h"         // IWYU pragma: export
#include "mace/compat/engine.h"         // IWYU pragma: export
#include "mace/compat/status.h"         // IWYU pragma: export
#include "mace/compat/tensor.h"         // IWYU pragma: export
#include "mace/compat/types.h"          // IWYU pragma: export

#endif  // MACE_COMPAT_MACE_H_
