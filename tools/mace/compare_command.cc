// `mace compare`: the device's outputs against the CPU reference's, or against given ones.
#include <algorithm>
#include <optional>

#include "mace/engine/engine.h"
#include "mace/runtime/difference.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/compare_layers.h"
#include "tools/mace/exit_code.h"
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

  double Rtol() const {
    return rtol.value_or(
        DefaultRtol(model.precision == "fp16" ? Precision::kFloat16 : Precision::kFloat32,
                    model.precision == "tf32"));
  }
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

// The outputs to compare with: the files named by --expect, else the CPU reference's. An output
// that --expect leaves out is not compared.
StatusOr<std::map<std::string, HostTensor>> ExpectedOutputs(const CompareArguments& arguments,
                                                            const Options& options,
                                                            const Engine& engine,
                                                            const std::vector<HostTensor>& inputs) {
  std::map<std::string, HostTensor> expected;
  MACE_ASSIGN_OR_RETURN(const NamedWords files, ParseNamedFiles(arguments.expect, "--expect"));
  for (const auto& [name, path] : files) {
    const auto& ports = engine.outputs();
    const auto port = std::find_if(ports.begin(), ports.end(),
                                   [&n = name](const Port& p) { return p.name == n; });
    if (port == ports.end())
      return InvalidArgument("--expect: the model has no output '" + name + "'");
    MACE_ASSIGN_OR_RETURN(expected[name], LoadTensor(path, port->info.dtype));
  }
  if (!expected.empty()) return expected;
  Options reference = options;
  reference.device = "cpu";
  reference.cache_path.clear();
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<Engine> cpu,
                        Engine::Create(arguments.model.model, reference));
  MACE_ASSIGN_OR_RETURN(std::vector<HostTensor> outputs, cpu->Run(inputs));
  for (size_t i = 0; i < outputs.size(); ++i) expected[cpu->outputs()[i].name] = outputs[i];
  return expected;
}

// `layers` is the table of --per-layer, or null.
int PrintRows(const std::vector<Row>& rows, const Engine& engine, const CompareArguments& arguments,
              const Json& layers) {
  FILE* out = TableStream(arguments.model.json);
  Print(out, "%s against %s\n", engine.stats().device.c_str(),
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
                       {"device", engine.stats().device},
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

int Run(const CompareArguments& arguments) {
  StatusOr<Options> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  if (arguments.per_layer && options->device == "cpu") {
    return ReportBadUse(
        "--per-layer: expected a device to compare with the CPU, found --device cpu");
  }
  options->whole_batches = arguments.per_layer;  // The values of all nodes, of all entries.
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(arguments.model.model, *options);
  if (!engine.ok()) return Report(engine.status());
  StatusOr<std::vector<HostTensor>> inputs = arguments.model.LoadInputs((*engine)->inputs());
  if (!inputs.ok()) return Report(inputs.status());
  StatusOr<std::vector<HostTensor>> outputs = (*engine)->Run(*inputs);
  if (!outputs.ok()) return Report(outputs.status());
  StatusOr<std::map<std::string, HostTensor>> expected =
      ExpectedOutputs(arguments, *options, **engine, *inputs);
  if (!expected.ok()) return Report(expected.status());
  std::vector<Row> rows;
  for (size_t i = 0; i < outputs->size(); ++i) {
    const std::string& name = (*engine)->outputs()[i].name;
    const auto wanted = expected->find(name);
    if (wanted != expected->end())
      rows.push_back(Judge(name, Compare(wanted->second, (*outputs)[i]), arguments));
  }
  Json layers = nullptr;
  if (arguments.per_layer) {
    LayerTableRequest request;
    request.engine = engine->get();
    request.options = *options;
    request.rtol = arguments.Rtol();
    request.reproduce_folder = arguments.reproduce;
    request.out = TableStream(arguments.model.json);
    StatusOr<Json> table = PrintLayerTable(request, *inputs);
    if (!table.ok()) return Report(table.status());
    layers = *std::move(table);
  }
  return PrintRows(rows, **engine, arguments, layers);
}

}  // namespace

Command AddCompareCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "compare", "compare the device's outputs with the CPU's or with given ones");
  auto arguments = std::make_shared<CompareArguments>();
  arguments->model.AddTo(command);
  command->add_option("--expect", arguments->expect, "NAME=FILE.npy: what the output should be");
  command->add_option("--max-abs-err", arguments->max_abs_err,
                      "largest absolute error that passes");
  command->add_option("--rtol", arguments->rtol,
                      "the same as a share of the output's range (1e-3; fp16 2e-2)");
  command->add_flag("--per-layer", arguments->per_layer,
                    "compare node by node: each alone, and with all before it");
  command
      ->add_option("--reproduce", arguments->reproduce,
                   "the folder for the first node that departs, as a model with its inputs")
      ->capture_default_str();
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
