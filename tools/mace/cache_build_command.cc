// `mace cache build`: runs each model once on the device at hand and writes all programs into one
// file.
#include <CLI/CLI.hpp>

#include "tools/mace/arguments.h"
#include "tools/mace/cache_commands.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/json_output.h"
#include "tools/mace/progress.h"
#include "tools/mace/requests.h"
#include "tools/mace/signed_output.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct BuildArguments {
  std::vector<std::string> models;
  ModelArguments common;  // `model` is set to each of `models` in turn.
  SigningArguments signing;
};

struct BuiltModel {
  std::string model;
  Statistics statistics;
};

// Runs the model once, because a driver completes its programs at their first use, and stores them.
StatusOr<BuiltModel> BuildModel(const std::string& model, const ModelOptions& options) {
  MACE_ASSIGN_OR_RETURN(CompiledModel compiled, LoadCompiled(model, options));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                        LoadInputs(CompiledInputs(compiled), {}, MissingInput::kRandom));
  MACE_RETURN_IF_ERROR(RunOnce(&compiled, inputs).status().WithPrefix(model));
  MACE_RETURN_IF_ERROR(compiled.SaveCache());
  return BuiltModel{model, compiled.statistics()};
}

int Build(const BuildArguments& arguments) {
  const ModelArguments& common = arguments.common;
  StatusOr<ModelOptions> options = common.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  if (common.cache == "none") return ReportBadUse("--cache: expected a file, found none");
  if (common.device == "cpu") return ReportBadUse("--device: expected gpu…, found cpu");
  const StatusOr<StagedOutput> staged = StagedOutput::Open(common.cache, arguments.signing);
  if (!staged.ok()) return Report(staged.status());
  options->compile.cache.path = staged->path();
  FILE* out = TableStream(common.json);
  Json models = Json::array();
  ScopedProgress progress("building the cache", arguments.models.size());
  for (const std::string& model : arguments.models) {
    progress.Begin(model);
    const StatusOr<BuiltModel> built = BuildModel(model, *options);
    if (!built.ok()) return Report(built.status());
    const CacheStatistics& cache = built->statistics.cache;
    Print(out, "%s: %zu program(s) compiled, %zu from the file; on %s, driver %s\n", model.c_str(),
          cache.built_from_source, cache.hits, built->statistics.device.c_str(),
          built->statistics.driver.c_str());
    models.push_back(
        {{"model", model},
         {"device", built->statistics.device},
         {"driver", built->statistics.driver},
         {"built_from_source", cache.built_from_source},
         {"hits", cache.hits},
         {"written_ms", cache.written_ms > 0 ? Json(cache.written_ms) : Json(nullptr)}});
  }
  const Status finished = staged->Finish();
  if (!finished.ok()) return Report(finished);
  return Report(WriteJson(common.json, {{"file", common.cache}, {"models", models}}));
}

}  // namespace

Command AddCacheBuildCommand(CLI::App* cache) {
  CLI::App* command =
      cache->add_subcommand("build", "compile models for the device at hand in advance");
  auto arguments = std::make_shared<BuildArguments>();
  ModelArguments& common = arguments->common;
  command->add_option("models", arguments->models, "MACE or frozen TensorFlow .pb files")
      ->required();
  command->add_option("--cache", common.cache, "the file, which may be there")->required();
  command->add_option("--device", common.device, "gpu, gpu:N or gpu:NAME-PART")
      ->capture_default_str();
  command->add_option("--memory", common.memory, "auto, image or buffer")
      ->check(CLI::IsMember({"auto", "image", "buffer"}))
      ->capture_default_str();
  command->add_option("--precision", common.precision, "fp32, tf32 or fp16")
      ->check(CLI::IsMember({"fp32", "tf32", "fp16"}))
      ->capture_default_str();
  command->add_option("--tuning", common.tuning, "none, fast or full: keep a measured plan too")
      ->check(CLI::IsMember({"none", "fast", "full"}))
      ->capture_default_str();
  command->add_option("--input-shape", common.input_shapes, "NAME=1,224,224,3, for every model");
  command->add_option("--cache-size-limit", common.cache_size_limit, "the most bytes of the file")
      ->capture_default_str();
  arguments->signing.AddTo(command);
  command->add_option("--json", common.json,
                      "write what was built as JSON to a file, or to stdout with -");
  return {command, [arguments] { return Build(*arguments); }};
}

}  // namespace mace
