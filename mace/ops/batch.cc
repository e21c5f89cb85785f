#include "mace/ops/batch.h"

#include <algorithm>
#include <utility>

namespace mace {
namespace {

bool WritesElements(const Op& op, const std::vector<OpInput>& inputs) {
  std::vector<ElementOperand> operands;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].present) return false;
    operands.push_back({"v" + std::to_string(i), inputs[i].info.dtype});
  }
  ElementText text;
  return !op.WriteElement(operands, &text).empty();
}

// Positions [first, last], in elements.
struct Range {
  int64_t first = 0, last = 0;

  void Add(int64_t position, int64_t other) {
    first += std::min(position, other);
    last += std::max(position, other);
  }
  bool IsInside(int64_t elements) const { return first >= 0 && last < elements; }
};

}  // namespace

bool SplitsAlongBatch(const Op& op, const std::vector<OpInput>& inputs,
                      const std::vector<bool>& batched) {
  if (op.SplitsAlongBatch(inputs, batched)) return true;
  int rank = 0;
  for (const OpInput& input : inputs) rank = std::max(rank, input.info.shape.rank());
  return BroadcastSplitsAlongBatch(inputs, batched, rank) && WritesElements(op, inputs);
}

bool BatchIsInFirstInputOnly(const std::vector<bool>& batched) {
  return batched[0] && std::count(batched.begin(), batched.end(), true) == 1;
}

bool BroadcastSplitsAlongBatch(const std::vector<OpInput>& inputs, const std::vector<bool>& batched,
                               int rank) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].present) continue;
    const Shape& shape = inputs[i].info.shape;
    const bool has_axis = shape.rank() == rank;
    if (batched[i] ? !has_axis : has_axis && (rank == 0 || shape[0] != 1)) return false;
  }
  return true;
}

bool CopySplitsAlongBatch(const StridedCopy& copy, int64_t entries, int64_t input_elements,
                          int64_t output_elements) {
  bool found = false;
  Range in{copy.input_offset, copy.input_offset}, out{copy.output_offset, copy.output_offset};
  for (const CopyAxis& axis : copy.axes) {
    if (axis.extent < 1) return false;
    const bool of_batch = axis.extent == entries && axis.input_stride == input_elements &&
                          axis.output_stride == output_elements && axis.start == 0 &&
                          (axis.bound == 0 || axis.bound == entries);
    if (of_batch && !found) {
      found = true;
      continue;
    }
    // Under a rule every position inside of the bound may be read.
    const int64_t first = axis.bound > 0 ? 0 : axis.start;
    const int64_t last = axis.bound > 0 ? axis.bound - 1 : axis.start + axis.extent - 1;
    in.Add(first * axis.input_stride, last * axis.input_stride);
    out.Add(0, (axis.extent - 1) * axis.output_stride);
  }
  return found && in.IsInside(input_elements) && out.IsInside(output_elements);
}

HostTensor ViewBatchSlice(const HostTensor& whole, Shape shape, int64_t index) {
  TensorInfo info = {whole.dtype(), std::move(shape)};
  const size_t bytes = info.bytes();
  // A tensor without elements, which are elsewhere, has slices without elements.
  const uint8_t* const first = whole.has_data() ? whole.bytes().data() : nullptr;
  const uint8_t* const begin =
      first == nullptr ? nullptr : first + static_cast<size_t>(index) * bytes;
  return HostTensor::View(std::move(info), Bytes(begin, bytes), nullptr);
}

}  // namespace mace
