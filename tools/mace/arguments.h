// The arguments that `run`, `compare` and `inspect` share, as words of the command line.
#ifndef TOOLS_MACE_ARGUMENTS_H_
#define TOOLS_MACE_ARGUMENTS_H_

#include <map>
#include <string>
#include <vector>

#include "mace/mace.h"

namespace CLI {
class App;
}  // namespace CLI

namespace mace {

// How a model is loaded and compiled.
struct ModelOptions {
  LoadOptions load;
  CompileOptions compile;
};

// Declares an option of a size in bytes: "1500000", "800M", "6G" (powers of 1024).
void AddMemoryLimit(CLI::App* command, const std::string& option, uint64_t* bytes,
                    const std::string& what);

// Declares the option that names a signature of a SavedModel.
void AddSignature(CLI::App* command, std::string* signature);

// Words of the form NAME=VALUE, by name; NAME ends at the first '='.
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
  std::string cache_public_key;  // Path of the key file.
  uint32_t cache_min_generation = 0;
  bool cache_allow_shared = false;
  bool cache_read_only = false;
  bool no_fallback = false;
  uint64_t host_memory_limit = 0;  // 0: the default of CompileOptions.
  uint64_t device_memory_limit = 0;
  std::vector<std::string> inputs;        // NAME=FILE.npy
  bool random_inputs = false;             // For inputs that `inputs` lacks, too.
  std::vector<std::string> input_shapes;  // NAME=1,224,224,3
  std::vector<std::string> input_names;   // Tensors to use as inputs.
  std::vector<std::string> output_names;  // Tensors to use as outputs.
  std::string signature;                  // The signature of a SavedModel.
  std::vector<std::string> values;        // NAME=FILE.npy
  std::string json;                       // A file; "-": stdout; empty: no JSON.

  // Declares all options on a subcommand.
  void AddTo(CLI::App* command);
  // Declares the options of the cache file.
  void AddCacheOptions(CLI::App* command);
  // Declares the options of device, memory, precision, tuning and CPU fallback.
  void AddPlanOptions(CLI::App* command);
  // kInvalidArgument names the option, the expected value and the one found.
  StatusOr<ModelOptions> ToOptions() const;
  // One tensor for each input: from its file, or random if no file is given at all or
  // `random_inputs` is set. kInvalidArgument names an input without data.
  StatusOr<std::vector<Tensor>> LoadInputs(const CompiledModel& compiled) const;

 private:
  CompileOptions ToCompileOptions() const;
  Status AddData(LoadOptions* options) const;
};

// CompiledModel::Load with these options.
StatusOr<CompiledModel> LoadCompiled(const std::string& model, const ModelOptions& options);

// kInvalidArgument for a word that is not NAME=VALUE, and for a repeated name.
StatusOr<NamedWords> ParseNamedWords(const std::vector<std::string>& words,
                                     const std::string& option);
// ParseNamedWords for NAME=FILE, where the file's name may not be empty.
StatusOr<NamedWords> ParseNamedFiles(const std::vector<std::string>& words,
                                     const std::string& option);

// The tensors of the option --value, by name, for LoadOptions::values.
StatusOr<std::map<std::string, Tensor>> LoadValues(const std::vector<std::string>& words);

// Parses "1,224,224,3"; an empty text is a scalar. kInvalidArgument for anything but positive
// numbers.
StatusOr<std::vector<int64_t>> ParseShape(const std::string& text);

}  // namespace mace

#endif  // TOOLS_MACE_ARGUMENTS_H_
