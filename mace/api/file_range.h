// A part of an open file.
#ifndef MACE_API_FILE_RANGE_H_
#define MACE_API_FILE_RANGE_H_

#include <cstdint>

namespace mace {

// A range of bytes, such as Android's asset manager returns. The descriptor belongs to the caller,
// who may close it after the call. Plain data, thread-compatible.
struct FileRange {
  int descriptor = -1;  // -1: no file.
  uint64_t offset = 0;  // In bytes.
  uint64_t size = 0;    // In bytes; 0: up to the file's end.
};

}  // namespace mace

#endif  // MACE_API_FILE_RANGE_H_
