// `mace convert`: a TensorFlow, ONNX or MACE model as a MACE `.pb` and `.data`, read back and
// compared.
#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/import/import.h"
#include "mace/import/mace_export.h"
#include "mace/runtime/difference.h"
#include "mace/runtime/engine.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct ConvertArguments {
  std::string model;
  std::string data;
  std::string output;
  std::string weights = "fp32";
  bool no_check = false;
  std::vector<std::string> input_shapes;
};

// "folder/model.data" of "folder/model.pb".
StatusOr<std::string> DataPathOf(const std::string& output) {
  constexpr std::string_view kExtension = ".pb";
  const bool ends =
      output.size() > kExtension.size() &&
      output.compare(output.size() - kExtension.size(), std::string::npos, kExtension) == 0;
  if (!ends)
    return InvalidArgument("--output: expected a name that ends in .pb, found '" + output + "'");
  return output.substr(0, output.size() - kExtension.size()) + ".data";
}

StatusOr<ImportOptions> ImportOptionsOf(const ConvertArguments& arguments) {
  ImportOptions options;
  options.data_path = arguments.data;
  MACE_ASSIGN_OR_RETURN(const NamedWords shapes,
                        ParseNamedWords(arguments.input_shapes, "--input-shape"));
  for (const auto& [name, text] : shapes) {
    StatusOr<std::vector<int64_t>> shape = ParseShape(text);
    if (!shape.ok()) return shape.status().WithPrefix("--input-shape: " + name);
    options.input_shapes[name] = *shape;
  }
  return options;
}

// The weights first: a `.pb` that is there has its `.data`.
Status Write(const MaceExport& exported, const std::string& output, const std::string& data) {
  MACE_RETURN_IF_ERROR(WriteFileAtomic(data, exported.data));
  return WriteFileAtomic(output, AsBytes(exported.model));
}

// What was written, read back, against what it was made from: on the CPU, with seeded inputs.
StatusOr<bool> ReadsBack(const std::shared_ptr<const Graph>& graph,
                         const ConvertArguments& arguments) {
  Options cpu;
  cpu.device = "cpu";
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> source, Engine::Create(graph, cpu));
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> written,
                        Engine::Create(arguments.output, cpu));
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> inputs, LoadInputs(source->inputs(), {}));
  MACE_ASSIGN_OR_RETURN(const std::vector<HostTensor> expected, source->Run(inputs));
  StatusOr<std::vector<HostTensor>> found = written->Run(inputs);
  if (!found.ok()) return found.status().WithPrefix(arguments.output);
  const double rtol = arguments.weights == "fp16" ? kDefaultRtolFloat16 : 1e-5;
  bool good = expected.size() == found->size();
  for (size_t i = 0; good && i < expected.size(); ++i) {
    const Difference difference = Compare(expected[i], (*found)[i]);
    // Halves may tip a value of an 8-bit model over to its next step.
    const bool steps = arguments.weights == "fp16" && !graph->note.empty();
    good = difference.same_shape && (steps ? difference.cosine >= kHalfCosine
                                           : difference.max_abs_error <= rtol * difference.range);
    std::printf("%s: read back, largest difference %.3g of a range of %.3g%s\n",
                source->outputs()[i].name.c_str(), difference.max_abs_error, difference.range,
                good ? "" : ": FAILED");
  }
  return good;
}

int Convert(const ConvertArguments& arguments) {
  const StatusOr<std::string> data = DataPathOf(arguments.output);
  if (!data.ok()) return ReportBadUse(data.status().message());
  const StatusOr<ImportOptions> options = ImportOptionsOf(arguments);
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<std::shared_ptr<Graph>> graph = ImportModel(arguments.model, *options);
  if (!graph.ok()) return Report(graph.status());
  MaceExportOptions export_options;
  export_options.half_weights = arguments.weights == "fp16";
  const StatusOr<MaceExport> exported = ExportMace(**graph, export_options);
  if (!exported.ok()) return Report(exported.status().WithPrefix(arguments.model));
  const Status written = Write(*exported, arguments.output, *data);
  if (!written.ok()) return Report(written);
  std::printf("%s: %zu ops, %zu bytes; %s: %zu bytes\n", arguments.output.c_str(),
              (*graph)->nodes.size(), exported->model.size(), data->c_str(), exported->data.size());
  for (const std::string& line : exported->beyond_upstream) {
    std::printf("not for upstream's runtime: %s\n", line.c_str());
  }
  if (arguments.no_check) return kExitDone;
  const StatusOr<bool> good = ReadsBack(*graph, arguments);
  if (!good.ok()) return Report(good.status());
  return *good ? kExitDone : kExitComparisonFailed;
}

}  // namespace

Command AddConvertCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "convert", "write a TensorFlow, ONNX or MACE model as a MACE .pb with its .data");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("model", arguments->model, "the model to convert")->required();
  command->add_option("--output", arguments->output, "OUT.pb; the weights go to OUT.data")
      ->required();
  command->add_option("--weights", arguments->weights, "fp32 or fp16")
      ->check(CLI::IsMember({"fp32", "fp16"}))
      ->capture_default_str();
  command->add_option("--data", arguments->data, "the weights of a MACE model that is read");
  command->add_option("--input-shape", arguments->input_shapes,
                      "NAME=1,224,224,3: binds an open shape");
  command->add_flag("--no-check", arguments->no_check,
                    "do not run what was written beside what it was made from");
  return {command, [arguments] { return Convert(*arguments); }};
}

}  // namespace mace
