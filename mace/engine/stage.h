// Graphs whose shapes depend on values that only a run gives (AskedValues), cut into stages. Each stage is a graph of its own: it runs from one such value to the next one. What later stages
// read is an output of the stage that makes it, and is handed on by the host.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_ENGINE_STAGE_H_
#define MACE_ENGINE_STAGE_H_

#include <cstddef>
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
struct Stage {
  std::shared_ptr<const Graph> graph;
  std::vector<StageLink> inputs;   // One for each input of the graph.
  std::vector<StageLink> outputs;  // One for each output of the graph.
  // The names of the values of earlier stages that this stage reads, passes on or asks for.
  ValueNames reads;
  bool is_last = false;
  // The value that decides how the next stage looks, unless this is the last one, and what it is.
  StageLink next;
  TensorInfo next_info;
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

// The last stage of a graph. Values of the stage that are in `handed_on` become outputs of it.
StatusOr<std::shared_ptr<const Stage>> MakeStage(const AskedGraph& from,
                                                 const ValueNames& handed_on);

// The names of all values that one stage of a complete graph reads and an earlier one makes.
ValueNames FindHandedOn(const AskedGraph& from);

// The inputs of the model, by index, whose elements decide the last value that was asked for. Empty
// unless it follows from small inputs of integers alone, or is itself a small input.
// REQUIRES: from.asked.stops.
std::vector<size_t> FindDecidingInputs(const AskedGraph& from);

}  // namespace mace

#endif  // MACE_ENGINE_STAGE_H_
