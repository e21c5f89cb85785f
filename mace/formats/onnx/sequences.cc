#include "mace/formats/onnx/sequences.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

using Names = std::vector<std::string>;

Status CheckInputs(const OnnxStructure& at, int least, int most) {
  const int found = at.input_count();
  bool fits = found <= most;
  for (int i = 0; i < least; ++i) fits = fits && !at.Input(i).empty();
  if (fits) return Status::Ok();
  return InvalidArgument("expected " + std::to_string(least) + " to " + std::to_string(most) +
                         " inputs, found " + std::to_string(found));
}

StatusOr<Names> ReadSequence(const OnnxStructure& at, int index) {
  const std::string name = at.Input(index);
  if (const Names* elements = at.tensors()->Sequence(name)) return *elements;
  return InvalidArgument("input '" + Printable(name) + "': expected a sequence, found " +
                         (at.tensors()->Has(name) ? "a tensor or an optional" : "none"));
}

// Input `index` as a place of a sequence: from -size up to `most`.
StatusOr<size_t> ReadPosition(const OnnxStructure& at, int index, size_t size, size_t most) {
  MACE_ASSIGN_OR_RETURN(const int64_t position, at.node->Number(static_cast<size_t>(index)));
  const auto count = static_cast<int64_t>(size);
  if (position >= -count && position <= static_cast<int64_t>(most)) {
    return static_cast<size_t>(position < 0 ? position + count : position);
  }
  return InvalidArgument("position: expected " + std::to_string(-count) + " to " +
                         std::to_string(static_cast<int64_t>(most)) + ", found " +
                         std::to_string(position));
}

Status SetSequence(const OnnxStructure& at, Names elements) {
  if (!at.WantsOutput(0)) return Status::Ok();
  return at.tensors()->SetSequence(at.call.node->output(0), std::move(elements));
}

Status SetNumber(const OnnxStructure& at, DType dtype, int64_t number) {
  const HostTensor wide = HostTensor::FromVector<int64_t>(DType::kInt64, Shape(), {number});
  MACE_ASSIGN_OR_RETURN(HostTensor scalar, wide.ConvertTo(dtype));
  return at.SetValue(0, at.node->AddConstant("", std::move(scalar)));
}

// The extents of the parts that input 1 asks for; of 1 each where it is not given.
StatusOr<std::vector<int64_t>> ReadParts(const OnnxStructure& at, int64_t extent) {
  int64_t size = 1;
  if (!at.Input(1).empty()) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, at.node->Numbers(1));
    if (at.node->shape(1).rank() > 0) {
      int64_t sum = 0;
      for (int64_t part : numbers) {
        if (part < 0 || part > extent) sum = extent;
        sum += part;
      }
      if (sum == extent) return numbers;
      return InvalidArgument("split: expected parts that make " + std::to_string(extent) +
                             ", found [" + JoinNumbers(numbers, ", ") + "]");
    }
    size = numbers[0];
  }
  if (size < 1 || CeilDivide(extent, size) > kMaxSplitParts) {
    return InvalidArgument("split: expected 1 to " + std::to_string(kMaxSplitParts) + " parts of " +
                           std::to_string(extent) + ", found parts of " + std::to_string(size));
  }
  std::vector<int64_t> parts;
  for (int64_t start = 0; start < extent; start += size) {
    parts.push_back(std::min(size, extent - start));
  }
  return parts;
}

}  // namespace

Status AddOnnxSequenceConstruct(const OnnxStructure& at) {
  const auto& inputs = at.call.node->input();
  if (inputs.empty()) return InvalidArgument("expected at least 1 input, found none");
  return SetSequence(at, Names(inputs.begin(), inputs.end()));
}

Status AddOnnxSequenceEmpty(const OnnxStructure& at) {
  at.node->Ignore({"dtype"});  // The elements that are put into it have it.
  MACE_RETURN_IF_ERROR(CheckInputs(at, 0, 0));
  return SetSequence(at, {});
}

Status AddOnnxSequenceAt(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 2, 2));
  MACE_ASSIGN_OR_RETURN(const Names elements, ReadSequence(at, 0));
  if (elements.empty()) return InvalidArgument("expected a sequence with elements, found none");
  MACE_ASSIGN_OR_RETURN(const size_t position,
                        ReadPosition(at, 1, elements.size(), elements.size() - 1));
  return at.SetOutput(0, elements[position]);
}

