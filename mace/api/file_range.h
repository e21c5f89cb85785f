// A part of an open file.
#ifndef MACE_API_FILE_RANGE_H_
#define MACE_API_FILE_RANGE_H_

#include <cstdint>

namespace mace {

// As Android's asset manager gives it. The descriptor stays the caller's, and may be closed when the
// call has returned.
struct FileRange {
  int descriptor = -1;  // -1: no file.
  uint64_t offset = 0;
  uint64_t size = 0;  // 0: up to the file's end.
};

}  // namespace mace

#endif  // MACE_API_FILE_RANGE_H_
