#include "mace/ops/move/move_op.h"

#include "mace/ops/batch.h"

namespace mace {

Status MoveOp::Infer(const std::vector<OpInput>& inputs, std::vector<TensorInfo>* outputs) const {
  Move move;
  MACE_RETURN_IF_ERROR(Describe(inputs, &move));
  *outputs = std::move(move.outputs);
  return Status::Ok();
}

Status MoveOp::Reference(const std::vector<HostTensor>& inputs,
                         std::vector<HostTensor>* outputs) const {
  std::vector<OpInput> known(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    known[i].present = inputs[i].dtype() != DType::kInvalid;
    known[i].info = inputs[i].info();
    known[i].constant = known[i].present ? &inputs[i] : nullptr;
  }
  Move move;
  MACE_RETURN_IF_ERROR(Describe(known, &move));
  for (const StridedCopy& copy : move.copies) {
    MACE_RETURN_IF_ERROR(RunStridedCopy(copy, inputs[static_cast<size_t>(copy.input)],
                                        &(*outputs)[static_cast<size_t>(copy.output)]));
  }
  return Status::Ok();
}

bool MoveOp::SplitsAlongBatch(const std::vector<OpInput>& inputs,
                              const std::vector<bool>& batched) const {
  Move move;
  if (!Describe(inputs, &move).ok()) return false;
  for (const StridedCopy& copy : move.copies) {
    const Shape& in = inputs[static_cast<size_t>(copy.input)].info.shape;
    const Shape& out = move.outputs[static_cast<size_t>(copy.output)].shape;
    if (!batched[static_cast<size_t>(copy.input)] || out.rank() == 0 || out[0] != in[0] ||
        !CopySplitsAlongBatch(copy, in[0], in.elements(1, in.rank()),
                              out.elements(1, out.rank()))) {
      return false;
    }
  }
  return true;
}

std::vector<KernelVariant> MoveOp::Lower(const LoweringRequest& request) const {
  Move move;
  if (!Describe(request.inputs, &move).ok()) return {};
  return LowerStridedCopies(name_, request, move.copies);
}

StridedCopy CopyBox(const Shape& input, const Shape& output, const Shape& extents) {
  const std::vector<int64_t> from = DenseStrides(input), to = DenseStrides(output);
  StridedCopy copy;
  for (size_t i = 0; i < extents.dims().size(); ++i)
    copy.axes.push_back({extents.dims()[i], from[i], to[i]});
  return copy;
}

bool HasInput(const std::vector<OpInput>& inputs, size_t index) {
  return index < inputs.size() && inputs[index].present;
}

StatusOr<std::vector<int64_t>> ConstantIntegers(const std::vector<OpInput>& inputs, size_t index,
                                                const char* what, int64_t limit) {
  if (!HasInput(inputs, index))
    return InvalidArgument(std::string(what) + ": neither attribute nor input");
  const OpInput& input = inputs[index];
  if (input.constant == nullptr) return Unsupported(std::string(what) + ": expected a constant");
  if (IsFloat(input.info.dtype)) {
    return InvalidArgument(std::string(what) + ": expected integers, found " +
                           DTypeName(input.info.dtype));
  }
  if (input.info.shape.elements() > limit) {
    return InvalidArgument(std::string(what) + ": expected at most " + std::to_string(limit) +
                           " numbers, found " + std::to_string(input.info.shape.elements()));
  }
  return ToInt64Vector(*input.constant);
}

StatusOr<std::vector<int64_t>> AttributeOrInput(const AttributeMap& attributes,
                                                const char* attribute,
                                                const std::vector<OpInput>& inputs, size_t index) {
  if (attributes.Has(attribute)) return attributes.GetInts(attribute);
  return ConstantIntegers(inputs, index, attribute);
}

}  // namespace mace
