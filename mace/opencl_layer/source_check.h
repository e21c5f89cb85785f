// Whether a program's binary depends on nothing but what its key holds: the source text, the
// build options and the files that these name.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_SOURCE_CHECK_H_
#define MACE_OPENCL_LAYER_SOURCE_CHECK_H_

#include <string>
#include <string_view>

namespace mace {

// Why the program must not be cached; empty where it may be, and then `files` holds the paths and
// contents of all files that it may include (empty: none), which belong to its key. Not cached are
// sources whose files cannot all be told and found (#import, an #include by a macro, a file that
// only the driver knows), that ask for the date or time, and options that are not known to depend
// on themselves alone (a file's name, say). In doubt the answer is no: a compile too many costs
// time, a stale binary the right result.
std::string WhyNotCacheable(std::string_view source, std::string_view options, std::string* files);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SOURCE_CHECK_H_
