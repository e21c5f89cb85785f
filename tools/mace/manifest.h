// Reads a folder of cases: manifest.json lists models, their inputs, and outputs of a trusted
// runtime. It is a list of
//
//   {name, format, model: [graph file, weights file…], max_abs_err,
//    sets: [{inputs: {NAME: {file}}, outputs: {NAME: {file}}}]}
//
// with files relative to the folder (.npy for tensors). max_abs_err is the largest permitted
// absolute error in fp32, or a sentence with "cosine >= NUMBER" for quantized models. Other members
// are ignored.
//
// Errors: those of reading a file; kCorruption names the file, the case and the member.
#ifndef TOOLS_MACE_MANIFEST_H_
#define TOOLS_MACE_MANIFEST_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/status.h"

namespace mace {

struct ManifestSet {
  std::map<std::string, std::string> inputs;  // By name: a .npy file.
  std::map<std::string, std::string> outputs;
};

struct ManifestCase {
  std::string name;
  std::string format;  // mace, tf or onnx; for people, since the file's content decides.
  std::string model;
  std::string data;  // Empty: the model has one file.
  std::vector<ManifestSet> sets;
  std::optional<double> max_abs_error;  // None: `min_cosine` is the limit.
  double min_cosine = -1;
};

StatusOr<std::vector<ManifestCase>> ReadManifest(const std::string& folder);

}  // namespace mace

#endif  // TOOLS_MACE_MANIFEST_H_
