#include "mace/ops/move/strided_copy.h"

#include <algorithm>
#include <cstring>

namespace mace {
namespace {

// The position in [0, bound) that `position` stands for; -1 under the constant rule.
int64_t ApplyRule(OutsideRule rule, int64_t position, int64_t bound) {
  if (bound == 0 || (position >= 0 && position < bound)) return position;
  switch (rule) {
    case OutsideRule::kReflect:
      return position < 0 ? -position : 2 * bound - 2 - position;
    case OutsideRule::kSymmetric:
      return position < 0 ? -1 - position : 2 * bound - 1 - position;
    case OutsideRule::kEdge:
      return position < 0 ? 0 : bound - 1;
    case OutsideRule::kNone:
    case OutsideRule::kConstant:
      break;
  }
  return -1;
}

// One element, as the output has them.
StatusOr<HostTensor> FillElement(DType dtype, double value) {
  if (IsFloat(dtype)) {
    return HostTensor::FromVector<float>(DType::kFloat32, Shape{}, {static_cast<float>(value)})
        .ConvertTo(dtype);
  }
  return HostTensor::FromVector<int64_t>(DType::kInt64, Shape{}, {static_cast<int64_t>(value)})
      .ConvertTo(dtype);
}

class Runner {
 public:
  // `fill` holds one element of the output's type.
  Runner(const StridedCopy& copy, const HostTensor& input, const HostTensor& fill,
         HostTensor* output)
      : copy_(copy),
        size_(static_cast<int64_t>(DTypeSize(output->dtype()))),
        input_(input.bytes().data()),
        output_(output->mutable_data<uint8_t>()),
        fill_(fill) {}

  void Run() { Walk(0, copy_.input_offset, copy_.output_offset, true); }

 private:
  // `inside`: no constant rule has applied to the axes before `depth`.
  void Walk(size_t depth, int64_t from, int64_t to, bool inside) {
    if (depth == copy_.axes.size()) {
      std::memcpy(output_ + to * size_, inside ? input_ + from * size_ : fill_.data<uint8_t>(),
                  static_cast<size_t>(size_));
      return;
    }
    const CopyAxis& axis = copy_.axes[depth];
    const bool run = depth + 1 == copy_.axes.size() && inside && axis.bound == 0 &&
                     axis.input_stride == 1 && axis.output_stride == 1;
    if (run) {
      std::memcpy(output_ + to * size_, input_ + (from + axis.start) * size_,
                  static_cast<size_t>(axis.extent * size_));
      return;
    }
    for (int64_t i = 0; i < axis.extent; ++i) {
      const int64_t position = ApplyRule(copy_.rule, axis.start + i, axis.bound);
      const bool outside = axis.bound > 0 && position < 0;
      Walk(depth + 1, outside ? from : from + position * axis.input_stride,
           to + i * axis.output_stride, inside && !outside);
    }
  }

  const StridedCopy& copy_;
  const int64_t size_;
  const uint8_t* input_;
  uint8_t* output_;
  const HostTensor& fill_;
};

bool RunsOn(const CopyAxis& outer, const CopyAxis& inner) {
  return outer.bound == 0 && inner.bound == 0 &&
         outer.input_stride == inner.input_stride * inner.extent &&
         outer.output_stride == inner.output_stride * inner.extent;
}

}  // namespace

int64_t StridedCopy::elements() const {
  int64_t count = 1;
  for (const CopyAxis& axis : axes) count *= axis.extent;
  return count;
}

std::vector<int64_t> DenseStrides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()), 1);
  for (int axis = shape.rank() - 2; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = strides[static_cast<size_t>(axis) + 1] * shape[axis + 1];
  }
  return strides;
}

StridedCopy Simplify(const StridedCopy& copy) {
  StridedCopy simple = copy;
  simple.axes.clear();
  bool ruled = false;
  for (CopyAxis axis : copy.axes) {
    if (axis.start >= 0 && axis.start + axis.extent <= axis.bound) axis.bound = 0;
    if (axis.bound == 0) {
      simple.input_offset += axis.start * axis.input_stride;
      axis.start = 0;
      if (axis.extent == 1) continue;
    }
    ruled = ruled || axis.bound > 0;
    if (!simple.axes.empty() && RunsOn(simple.axes.back(), axis)) {
      axis.extent *= simple.axes.back().extent;
      simple.axes.back() = axis;
    } else {
      simple.axes.push_back(axis);
    }
  }
  if (simple.axes.empty()) simple.axes.push_back({1, 1, 1});
  if (!ruled) simple.rule = OutsideRule::kNone;
  return simple;
}

Status RunStridedCopy(const StridedCopy& copy, const HostTensor& input, HostTensor* output) {
  if (copy.elements() == 0) return Status();
  const StridedCopy simple = Simplify(copy);
  MACE_ASSIGN_OR_RETURN(const HostTensor fill, FillElement(output->dtype(), simple.fill));
  Runner(simple, input, fill, output).Run();
  return Status();
}

}  // namespace mace
