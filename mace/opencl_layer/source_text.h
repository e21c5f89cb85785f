// Finds the files that a program's source may include. The text is not preprocessed: whatever could
// be an #include counts as one.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_SOURCE_TEXT_H_
#define MACE_OPENCL_LAYER_SOURCE_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace mace {

// The text with lines joined that end in a backslash, as the preprocessor does before it looks for
// directives. The backslash may be a trigraph, and blanks may follow it, as compilers allow.
std::string JoinLines(std::string_view source);

// Appends the names of all files that the text includes. Returns why they cannot all be determined;
// empty if they can. REQUIRES: lines are joined.
std::string FindIncludes(std::string_view joined, std::vector<std::string>* names);

// Whether the text depends on the time of its compilation.
bool AsksForTime(std::string_view joined);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SOURCE_TEXT_H_
