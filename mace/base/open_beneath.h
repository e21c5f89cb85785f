// Opens a file beneath a folder that is open already, without following any link on the way: the
// opened file lies in the folder at the moment of opening, even if others rename and link
// meanwhile.
//
// Thread contract: thread-safe.
#ifndef MACE_BASE_OPEN_BENEATH_H_
#define MACE_BASE_OPEN_BENEATH_H_

#include <string>

namespace mace {

// How a path is resolved: by the kernel in one call (openat2, Linux 5.6 and later), or component by
// component. kBest is the call where the kernel has it.
enum class BeneathResolver { kBest, kComponents };

// A descriptor of `relative` (names between slashes; "." is allowed) below the folder's descriptor,
// opened with `flags` (without O_PATH) and O_CLOEXEC. -1 with errno set: ELOOP or ENOTDIR where a
// component is a link, EXDEV for an absolute or an empty path and for a component "..".
int OpenBeneath(int folder, const std::string& relative, int flags,
                BeneathResolver resolver = BeneathResolver::kBest);

}  // namespace mace

#endif  // MACE_BASE_OPEN_BENEATH_H_
