// `mace run`: compiles a model, runs it, writes its outputs, and prints a table and the JSON
// report.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "mace/base/clock.h"
#include "mace/base/start_trace.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/latency.h"
#include "tools/mace/requests.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct RunArguments {
  ModelArguments model;
  std::string output_dir;
  int iterations = 1;
  int warmup = 0;
  std::vector<std::string> states;  // OUTPUT=INPUT
};

struct Measured {
  double first_output_ms = 0;
  Latency latency;
  std::vector<Tensor> outputs;
  std::vector<std::string> files;  // Of the outputs; empty if they are not written.
};

Status BindStates(const std::vector<std::string>& states, Request* request) {
  for (const std::string& state : states) {
    // One by one, because an output may be bound to several inputs.
    MACE_ASSIGN_OR_RETURN(const NamedWords binding, ParseNamedWords({state}, "--state"));
    const auto& [output, input] = *binding.begin();
    MACE_RETURN_IF_ERROR(request->BindState(output, input).WithPrefix("--state"));
  }
  return Status();
}

StatusOr<std::vector<std::string>> WriteResults(const CompiledModel& compiled,
                                                const Request& request,
                                                const std::string& output_dir) {
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, OutputsOf(compiled, request));
  return WriteOutputs(output_dir, compiled.outputs(), outputs);
}

// Warm-up and measured runs. The first answer is timed from the start of the process and is written
// at once; with states, the last answer is written instead. The cache file is written after the
// first answer, because another process may hold that file.
StatusOr<Measured> Measure(CompiledModel* compiled, const std::vector<Tensor>& inputs,
                           const RunArguments& arguments) {
  MACE_ASSIGN_OR_RETURN(Request request, RequestWith(compiled, inputs));
  MACE_RETURN_IF_ERROR(BindStates(arguments.states, &request));
  const bool writes_first = !arguments.output_dir.empty() && arguments.states.empty();
  const bool writes_last = !arguments.output_dir.empty() && !arguments.states.empty();
  Measured measured;
  std::vector<double> samples;
  for (int i = -arguments.warmup; i < arguments.iterations; ++i) {
    const double begin = MonotonicMilliseconds();
    MACE_RETURN_IF_ERROR(request.Run());
    const double end = MonotonicMilliseconds();
    if (i >= 0) samples.push_back(end - begin);
    if (i > -arguments.warmup) continue;
    measured.first_output_ms = end - ProcessStartMilliseconds();
    if (writes_first) {
      MACE_ASSIGN_OR_RETURN(measured.files, WriteResults(*compiled, request, arguments.output_dir));
    }
    SaveCacheOrWarn(compiled);
  }
  if (writes_last) {
    MACE_ASSIGN_OR_RETURN(measured.files, WriteResults(*compiled, request, arguments.output_dir));
  }
  MACE_ASSIGN_OR_RETURN(measured.outputs, OutputsOf(*compiled, request));
  measured.latency = Summarize(std::move(samples));
  return measured;
}

Json OpsJson(const Statistics& stats) {
  Json cpu_ops = Json::array();
  for (const CpuNode& op : stats.cpu_node_list) {
    cpu_ops.push_back({{"name", op.name}, {"type", op.type}, {"why", op.why}});
  }
  return {{"gpu_image", stats.gpu_image_nodes},
          {"gpu_buffer", stats.gpu_buffer_nodes},
          {"cpu", stats.cpu_nodes},
          {"folded", stats.folded_nodes},
          {"cpu_ops", cpu_ops}};
}

Json CacheJson(const CacheStatistics& cache) {
  auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"file", text_or_null(cache.file)},
          {"status", cache.status},
          {"reason", text_or_null(cache.reason)},
          {"hits", cache.hits},
          {"misses", cache.misses},
          {"built_from_source", cache.built_from_source},
          {"loaded_bytes", cache.loaded_bytes},
          {"written_ms", cache.written_ms > 0 ? Json(cache.written_ms) : Json(nullptr)}};
}

Json TuningJson(const TuningStatistics& tuning) {
  return {{"plan", tuning.plan},   {"level", tuning.level}, {"measured", tuning.measured},
          {"found", tuning.found}, {"left", tuning.left},   {"ms", tuning.ms}};
}

Json StartPartsJson() {
  Json list = Json::array();
  for (const StartPart& part : StartParts()) {
    list.push_back({{"name", part.name}, {"begin_ms", part.begin_ms}, {"end_ms", part.end_ms}});
  }
  return list;
}

Json OutputsJson(const CompiledModel& compiled, const std::vector<Tensor>& outputs,
                 const std::vector<std::string>& files) {
  Json list = Json::array();
  for (size_t i = 0; i < outputs.size(); ++i) {
    list.push_back({{"name", compiled.outputs()[i].name},
                    {"file", files.empty() ? Json(nullptr) : Json(files[i])},
                    {"shape", outputs[i].dims()},
                    {"dtype", DTypeName(outputs[i].dtype())},
                    {"layout", compiled.outputs()[i].layout}});
  }
  return list;
}

