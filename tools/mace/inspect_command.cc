// `mace inspect`: shows what a model holds, and each stage from model to launches.
#include <optional>

#include "mace/base/strings.h"
#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct InspectArguments {
  ModelArguments model;
  std::string stage;
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

int Run(const InspectArguments& arguments) {
  const StatusOr<ModelOptions> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<CompiledModel> compiled = LoadCompiled(arguments.model.model, *options);
  if (!compiled.ok()) return Report(compiled.status());
  StatusOr<Request> request = compiled->NewRequest();
  if (!request.ok()) return Report(request.status());
  const StatusOr<ModelReport> report = ReportModel(&*request);
  if (!report.ok()) return Report(report.status());
  const StatusOr<std::string> text = TextOf(arguments.stage, &*request);
  if (!text.ok()) return Report(text.status());
  FILE* out = TableStream(arguments.model.json);
  if (arguments.stage.empty()) {
    PrintSummary(out, *compiled, *report);
  } else {
    PrintLines(out, *text);
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
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
