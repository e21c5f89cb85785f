#include "tools/mace/arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "mace/base/strings.h"
#include "mace/cache/signing.h"
#include "tools/mace/progress.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

bool ShowTuning(const CompileOptions::TuningProgress& progress) {
  UpdateProgress("tuning variants", progress.done, progress.total);
  return true;
}

}  // namespace

void AddMemoryLimit(CLI::App* command, const std::string& option, uint64_t* bytes,
                    const std::string& what) {
  command->add_option(option, *bytes, what + "; bytes, or a number with K, M or G")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::PositiveNumber);
}

void AddSignature(CLI::App* command, std::string* signature) {
  command->add_option("--signature", *signature,
                      "SavedModel: the signature to load (default: serving_default, or the only "
                      "one that there is)");
}

void ModelArguments::AddPlanOptions(CLI::App* command) {
  command->add_option("--device", device, "gpu, gpu:N, gpu:NAME-PART or cpu")
      ->capture_default_str();
  command->add_option("--memory", memory, "auto, image or buffer")
      ->check(CLI::IsMember({"auto", "image", "buffer"}))
      ->capture_default_str();
  command->add_option("--precision", precision, "fp32, tf32 or fp16")
      ->check(CLI::IsMember({"fp32", "tf32", "fp16"}))
      ->capture_default_str();
  command
      ->add_option("--tuning", tuning,
                   "none, fast (seconds) or full (all variants): measure before the plan is made")
      ->check(CLI::IsMember({"none", "fast", "full"}))
      ->capture_default_str();
  command->add_flag("--no-fallback", no_fallback, "an op that would run on the CPU is an error");
  AddMemoryLimit(command, "--host-memory-limit", &host_memory_limit,
                 "the most memory for tensors on the host (default: what is available)");
  AddMemoryLimit(command, "--device-memory-limit", &device_memory_limit,
                 "the most memory for a plan on the device (default: what it has)");
}

void ModelArguments::AddCacheOptions(CLI::App* command) {
  command->add_option("--cache", cache, "the compiled-program cache file, or none")
      ->capture_default_str();
  command
      ->add_option("--cache-size-limit", cache_size_limit,
                   "the most bytes of the cache file; the least recently used programs are dropped")
      ->capture_default_str();
  command->add_option("--cache-public-key", cache_public_key,
                      "a public key of `mace cache keygen`; only a cache signed with it is used");
  command->add_option(
      "--cache-min-generation", cache_min_generation,
      "a cache file of a lower generation is not used (`mace cache info` shows it)");
  command->add_flag("--cache-allow-shared", cache_allow_shared,
                    "use and replace a cache file that others may write or own");
  command->add_flag("--cache-read-only", cache_read_only, "never write the cache file");
}

void ModelArguments::AddTo(CLI::App* command) {
  command->add_option("model", model, "a MACE .pb, a frozen TensorFlow .pb, a .tflite or an .onnx")
      ->required();
  command->add_option("--data", data,
                      "the weights of a MACE model (default: the model's name with .data)");
  AddPlanOptions(command);
  AddCacheOptions(command);
  command->add_option(
      "--input", inputs,
      "NAME=FILE.npy, once for each input (default: all seeded random); its shape is "
      "what the model leaves dynamic; TensorFlow, TensorFlow Lite, ONNX: NAME may be any tensor of "
      "the graph, which becomes an input");
  command->add_flag("--random-inputs", random_inputs,
                    "seeded random numbers for the inputs that --input leaves out");
  command->add_option("--input-shape", input_shapes,
                      "NAME=1,224,224,3, once for each input; NAME= for a scalar");
  command
      ->add_option(
          "--inputs", input_names,
          "TensorFlow, TensorFlow Lite, ONNX: NAME,NAME: the tensors, any of the graph, to use as "
          "inputs")
      ->delimiter(',');
  command
      ->add_option(
          "--outputs", output_names,
          "TensorFlow, TensorFlow Lite, ONNX: NAME,NAME: the tensors, any of the graph, to use as "
          "outputs")
      ->delimiter(',');
  AddSignature(command, &signature);
  command->add_option("--value", values,
                      "ONNX: NAME=FILE.npy: an input that holds a shape or an axis, known at load");
  command->add_option("--json", json, "write the numbers as JSON to a file, or to stdout with -");
}

