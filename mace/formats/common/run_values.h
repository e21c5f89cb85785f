// Values that decide shapes and that only a run gives, as an import sees them.
//
// An import asks for the elements of such a value. If nobody knows them, the nodes that need them
// wait; the graph has what can be made without them. A run of that graph gives the elements, and
// the next import of the model goes on with them, round by round. Each node of the graph has a
// level: 0 if it was made without such elements, else 1 more than the last round whose elements it
// was made with.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_COMMON_RUN_VALUES_H_
#define MACE_FORMATS_COMMON_RUN_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mace/base/keyed_hash.h"
#include "mace/graph/node.h"
#include "mace/graph/tensor.h"

namespace mace {

// A value whose elements an import asked for and nobody knew.
struct AskedValue {
  ValueId value = kNoValue;
  std::string name;      // As in AskedValues::names.
  int64_t largest = -1;  // The value is a count from 0 to this, if it is not negative.
};

// What an import tells of its graph.
struct AskedValues {
  // Empty: the graph is complete. Else it has all inputs, and its outputs have no value, and show
  // what the model declares.
  std::vector<AskedValue> open;
  std::vector<int> levels;  // By node of the graph.
  // For each value that a node makes, a name that no other value has, and that the value has in
  // each import of the model with the same elements of earlier rounds.
  std::unordered_map<ValueId, std::string> names;
  // The names depend on what waits. True: only an import with RunValues::one_by_one can be used.
  bool is_ambiguous = false;

  bool stops() const { return !open.empty(); }
};

// The elements that are known.
struct RunValues {
  struct Known {
    HostTensor elements;
    int round = 0;  // The round that gave them, from 0 on.
  };
  // By the name of an input: its elements, of its shape. The input stays an input.
  std::map<std::string, HostTensor> inputs;
  std::map<std::string, Known> computed;  // By AskedValue::name.
  // Helpers that several nodes share are named by what they are, not by who came first.
  bool names_by_content = false;
  bool one_by_one = false;             // The import ends at the first value that nobody knows.
  std::shared_ptr<AskedValues> asked;  // Null: a value that nobody knows is kUnsupported.
};

// Keeps levels and names while a graph is made. Without RunValues::asked it does nothing.
class RunValueTracker {
 public:
  explicit RunValueTracker(const RunValues& run) : run_(run), one_by_one_(run.one_by_one) {}

  bool is_active() const { return run_.asked != nullptr; }
  bool one_by_one() const { return one_by_one_; }
  // "" or a text that tells `numbers`, for the name of what is made of a value with them.
  std::string NameOf(const std::vector<int64_t>& numbers) const;
  void set_one_by_one() { one_by_one_ = true; }

  // The outputs of a complete graph in place of a node: no later import looks for their names.
  static constexpr size_t kOutputs = SIZE_MAX;
  // The model's own node `index` is converted from here on; what it reads has at most this level.
  void BeginNode(size_t index, int level);
  // The node is converted, or failed. True: it waits for a value, and failed for that reason.
  bool EndNode(bool succeeded);
  int level() const { return level_; }

  // Notes that a name was made from `base`.
  void NoteName(const std::string& base);
  // Notes a node, which was evaluated or is in the graph.
  void NoteNode(const Node& node, const std::vector<std::string>& output_names, bool is_folded);

  // The elements of a value, or null after asking for them. `info`: what the value is.
  const HostTensor* Ask(ValueId id, const TensorInfo& info, int64_t largest);

  // Between these calls nothing is asked for: what is imported may be given up for something else.
  void Suspend() {
    ++suspended_;
    was_refused_ = false;
  }
  void Resume() { --suspended_; }
  bool was_refused() const { return was_refused_; }

 private:
  int LevelOf(ValueId id) const;

  const RunValues& run_;
  bool one_by_one_;
  size_t node_ = 0;         // The model's node that is converted.
  size_t open_before_ = 0;  // How many values were open when it began.
  bool has_asked_ = false;  // Whether it asked for a value that nobody knows.
  int level_ = 0;
  int suspended_ = 0;
  bool was_refused_ = false;
  std::unordered_map<ValueId, int> levels_;  // Of values above level 0.
  NameMap<size_t> makers_;                   // By a name's base: the node that made it first.
  NameMap<int> name_counts_;                 // How many values have the name.
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_RUN_VALUES_H_
