#include "mace/formats/common/run_values.h"

#include <algorithm>

#include "mace/base/strings.h"

namespace mace {
namespace {

// Each round of such values needs an import of its own.
constexpr size_t kMaxAskedValues = 256;
// Whatever is larger decides no shape.
constexpr int64_t kMaxElements = 1 << 16;

}  // namespace

void RunValueTracker::BeginNode(size_t index, int level) {
  if (!is_active()) return;
  node_ = index;
  has_asked_ = false;
  open_before_ = run_.asked->open.size();
  // One by one, nodes that come later in the model are never part of an earlier stage.
  level_ = one_by_one_ ? std::max(level_, level) : level;
}

bool RunValueTracker::EndNode(bool succeeded) {
  if (!is_active()) return false;
  std::vector<AskedValue>& open = run_.asked->open;
  if (!succeeded) return has_asked_;
  // The converter found another way for a value that nobody knew.
  open.erase(open.begin() + static_cast<std::ptrdiff_t>(open_before_), open.end());
  return false;
}

std::string RunValueTracker::NameOf(const std::vector<int64_t>& numbers) const {
  return run_.names_by_content ? "[" + JoinNumbers(numbers, ",") + "]" : "";
}

void RunValueTracker::NoteName(const std::string& base) {
  if (!is_active() || node_ == kOutputs) return;
  const auto [found, is_new] = makers_.emplace(base, node_);
  // The number that makes the name unique depends on which of the nodes was converted first.
  if (!is_new && found->second != node_) run_.asked->is_ambiguous = true;
}

void RunValueTracker::NoteNode(const Node& node, const std::vector<std::string>& output_names,
                               bool is_folded) {
  if (!is_active()) return;
  for (const ValueId id : node.inputs) level_ = std::max(level_, LevelOf(id));
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    NoteName(output_names[i]);
    const int count = ++name_counts_[output_names[i]];
    std::string& name = run_.asked->names[node.outputs[i]];
    name = output_names[i];
    if (count > 1) name += "#" + std::to_string(count);
    if (level_ > 0) levels_[node.outputs[i]] = level_;
  }
  if (!is_folded) run_.asked->levels.push_back(level_);
}

int RunValueTracker::LevelOf(ValueId id) const {
  const auto found = levels_.find(id);
  return found == levels_.end() ? 0 : found->second;
}

const HostTensor* RunValueTracker::Ask(ValueId id, const TensorInfo& info, int64_t largest) {
  if (!is_active()) return nullptr;
  AskedValues& asked = *run_.asked;
  if (info.shape.elements() > kMaxElements || asked.open.size() >= kMaxAskedValues) return nullptr;
  if (run_.computed.size() >= kMaxAskedValues) return nullptr;
  if (suspended_ > 0) {
    was_refused_ = true;
    return nullptr;
  }
  const auto name = asked.names.find(id);
  // An input has no node that makes it.
  const std::string key = name == asked.names.end() ? "#" + std::to_string(id) : name->second;
  const auto known = run_.computed.find(key);
  if (known == run_.computed.end()) {
    const auto is_this = [&](const AskedValue& value) { return value.value == id; };
    const bool is_new = std::none_of(asked.open.begin(), asked.open.end(), is_this);
    if (is_new) asked.open.push_back({id, key, largest});
    has_asked_ = true;
    return nullptr;
  }
  if (known->second.elements.info() != info) return nullptr;
  level_ = std::max(level_, known->second.round + 1);
  return &known->second.elements;
}

}  // namespace mace
