// `mace profile`: where a run's time goes, op by op, beside what the device can do.
#include "mace/base/clock.h"
#include "tools/mace/commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/finish_cache.h"
#include "tools/mace/profile_report.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct ProfileArguments {
  ModelArguments model;
  std::string trace;
  std::string html;
  int iterations = 20;
};

using Tensors = std::vector<HostTensor>;

// Host to host, as `mace run` measures it.
StatusOr<Latency> MeasureLatency(Engine* engine, const Tensors& inputs, Tensors* outputs,
                                 int iterations) {
  std::vector<double> samples;
  for (int i = 0; i < iterations; ++i) {
    const double begin = MonotonicMilliseconds();
    MACE_RETURN_IF_ERROR(engine->RunInto(inputs, outputs));
    samples.push_back(MonotonicMilliseconds() - begin);
  }
  return Summarize(std::move(samples));
}

Status MeasureReplay(Engine* engine, int iterations, std::optional<Latency>* replay) {
  std::vector<double> samples;
  for (int i = 0; i < iterations; ++i) {
    StatusOr<double> milliseconds = engine->Replay();
    if (milliseconds.status().code() == StatusCode::kUnsupported) return Status::Ok();
    if (!milliseconds.ok()) return milliseconds.status();
    samples.push_back(*milliseconds);
  }
  *replay = Summarize(std::move(samples));
  return Status::Ok();
}

// Whole runs, as the engine is used, and the device's limits.
Status MeasureRuns(Engine* engine, const Tensors& inputs, const ProfileArguments& arguments,
                   ProfileResult* result) {
  Tensors outputs;
  // The first run is the start's: drivers make code in it.
  MACE_RETURN_IF_ERROR(engine->RunInto(inputs, &outputs));
  if (arguments.model.device != "cpu") {
    StatusOr<DevicePeaks> peaks = engine->FindPeaks();
    if (peaks.ok()) {
      result->peaks = *peaks;
    } else {
      result->why_no_peaks = peaks.status().message();
    }
  }
  MACE_ASSIGN_OR_RETURN(result->latency,
                        MeasureLatency(engine, inputs, &outputs, arguments.iterations));
  return MeasureReplay(engine, arguments.iterations, &result->replay);
}

// REQUIRES: every launch of the engine's plan is one of its own.
Status MeasureOps(Engine* engine, const Tensors& inputs, int iterations, ProfileResult* result) {
  Tensors outputs;
  // Not counted: it makes the queue, and on some drivers code.
  RunTimes warm_up;
  MACE_RETURN_IF_ERROR(engine->RunTimed(inputs, &outputs, &warm_up));
  result->runs.resize(static_cast<size_t>(iterations));
  for (RunTimes& run : result->runs) {
    MACE_RETURN_IF_ERROR(engine->RunTimed(inputs, &outputs, &run));
  }
  result->profile = MakeProfile(engine->plan(), result->runs);
  result->timed_launches = engine->stats().launches_per_run;
  return Status::Ok();
}

// Where one kernel runs many ops (plan/chain.h), a second engine with launches of their own times
// them.
StatusOr<ProfileResult> Measure(Engine* engine, Options options, const Tensors& inputs,
                                const ProfileArguments& arguments) {
  ProfileResult result;
  MACE_RETURN_IF_ERROR(MeasureRuns(engine, inputs, arguments, &result));
  FinishCacheOrWarn(engine);
  std::unique_ptr<Engine> separate;
  if (!engine->plan().chains.empty()) {
    options.separate_launches = true;
    MACE_ASSIGN_OR_RETURN(separate, Engine::Create(arguments.model.model, options));
    engine = separate.get();
  }
  MACE_RETURN_IF_ERROR(MeasureOps(engine, inputs, arguments.iterations, &result));
  if (separate != nullptr) FinishCacheOrWarn(engine);
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
    // The table stands there.
    if (IsStdout(file)) return ReportBadUse("--trace, --html: expected a file, found " + file);
  }
  StatusOr<Options> options = arguments.model.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(arguments.model.model, *options);
  if (!engine.ok()) return Report(engine.status());
  StatusOr<Tensors> inputs = arguments.model.LoadInputs((*engine)->inputs());
  if (!inputs.ok()) return Report(inputs.status());
  StatusOr<ProfileResult> result = Measure(engine->get(), *options, *inputs, arguments);
  if (!result.ok()) return Report(result.status());
  const Json report = ProfileJson(**engine, arguments.model, *result);
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
