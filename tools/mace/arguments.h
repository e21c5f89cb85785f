// What `run`, `compare` and `inspect` take in common, as the words of the command line say it.
#ifndef TOOLS_MACE_ARGUMENTS_H_
#define TOOLS_MACE_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/runtime/options.h"

namespace mace {

// "none", "fast" or "full", with a progress bar on stderr where that is a terminal.
TuningOptions TuningOf(const std::string& level);

// NAME=VALUE words by name; NAME ends at the first '='.
using NamedWords = std::map<std::string, std::string>;

struct ModelArguments {
  std::string model;
  std::string data;
  std::string device = "gpu";
  std::string memory = "auto";
  std::string precision = "fp32";
  std::string tuning = "none";
  std::string cache = "none";
  uint64_t cache_size_limit = Options().cache_size_limit;
  std::string cache_public_key;  // A file.
  bool cache_allow_shared = false;
  bool cache_read_only = false;
  bool no_fallback = false;
  std::vector<std::string> inputs;        // NAME=FILE.npy
  std::vector<std::string> input_shapes;  // NAME=1,224,224,3
  std::vector<std::string> input_names;   // The tensors that are to be the inputs,
  std::vector<std::string> output_names;  // and those to be the outputs.
  std::vector<std::string> values;        // NAME=FILE.npy
  std::string json;                       // A file, "-" for stdout, empty for none.

  // Declares the options on a subcommand.
  void AddTo(CLI::App* command);
  // Those alone that say where and how a model runs: device, memory, precision, tuning, fall-back.
  void AddPlanOptions(CLI::App* command);
  // kInvalidArgument names the option, expected and found.
  StatusOr<Options> ToOptions() const;

 private:
  Status AddData(Options* options) const;
};

StatusOr<NamedWords> ParseNamedWords(const std::vector<std::string>& words,
                                     const std::string& option);

// "1,224,224,3"; kInvalidArgument where it is not a list of numbers above zero.
StatusOr<std::vector<int64_t>> ParseShape(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_ARGUMENTS_H_
