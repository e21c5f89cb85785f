// Whether a part of an open file, as an app names it, lies within the file.
#ifndef MACE_ENGINE_FILE_RANGE_CHECK_H_
#define MACE_ENGINE_FILE_RANGE_CHECK_H_

#include <cstdint>
#include <string>

#include "mace/api/file_range.h"
#include "mace/base/status.h"

namespace mace {

// kInvalidArgument if the range ends beyond the `file_size` bytes of the file; the message begins
// with `name`. Thread-safe.
inline Status CheckFileRange(const FileRange& range, uint64_t file_size, const std::string& name) {
  if (range.offset <= file_size && range.size <= file_size - range.offset) return Status();
  return InvalidArgument(name + ": expected " + std::to_string(range.size) + " bytes at offset " +
                         std::to_string(range.offset) + ", found " + std::to_string(file_size) +
                         " in all");
}

}  // namespace mace

#endif  // MACE_ENGINE_FILE_RANGE_CHECK_H_
