// File names for the outputs of a model, whose names are whatever the model's file holds.
//
// Thread contract: thread-safe.
#ifndef TOOLS_MACE_OUTPUT_NAME_H_
#define TOOLS_MACE_OUTPUT_NAME_H_

#include <string>
#include <vector>

namespace mace {

// A file name for each of `names`, all different from one another, without a folder: the name with
// '/' and ':' as '_', and ".npy". Control characters and bytes that are no UTF-8 are "%1B". Where
// that is too long for a file system, or is another output's too, the name is marked with the begin
// of its SHA-256. Equal names get numbers.
std::vector<std::string> OutputFileNames(const std::vector<std::string>& names);

}  // namespace mace

#endif  // TOOLS_MACE_OUTPUT_NAME_H_
