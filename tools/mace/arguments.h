// What `run`, `compare` and `inspect` take in common, as the words of the command line say it.
#ifndef TOOLS_MACE_ARGUMENTS_H_
#define TOOLS_MACE_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace mace {

// How a model is read and compiled.
struct ModelOptions {
  LoadOptions load;
  CompileOptions compile;
};

// An option of a size: "1500000", "800M", "6G" (powers of 1024).
void AddMemoryLimit(CLI::App* command, const std::string& option, uint64_t* bytes,
                    const std::string& what);

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
  uint64_t cache_size_limit = CompileOptions::Cache().size_limit;
  std::string cache_public_key;  // A file.
  uint32_t cache_min_generation = 0;
  bool cache_allow_shared = false;
  bool cache_read_only = false;
  bool no_fallback = false;
  uint64_t host_memory_limit = 0;  // 0: the default of CompileOptions.
  uint64_t device_memory_limit = 0;
  std::vector<std::string> inputs;        // NAME=FILE.npy
  bool random_inputs = false;             // Also for inputs that `inputs` leaves out.
  std::vector<std::string> input_shapes;  // NAME=1,224,224,3
  std::vector<std::string> input_names;   // The tensors that are to be the inputs,
  std::vector<std::string> output_names;  // and those to be the outputs.
  std::vector<std::string> values;        // NAME=FILE.npy
  std::string json;                       // A file, "-" for stdout, empty for none.

  // Declares the options on a subcommand.
  void AddTo(CLI::App* command);
  // The options that say which cache file is used, and how.
  void AddCacheOptions(CLI::App* command);
  // The options that say where and how a model runs: device, memory, precision, tuning, fall-back.
  void AddPlanOptions(CLI::App* command);
  // kInvalidArgument names the option, expected and found.
  StatusOr<ModelOptions> ToOptions() const;
  // One tensor for each input: those of the files, and random ones where no file is given at all or
  // `random_inputs` is set. kInvalidArgument names an input without data.
  StatusOr<std::vector<Tensor>> LoadInputs(const CompiledModel& compiled) const;

 private:
  CompileOptions ToCompileOptions() const;
  Status AddData(LoadOptions* options) const;
};

// CompiledModel::Load of both options.
StatusOr<CompiledModel> LoadCompiled(const std::string& model, const ModelOptions& options);

// kInvalidArgument for a word that is not NAME=VALUE, and for a name that comes twice.
StatusOr<NamedWords> ParseNamedWords(const std::vector<std::string>& words,
                                     const std::string& option);
// The same for NAME=FILE, where the file's name may not be empty.
StatusOr<NamedWords> ParseNamedFiles(const std::vector<std::string>& words,
                                     const std::string& option);

// "1,224,224,3", or nothing for a scalar; kInvalidArgument where it is not a list of numbers above zero.
StatusOr<std::vector<int64_t>> ParseShape(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_ARGUMENTS_H_
