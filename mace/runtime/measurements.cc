#include "mace/runtime/measurements.h"

#include <cstdlib>

#include "mace/base/log.h"
#include "mace/plan/signature.h"

namespace mace {

Measurements::Measurements(const Graph& graph, const PlanOptions& options,
                           ProgramCompiler* compiler)
    : graph_(graph),
      allow_tf32_(options.allow_tf32),
      compiler_(compiler),
      kernel_text_(KernelTextHash()) {}

std::string Measurements::SignatureOf(size_t node, const NodeVariants& offered) const {
  const bool half = offered.variants.front().precision == Precision::kFloat16;
  return NodeSignature(graph_, graph_.nodes[node]) + (half          ? " f16"
                                                      : allow_tf32_ ? " tf32"
                                                                    : " f32");
}

std::string Measurements::KeyOf(const std::string& signature, const std::string& variant_id) const {
  return "way " + kernel_text_ + " " + variant_id + " " + signature;
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

}  // namespace mace
