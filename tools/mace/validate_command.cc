// `mace validate`: runs every case of a folder with a manifest and compares the outputs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "mace/base/strings.h"
#include "mace/diagnose.h"
#include "tools/mace/arguments.h"
#include "tools/mace/commands.h"
#include "tools/mace/compare_layers.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/manifest.h"
#include "tools/mace/progress.h"
#include "tools/mace/requests.h"
#include "tools/mace/save_cache.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

struct ValidateArguments {
  std::string folder;
  std::string filter;
  ModelArguments common;
};

struct Verdict {
  Status status;  // Not OK: the model or a file of the case was refused.
  bool passed = false;
  std::string wrong_type;  // An output whose element type is not the expected one.
  Difference worst;        // Of the output nearest to failing.
  double limit = 0;        // For max_abs_error, or for the cosine.
  size_t cpu_ops = 0;
  size_t gpu_ops = 0;
};

// The error relative to its limit; above 1 the case fails. The form makes NaN fail.
double Strain(const Difference& difference, const ManifestCase& reference, double limit) {
  if (!difference.same_shape) return std::numeric_limits<double>::infinity();
  if (!reference.max_abs_error.has_value()) {
    return difference.cosine >= limit ? 0.5 : std::numeric_limits<double>::infinity();
  }
  if (difference.max_abs_error == 0) return 0;
  return difference.max_abs_error / limit;
}

double LimitOf(const ManifestCase& reference, const Difference& difference,
               CompileOptions::Precision precision) {
  const bool half = precision == CompileOptions::Precision::kFloat16;
  if (!reference.max_abs_error.has_value()) {
    return half ? std::min(reference.min_cosine, kHalfCosine) : reference.min_cosine;
  }
  if (precision == CompileOptions::Precision::kFloat32) return *reference.max_abs_error;
  return std::max(*reference.max_abs_error, DefaultTolerance(precision) * difference.range);
}

// Numbers are compared whatever their types, but another element type is still an error.
void CheckType(const std::string& name, const Tensor& expected, const Tensor& found,
               Verdict* verdict) {
  if (expected.dtype() == found.dtype()) return;
  verdict->passed = false;
  if (!verdict->wrong_type.empty()) return;
  verdict->wrong_type = "output '" + Printable(name) + "': expected " +
                        DTypeName(expected.dtype()) + ", found " + DTypeName(found.dtype());
}

Status CheckSet(const ManifestCase& reference, const ManifestSet& set,
                CompileOptions::Precision precision, CompiledModel* compiled, Verdict* verdict) {
  for (const TensorSpec& spec : compiled->inputs()) {
    if (set.inputs.count(spec.name) == 0) {
      return InvalidArgument("the case has no data for input '" + spec.name + "'");
    }
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> inputs,
                        LoadInputs(CompiledInputs(*compiled), set.inputs, MissingInput::kRefuse));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunOnce(compiled, inputs));
  double worst = -1;
  for (const auto& [name, path] : set.outputs) {
    size_t index = 0;
    while (index < outputs.size() && compiled->outputs()[index].name != name) ++index;
    if (index == outputs.size()) return InvalidArgument("the model has no output '" + name + "'");
    MACE_ASSIGN_OR_RETURN(const Tensor stored, LoadStoredTensor(path));
    CheckType(name, stored, outputs[index], verdict);
    MACE_ASSIGN_OR_RETURN(const Tensor expected, stored.ConvertTo(outputs[index].dtype()));
    MACE_ASSIGN_OR_RETURN(const Difference difference, Compare(expected, outputs[index]));
    const double limit = LimitOf(reference, difference, precision);
    const double strain = Strain(difference, reference, limit);
    verdict->passed = verdict->passed && strain <= 1;
    if (strain <= worst) continue;
    worst = strain;
    verdict->worst = difference;
    verdict->limit = limit;
  }
  return Status();
}

Verdict CheckCase(const ManifestCase& reference, ModelOptions options) {
  Verdict verdict;
  options.load.data_path = reference.data;
  // The dims of the first set. Sets with other dims get their own plans.
  options.load.dynamic_dims = ShapesOfFiles(reference.sets.front().inputs);
  StatusOr<CompiledModel> compiled = LoadCompiled(reference.model, options);
  if (!compiled.ok()) {
    verdict.status = compiled.status();
    return verdict;
  }
  verdict.passed = true;
  for (const ManifestSet& set : reference.sets) {
    verdict.status = CheckSet(reference, set, options.compile.precision, &*compiled, &verdict);
    if (!verdict.status.ok()) break;
  }
  verdict.passed = verdict.passed && verdict.status.ok();
  const Statistics statistics = compiled->statistics();
  verdict.cpu_ops = statistics.cpu_nodes;
  verdict.gpu_ops = statistics.gpu_image_nodes + statistics.gpu_buffer_nodes;
  if (statistics.runs > 0) SaveCacheOrWarn(&*compiled);
  return verdict;
}

