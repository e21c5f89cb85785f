// A part of an open file.
#ifndef MACE_API_FILE_RANGE_H_
#define MACE_API_FILE_RANGE_H_

#include <cstdint>

namespace mace {

// A range of bytes in a file, such as the one that Android's asset manager returns for an asset.
// The descriptor belongs to the caller, who may close it after the call that takes the range. Plain
// data, thread-compatible.
struct FileRange {
  int descriptor = -1;  // -1: no file.
  uint64_t offset = 0;  // In bytes.
  uint64_t size = 0;    // In bytes; 0: up to the file's end.
};

}  // namespace mace

#endif  // MACE_API_FILE_RANGE_H_
