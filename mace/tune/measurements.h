// The times of measured variants in the cache file: one record for each variant of each distinct
// node, shared by all models.
//
// Thread contract: thread-compatible.
#ifndef MACE_TUNE_MEASUREMENTS_H_
#define MACE_TUNE_MEASUREMENTS_H_

#include <optional>
#include <string>

#include "mace/cl/compiler.h"
#include "mace/graph/graph.h"
#include "mace/plan/plan.h"

namespace mace {

class Measurements {
 public:
  // REQUIRES: graph and compiler outlive this object.
  Measurements(const Graph& graph, const PlanOptions& options, ProgramCompiler* compiler);

  // Equal for nodes that take the same time. REQUIRES: the node has variants.
  std::string SignatureOf(size_t node, const NodeVariants& offered) const;

  // Milliseconds; none if no record holds a time.
  std::optional<double> Find(const std::string& signature, const std::string& variant_id) const;
  // Writes a record. One too long for the file is dropped, and measured again at the next start.
  void Keep(const std::string& signature, const std::string& variant_id,
            const std::string& value) const;

 private:
  std::string KeyOf(const std::string& signature, const std::string& variant_id) const;

  const Graph& graph_;
  const bool allow_tf32_;
  ProgramCompiler* const compiler_;
};

// The variants among which the plan chose, with all known times: those that it was planned with and
// those in records. The variant that runs is always included. `compiler` null: a plan for the CPU.
// Errors: those of FindVariants.
StatusOr<GraphVariants> FindVariantsOf(const Plan& plan, ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_TUNE_MEASUREMENTS_H_
