// Graphs whose shapes depend on values that only a run gives (mace/formats/common/run_values.h),
// cut into stages: a stage is the nodes of one level, as a graph of its own. What later stages read
// is an output of the stage that makes it, and is handed on by the host.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_ENGINE_STAGE_H_
#define MACE_ENGINE_STAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/import_options.h"
#include "mace/graph/graph.h"

namespace mace {

// Names of values that stages hand on. Imports with other elements give equal values equal names.
using ValueNames = std::set<std::string>;

// Where an input of a stage comes from, or what an output of a stage is for.
struct StageLink {
  std::optional<size_t> model_io;  // The index of the model's input or output.
  std::string value;               // Else the name of a value that is handed on.
};

// A stage has outputs unless all that it needs is there before it.
struct ModelStage {
  std::shared_ptr<const Graph> graph;
  std::vector<StageLink> inputs;   // One for each input of the graph.
  std::vector<StageLink> outputs;  // One for each output of the graph.
  // The names of the values of earlier stages that this stage reads, passes on or asks for.
  ValueNames reads;
  bool is_last = false;
  // The values that decide how the next stage looks, unless this is the last one.
  struct Next {
    std::string name;  // AskedValue::name.
    StageLink link;
    TensorInfo info;
  };
  std::vector<Next> next;
  // The model's outputs that are values of earlier stages, and how they are shown. Last stage only.
  struct PassedOn {
    size_t output = 0;
    std::string value;
    TensorInfo shown;
  };
  std::vector<PassedOn> passed_on;
};

// A graph as it was imported, and what the import asked for.
struct AskedGraph {
  std::shared_ptr<const Graph> graph;
  AskedValues asked;
};

// The values that a stage hands on besides those that the next one asks for.
struct HandedOn {
  ValueNames names;
  // If all values of the stage have at most so many bytes, they are handed on, all of them: a stage
  // behind those that are known may read any.
  uint64_t max_bytes_of_all = 0;
};

// The stage of a level. REQUIRES: there is no node of a higher level.
StatusOr<std::shared_ptr<const ModelStage>> MakeStage(const AskedGraph& from, int level,
                                                      const HandedOn& handed_on);

// The names of all values that one stage reads, asks for or gives as the model's output, and an
// earlier one makes.
ValueNames FindHandedOn(const AskedGraph& from);

// The inputs of the model, by index, whose elements decide a value that was asked for. Empty unless
// it follows from small inputs of integers alone, or is itself a small input.
std::vector<size_t> FindDecidingInputs(const Graph& graph, ValueId asked);

// The round that comes after those whose elements are known: the level of the next stage.
int NextRound(const RunValues& known);

}  // namespace mace

#endif  // MACE_ENGINE_STAGE_H_
