// `mace convert`: a TensorFlow, TensorFlow Lite, ONNX or MACE model as a MACE `.pb` and `.data`,
// read back and compared.
#include <CLI/CLI.hpp>
#include <cinttypes>

#include "mace/diagnose.h"
#include "mace/mace.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/progress.h"
#include "tools/mace/requests.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct ConvertArguments {
  std::string model;
  std::string data;
  std::string output;
  std::string weights = "fp32";
  bool no_check = false;
  std::vector<std::string> input_shapes;  // NAME=1,224,224,3
  std::vector<std::string> inputs;        // NAME=FILE.npy
  std::vector<std::string> input_names;
  std::vector<std::string> output_names;
  std::string signature;
  std::vector<std::string> values;  // NAME=FILE.npy
  uint64_t host_memory_limit = 0;   // Read by main, which bounds the whole command.
};

Status CheckOutput(const std::string& output) {
  constexpr std::string_view kExtension = ".pb";
  const bool ends =
      output.size() > kExtension.size() &&
      output.compare(output.size() - kExtension.size(), std::string::npos, kExtension) == 0;
  if (ends) return Status();
  return InvalidArgument("--output: expected a name that ends in .pb, found '" + output + "'");
}

StatusOr<LoadOptions> LoadOptionsOf(const ConvertArguments& arguments) {
  LoadOptions options;
  options.data_path = arguments.data;
  MACE_ASSIGN_OR_RETURN(const NamedWords shapes,
                        ParseNamedWords(arguments.input_shapes, "--input-shape"));
  for (const auto& [name, text] : shapes) {
    StatusOr<std::vector<int64_t>> shape = ParseShape(text);
    if (!shape.ok()) return shape.status().WithPrefix("--input-shape: " + name);
    options.input_dims[name] = *shape;
  }
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(arguments.inputs, "--input"));
  options.dynamic_dims = ShapesOfFiles(files);
  options.inputs = arguments.input_names;
  options.outputs = arguments.output_names;
  options.signature = arguments.signature;
  MACE_ASSIGN_OR_RETURN(options.values, LoadValues(arguments.values));
  return options;
}

struct OnCpu {
  CompiledModel source;
  CompiledModel written;
};

StatusOr<OnCpu> CompileBoth(const Model& model, const ConvertArguments& arguments) {
  CompileOptions cpu;
  cpu.device = "cpu";
  OnCpu both;
  MACE_ASSIGN_OR_RETURN(both.source, CompiledModel::Compile(model, cpu));
  MACE_ASSIGN_OR_RETURN(both.written, CompiledModel::Load(arguments.output, LoadOptions(), cpu));
  return both;
}

// Reads the written model back, and compares its outputs with those of the source model. Both run
// on the CPU with the inputs that are given, and with seeded random numbers for the other inputs.
StatusOr<bool> ReadsBack(const Model& model, const ConvertArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(OnCpu models, CompileBoth(model, arguments));
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(arguments.inputs, "--input"));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                        LoadInputs(CompiledInputs(models.source), files, MissingInput::kRandom));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> expected, RunOnce(&models.source, inputs));
  // A MACE file has no int64 and no other floats than float32, whatever the source has.
  std::vector<Tensor> as_declared;
  for (size_t i = 0; i < inputs.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(Tensor input, inputs[i].ConvertTo(models.written.inputs()[i].dtype));
    as_declared.push_back(std::move(input));
  }
  const StatusOr<std::vector<Tensor>> found = RunOnce(&models.written, as_declared);
  if (!found.ok()) return found.status().WithPrefix(arguments.output);
  const double rtol = arguments.weights == "fp16" ? kDefaultRtolFloat16 : 1e-5;
  // Weights that are rounded to halves may move a value of an 8-bit model to the next quantized
  // step.
  const bool steps = arguments.weights == "fp16" && !models.source.note().empty();
  bool good = expected.size() == found->size();
  for (size_t i = 0; good && i < expected.size(); ++i) {
    // An output of the source may be rounded to a type that the file does not declare.
    MACE_ASSIGN_OR_RETURN(const Tensor as_source, (*found)[i].ConvertTo(expected[i].dtype()));
    MACE_ASSIGN_OR_RETURN(const Difference difference, Compare(expected[i], as_source));
    good = difference.same_shape && (steps ? difference.cosine >= kHalfCosine
                                           : difference.max_abs_error <= rtol * difference.range);
    Print(stdout, "%s: read back, largest difference %.3g of a range of %.3g%s\n",
          models.source.outputs()[i].name.c_str(), difference.max_abs_error, difference.range,
          good ? "" : ": FAILED");
  }
  return good;
}

