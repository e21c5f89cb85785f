// The times of measured variants, as a cache file keeps them: a record for each variant of each
// distinct node, whatever model it was measured for.
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
  // REQUIRES: graph and compiler outlive this.
  Measurements(const Graph& graph, const PlanOptions& options, ProgramCompiler* compiler);

  // Equal for nodes that take as long as one another. REQUIRES: the node has variants.
  std::string SignatureOf(size_t node, const NodeVariants& offered) const;

  // Milliseconds; none where no record holds a time.
  std::optional<double> Find(const std::string& signature, const std::string& variant_id) const;
  // What is too long for the file is measured again.
  void Keep(const std::string& signature, const std::string& variant_id,
            const std::string& value) const;

 private:
  std::string KeyOf(const std::string& signature, const std::string& variant_id) const;

  const Graph& graph_;
  const bool allow_tf32_;
  ProgramCompiler* const compiler_;
  const std::string kernel_text_;
};

// The variants of the plan's nodes as it chose among them, with all times that are known: those
// that it was made with, and those in records. What it runs is among them. `compiler` null: a plan
// for the CPU. Errors: those of FindVariants.
StatusOr<GraphVariants> FindVariantsOf(const Plan& plan, ProgramCompiler* compiler);

}  // namespace mace

#endif  // MACE_TUNE_MEASUREMENTS_H_