const char* WordFor(const Verdict& verdict) {
  if (!verdict.status.ok()) return "refused";
  return verdict.passed ? "passed" : "failed";
}

void PrintRow(FILE* out, const ManifestCase& reference, const Verdict& verdict) {
  Print(out, "%-8s %-5s %-40s", WordFor(verdict), reference.format.c_str(), reference.name.c_str());
  if (!verdict.status.ok()) {
    Print(out, " %s\n", verdict.status.message().c_str());
    return;
  }
  if (!verdict.wrong_type.empty()) {
    Print(out, " %s\n", verdict.wrong_type.c_str());
    return;
  }
  const bool by_cosine = !reference.max_abs_error.has_value();
  Print(out, " %s %10.4g, limit %10.4g; %zu ops on the GPU, %zu on the CPU\n",
        by_cosine ? "cosine " : "max abs",
        by_cosine ? verdict.worst.cosine : verdict.worst.max_abs_error, verdict.limit,
        verdict.gpu_ops, verdict.cpu_ops);
}

Json RowJson(const ManifestCase& reference, const Verdict& verdict) {
  const bool refused = !verdict.status.ok();
  return {{"name", reference.name},
          {"format", reference.format},
          {"verdict", WordFor(verdict)},
          {"why", TextOrNull(refused ? verdict.status.message() : verdict.wrong_type)},
          {"limit", refused ? Json(nullptr) : NumberOrNull(verdict.limit)},
          {"worst", refused ? Json(nullptr) : ToJson(verdict.worst)},
          {"gpu_ops", verdict.gpu_ops},
          {"cpu_ops", verdict.cpu_ops}};
}

int Validate(const ValidateArguments& arguments) {
  const StatusOr<ModelOptions> options = arguments.common.ToOptions();
  if (!options.ok()) return ReportBadUse(options.status().message());
  StatusOr<std::vector<ManifestCase>> cases = ReadManifest(arguments.folder);
  if (!cases.ok()) return Report(cases.status());
  FILE* out = TableStream(arguments.common.json);
  std::map<std::string, size_t> counts = {{"passed", 0}, {"failed", 0}, {"refused", 0}};
  Json rows = Json::array();
  const auto is_left_out = [&](const ManifestCase& reference) {
    return reference.name.find(arguments.filter) == std::string::npos;
  };
  cases->erase(std::remove_if(cases->begin(), cases->end(), is_left_out), cases->end());
  ScopedProgress progress("validating", cases->size());
  for (const ManifestCase& reference : *cases) {
    progress.Begin(reference.name);
    const Verdict verdict = CheckCase(reference, *options);
    // A device failure is not a result of a case.
    if (ExitCodeOf(verdict.status) == kExitDeviceError) return Report(verdict.status);
    ++counts[WordFor(verdict)];
    PrintRow(out, reference, verdict);
    std::fflush(out);
    rows.push_back(RowJson(reference, verdict));
  }
  if (rows.empty()) {
    return ReportBadUse("--filter: no case of " + arguments.folder + " has '" + arguments.filter +
                        "' in its name");
  }
  Print(out, "%zu passed, %zu failed, %zu refused\n", counts["passed"], counts["failed"],
        counts["refused"]);
  const Status written = WriteJson(arguments.common.json, {{"folder", arguments.folder},
                                                           {"passed", counts["passed"]},
                                                           {"failed", counts["failed"]},
                                                           {"refused", counts["refused"]},
                                                           {"cases", rows}});
  if (!written.ok()) return Report(written);
  if (counts["failed"] + counts["refused"] == 0) return kExitDone;
  return ReportComparisonFailed(arguments.folder + ": " + std::to_string(counts["failed"]) +
                                " of " + std::to_string(rows.size()) + " cases failed, " +
                                std::to_string(counts["refused"]) + " were refused");
}

}  // namespace

Command AddValidateCommand(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "validate", "run every case of a folder with a manifest.json against its expected outputs");
  auto arguments = std::make_shared<ValidateArguments>();
  ModelArguments& common = arguments->common;
  command->add_option("folder", arguments->folder, "where manifest.json is")->required();
  command->add_option("--filter", arguments->filter, "only cases with this in their name");
  common.AddPlanOptions(command);
  common.AddCacheOptions(command);
  command->add_option("--json", common.json, "write the table as JSON to a file, or to stdout");
  return {command, [arguments] { return Validate(*arguments); }};
}

}  // namespace mace
