// Finds words of a command line that cannot be meant: what the parser of options says of them is
// hard to act on.
//
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_WORD_CHECK_H_
#define TOOLS_MACE_WORD_CHECK_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

// The one of `known` that `word` was most likely meant to be; empty where none is near: few letters
// are added, left out, exchanged or changed.
std::string NearestWord(const std::string& word, const std::vector<std::string>& known);

// kInvalidArgument for a subcommand that does not exist, or an option that its subcommand has not:
// names it, the nearest one, and for subcommands all there are. `words` are those behind the
// program's name. To be called before `app` parses them.
Status CheckWords(const CLI::App& app, const std::vector<std::string>& words);

// kInvalidArgument for an option or an argument that was given an empty text, such as a variable of
// a script that is not set: names it. To be called when `app` has parsed.
Status CheckNoEmptyValues(const CLI::App& app);

}  // namespace mace

#endif  // TOOLS_MACE_WORD_CHECK_H_
