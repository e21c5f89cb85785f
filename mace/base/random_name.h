// Names that nobody can guess, for temporary files and folders. Thread contract: thread-safe.
#ifndef MACE_BASE_RANDOM_NAME_H_
#define MACE_BASE_RANDOM_NAME_H_

#include <string>
#include <string_view>

#include "mace/base/status.h"

namespace mace {

inline constexpr size_t kRandomNameSize = 32;

// kRandomNameSize hexadecimal digits from the system's source of randomness; kInternal when there
// is none.
StatusOr<std::string> MakeRandomName();

// Whether `text` has the form that MakeRandomName gives.
bool IsRandomName(std::string_view text);

}  // namespace mace

#endif  // MACE_BASE_RANDOM_NAME_H_
