// Whether a program's binary depends on nothing but what its key holds: the source text and the
// build options.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_LAYER_SOURCE_CHECK_H_
#define MACE_LAYER_SOURCE_CHECK_H_

#include <string>
#include <string_view>

namespace mace {

// Why the program must not be cached; empty where it may be. Not cached are a source that reads
// other files (#include and the like: their content is not in the key), one that asks for the date
// or time, and options that are not known to depend on themselves alone (a file's name, say). In
// doubt the answer is no: a compile too many costs time, a stale binary the right result.
std::string WhyNotCacheable(std::string_view source, std::string_view options);

}  // namespace mace

#endif  // MACE_LAYER_SOURCE_CHECK_H_