int Convert(const ConvertArguments& arguments) {
  const Status output = CheckOutput(arguments.output);
  if (!output.ok()) return ReportBadUse(output.message());
  const StatusOr<LoadOptions> options = LoadOptionsOf(arguments);
  if (!options.ok()) return ReportBadUse(options.status().message());
  ScopedProgress progress("converting", 3);
  progress.Begin("reading " + arguments.model);
  const StatusOr<Model> model = Model::Load(arguments.model, *options);
  if (!model.ok()) return Report(model.status());
  SaveOptions save;
  save.half_weights = arguments.weights == "fp16";
  progress.Begin("writing " + arguments.output);
  const StatusOr<SaveReport> saved = model->Save(arguments.output, save);
  if (!saved.ok()) return Report(saved.status());
  Print(stdout, "%s: %zu ops, %" PRIu64 " bytes; %s: %" PRIu64 " bytes\n", arguments.output.c_str(),
        saved->nodes, saved->model_bytes, saved->data_path.c_str(), saved->data_bytes);
  for (const std::string& line : saved->beyond_upstream) {
    Print(stdout, "not for upstream's runtime: %s\n", line.c_str());
  }
  if (arguments.no_check) return kExitDone;
  progress.Begin("comparing what was written");
  const StatusOr<bool> good = ReadsBack(*model, arguments);
  if (!good.ok()) return Report(good.status());
  if (*good) return kExitDone;
  return ReportComparisonFailed(arguments.output + ": read back, it differs from " +
                                arguments.model);
}

}  // namespace

Command AddConvertCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "convert",
      "write a TensorFlow, TensorFlow Lite, ONNX or MACE model as a MACE .pb with its .data");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("model", arguments->model, "the model to convert")->required();
  command->add_option("--output", arguments->output, "OUT.pb; the weights go to OUT.data")
      ->required();
  command->add_option("--weights", arguments->weights, "fp32 or fp16")
      ->check(CLI::IsMember({"fp32", "fp16"}))
      ->capture_default_str();
  command->add_option("--data", arguments->data, "the weights of a MACE model that is read");
  command->add_option("--input-shape", arguments->input_shapes,
                      "NAME=1,224,224,3: binds a dynamic shape");
  command->add_option("--input", arguments->inputs,
                      "NAME=FILE.npy: its shape is what the model leaves dynamic, its numbers are "
                      "what the written model is checked with");
  command
      ->add_option(
          "--inputs", arguments->input_names,
          "TensorFlow, TensorFlow Lite, ONNX: NAME,NAME: any tensors, that are to be the inputs")
      ->delimiter(',');
  command
      ->add_option(
          "--outputs", arguments->output_names,
          "TensorFlow, TensorFlow Lite, ONNX: NAME,NAME: any tensors, that are to be the outputs")
      ->delimiter(',');
  AddSignature(command, &arguments->signature);
  command->add_option("--value", arguments->values,
                      "ONNX: NAME=FILE.npy: an input that holds a shape or an axis, and becomes a "
                      "constant of the written model");
  AddMemoryLimit(command, "--host-memory-limit", &arguments->host_memory_limit,
                 "the most memory for tensors (default: what is available)");
  command->add_flag("--no-check", arguments->no_check,
                    "do not run what was written beside what it was made from");
  return {command, [arguments] { return Convert(*arguments); }};
}

}  // namespace mace
