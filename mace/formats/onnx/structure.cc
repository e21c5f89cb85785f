#include "mace/formats/onnx/structure.h"

#include <unordered_map>
#include <utility>

#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/model.h"
#include "mace/formats/onnx/sequences.h"

namespace mace {

Status OnnxStructure::SetValue(int index, ValueId id) const {
  if (!WantsOutput(index)) return Status::Ok();
  const std::string& name = call.node->output(index);
  // A tensor that was cut is what the caller gives.
  return tensors()->Has(name) ? Status::Ok() : tensors()->builder()->Define(name, id);
}

OnnxStructureHandler FindOnnxStructure(const std::string& domain, const std::string& op) {
  if (!IsOnnxDomain(domain)) return nullptr;
  static const auto* const kHandlers = new std::unordered_map<std::string, OnnxStructureHandler>{
      {"ConcatFromSequence", &AddOnnxConcatFromSequence},
      {"If", &AddOnnxIf},
      {"Loop", &AddOnnxLoop},
      {"Optional", &AddOnnxOptional},
      {"OptionalGetElement", &AddOnnxOptionalGetElement},
      {"OptionalHasElement", &AddOnnxOptionalHasElement},
      {"Scan", &AddOnnxScan},
      {"SequenceAt", &AddOnnxSequenceAt},
      {"SequenceConstruct", &AddOnnxSequenceConstruct},
      {"SequenceEmpty", &AddOnnxSequenceEmpty},
      {"SequenceErase", &AddOnnxSequenceErase},
      {"SequenceInsert", &AddOnnxSequenceInsert},
      {"SequenceLength", &AddOnnxSequenceLength},
      {"SequenceMap", &AddOnnxSequenceMap},
      {"SplitToSequence", &AddOnnxSplitToSequence},
  };
  const auto found = kHandlers->find(op);
  return found == kHandlers->end() ? nullptr : found->second;
}

StatusOr<ValueId> CutOnnxPart(const OnnxStructure& at, ValueId x, const OnnxPart& part) {
  const Shape shape = at.tensors()->builder()->ShapeOf(x);
  const bool is_whole = part.start == 0 && part.end == shape[static_cast<int>(part.axis)];
  if (!is_whole) {
    MACE_ASSIGN_OR_RETURN(x, EmitSlice(at.node, x, part.axis, part.start, part.end));
  }
  if (!part.drops_axis) return x;
  AttributeMap attributes;
  attributes.Set("axis", std::vector<int64_t>{part.axis});
  return at.node->Emit("/element", "Squeeze", {x}, std::move(attributes));
}

StatusOr<ValueId> JoinOnnxParts(const OnnxStructure& at, const std::vector<ValueId>& parts,
                                int64_t axis, bool is_new) {
  std::vector<ValueId> joined = parts;
  if (is_new) {
    for (ValueId& part : joined) {
      AttributeMap attributes;
      attributes.Set("axis", std::vector<int64_t>{axis});
      MACE_ASSIGN_OR_RETURN(part,
                            at.node->Emit("/row", "Unsqueeze", {part}, std::move(attributes)));
    }
  }
  return EmitConcat(at.node, std::move(joined), axis);
}

StatusOr<ValueId> EmptyOnnxStack(const OnnxStructure& at, const TensorInfo& element, int axis) {
  std::vector<int64_t> dims = element.shape.dims();
  dims.insert(dims.begin() + axis, 0);
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
  MACE_ASSIGN_OR_RETURN(HostTensor none, HostTensor::Allocate({element.dtype, std::move(shape)}));
  return at.node->AddConstant("/none", std::move(none));
}

}  // namespace mace
