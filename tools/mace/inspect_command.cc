// `mace inspect`: what a model holds, and each stage of its way to launches.
#include "mace/engine/engine.h"
#include "mace/plan/cost.h"
#include "mace/plan/memory.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/streams.h"

namespace mace {
namespace {

struct InspectArguments {
  ModelArguments model;
  std::string stage;
};

struct Totals {
  std::map<std::string, int> ops;
  int64_t parameters = 0;
  double flops = 0;
  size_t weight_bytes = 0;
};

Totals Count(const Graph& graph, const Plan& plan) {
  Totals totals;
  for (const Node& node : graph.nodes) ++totals.ops[node.type];
  for (const Value& value : graph.values) {
    if (!value.constant.has_value()) continue;
    totals.parameters += value.constant->shape().elements();
    totals.weight_bytes += value.constant->info().bytes();
  }
  for (size_t n = 0; n < plan.bound.graph->nodes.size(); ++n)
    totals.flops += NodeCost(plan, n).flops;
  return totals;
}

Json PortsJson(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back({{"name", port.name},
                    {"shape", port.info.shape.dims()},
                    {"dtype", DTypeName(port.info.dtype)},
                    {"layout", port.layout}});
  }
  return list;
}

void PrintPorts(FILE* out, const char* what, const std::vector<Port>& ports) {
  for (const Port& port : ports) {
    Print(out, "%-12s %s %s %s %s\n", what, port.name.c_str(), port.info.shape.ToString().c_str(),
          DTypeName(port.info.dtype), port.layout.c_str());
  }
}

void PrintSummary(FILE* out, const Engine& engine, const Totals& totals) {
  Print(out, "%-12s %s\n", "format", engine.imported_graph().source_format.c_str());
  const std::string note = engine.note();
  if (!note.empty()) Print(out, "%-12s %s\n", "note", note.c_str());
  PrintPorts(out, "input", engine.inputs());
  PrintPorts(out, "output", engine.outputs());
  std::string ops;
  for (const auto& [type, count] : totals.ops)
    ops += (ops.empty() ? "" : ", ") + type + " " + std::to_string(count);
  Print(out, "%-12s %s\n", "ops", ops.c_str());
  Print(out, "%-12s %lld in %zu bytes\n", "parameters", static_cast<long long>(totals.parameters),
        totals.weight_bytes);
  Print(out, "%-12s %.3f G a run\n", "flops", totals.flops / 1e9);
  const MemoryUse use = MemoryUseOf(engine.plan());
  const std::string why = use.WhyAboveBound();
  Print(out, "%-12s %zu bytes of activations alive at most; %zu on the device, bound %zu%s%s\n",
        "memory", use.live_bytes, use.peak_bytes(), use.bound_bytes(), why.empty() ? "" : ": ",
        why.c_str());
}

// "" where no stage is asked for.
StatusOr<std::string> Dump(const std::string& stage, Engine* engine) {
  if (stage == "graph") return DumpGraph(engine->imported_graph());
  if (stage == "passes") return DumpGraph(engine->graph());
  if (stage == "plan") return DumpPlan(engine->plan());
  if (stage != "variants") return std::string();
  MACE_ASSIGN_OR_RETURN(const GraphVariants variants, engine->FindVariants());
  return DumpVariants(engine->plan(), variants);
}

int Run(const InspectArguments& arguments) {
  StatusOr<Options> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(arguments.model.model, *options);
  if (!engine.ok()) return Report(engine.status());
  FILE* out = TableStream(arguments.model.json);
  const Totals totals = Count((*engine)->imported_graph(), (*engine)->plan());
  const StatusOr<std::string> dump = Dump(arguments.stage, engine->get());
  if (!dump.ok()) return Report(dump.status());
  if (arguments.stage.empty()) {
    PrintSummary(out, **engine, totals);
  } else {
    PrintLines(out, *dump);
  }
  const MemoryUse use = MemoryUseOf((*engine)->plan());
  const Json report = {{"model", arguments.model.model},
                       {"format", (*engine)->imported_graph().source_format},
                       {"note", (*engine)->note()},
                       {"inputs", PortsJson((*engine)->inputs())},
                       {"outputs", PortsJson((*engine)->outputs())},
                       {"ops", totals.ops},
                       {"parameters", totals.parameters},
                       {"weight_bytes", totals.weight_bytes},
                       {"flops", totals.flops},
                       {"activation_bytes", use.live_bytes},
                       {"device_bytes", use.peak_bytes()},
                       {"device_bound_bytes", use.bound_bytes()},
                       {"why_above_bound", TextOrNull(use.WhyAboveBound())},
                       {"stage", arguments.stage.empty() ? Json(nullptr) : Json(arguments.stage)},
                       {"dump", dump->empty() ? Json(nullptr) : Json(*dump)}};
  return Report(WriteJson(arguments.model.json, report));
}

}  // namespace

Command AddInspectCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "inspect", "show a model's inputs, outputs, ops, parameters, flops, memory");
  auto arguments = std::make_shared<InspectArguments>();
  // Looking at a file needs no device; --device gpu shows the plan for one.
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
