#include "mace/tune/measurements.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "mace/base/log.h"
#include "mace/plan/signature.h"

namespace mace {
namespace {

// By id: what the planner knew of a node's variants.
std::map<std::string, double> TimesOf(const NodePlacement& placement) {
  std::map<std::string, double> times;
  if (placement.chosen.measured) times[placement.chosen.id] = placement.chosen.ms;
  for (const ConsideredVariant& other : placement.rejected) {
    if (other.measured) times[other.id] = other.ms;
  }
  return times;
}

// The variant that runs, where it is one of other work-group sizes that nobody has timed.
Status AddChosen(const Node& node, const std::string& id, const DeviceInfo& device,
                 NodeVariants* offered) {
  const std::optional<NodeChoice> choice = FindChoice(*offered, device, id);
  if (!choice.has_value() || choice->local_sizes.empty()) return Status();
  MACE_ASSIGN_OR_RETURN(KernelVariant variant, ChosenVariant(node, *offered, device, *choice));
  offered->variants.push_back(std::move(variant));
  return Status();
}

}  // namespace

Measurements::Measurements(const Graph& graph, const PlanOptions& options,
                           ProgramCompiler* compiler)
    : graph_(graph), allow_tf32_(options.allow_tf32), compiler_(compiler) {}

std::string Measurements::SignatureOf(size_t node, const NodeVariants& offered) const {
  const bool half = offered.variants.front().precision == Precision::kFloat16;
  return NodeSignature(graph_, graph_.nodes[node]) + (half          ? " f16"
                                                      : allow_tf32_ ? " tf32"
                                                                    : " f32");
}

std::string Measurements::KeyOf(const std::string& signature, const std::string& variant_id) const {
  return "way " + KernelTextHash() + " " + variant_id + " " + signature;
}

std::optional<double> Measurements::Find(const std::string& signature,
                                         const std::string& variant_id) const {
  const std::optional<std::string> record = compiler_->FindTuning(KeyOf(signature, variant_id));
  if (!record.has_value()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(record->c_str(), &end);
  if (end == record->c_str() || !(value >= 0)) return std::nullopt;
  return value;
}

void Measurements::Keep(const std::string& signature, const std::string& variant_id,
                        const std::string& value) const {
  const Status kept = compiler_->AddMeasurement(KeyOf(signature, variant_id), value);
  if (!kept.ok()) Log(LogLevel::kInfo, "tuning: not kept: " + kept.message());
}

StatusOr<GraphVariants> FindVariantsOf(const Plan& plan, ProgramCompiler* compiler) {
  if (compiler == nullptr) return FindVariants(plan.bound, nullptr, plan.options);
  const DeviceInfo& device = compiler->device()->info();
  const Graph& graph = *plan.bound.graph;
  MACE_ASSIGN_OR_RETURN(GraphVariants variants, FindVariants(plan.bound, &device, plan.options));
  const Measurements records(graph, plan.options, compiler);
  for (size_t n = 0; n < variants.nodes.size(); ++n) {
    NodeVariants* offered = &variants.nodes[n];
    if (offered->variants.empty()) continue;
    const std::map<std::string, double> known = TimesOf(plan.placements[n]);
    const std::string signature = records.SignatureOf(n, *offered);
    const auto time_of = [&](const std::string& id) -> std::optional<double> {
      const auto found = known.find(id);
      return found != known.end() ? found->second : records.Find(signature, id);
    };
    SetMeasured(device, time_of, &offered->variants);
    MACE_RETURN_IF_ERROR(AddChosen(graph.nodes[n], plan.placements[n].variant_id, device, offered));
  }
  return variants;
}

}  // namespace mace
