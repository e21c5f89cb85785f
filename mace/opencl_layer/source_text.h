// Which other files the source text of a program may mean. The text is not preprocessed: what could
// be an #include counts as one.
//
// Errors: none. Thread contract: thread-safe.
#ifndef MACE_OPENCL_LAYER_SOURCE_TEXT_H_
#define MACE_OPENCL_LAYER_SOURCE_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace mace {

// The text as the preprocessor sees it before it looks for directives: lines that end in a
// backslash (or its trigraph, with blanks behind it as compilers allow) are joined.
std::string JoinLines(std::string_view source);

// Appends the names of all files that the text includes. Returns why they cannot all be told; empty
// where they can. REQUIRES: lines are joined.
std::string FindIncludes(std::string_view joined, std::vector<std::string>* names);

// Whether the text's meaning depends on when it is compiled.
bool AsksForTime(std::string_view joined);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SOURCE_TEXT_H_
