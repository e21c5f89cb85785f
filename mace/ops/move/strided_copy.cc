#include "mace/ops/move/strided_copy.h"

#include <algorithm>

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

// T: an integer as wide as an element, whose bits are copied.
template <typename T>
class Runner {
 public:
  // `fill` holds one element of the output's type.
  Runner(const StridedCopy& copy, const HostTensor& input, const HostTensor& fill,
         HostTensor* output)
      : copy_(copy),
        input_(input.data<T>()),
        output_(output->mutable_data<T>()),
        fill_(*fill.data<T>()) {}

  void Run() { Walk(0, copy_.input_offset, copy_.output_offset, true); }

 private:
  // `inside`: no constant rule has applied to the axes before `depth`.
  void Walk(size_t depth, int64_t from, int64_t to, bool inside) {
    const CopyAxis& axis = copy_.axes[depth];
    if (depth + 1 == copy_.axes.size()) {
      WalkRow(axis, from, to, inside);
      return;
    }
    if (depth + 2 == copy_.axes.size() && inside && IsTransposition(axis, copy_.axes.back())) {
      WalkTransposition(axis, copy_.axes.back(), from, to);
      return;
    }
    for (int64_t i = 0; i < axis.extent; ++i) {
      const int64_t position = ApplyRule(copy_.rule, axis.start + i, axis.bound);
      const bool outside = axis.bound > 0 && position < 0;
      Walk(depth + 1, outside ? from : from + position * axis.input_stride,
           to + i * axis.output_stride, inside && !outside);
    }
  }

  // The last axis.
  void WalkRow(const CopyAxis& axis, int64_t from, int64_t to, bool inside) {
    if (!inside) {
      for (int64_t i = 0; i < axis.extent; ++i) output_[to + i * axis.output_stride] = fill_;
      return;
    }
    // The iterations [first, last) read positions inside; a rule applies to the others.
    const int64_t end = axis.bound > 0 ? axis.bound - axis.start : axis.extent;
    const int64_t last = std::clamp<int64_t>(end, 0, axis.extent);
    const int64_t first = axis.bound > 0 ? std::clamp<int64_t>(-axis.start, 0, last) : 0;
    WalkOutside(axis, 0, first, from, to);
    WalkInside(axis, last - first, from + (axis.start + first) * axis.input_stride,
               to + first * axis.output_stride);
    WalkOutside(axis, last, axis.extent, from, to);
  }

  void WalkOutside(const CopyAxis& axis, int64_t first, int64_t last, int64_t from, int64_t to) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t position = ApplyRule(copy_.rule, axis.start + i, axis.bound);
      output_[to + i * axis.output_stride] =
          position < 0 ? fill_ : input_[from + position * axis.input_stride];
    }
  }

  void WalkInside(const CopyAxis& axis, int64_t count, int64_t from, int64_t to) {
    if (axis.input_stride == 1 && axis.output_stride == 1) {
      std::copy_n(input_ + from, count, output_ + to);
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      output_[to + i * axis.output_stride] = input_[from + i * axis.input_stride];
  }

  // Whether one axis is dense in the input and the other one in the output.
  static bool IsTransposition(const CopyAxis& outer, const CopyAxis& inner) {
    return outer.bound == 0 && inner.bound == 0 && outer.input_stride == 1 &&
           inner.output_stride == 1 && inner.input_stride != 1;
  }

  // Reads a few neighbours of the input at a time, so that a line of the processor's cache is read
  // once.
  void WalkTransposition(const CopyAxis& outer, const CopyAxis& inner, int64_t from, int64_t to) {
    constexpr int64_t kNeighbours = 16;
    for (int64_t begin = 0; begin < outer.extent; begin += kNeighbours) {
      const int64_t count = std::min(kNeighbours, outer.extent - begin);
      const T* read = input_ + from + (outer.start + begin);
      T* written = output_ + to + begin * outer.output_stride;
      for (int64_t j = 0; j < inner.extent; ++j) {
        for (int64_t i = 0; i < count; ++i)
          written[i * outer.output_stride + j] = read[i + (inner.start + j) * inner.input_stride];
      }
    }
  }

  const StridedCopy& copy_;
  const T* input_;
  T* output_;
  const T fill_;
};

// Moves the axis that is dense in the input next to the last one, which is dense in the output:
// the order of the axes does not change what is copied.
void PutTranspositionLast(StridedCopy* copy) {
  std::vector<CopyAxis>& axes = copy->axes;
  if (axes.size() < 3 || axes.back().input_stride == 1 || axes.back().output_stride != 1) return;
  for (size_t i = 0; i + 2 < axes.size(); ++i) {
    if (axes[i].input_stride != 1 || axes[i].bound != 0) continue;
    std::rotate(axes.begin() + static_cast<ptrdiff_t>(i),
                axes.begin() + static_cast<ptrdiff_t>(i) + 1, axes.end() - 1);
    return;
  }
}

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
  StridedCopy simple = Simplify(copy);
  PutTranspositionLast(&simple);
  MACE_ASSIGN_OR_RETURN(const HostTensor fill, FillElement(output->dtype(), simple.fill));
  switch (DTypeSize(output->dtype())) {
    case 1:
      Runner<uint8_t>(simple, input, fill, output).Run();
      break;
    case 2:
      Runner<uint16_t>(simple, input, fill, output).Run();
      break;
    case 4:
      Runner<uint32_t>(simple, input, fill, output).Run();
      break;
    default:
      Runner<uint64_t>(simple, input, fill, output).Run();
  }
  return Status();
}

}  // namespace mace
