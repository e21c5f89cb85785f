// `mace inspect`: shows what a model holds, and each stage from model to launches.
#include <CLI/CLI.hpp>
#include <optional>

#include "mace/base/strings.h"
#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/graph_page.h"
#include "tools/mace/json_output.h"
#include "tools/mace/progress.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct InspectArguments {
  ModelArguments model;
  std::string stage;
  std::string html;
  int iterations = 0;
  bool errors = false;
};

std::optional<Stage> StageOf(const std::string& word) {
  if (word == "graph") return Stage::kGraph;
  if (word == "passes") return Stage::kPasses;
  if (word == "variants") return Stage::kVariants;
  if (word == "plan") return Stage::kPlan;
  return std::nullopt;
}

std::string DimsText(const TensorSpec& spec) {
  std::vector<std::string> extents;
  for (const int64_t dim : spec.dims) extents.push_back(std::to_string(dim));
  return "[" + Join(extents, ", ") + "]";
}

Json SpecsJson(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    list.push_back({{"name", spec.name},
                    {"shape", spec.dims},
                    {"dim_names", spec.dim_names},
                    {"dtype", DTypeName(spec.dtype)},
                    {"layout", spec.layout}});
  }
  return list;
}

void PrintSpecs(FILE* out, const char* what, const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    Print(out, "%-12s %s %s %s %s\n", what, spec.name.c_str(), DimsText(spec).c_str(),
          DTypeName(spec.dtype), spec.layout.c_str());
  }
}

void PrintSummary(FILE* out, const CompiledModel& compiled, const ModelReport& report) {
  Print(out, "%-12s %s\n", "format", report.format.c_str());
  const std::string note = compiled.note();
  if (!note.empty()) Print(out, "%-12s %s\n", "note", note.c_str());
  PrintSpecs(out, "input", CompiledInputs(compiled));
  PrintSpecs(out, "output", CompiledOutputs(compiled));
  std::string ops;
  for (const auto& [type, count] : report.ops)
    ops += (ops.empty() ? "" : ", ") + type + " " + std::to_string(count);
  Print(out, "%-12s %s\n", "ops", ops.c_str());
  Print(out, "%-12s %lld in %zu bytes\n", "parameters", static_cast<long long>(report.parameters),
        static_cast<size_t>(report.parameter_bytes));
  Print(out, "%-12s %.3f G a run\n", "flops", report.flops / 1e9);
  const MemoryReport& memory = report.memory;
  Print(out, "%-12s %zu bytes of activations alive at most; %zu on the device, bound %zu%s%s\n",
        "memory", static_cast<size_t>(memory.live_bytes),
        static_cast<size_t>(memory.device_bytes()), static_cast<size_t>(memory.bound_bytes),
        memory.why_above_bound.empty() ? "" : ": ", memory.why_above_bound.c_str());
}

// `text`: the requested stage; empty: none.
Json ReportJson(const InspectArguments& arguments, const CompiledModel& compiled,
                const ModelReport& report, const std::string& text) {
  return {{"model", arguments.model.model},
          {"format", report.format},
          {"note", compiled.note()},
          {"inputs", SpecsJson(CompiledInputs(compiled))},
          {"outputs", SpecsJson(CompiledOutputs(compiled))},
          {"ops", report.ops},
          {"parameters", report.parameters},
          {"weight_bytes", report.parameter_bytes},
          {"flops", report.flops},
          {"activation_bytes", report.memory.live_bytes},
          {"device_bytes", report.memory.device_bytes()},
          {"device_bound_bytes", report.memory.bound_bytes},
          {"why_above_bound", TextOrNull(report.memory.why_above_bound)},
          {"stage", TextOrNull(arguments.stage)},
          {"dump", TextOrNull(text)}};
}

StatusOr<std::string> TextOf(const std::string& stage, Request* request) {
  const std::optional<Stage> asked = StageOf(stage);
  return asked.has_value() ? DescribeStage(request, *asked) : std::string();
}

Status SetInputs(const InspectArguments& arguments, const CompiledModel& compiled,
                 Request* request) {
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs, arguments.model.LoadInputs(compiled));
  for (size_t i = 0; i < inputs.size(); ++i) MACE_RETURN_IF_ERROR(request->Set(i, inputs[i]));
  return Status();
}

// A model whose shapes depend on values runs, with the inputs that are given. Without them its graph
// is not known, and the error says so.
StatusOr<ModelReport> FindReport(const InspectArguments& arguments, const CompiledModel& compiled,
                                 Request* request) {
  StatusOr<ModelReport> report = ReportModel(request);
  if (report.status().code() != StatusCode::kFailedPrecondition) return report;
  if (arguments.model.inputs.empty() && !arguments.model.random_inputs) {
    return FailedPrecondition(report.status().message() +
                              ": give --input for each input, or --random-inputs");
  }
  MACE_RETURN_IF_ERROR(SetInputs(arguments, compiled, request));
  return ReportModel(request);
}

