// `mace compare`: compares the device's outputs with those of the CPU reference or with given ones.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/compare_layers.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/progress.h"
#include "tools/mace/requests.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct CompareArguments {
  ModelArguments model;
  std::vector<std::string> expect;  // NAME=FILE.npy
  std::optional<double> max_abs_err;
  std::optional<double> rtol;
  bool per_layer = false;
  std::string reproduce = "mace-departed";

  ModelOptions options;  // How `model` is loaded and compiled.

  double Rtol() const { return rtol.value_or(DefaultTolerance(options.compile.precision)); }
};

struct Row {
  std::string name;
  Difference difference;
  double limit = 0;
  bool passed = false;
};

Row Judge(const std::string& name, const Difference& difference,
          const CompareArguments& arguments) {
  Row row{name, difference, arguments.max_abs_err.value_or(arguments.Rtol() * difference.range),
          false};
  row.passed = difference.same_shape && difference.max_abs_error <= row.limit;
  return row;
}

// The expected outputs: the files of --expect, else the CPU reference's outputs. An output that
// --expect does not name is not compared.
StatusOr<std::map<std::string, Tensor>> ExpectedOutputs(const CompareArguments& arguments,
                                                        const CompiledModel& compiled,
                                                        const std::vector<Tensor>& inputs) {
  std::map<std::string, Tensor> expected;
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(arguments.expect, "--expect"));
  for (const auto& [name, path] : files) {
    const auto& specs = compiled.outputs();
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&n = name](const TensorSpec& s) { return s.name == n; });
    if (spec == specs.end())
      return InvalidArgument("--expect: the model has no output '" + name + "'");
    MACE_ASSIGN_OR_RETURN(expected[name], LoadTensor(path, spec->dtype));
  }
  if (!expected.empty()) return expected;
  ScopedProgress progress("comparing");
  progress.Begin("the CPU reference");
  ModelOptions reference = arguments.options;
  reference.compile.device = "cpu";
  reference.compile.cache.path.clear();
  MACE_ASSIGN_OR_RETURN(CompiledModel cpu, LoadCompiled(arguments.model.model, reference));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunOnce(&cpu, inputs));
  for (size_t i = 0; i < outputs.size(); ++i) expected[cpu.outputs()[i].name] = outputs[i];
  return expected;
}

// `layers`: the table of --per-layer, or null.
int PrintRows(const std::vector<Row>& rows, const std::string& device,
              const CompareArguments& arguments, const Json& layers) {
  FILE* out = TableStream(arguments.model.json);
  Print(out, "%s against %s\n", device.c_str(),
        arguments.expect.empty() ? "the CPU reference" : "the expected outputs");
  Print(out, "%-32s %12s %12s %12s %10s %10s\n", "output", "max abs", "limit", "max rel", "cosine",
        "SNR dB");
  Json list = Json::array();
  bool passed = true;
  for (const Row& row : rows) {
    const Difference& d = row.difference;
    Print(out, "%-32s %12.3g %12.3g %12.3g %10.6f %10.1f  %s\n", row.name.c_str(), d.max_abs_error,
          row.limit, d.max_rel_error, d.cosine, d.snr_db,
          row.passed ? "ok" : (d.same_shape ? "FAILED" : "FAILED: the shapes differ"));
    Json entry = ToJson(d);
    entry["name"] = row.name;
    entry["limit"] = NumberOrNull(row.limit);
    entry["passed"] = row.passed;
    list.push_back(entry);
    passed = passed && row.passed;
  }
  const Json report = {{"model", arguments.model.model},
                       {"device", device},
                       {"against", arguments.expect.empty() ? "cpu" : "expected"},
                       {"passed", passed},
                       {"outputs", list},
                       {"per_layer", layers}};
  const Status written = WriteJson(arguments.model.json, report);
  if (!written.ok()) return Report(written);
  if (passed) return kExitDone;
  const auto failed =
      std::count_if(rows.begin(), rows.end(), [](const Row& r) { return !r.passed; });
  return ReportComparisonFailed(arguments.model.model + ": " + std::to_string(failed) + " of " +
                                std::to_string(rows.size()) +
                                " outputs differ by more than the limit");
}

