// Makes a relative path absolute, so that it names the same file when the current folder changes
// later. Thread contract: thread-safe.
#ifndef MACE_BASE_ABSOLUTE_PATH_H_
#define MACE_BASE_ABSOLUTE_PATH_H_

#include <string>

namespace mace {

// The current folder and `path`; `path` itself when it is absolute or empty, or when the current
// folder cannot be told. Links and ".." stay as they are.
std::string AbsolutePath(const std::string& path);

}  // namespace mace

#endif  // MACE_BASE_ABSOLUTE_PATH_H_