Json ReportJson(const CompiledModel& compiled, const RunArguments& arguments,
                const Measured& measured) {
  const Statistics stats = compiled.statistics();
  const bool on_device = arguments.model.device != "cpu";
  auto device_number = [&](double value) {
    return on_device ? NumberOrNull(value) : Json(nullptr);
  };
  return {{"model", arguments.model.model},
          {"device", stats.device},
          {"driver", stats.driver.empty() ? Json(nullptr) : Json(stats.driver)},
          {"memory", on_device ? Json(arguments.model.memory) : Json(nullptr)},
          {"precision", arguments.model.precision},
          {"init_ms", stats.compile_ms},
          {"device_open_ms", device_number(stats.device_open_ms)},
          {"program_ms", device_number(stats.program_ms)},
          {"first_output_ms", measured.first_output_ms},
          {"start_parts", StartPartsJson()},
          {"latency_ms", ToJson(measured.latency)},
          {"launches_per_run", stats.launches_per_run},
          {"ops", OpsJson(stats)},
          {"cache", CacheJson(stats.cache)},
          {"tuning", TuningJson(stats.tuning)},
          {"peak_device_bytes", on_device ? Json(stats.peak_device_bytes) : Json(nullptr)},
          {"peak_rss_bytes", PeakRssBytes()},
          {"outputs", OutputsJson(compiled, measured.outputs, measured.files)}};
}

// ", in 64 slices of the batch"; empty if the batch is not cut.
std::string SlicesText(const Statistics& stats) {
  if (stats.batch_slices == 1) return "";
  return ", in " + std::to_string(stats.batch_slices) + " slices of the batch";
}

void PrintTable(FILE* out, const CompiledModel& compiled, const RunArguments& arguments,
                const Measured& measured) {
  const Statistics stats = compiled.statistics();
  const Latency& latency = measured.latency;
  Print(out, "model         %s\n", arguments.model.model.c_str());
  const std::string note = compiled.note();
  if (!note.empty()) Print(out, "note          %s\n", note.c_str());
  Print(out, "device        %s%s%s\n", stats.device.c_str(),
        stats.driver.empty() ? "" : ", driver ", stats.driver.c_str());
  Print(out,
        "ops           %zu in images, %zu in buffers, %zu on the CPU, %zu folded; %zu "
        "launches a run%s\n",
        stats.gpu_image_nodes, stats.gpu_buffer_nodes, stats.cpu_nodes, stats.folded_nodes,
        stats.launches_per_run, SlicesText(stats).c_str());
  Print(out, "start         %s: %zu program(s) from source, %zu from the cache%s%s\n",
        stats.cache.status.c_str(), stats.cache.built_from_source, stats.cache.hits,
        stats.cache.reason.empty() ? "" : "; ", stats.cache.reason.c_str());
  if (stats.tuning.plan != "estimated") {
    Print(out, "plan          %s (%s): %zu variants measured in %.0f ms, %zu known, %zu left\n",
          stats.tuning.plan.c_str(), stats.tuning.level.c_str(), stats.tuning.measured,
          stats.tuning.ms, stats.tuning.found, stats.tuning.left);
  }
  Print(out, "init          %10.2f ms  (device %.2f, programs %.2f)\n", stats.compile_ms,
        stats.device_open_ms, stats.program_ms);
  Print(out, "first output  %10.2f ms  after the process began\n", measured.first_output_ms);
  Print(out, "latency       %10.3f ms  mean of %zu;  min %.3f  p50 %.3f  p90 %.3f  p99 %.3f\n",
        latency.mean, latency.n, latency.min, latency.p50, latency.p90, latency.p99);
  for (const CpuNode& op : stats.cpu_node_list) {
    if (arguments.model.device == "cpu") break;  // All nodes run on the CPU, as requested.
    Print(out, "on the CPU    %s (%s): %s\n", op.name.c_str(), op.type.c_str(), op.why.c_str());
  }
}

int Run(const RunArguments& arguments) {
  const StatusOr<ModelOptions> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<CompiledModel> compiled = LoadCompiled(arguments.model.model, *options);
  if (!compiled.ok()) return Report(compiled.status());
  const StatusOr<std::vector<Tensor>> inputs = arguments.model.LoadInputs(*compiled);
  if (!inputs.ok()) return Report(inputs.status());
  const StatusOr<Measured> measured = Measure(&*compiled, *inputs, arguments);
  if (!measured.ok()) return Report(measured.status());

  PrintTable(TableStream(arguments.model.json), *compiled, arguments, *measured);
  return Report(WriteJson(arguments.model.json, ReportJson(*compiled, arguments, *measured)));
}

}  // namespace

Command AddRunCommand(CLI::App* app) {
  CLI::App* command =
      app->add_subcommand("run", "run a model and measure its start and its latency");
  auto arguments = std::make_shared<RunArguments>();
  arguments->model.AddTo(command);
  command->add_option("--output-dir", arguments->output_dir, "write each output as DIR/<name>.npy");
  command->add_option("--iterations", arguments->iterations, "measured runs")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  command->add_option("--warmup", arguments->warmup, "warm-up runs, which are not counted")
      ->check(CLI::Range(0, 100000000))
      ->capture_default_str();
  command->add_option("--state", arguments->states,
                      "OUTPUT=INPUT, once for each state: the result of a run is the input of the "
                      "next of the --warmup and --iterations runs; --output-dir gets the last one");
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
