// MaxPoolIndices: where the largest element of each window of x [n, c, d1, ..., dk] lies, as int64
// positions in the whole of x, [n, c, o1, ..., ok], for one to three axes. The first of equals
// counts; padding takes no part, and a window of padding alone gives -1.
//
// Attributes, one number for each axis: kernel, strides, dilations, before (the padding in front),
// extents (the o1, ..., ok). column_major (0; 1: positions within an image count its axes the other
// way round). On the CPU alone.
#include <vector>

#include "mace/base/strings.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

using Numbers = std::vector<int64_t>;

class MaxPoolIndicesOp : public Op {
 public:
  Numbers kernel, strides, dilations, before, extents;
  bool column_major = false;

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    const int axes = static_cast<int>(kernel.size());
    if (!IsFloat(x.dtype) || x.shape.rank() != axes + 2) {
      return InvalidArgument("expected floats of rank " + std::to_string(axes + 2) + ", found " +
                             x.ToString());
    }
    Numbers dims = {x.shape[0], x.shape[1]};
    dims.insert(dims.end(), extents.begin(), extents.end());
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    outputs->assign(1, {DType::kInt64, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& x = inputs[0].shape();
    const int64_t plane = x.elements(2, x.rank());
    const Shape& out = (*outputs)[0].shape();
    const int64_t places = out.elements(2, out.rank());
    int64_t* y = (*outputs)[0].mutable_data<int64_t>();
    for (int64_t image = 0; image < x[0] * x[1]; ++image) {
      const float* values = inputs[0].f32() + image * plane;
      for (int64_t place = 0; place < places; ++place) {
        const int64_t at = LargestOf(values, x, PlaceOf(place));
        *y++ = at < 0 ? -1 : image * plane + at;
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>&, const std::vector<bool>&) const override {
    return false;  // Positions count all batches.
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = static_cast<double>(outputs[0].shape.elements());
    for (int64_t extent : kernel) cost.flops *= static_cast<double>(extent);
    return cost;
  }

 private:
  // The coordinates of an element of the output.
  Numbers PlaceOf(int64_t index) const {
    Numbers place(extents.size());
    for (size_t axis = extents.size(); axis-- > 0;) {
      place[axis] = index % extents[axis];
      index /= extents[axis];
    }
    return place;
  }

  int64_t LargestOf(const float* values, const Shape& x, const Numbers& place) const {
    Numbers tap(kernel.size(), 0);
    int64_t largest = -1, result = -1;
    while (true) {
      int64_t row_major = 0, other = 0, stride = 1;
      bool inside = true;
      for (size_t axis = 0; axis < kernel.size(); ++axis) {
        const int64_t extent = x[static_cast<int>(axis) + 2];
        const int64_t at = place[axis] * strides[axis] - before[axis] + tap[axis] * dilations[axis];
        inside = at >= 0 && at < extent;
        if (!inside) break;
        row_major = row_major * extent + at;
        other += at * stride;
        stride *= extent;
      }
      if (inside && (largest < 0 || values[row_major] > values[largest])) {
        largest = row_major;
        result = column_major ? other : row_major;
      }
      size_t axis = kernel.size();
      while (axis > 0 && ++tap[axis - 1] == kernel[axis - 1]) tap[--axis] = 0;
      if (axis == 0) return result;
    }
  }
};

StatusOr<std::unique_ptr<Op>> MakeMaxPoolIndices(const Node& node) {
  auto op = std::make_unique<MaxPoolIndicesOp>();
  op->column_major = node.attributes.GetInt("column_major", 0) != 0;
  op->kernel = node.attributes.GetInts("kernel");
  const struct {
    const char* name;
    Numbers* numbers;
    int64_t least;
  } lists[] = {{"kernel", &op->kernel, 1},
               {"strides", &op->strides, 1},
               {"dilations", &op->dilations, 1},
               {"before", &op->before, 0},
               {"extents", &op->extents, 1}};
  constexpr int64_t kMaxNumber = int64_t{1} << 30;
  for (const auto& list : lists) {
    *list.numbers = node.attributes.GetInts(list.name);
    bool good = list.numbers->size() == op->kernel.size() && op->kernel.size() >= 1 &&
                op->kernel.size() <= 3;
    for (int64_t number : *list.numbers) {
      good = good && number >= list.least && number <= kMaxNumber;
    }
    if (good) continue;
    return InvalidArgument(std::string(list.name) + ": expected 1 to 3 numbers of at least " +
                           std::to_string(list.least) + ", found [" +
                           JoinNumbers(*list.numbers, ", ") + "]");
  }
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kMaxPoolIndicesOp;
const OpDefinition kMaxPoolIndicesOp = {"MaxPoolIndices", 1, 1, &MakeMaxPoolIndices};

}  // namespace mace
