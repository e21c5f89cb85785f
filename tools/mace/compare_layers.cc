#include "tools/mace/compare_layers.h"

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/output_file.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

void PrintRow(FILE* out, const LayerReport& layer, bool departs) {
  const std::string where = layer.variant.empty() ? "cpu" : layer.variant;
  if (!layer.compared) {
    Print(out, "%-40.40s %-18.18s %-24.24s\n", layer.name.c_str(), layer.type.c_str(),
          where.c_str());
    return;
  }
  Print(out, "%-40.40s %-18.18s %-24.24s %10.3g %10.3g %10.6f %8.1f %10.3g%s\n", layer.name.c_str(),
        layer.type.c_str(), where.c_str(), layer.own.max_abs_error, layer.own.max_rel_error,
        layer.own.cosine, layer.own.snr_db, layer.carried.max_rel_error,
        departs ? "  DEPARTS" : "");
}

// Writes the node alone as a MACE model, with the inputs that it has in the whole model. Gives the
// command that reproduces the error.
StatusOr<std::string> WriteReproduction(const LayerTableRequest& request, const NodeModel& node) {
  const std::string& folder = request.reproduce_folder;
  MACE_RETURN_IF_ERROR(MakeDirectories(folder));
  MACE_RETURN_IF_ERROR(WriteOutputFile(JoinPath(folder, "op.data"), node.weights));
  MACE_RETURN_IF_ERROR(WriteOutputFile(JoinPath(folder, "op.pb"), AsBytes(node.model)));
  const ModelArguments& model = *request.model;
  std::string command = "mace compare " + JoinPath(folder, "op.pb") + " --device '" + model.device +
                        "' --memory " + model.memory + " --precision " + model.precision;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const auto& [name, tensor] = node.inputs[i];
    const std::string path = JoinPath(folder, "input" + std::to_string(i) + ".npy");
    MACE_RETURN_IF_ERROR(SaveTensor(path, tensor));
    command += " --input '" + name + "=" + path + "'";
  }
  return command;
}

StatusOr<std::string> Reproduce(const LayerTableRequest& request, const LayerComparison& comparison,
                                size_t layer) {
  MACE_ASSIGN_OR_RETURN(const NodeModel node, comparison.Extract(layer));
  return WriteReproduction(request, node);
}

Json RowJson(const LayerReport& layer) {
  return {{"name", layer.name},
          {"type", layer.type},
          {"variant", TextOrNull(layer.variant)},
          {"own", layer.compared ? ToJson(layer.own) : Json(nullptr)},
          {"carried", ToJson(layer.carried)}};
}

// The negated form also reports NaN.
bool Departs(const LayerReport& layer, double rtol) {
  return layer.compared && !(ShareOfRange(layer.own) <= rtol) &&
         !(layer.own.max_abs_error <= 1.001 * layer.rounding_step);
}

}  // namespace

Json ToJson(const Difference& difference) {
  return {{"same_shape", difference.same_shape},
          {"max_abs_error", NumberOrNull(difference.max_abs_error)},
          {"max_rel_error", NumberOrNull(difference.max_rel_error)},
          {"range", difference.range},
          {"cosine", difference.cosine},
          {"snr_db", NumberOrNull(difference.snr_db)}};
}

StatusOr<Json> PrintLayerTable(const LayerTableRequest& request) {
  MACE_ASSIGN_OR_RETURN(const LayerComparison comparison, CompareLayers(request.request));
  Print(request.out, "%-40s %-18s %-24s %10s %10s %10s %8s %10s\n", "node", "type", "variant",
        "max abs", "max rel", "cosine", "SNR dB", "carried");
  const std::vector<LayerReport>& layers = comparison.layers();
  Json rows = Json::array();
  size_t first = layers.size();
  for (size_t i = 0; i < layers.size(); ++i) {
    const bool departs = Departs(layers[i], request.rtol);
    if (departs && first == layers.size()) first = i;
    PrintRow(request.out, layers[i], departs);
    rows.push_back(RowJson(layers[i]));
  }
  Json report = {{"layers", rows}, {"first_departing", nullptr}, {"reproduction", nullptr}};
  if (first == layers.size()) {
    Print(request.out, "no node exceeds the limit by itself (%.3g of its range)\n", request.rtol);
    return report;
  }
  const LayerReport& departing = layers[first];
  report["first_departing"] = departing.name;
  StatusOr<std::string> command = Reproduce(request, comparison, first);
  if (!command.ok()) {
    return command.status().WithPrefix("node '" + departing.name + "' as a model of its own");
  }
  report["reproduction"] = *command;
  Print(request.out, "the first node over the limit: %s (%s); alone:\n  %s\n",
        departing.name.c_str(), departing.type.c_str(), command->c_str());
  return report;
}

}  // namespace mace
