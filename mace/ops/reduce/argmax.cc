// ArgMax: where along one axis the largest element is, the first of equals; a NaN is larger than
// any number. The output is int32.
//
// Attributes: axis (in [-rank, rank), 0 by default), keepdims (1 by default: the axis stays with
// extent 1, else it vanishes), argmin (1: the smallest element; a NaN is smaller than any number).
#include <cmath>
#include <vector>

#include "mace/ops/batch.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// Whether `value` goes before `best`, which comes earlier.
bool IsBetter(double value, double best) {
  return value > best || (std::isnan(value) && !std::isnan(best));
}

// The cost is the default one, which counts comparisons as nothing. The plan therefore takes the op
// for one whose result shows the rounding of each element that it reads, which is right.
class ArgMaxOp : public Op {
 public:
  ArgMaxOp(int64_t axis, bool keep, bool smallest)
      : axis_(axis), keep_(keep), smallest_(smallest) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    if (x.shape[axis] < 1 || x.shape[axis] > INT32_MAX) {
      return InvalidArgument("axis " + std::to_string(axis_) + ": expected 1 to 2^31 - 1 elements" +
                             ", found shape " + x.shape.ToString());
    }
    std::vector<int64_t> dims = x.shape.dims();
    if (keep_) {
      dims[static_cast<size_t>(axis)] = 1;
    } else {
      dims.erase(dims.begin() + axis);
    }
    outputs->assign(1, {DType::kInt32, Shape(std::move(dims))});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    if (!IsFloat(inputs[0].dtype())) {
      std::vector<int64_t> x = ToInt64Vector(inputs[0]);
      SwapOrderOfBits(inputs[0].dtype(), &x);
      return FindBest(x.data(), inputs[0].shape(), &(*outputs)[0]);
    }
    return FindBest(inputs[0].f32(), inputs[0].shape(), &(*outputs)[0]);
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    const StatusOr<int> axis = NormalizeAxis(axis_, inputs[0].info.shape.rank());
    return BatchIsInFirstInputOnly(batched) && axis.ok() && *axis > 0;
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    LoweringRequest activations = request;  // The output is no activation.
    activations.outputs.clear();
    const Shape& shape = request.inputs[0].info.shape;
    const StatusOr<int> axis = NormalizeAxis(axis_, shape.rank());
    if (!CanLower(activations) || request.inputs[0].constant != nullptr || !axis.ok()) return {};
    const int64_t extent = shape[*axis];
    const int64_t inner = shape.elements(*axis + 1, shape.rank());
    const int64_t results = shape.elements() / extent;
    const int group = ReductionGroup(*request.device, extent, results);
    KernelVariant variant = NewRowMajorVariant("argmax_row_major", request);
    variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("argmax.cl", "argmax", request, Storage::kBuffer);
    launch.kernel.macros = {{"GROUP", std::to_string(group)}, {"SMALLEST", smallest_ ? "1" : "0"}};
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0)};
    for (int64_t value : {extent, inner, results}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    SetReductionSize(*request.device, group, results, &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  template <typename T>
  Status FindBest(const T* x, const Shape& shape, HostTensor* y) const {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    const int64_t extent = shape[axis], inner = shape.elements(axis + 1, shape.rank());
    std::vector<int64_t> found(static_cast<size_t>(y->shape().elements()));
    for (size_t i = 0; i < found.size(); ++i) {
      const int64_t at = static_cast<int64_t>(i);
      const T* first = x + at / inner * extent * inner + at % inner;
      for (int64_t k = 1; k < extent; ++k) {
        if (Before(first[k * inner], first[found[i] * inner])) found[i] = k;
      }
    }
    MACE_ASSIGN_OR_RETURN(*y, MakeIntegers(DType::kInt32, y->shape(), std::move(found)));
    return Status::Ok();
  }

  bool Before(int64_t value, int64_t best) const { return smallest_ ? value < best : value > best; }
  bool Before(float value, float best) const {
    return smallest_ ? IsBetter(-double{value}, -double{best}) : IsBetter(value, best);
  }

  const int64_t axis_;
  const bool keep_;
  const bool smallest_;
};

StatusOr<std::unique_ptr<Op>> MakeArgMax(const Node& node) {
  const AttributeMap& attributes = node.attributes;
  return std::unique_ptr<Op>(new ArgMaxOp(attributes.GetInt("axis", 0),
                                          attributes.GetInt("keepdims", 1) != 0,
                                          attributes.GetInt("argmin", 0) != 0));
}

}  // namespace

extern const OpDefinition kArgMaxOp = {"ArgMax", 1, 1, &MakeArgMax};

}  // namespace mace
