// Checks that a program's binary depends only on its key: the source text, the build options and
// the files that these name.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_SOURCE_CHECK_H_
#define MACE_OPENCL_LAYER_SOURCE_CHECK_H_

#include <string>
#include <string_view>

namespace mace {

// Why the program must not be cached; empty if it may be. `files` then gets the paths and contents
// of all files that it may include (empty: none), which belong to the key. Not cached are
// - sources whose files cannot all be determined and found: #import, an #include of a macro, a file
// that only the driver knows;
// - sources that ask for the date or the time;
// - options that may depend on more than their own text, such as a file's name.
// In doubt the program is not cached: an extra compile costs time, a stale binary gives wrong
// results.
std::string WhyNotCacheable(std::string_view source, std::string_view options, std::string* files);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SOURCE_CHECK_H_
