#include "tools/mace/compare_layers.h"

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/output_file.h"
#include "mace/import/mace_export.h"
#include "mace/runtime/layer_compare.h"
#include "mace/runtime/runtime.h"
#include "mace/runtime/trial.h"
#include "tools/mace/streams.h"
#include "tools/mace/tensors.h"

namespace mace {
namespace {

void PrintRow(FILE* out, const Node& node, const NodePlacement& placement,
              const LayerDifference& layer, bool departs) {
  const std::string where = placement.variant.empty() ? "cpu" : placement.variant;
  if (!layer.compared) {
    Print(out, "%-40.40s %-18.18s %-24.24s\n", node.name.c_str(), node.type.c_str(), where.c_str());
    return;
  }
  Print(out, "%-40.40s %-18.18s %-24.24s %10.3g %10.3g %10.6f %8.1f %10.3g%s\n", node.name.c_str(),
        node.type.c_str(), where.c_str(), layer.own.max_abs_error, layer.own.max_rel_error,
        layer.own.cosine, layer.own.snr_db, layer.carried.max_rel_error,
        departs ? "  DEPARTS" : "");
}

// The node alone as a MACE model, with the inputs that it has in the model; the command that shows
// the error again.
StatusOr<std::string> WriteReproduction(const LayerTableRequest& request,
                                        const LayerComparison& comparison, const Node& node) {
  const Graph& graph = request.engine->graph();
  const std::shared_ptr<const Graph> alone = GraphOfNode(graph, node);
  MACE_ASSIGN_OR_RETURN(const MaceExport exported, ExportMace(*alone, {}));
  const std::string& folder = request.reproduce_folder;
  MACE_RETURN_IF_ERROR(MakeDirectories(folder));
  MACE_RETURN_IF_ERROR(WriteOutputFile(JoinPath(folder, "op.data"), exported.data));
  MACE_RETURN_IF_ERROR(WriteOutputFile(JoinPath(folder, "op.pb"), AsBytes(exported.model)));
  const bool half = request.options.precision == Precision::kFloat16;
  const char* memory = request.options.memory == MemoryChoice::kImage    ? "image"
                       : request.options.memory == MemoryChoice::kBuffer ? "buffer"
                                                                         : "auto";
  std::string command = "mace compare " + JoinPath(folder, "op.pb") + " --device '" +
                        request.options.device + "' --memory " + memory + " --precision " +
                        (half                         ? "fp16"
                         : request.options.allow_tf32 ? "tf32"
                                                      : "fp32");
  size_t input = 0;
  for (ValueId id : InputsOfNode(graph, node)) {
    const std::string path = JoinPath(folder, "input" + std::to_string(input) + ".npy");
    MACE_RETURN_IF_ERROR(SaveTensor(path, comparison.reference[static_cast<size_t>(id)]));
    command += " --input '" + alone->inputs[input++].name + "=" + path + "'";
  }
  return command;
}

Json RowJson(const Node& node, const NodePlacement& placement, const LayerDifference& layer) {
  return {{"name", node.name},
          {"type", node.type},
          {"variant", placement.variant.empty() ? Json(nullptr) : Json(placement.variant)},
          {"own", layer.compared ? ToJson(layer.own) : Json(nullptr)},
          {"carried", ToJson(layer.carried)}};
}

// Of a node whose results are rounded to 8 bits: one that lies beside a tie, where sums in another
// order are enough to tip it over, is a step off. Else 0.
double StepOf(const Node& node) {
  if (node.type == "Unary" && node.attributes.GetString("function", "") == "round_to_8_bits") {
    return node.attributes.GetFloat("scale", 0);
  }
  return node.attributes.GetFloat("y_scale", 0);
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

StatusOr<Json> PrintLayerTable(const LayerTableRequest& request,
                               const std::vector<HostTensor>& inputs) {
  const Plan& plan = request.engine->plan();
  const Graph& graph = *plan.bound.graph;
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<Runtime> runtime, Runtime::Get(request.options));
  MACE_ASSIGN_OR_RETURN(const LayerComparison comparison,
                        CompareLayers(plan, inputs, runtime->compiler()));
  Print(request.out, "%-40s %-18s %-24s %10s %10s %10s %8s %10s\n", "node", "type", "way",
        "max abs", "max rel", "cosine", "SNR dB", "carried");
  Json rows = Json::array();
  const Node* first = nullptr;
  for (const LayerDifference& layer : comparison.layers) {
    const Node& node = graph.nodes[layer.node];
    const NodePlacement& placement = plan.placements[layer.node];
    // Written so that a NaN departs.
    const bool departs = layer.compared && !(ShareOfRange(layer.own) <= request.rtol) &&
                         !(layer.own.max_abs_error <= 1.001 * StepOf(node));
    if (departs && first == nullptr) first = &node;
    PrintRow(request.out, node, placement, layer, departs);
    rows.push_back(RowJson(node, placement, layer));
  }
  Json report = {{"layers", rows}, {"first_departing", nullptr}, {"reproduction", nullptr}};
  if (first == nullptr) {
    Print(request.out, "no node departs by itself (%.3g of its range)\n", request.rtol);
    return report;
  }
  report["first_departing"] = first->name;
  StatusOr<std::string> command = WriteReproduction(request, comparison, *first);
  if (!command.ok()) {
    return command.status().WithPrefix("node '" + first->name + "' as a model of its own");
  }
  report["reproduction"] = *command;
  Print(request.out, "the first that departs: %s (%s); alone:\n  %s\n", first->name.c_str(),
        first->type.c_str(), command->c_str());
  return report;
}

}  // namespace mace