Status AddOnnxSequenceInsert(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 2, 3));
  MACE_ASSIGN_OR_RETURN(Names elements, ReadSequence(at, 0));
  size_t position = elements.size();
  if (!at.Input(2).empty()) {
    MACE_ASSIGN_OR_RETURN(position, ReadPosition(at, 2, elements.size(), elements.size()));
  }
  elements.insert(elements.begin() + static_cast<int64_t>(position), at.Input(1));
  return SetSequence(at, std::move(elements));
}

Status AddOnnxSequenceErase(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 1, 2));
  MACE_ASSIGN_OR_RETURN(Names elements, ReadSequence(at, 0));
  if (elements.empty()) return InvalidArgument("expected a sequence with elements, found none");
  size_t position = elements.size() - 1;
  if (!at.Input(1).empty()) {
    MACE_ASSIGN_OR_RETURN(position, ReadPosition(at, 1, elements.size(), elements.size() - 1));
  }
  elements.erase(elements.begin() + static_cast<int64_t>(position));
  return SetSequence(at, std::move(elements));
}

Status AddOnnxSequenceLength(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 1, 1));
  MACE_ASSIGN_OR_RETURN(const Names elements, ReadSequence(at, 0));
  return SetNumber(at, DType::kInt64, static_cast<int64_t>(elements.size()));
}

Status AddOnnxSplitToSequence(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 1, 2));
  MACE_ASSIGN_OR_RETURN(const ValueId x, at.tensors()->Value(at.Input(0)));
  const Shape shape = at.tensors()->builder()->ShapeOf(x);
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(at.node->Int("axis", 0), shape.rank()));
  // As the standard says, keepdims counts only where every part has extent 1 by itself.
  const bool keeps_axis = at.node->Int("keepdims", 1) != 0 || !at.Input(1).empty();
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> parts, ReadParts(at, shape[axis]));
  Names elements;
  int64_t start = 0;
  for (int64_t part : parts) {
    MACE_ASSIGN_OR_RETURN(const ValueId id,
                          CutOnnxPart(at, x, {axis, start, start + part, !keeps_axis}));
    MACE_ASSIGN_OR_RETURN(elements.emplace_back(), at.Name("part", id));
    start += part;
  }
  return SetSequence(at, std::move(elements));
}

Status AddOnnxConcatFromSequence(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 1, 1));
  MACE_ASSIGN_OR_RETURN(const Names elements, ReadSequence(at, 0));
  if (elements.empty()) return InvalidArgument("expected a sequence with elements, found none");
  if (!at.node->Has("axis")) return InvalidArgument("attribute 'axis': expected one, found none");
  const bool is_new = at.node->Int("new_axis", 0) != 0;
  std::vector<ValueId> parts;
  for (const std::string& element : elements) {
    MACE_ASSIGN_OR_RETURN(parts.emplace_back(), at.tensors()->Value(element));
  }
  const int rank = at.tensors()->builder()->ShapeOf(parts[0]).rank() + (is_new ? 1 : 0);
  MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(at.node->Int("axis", 0), rank));
  MACE_ASSIGN_OR_RETURN(const ValueId joined, JoinOnnxParts(at, parts, axis, is_new));
  return at.SetValue(0, joined);
}

Status AddOnnxOptional(const OnnxStructure& at) {
  at.node->Ignore({"type"});  // What an empty optional would hold.
  MACE_RETURN_IF_ERROR(CheckInputs(at, 0, 1));
  if (!at.WantsOutput(0)) return Status::Ok();
  const std::string element = at.Input(0);
  if (!element.empty() && !at.tensors()->Has(element)) {
    return at.tensors()->Value(element).status();
  }
  at.tensors()->SetOptional(at.call.node->output(0), element);
  return Status::Ok();
}

// Since op set 18 the input may be no optional, which has an element, or be not given.
Status AddOnnxOptionalHasElement(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 0, 1));
  const std::string name = at.Input(0);
  const std::string* const element = at.tensors()->Optional(name);
  if (element != nullptr) return SetNumber(at, DType::kBool, element->empty() ? 0 : 1);
  return SetNumber(at, DType::kBool, at.tensors()->Has(name) ? 1 : 0);
}

Status AddOnnxOptionalGetElement(const OnnxStructure& at) {
  MACE_RETURN_IF_ERROR(CheckInputs(at, 1, 1));
  const std::string name = at.Input(0);
  const std::string* const element = at.tensors()->Optional(name);
  if (element == nullptr) return at.SetOutput(0, name);
  if (element->empty()) return InvalidArgument("expected an optional with an element, found none");
  return at.SetOutput(0, std::string(*element));
}

}  // namespace mace
