// Finds words of a command line that are certainly wrong and for which the option parser's own
// message would not help.
//
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_WORD_CHECK_H_
#define TOOLS_MACE_WORD_CHECK_H_

#include <string>
#include <vector>

#include "mace/base/status.h"

namespace CLI {
class App;
}  // namespace CLI

namespace mace {

// The one of `known` that `word` most likely stands for; empty if none is near. Near means few
// letters added, left out, exchanged or changed.
std::string NearestWord(const std::string& word, const std::vector<std::string>& known);

// kInvalidArgument for a subcommand that does not exist, or an option that its subcommand lacks.
// The message names it, the nearest one and, for subcommands, all of them. `words` follow the
// program's name. Must be called before `app` parses them.
Status CheckWords(const CLI::App& app, const std::vector<std::string>& words);

// kInvalidArgument names an option or argument that was given an empty text, such as an unset
// variable of a script. Must be called after `app` has parsed.
Status CheckNoEmptyValues(const CLI::App& app);

}  // namespace mace

#endif  // TOOLS_MACE_WORD_CHECK_H_