StatusOr<ModelOptions> ModelArguments::ToOptions() const {
  if (device != "cpu" && device != "gpu" && !StartsWith(device, "gpu:")) {
    return InvalidArgument("--device: expected gpu, gpu:N, gpu:NAME-PART or cpu, found '" + device +
                           "'");
  }
  ModelOptions options;
  options.compile = ToCompileOptions();
  if (!cache_public_key.empty()) {
    StatusOr<PublicKey> key = ReadPublicKey(cache_public_key);
    if (!key.ok()) return key.status().WithPrefix("--cache-public-key");
    options.compile.cache.public_key = ToHex(Bytes(key->data(), key->size()));
  }
  options.load.data_path = data;
  options.load.host_memory_limit = host_memory_limit;
  MACE_ASSIGN_OR_RETURN(const NamedWords shapes, ParseNamedWords(input_shapes, "--input-shape"));
  for (const auto& [name, text] : shapes) {
    StatusOr<std::vector<int64_t>> shape = ParseShape(text);
    if (!shape.ok()) return shape.status().WithPrefix("--input-shape: " + name);
    options.load.input_dims[name] = *shape;
  }
  options.load.inputs = input_names;
  options.load.outputs = output_names;
  options.load.signature = signature;
  MACE_RETURN_IF_ERROR(AddData(&options.load));
  return options;
}

CompileOptions ModelArguments::ToCompileOptions() const {
  CompileOptions options;
  options.device = device;
  if (memory == "image") options.storage = CompileOptions::Storage::kImage;
  if (memory == "buffer") options.storage = CompileOptions::Storage::kBuffer;
  if (precision == "fp16") options.precision = CompileOptions::Precision::kFloat16;
  if (precision == "tf32") options.precision = CompileOptions::Precision::kTf32;
  if (tuning == "fast") options.tuning = CompileOptions::Tuning::kFast;
  if (tuning == "full") options.tuning = CompileOptions::Tuning::kFull;
  options.tuning_progress = ShowTuning;
  options.allow_cpu_fallback = !no_fallback;
  options.limits.host_bytes = host_memory_limit;
  options.limits.device_bytes = device_memory_limit;
  options.cache.path = cache == "none" ? "" : cache;
  options.cache.size_limit = cache_size_limit;
  options.cache.min_generation = cache_min_generation;
  options.cache.allow_shared = cache_allow_shared;
  options.cache.read_only = cache_read_only;
  // The command saves the cache itself, at a moment that it chooses.
  options.cache.save_after_first_run = false;
  return options;
}

// Adds the shapes and values that the files of --input and --value give before the model is loaded.
Status ModelArguments::AddData(LoadOptions* options) const {
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(inputs, "--input"));
  options->dynamic_dims = ShapesOfFiles(files);
  MACE_ASSIGN_OR_RETURN(options->values, LoadValues(values));
  return Status::Ok();
}

StatusOr<std::vector<Tensor>> ModelArguments::LoadInputs(const CompiledModel& compiled) const {
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(inputs, "--input"));
  const bool random = random_inputs || files.empty();
  return mace::LoadInputs(CompiledInputs(compiled), files,
                          random ? MissingInput::kRandom : MissingInput::kRefuse);
}

StatusOr<CompiledModel> LoadCompiled(const std::string& model, const ModelOptions& options) {
  ScopedProgress progress(options.compile.device == "cpu" ? "loading" : "compiling");
  progress.Begin(model);
  return CompiledModel::Load(model, options.load, options.compile);
}

StatusOr<NamedWords> ParseNamedWords(const std::vector<std::string>& words,
                                     const std::string& option) {
  NamedWords named;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument(option + ": expected NAME=VALUE, found '" + word + "'");
    }
    if (!named.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      return InvalidArgument(option + ": " + word.substr(0, equals) + " is given twice");
    }
  }
  return named;
}

StatusOr<NamedWords> ParseNamedFiles(const std::vector<std::string>& words,
                                     const std::string& option) {
  MACE_ASSIGN_OR_RETURN(NamedWords named, ParseNamedWords(words, option));
  for (const auto& [name, file] : named) {
    if (!file.empty()) continue;
    return InvalidArgument(option + ": expected NAME=FILE.npy, found no file behind '" + name +
                           "='");
  }
  return named;
}

StatusOr<std::map<std::string, Tensor>> LoadValues(const std::vector<std::string>& words) {
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(words, "--value"));
  std::map<std::string, Tensor> values;
  for (const auto& [name, path] : files) {
    StatusOr<Tensor> value = LoadStoredTensor(path);
    if (!value.ok()) return value.status().WithPrefix("--value");
    values[name] = *std::move(value);
  }
  return values;
}

StatusOr<std::vector<int64_t>> ParseShape(const std::string& text) {
  std::vector<int64_t> dims;
  if (text.empty()) return dims;
  for (const std::string& part : Split(text, ',')) {
    int64_t extent = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), extent);
    if (error != std::errc() || end != part.data() + part.size() || extent <= 0) {
      return InvalidArgument("expected extents above 0 such as 1,224,224,3, found '" + text + "'");
    }
    dims.push_back(extent);
  }
  return dims;
}

}  // namespace mace
