#include "mace/formats/onnx/tensors.h"

#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/onnx/emit_quantized.h"

namespace mace {
namespace {

// Names inside of nested graphs are joined: a file must not make them long without end.
constexpr size_t kMaxPrefix = 200;
constexpr size_t kMaxName = 100;
// A loop that puts one more element into a sequence at each step makes a new sequence each time.
constexpr size_t kMaxElements = size_t{1} << 20;

Status NoTensor(const std::string& name, const std::string& found) {
  return InvalidArgument("input '" + Printable(name) + "': expected a tensor, found " + found);
}

}  // namespace

std::string OnnxTensors::NewName(const std::string& prefix, const std::string& name) {
  const std::string base = Printable(prefix, kMaxPrefix) + "/" + Printable(name, kMaxName);
  builder()->run_values().NoteName(base);
  std::string made = taken_.Take(base);
  while (graph_->Find(made).kind != OnnxSource::Kind::kNone) made = taken_.Take(base);
  return made;
}

StatusOr<std::string> OnnxTensors::Add(const std::string& prefix, const std::string& name,
                                       ValueId id) {
  std::string made = NewName(prefix, name);
  MACE_RETURN_IF_ERROR(builder()->Define(made, id));
  return made;
}

bool OnnxTensors::Has(const std::string& name) const {
  return builder()->Find(name) != kNoValue || IsStructured(name);
}

Status OnnxTensors::Alias(const std::string& from, const std::string& to) {
  if (to.empty() || Has(to)) return Status::Ok();
  if (const std::vector<std::string>* elements = Sequence(from)) {
    return SetSequence(to, std::vector<std::string>(*elements));
  }
  if (const std::string* element = Optional(from)) {
    SetOptional(to, std::string(*element));
    return Status::Ok();
  }
  const ValueId id = builder()->Find(from);
  if (id == kNoValue) {
    return Unsupported("tensor '" + Printable(from) +
                       "': this output of its node is not supported");
  }
  quantized_->Copy(from, to);
  return builder()->Define(to, id);
}

StatusOr<ValueId> OnnxTensors::Value(const std::string& name) {
  if (name.empty()) return NoTensor(name, "none");
  if (Sequence(name) != nullptr) return NoTensor(name, "a sequence");
  if (Optional(name) != nullptr) return NoTensor(name, "an optional");
  if (builder()->Find(name) == kNoValue) {
    return Unsupported("input '" + Printable(name) + "': this output of its node is not supported");
  }
  return EmitIntegersOf(name, source_, quantized_);
}

const std::vector<std::string>* OnnxTensors::Sequence(const std::string& name) const {
  const auto found = sequences_.find(name);
  return found == sequences_.end() ? nullptr : &found->second;
}

Status OnnxTensors::SetSequence(const std::string& name, std::vector<std::string> elements) {
  for (const std::string& element : elements) {
    if (builder()->Find(element) != kNoValue) continue;
    return NoTensor(element, "none to put into a sequence");
  }
  element_count_ += elements.size();
  if (element_count_ > kMaxElements) {
    return ResourceExhausted("sequences: expected at most " + std::to_string(kMaxElements) +
                             " elements in all, found more");
  }
  sequences_[name] = std::move(elements);
  return Status::Ok();
}

const std::string* OnnxTensors::Optional(const std::string& name) const {
  const auto found = optionals_.find(name);
  return found == optionals_.end() ? nullptr : &found->second;
}

void OnnxTensors::SetOptional(const std::string& name, const std::string& element) {
  optionals_[name] = element;
}

}  // namespace mace