StatusOr<std::vector<Row>> CompareOutputs(const CompareArguments& arguments,
                                          const CompiledModel& compiled,
                                          const std::vector<Tensor>& inputs,
                                          const std::vector<Tensor>& outputs) {
  MACE_ASSIGN_OR_RETURN(const auto expected, ExpectedOutputs(arguments, compiled, inputs));
  std::vector<Row> rows;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = compiled.outputs()[i].name;
    const auto wanted = expected.find(name);
    if (wanted == expected.end()) continue;
    MACE_ASSIGN_OR_RETURN(const Difference difference, Compare(wanted->second, outputs[i]));
    rows.push_back(Judge(name, difference, arguments));
  }
  return rows;
}

StatusOr<Json> CompareNodes(const CompareArguments& arguments, Request* request) {
  ScopedProgress progress("comparing");
  progress.Begin("node by node");
  LayerTableRequest table;
  table.request = request;
  table.model = &arguments.model;
  table.rtol = arguments.Rtol();
  table.reproduce_folder = arguments.reproduce;
  table.out = TableStream(arguments.model.json);
  return PrintLayerTable(table);
}

// REQUIRES: the request has run on `inputs`.
int CompareAll(const CompareArguments& arguments, const CompiledModel& compiled,
               const std::vector<Tensor>& inputs, Request* request) {
  const StatusOr<std::vector<Tensor>> outputs = OutputsOf(compiled, *request);
  if (!outputs.ok()) return Report(outputs.status());
  const StatusOr<std::vector<Row>> rows = CompareOutputs(arguments, compiled, inputs, *outputs);
  if (!rows.ok()) return Report(rows.status());
  StatusOr<Json> layers = Json(nullptr);
  if (arguments.per_layer) layers = CompareNodes(arguments, request);
  if (!layers.ok()) return Report(layers.status());
  return PrintRows(*rows, compiled.statistics().device, arguments, *layers);
}

int Run(CompareArguments arguments) {
  const StatusOr<ModelOptions> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  arguments.options = *options;
  CompileOptions& compile = arguments.options.compile;
  if (arguments.per_layer && compile.device == "cpu") {
    return ReportBadUse(
        "--per-layer: expected a device to compare with the CPU, found --device cpu");
  }
  compile.split_batch = !arguments.per_layer;  // Nodes are compared for the whole batch.
  StatusOr<CompiledModel> compiled = LoadCompiled(arguments.model.model, arguments.options);
  if (!compiled.ok()) return Report(compiled.status());
  const StatusOr<std::vector<Tensor>> inputs = arguments.model.LoadInputs(*compiled);
  if (!inputs.ok()) return Report(inputs.status());
  StatusOr<Request> request = RequestWith(&*compiled, *inputs);
  if (!request.ok()) return Report(request.status());
  const Status status = request->Run();
  if (!status.ok()) return Report(status);
  const int exit_code = CompareAll(arguments, *compiled, *inputs, &*request);
  SaveCacheOrWarn(&*compiled);
  return exit_code;
}

}  // namespace

Command AddCompareCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "compare", "compare the device's outputs with the CPU's or with given ones");
  auto arguments = std::make_shared<CompareArguments>();
  arguments->model.AddTo(command);
  command->add_option("--expect", arguments->expect, "NAME=FILE.npy: the expected output");
  command->add_option("--max-abs-err", arguments->max_abs_err,
                      "largest absolute error that passes");
  command->add_option(
      "--rtol", arguments->rtol,
      "largest error that passes, as a share of the output's range (1e-3; fp16 2e-2)");
  command->add_flag("--per-layer", arguments->per_layer,
                    "compare node by node: each alone, and with all before it");
  command
      ->add_option("--reproduce", arguments->reproduce,
                   "the folder for the first node over the limit, as a model with its inputs")
      ->capture_default_str();
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
