// Model::Save: writes a model in MACE's format.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/coding.h"
#include "mace/base/log.h"
#include "mace/base/output_file.h"
#include "mace/base/strings.h"
#include "mace/engine/memory_limits.h"
#include "mace/engine/model_state.h"
#include "mace/formats/mace/export.h"
#include "mace/graph/constant_pins.h"

namespace mace {
namespace {

StatusOr<MaceExport> Export(const Graph& graph, const SaveOptions& options) {
  MaceExportOptions export_options;
  export_options.half_weights = options.half_weights;
  const ConstantPins constants = ConstantPins::KeepAll(graph);
  StatusOr<MaceExport> exported = ExportMace(graph, export_options);
  // This check comes before that of `exported`: if elements could not be read, the error of an
  // export of wrong elements would mislead.
  MACE_RETURN_IF_ERROR(constants.CheckReads());
  return exported;
}

// A model that runs in stages has no graph that could be written, unless its inputs alone decide.
Status RefuseStages(const Model::State& model) {
  const Status refused = RefuseRunValues(model, "saving");
  if (refused.ok() || model.run_values->inputs.empty() || model.graph->source_format != "onnx") {
    return refused;
  }
  std::vector<std::string> names;
  for (const size_t input : model.run_values->inputs) {
    names.push_back("'" + Printable(model.inputs[input].name) + "'");
  }
  return Unsupported(refused.message() + "; those of input " + Join(names, ", ") +
                     " may be given when it is loaded (LoadOptions::values, --value)");
}

StatusOr<SaveReport> SaveGraph(const Model::State& model, const std::string& path,
                               const SaveOptions& options) {
  SaveReport report;
  report.data_path = options.data_path.empty() ? DefaultDataPath(path) : options.data_path;
  if (path.empty() || path == report.data_path) {
    return InvalidArgument(
        "model: expected a name for the graph and another one for the weights, "
        "found '" +
        Printable(path) + "' and '" + Printable(report.data_path) + "'");
  }
  MACE_RETURN_IF_ERROR(RefuseStages(model));
  const ScopedMemoryBudget scope(HostMemoryBudget(0));
  StatusOr<MaceExport> exported = Export(*model.graph, options);
  if (!exported.ok()) {
    return model.files == nullptr ? exported.status()
                                  : exported.status().WithPrefix(model.files->name());
  }
  for (const std::string& who : exported->narrowed) {
    Log(LogLevel::kWarning, path + ": " + who + " is int64 in the model and int32 in the file");
  }
  // The weights are written first, so that a `.pb` is never without its `.data`.
  MACE_RETURN_IF_ERROR(WriteOutputFile(report.data_path, exported->data));
  MACE_RETURN_IF_ERROR(WriteOutputFile(path, AsBytes(exported->model)));
  report.nodes = model.graph->nodes.size();
  report.model_bytes = exported->model.size();
  report.data_bytes = exported->data.size();
  report.beyond_upstream = std::move(exported->beyond_upstream);
  return report;
}

}  // namespace

StatusOr<SaveReport> Model::Save(const std::string& path, const SaveOptions& options) const {
  if (state_ == nullptr) {
    return FailedPrecondition("model: expected one that was loaded, found none");
  }
  return CatchExhaustion([&] { return SaveGraph(*state_, path, options); });
}

}  // namespace mace
