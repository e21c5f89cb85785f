// `mace profile`: shows the time of each op beside what the device can do at most.
#include <CLI/CLI.hpp>

#include "mace/base/clock.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/profile_report.h"
#include "tools/mace/progress.h"
#include "tools/mace/requests.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct ProfileArguments {
  ModelArguments model;
  std::string trace;
  std::string html;
  int iterations = 20;
};

// Latency of runs from host inputs to host outputs, as `mace run` measures it.
StatusOr<Latency> MeasureLatency(Request* request, int iterations) {
  std::vector<double> samples;
  for (int i = 0; i < iterations; ++i) {
    const double begin = MonotonicMilliseconds();
    MACE_RETURN_IF_ERROR(request->Run());
    samples.push_back(MonotonicMilliseconds() - begin);
  }
  return Summarize(std::move(samples));
}

Status MeasureReplay(Request* request, int iterations, std::optional<Latency>* replay) {
  std::vector<double> samples;
  for (int i = 0; i < iterations; ++i) {
    StatusOr<double> milliseconds = ReplayLaunches(request);
    if (milliseconds.status().code() == StatusCode::kUnsupported) return Status::Ok();
    if (!milliseconds.ok()) return milliseconds.status();
    samples.push_back(*milliseconds);
  }
  *replay = Summarize(std::move(samples));
  return Status::Ok();
}

// Measures whole runs, as an app sees them, and the device's roofline limits.
Status MeasureRuns(const CompiledModel& compiled, Request* request,
                   const ProfileArguments& arguments, ProfileResult* result) {
  ScopedProgress progress("profiling", 3);
  progress.Begin("the first run, and the limits of the device");
  // The first run belongs to the start, since drivers make code in it.
  MACE_RETURN_IF_ERROR(request->Run());
  if (arguments.model.device != "cpu") {
    StatusOr<PeakRates> peaks = FindPeakRates(compiled);
    if (peaks.ok()) {
      result->peaks = *peaks;
    } else {
      result->why_no_peaks = peaks.status().message();
    }
  }
  progress.Begin("whole runs");
  MACE_ASSIGN_OR_RETURN(result->latency, MeasureLatency(request, arguments.iterations));
  progress.Begin("launches alone");
  return MeasureReplay(request, arguments.iterations, &result->replay);
}

// REQUIRES: the request's plan has no persistent kernel.
Status MeasureOps(const CompiledModel& compiled, Request* request, int iterations,
                  ProfileResult* result) {
  ScopedProgress progress("timing each op");
  MACE_ASSIGN_OR_RETURN(result->profile, ProfileRuns(request, iterations));
  result->timed_launches = compiled.statistics().launches_per_run;
  return Status::Ok();
}

// If the plan has a persistent kernel (plan/persistent_kernel.h), a second compiled model with
// separate launches is timed.
Status MeasureOpsApart(ModelOptions options, const std::vector<Tensor>& inputs,
                       const ProfileArguments& arguments, ProfileResult* result) {
  options.compile.separate_launches = true;
  MACE_ASSIGN_OR_RETURN(CompiledModel compiled, LoadCompiled(arguments.model.model, options));
  MACE_ASSIGN_OR_RETURN(Request request, RequestWith(&compiled, inputs));
  MACE_RETURN_IF_ERROR(MeasureOps(compiled, &request, arguments.iterations, result));
  SaveCacheOrWarn(&compiled);
  return Status::Ok();
}

StatusOr<ProfileResult> Measure(CompiledModel* compiled, const ModelOptions& options,
                                const std::vector<Tensor>& inputs,
                                const ProfileArguments& arguments) {
  ProfileResult result;
  MACE_ASSIGN_OR_RETURN(Request request, RequestWith(compiled, inputs));
  MACE_RETURN_IF_ERROR(MeasureRuns(*compiled, &request, arguments, &result));
  SaveCacheOrWarn(compiled);
  MACE_ASSIGN_OR_RETURN(const ModelReport report, ReportModel(&request));
  result.memory = report.memory;
  MACE_RETURN_IF_ERROR(report.has_persistent_kernels
                           ? MeasureOpsApart(options, inputs, arguments, &result)
                           : MeasureOps(*compiled, &request, arguments.iterations, &result));
  result.statistics = compiled->statistics();
  return result;
}

Status WriteFiles(const ProfileArguments& arguments, const Json& report,
                  const ProfileResult& result) {
  if (!arguments.trace.empty()) {
    MACE_RETURN_IF_ERROR(WriteJson(arguments.trace, ChromeTrace(report, result)));
  }
  if (!arguments.html.empty()) {
    MACE_RETURN_IF_ERROR(WriteOutputText(arguments.html, ProfilePage(report, result)));
  }
  return WriteJson(arguments.model.json, report);
}

int Run(const ProfileArguments& arguments) {
  for (const std::string& file : {arguments.trace, arguments.html}) {
    // stdout is used for the table.
    if (IsStdout(file)) return ReportBadUse("--trace, --html: expected a file, found " + file);
  }
  const StatusOr<ModelOptions> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<CompiledModel> compiled = LoadCompiled(arguments.model.model, *options);
  if (!compiled.ok()) return Report(compiled.status());
  const StatusOr<std::vector<Tensor>> inputs = arguments.model.LoadInputs(*compiled);
  if (!inputs.ok()) return Report(inputs.status());
  const StatusOr<ProfileResult> result = Measure(&*compiled, *options, *inputs, arguments);
  if (!result.ok()) return Report(result.status());
  const Json report = ProfileJson(arguments.model, *result);
  PrintProfile(TableStream(arguments.model.json), report, *result);
  return Report(WriteFiles(arguments, report, *result));
}

}  // namespace

Command AddProfileCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand("profile", "time each op beside the device's limits");
  auto arguments = std::make_shared<ProfileArguments>();
  arguments->model.AddTo(command);
  command->add_option("--trace", arguments->trace,
                      "write the timed runs as a Chrome trace (for Perfetto)");
  command->add_option("--html", arguments->html, "write a page: timeline, slowest ops, roofline");
  command->add_option("--iterations", arguments->iterations, "runs, timed and not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  return {command, [arguments] { return Run(*arguments); }};
}

}  // namespace mace
