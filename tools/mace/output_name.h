// File names for a model's outputs, whose names are arbitrary bytes of the model's file.
//
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_OUTPUT_NAME_H_
#define TOOLS_MACE_OUTPUT_NAME_H_

#include <string>
#include <vector>

namespace mace {

// A file name for each of `names`, all different, without a folder: the name with '/' and ':'
// replaced by '_', and ".npy". Control characters and invalid UTF-8 become "%1B". If the result is
// too long for a file system or equals another one, the first digits of the name's SHA-256 are
// added. Equal names get numbers.
std::vector<std::string> OutputFileNames(const std::vector<std::string>& names);

}  // namespace mace

#endif  // TOOLS_MACE_OUTPUT_NAME_H_
