#include "mace/passes/merge_duplicates.h"

#include <cstring>
#include <optional>
#include <string>

#include "mace/base/keyed_hash.h"
#include "mace/passes/graph_editor.h"

namespace mace {

namespace {

// Writes an attribute so that equal texts mean equal values: kind, count, then the parts.
struct KeyWriter {
  std::string* key;

  void Add(int64_t number) { key->append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void Add(double number) {
    int64_t bits;
    std::memcpy(&bits, &number, sizeof(bits));
    Add(bits);
  }
  void Add(const std::string& text) {
    Add(static_cast<int64_t>(text.size()));
    *key += text;
  }
  void operator()(int64_t number) { Add(number); }
  void operator()(double number) { Add(number); }
  void operator()(const std::string& text) { Add(text); }
  template <typename Number>
  void operator()(const std::vector<Number>& numbers) {
    Add(static_cast<int64_t>(numbers.size()));
    for (Number number : numbers) Add(number);
  }
  void operator()(const HostTensor&) {}  // KeyOf gives up on these.
};

std::optional<std::string> KeyOf(const Node& node) {
  // Two random nodes are two sources.
  if (node.type.compare(0, 6, "Random") == 0 || !node.steps.empty()) return std::nullopt;
  std::string key;
  KeyWriter writer{&key};
  writer.Add(node.type);
  writer.Add(static_cast<int64_t>(node.outputs.size()));
  writer.Add(static_cast<int64_t>(node.inputs.size()));
  for (ValueId id : node.inputs) writer.Add(int64_t{id});
  for (const auto& [name, value] : node.attributes.values()) {
    writer.Add(name);
    writer.Add(static_cast<int64_t>(value.index()));
    std::visit(writer, value);
    if (std::holds_alternative<HostTensor>(value)) return std::nullopt;
  }
  return key;
}

// Two graph outputs of one value would be two names for one buffer: the runtime is spared that.
bool MakesGraphOutput(const GraphEditor& editor, const Node& node) {
  for (ValueId id : node.outputs) {
    if (editor.IsGraphOutput(id)) return true;
  }
  return false;
}

}  // namespace

Status MergeDuplicates(Graph* graph) {
  GraphEditor editor(graph);
  NameMap<int> seen;
  for (int i = 0; i < editor.node_count(); ++i) {
    if (MakesGraphOutput(editor, editor.node(i))) continue;
    const auto key = KeyOf(editor.node(i));
    if (!key) continue;
    const auto [first, is_new] = seen.emplace(*key, i);
    if (is_new) continue;
    for (size_t k = 0; k < editor.node(i).outputs.size(); ++k) {
      editor.ReplaceUses(editor.node(i).outputs[k], editor.node(first->second).outputs[k]);
    }
    editor.Remove(i);
  }
  editor.Finish();
  return Status::Ok();
}

}  // namespace mace