// Runs the model where times or errors are wanted, and collects what the page shows.
StatusOr<GraphPageContent> Collect(const InspectArguments& arguments,
                                   CompileOptions::Precision precision,
                                   const CompiledModel& compiled, Request* request) {
  GraphPageContent content;
  content.rtol = DefaultTolerance(precision);
  content.iterations = arguments.iterations;
  if (arguments.iterations > 0 || arguments.errors) {
    MACE_RETURN_IF_ERROR(SetInputs(arguments, compiled, request));
  }
  if (arguments.iterations > 0) {
    ScopedProgress progress("timing each node");
    MACE_ASSIGN_OR_RETURN(content.profile, ProfileRuns(request, arguments.iterations));
  }
  if (arguments.errors) {
    ScopedProgress progress("comparing each node");
    MACE_ASSIGN_OR_RETURN(content.errors, CompareLayers(request));
  }
  MACE_ASSIGN_OR_RETURN(content.graph, ReportGraph(request));
  content.statistics = compiled.statistics();
  return content;
}

Status WritePage(const InspectArguments& arguments, CompileOptions::Precision precision,
                 const CompiledModel& compiled, Request* request) {
  MACE_ASSIGN_OR_RETURN(const GraphPageContent content,
                        Collect(arguments, precision, compiled, request));
  return WriteOutputText(arguments.html, GraphPage(GraphPageJson(arguments.model, content)));
}

Status CheckUse(const InspectArguments& arguments) {
  // stdout is used for the summary.
  if (IsStdout(arguments.html)) {
    return InvalidArgument("--html: expected a file, found " + arguments.html);
  }
  if (arguments.html.empty() && (arguments.iterations > 0 || arguments.errors)) {
    return InvalidArgument("--iterations, --errors: expected --html FILE, which shows them");
  }
  if (arguments.errors && arguments.model.device == "cpu") {
    return InvalidArgument("--errors: expected a device to compare with the CPU, found cpu");
  }
  return Status();
}

// What is known of a model whose graph takes a run to know, and why the rest is not.
int ShowSpecs(const InspectArguments& arguments, const CompiledModel& compiled, const Status& why) {
  FILE* out = TableStream(arguments.model.json);
  PrintSpecs(out, "input", CompiledInputs(compiled));
  PrintSpecs(out, "output", CompiledOutputs(compiled));
  Print(out, "%-12s %s\n", "note", why.message().c_str());
  Json json = ReportJson(arguments, compiled, ModelReport(), "");
  for (const char* key : {"format", "ops", "parameters", "weight_bytes", "flops",
                          "activation_bytes", "device_bytes", "device_bound_bytes"}) {
    json[key] = nullptr;
  }
  json["note"] = why.message();
  return Report(WriteJson(arguments.model.json, json));
}

int Run(const InspectArguments& arguments) {
  const Status use = CheckUse(arguments);
  if (!use.ok()) return ReportBadUse(use.message());
  StatusOr<ModelOptions> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  // Each node is timed and compared alone, for the whole batch.
  if (arguments.iterations > 0 || arguments.errors) {
    options->compile.separate_launches = true;
    options->compile.split_batch = false;
  }
  StatusOr<CompiledModel> compiled = LoadCompiled(arguments.model.model, *options);
  if (!compiled.ok()) return Report(compiled.status());
  StatusOr<Request> request = compiled->NewRequest();
  if (!request.ok()) return Report(request.status());
  const StatusOr<ModelReport> report = FindReport(arguments, *compiled, &*request);
  const bool wants_more = !arguments.stage.empty() || !arguments.html.empty();
  if (report.status().code() == StatusCode::kFailedPrecondition && !wants_more) {
    return ShowSpecs(arguments, *compiled, report.status());
  }
  if (!report.ok()) return Report(report.status());
  const StatusOr<std::string> text = TextOf(arguments.stage, &*request);
  if (!text.ok()) return Report(text.status());
  FILE* out = TableStream(arguments.model.json);
  if (arguments.stage.empty()) {
    PrintSummary(out, *compiled, *report);
  } else {
    PrintLines(out, *text);
  }
  if (!arguments.html.empty()) {
    const Status page = WritePage(arguments, options->compile.precision, *compiled, &*request);
    if (!page.ok()) return Report(page);
  }
  // Keeps the programs that tuning compiled.
  if (compiled->statistics().tuning.measured > 0) SaveCacheOrWarn(&*compiled);
  return Report(WriteJson(arguments.model.json, ReportJson(arguments, *compiled, *report, *text)));
}

}  // namespace

Command AddInspectCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "inspect", "show a model's inputs, outputs, ops, parameters, flops, memory");
  auto arguments = std::make_shared<InspectArguments>();
  // Showing a file needs no device. --device gpu shows the plan for one.
  arguments->model.device = "cpu";
  arguments->model.AddTo(command);
  command
      ->add_option("--stage", arguments->stage,
                   "print the graph as imported, after passes, the variants that each of its nodes "
                   "could run as, or its plan")
      ->check(CLI::IsMember({"graph", "passes", "variants", "plan"}));
  command->add_option("--html", arguments->html,
                      "write a page that draws the graph after the passes");
  command
      ->add_option("--iterations", arguments->iterations,
                   "with --html: the timed runs that give each node its time")
      ->check(CLI::Range(1, 100000));
  command->add_flag("--errors", arguments->errors,
                    "with --html: the difference of each node from the CPU reference");
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
