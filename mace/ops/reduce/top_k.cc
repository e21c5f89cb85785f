// TopK: the k largest elements along one axis in falling order, and where they are (int64); of
// equal ones the first goes first. Attributes: k, axis (-1), largest (1; 0: the smallest, in rising
// order). A NaN is above all numbers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class TopKOp : public Op {
 public:
  TopKOp(int64_t k, int64_t axis, bool largest) : k_(k), axis_(axis), largest_(largest) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, x.shape.rank()));
    if (k_ < 0 || k_ > x.shape[axis]) {
      return InvalidArgument("k: expected 0 to " + std::to_string(x.shape[axis]) + ", found " +
                             std::to_string(k_));
    }
    std::vector<int64_t> dims = x.shape.dims();
    dims[static_cast<size_t>(axis)] = k_;
    *outputs = {{ActivationType(x.dtype), Shape(dims)}, {DType::kInt64, Shape(dims)}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& values = (*outputs)[0];
    if (IsFloat(values.dtype())) {
      const std::vector<float> x(inputs[0].f32(), inputs[0].f32() + inputs[0].shape().elements());
      std::vector<float> chosen(static_cast<size_t>(values.shape().elements()));
      MACE_RETURN_IF_ERROR(Choose(x, inputs[0].shape(), &chosen, &(*outputs)[1]));
      std::copy(chosen.begin(), chosen.end(), values.f32());
      return Status::Ok();
    }
    std::vector<int64_t> chosen(static_cast<size_t>(values.shape().elements()));
    std::vector<int64_t> x = ToInt64Vector(inputs[0]);
    SwapOrderOfBits(values.dtype(), &x);
    MACE_RETURN_IF_ERROR(Choose(x, inputs[0].shape(), &chosen, &(*outputs)[1]));
    SwapOrderOfBits(values.dtype(), &chosen);
    MACE_ASSIGN_OR_RETURN(values, MakeIntegers(values.dtype(), values.shape(), std::move(chosen)));
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& x = request.inputs[0];
    const StatusOr<int> axis = NormalizeAxis(axis_, x.info.shape.rank());
    LoweringRequest activations = request;  // The places are no activation.
    activations.outputs.pop_back();
    if (!axis.ok() || x.constant != nullptr || !IsFloat(x.info.dtype) || !CanLower(activations)) {
      return {};
    }
    const int64_t extent = x.info.shape[*axis];
    const int64_t inner = x.info.shape.elements(*axis + 1, x.info.shape.rank());
    const int64_t lines = x.info.shape.elements() / extent;
    const int group = ReductionGroup(*request.device, extent, lines);
    KernelVariant variant = NewRowMajorVariant("top_k_row_major", request);
    variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("top_k.cl", "top_k", request, Storage::kBuffer);
    launch.kernel.macros = {{"GROUP", std::to_string(group)}, {"SMALLEST", largest_ ? "0" : "1"}};
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0), RawOutputArgument(1)};
    for (int64_t value : {extent, inner, k_, lines}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    SetReductionSize(*request.device, group, lines, &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  template <typename T>
  static bool IsLess(T a, T b) {
    return a < b || (!std::isnan(static_cast<double>(a)) && std::isnan(static_cast<double>(b)));
  }

  template <typename T>
  Status Choose(const std::vector<T>& x, const Shape& shape, std::vector<T>* values,
                HostTensor* places) const {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    const int64_t extent = shape[axis], inner = shape.elements(axis + 1, shape.rank());
    if (shape.elements() == 0) return Status::Ok();
    std::vector<int64_t> order(static_cast<size_t>(extent));
    for (int64_t line = 0; line < shape.elements() / extent; ++line) {
      const int64_t first = line / inner * extent * inner + line % inner;
      const int64_t result = line / inner * k_ * inner + line % inner;
      const auto at = [&](int64_t i) { return x[static_cast<size_t>(first + i * inner)]; };
      std::iota(order.begin(), order.end(), int64_t{0});
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return largest_ ? IsLess(at(b), at(a)) : IsLess(at(a), at(b));
      });
      for (int64_t i = 0; i < k_; ++i) {
        const int64_t place = order[static_cast<size_t>(i)];
        (*values)[static_cast<size_t>(result + i * inner)] = at(place);
        places->mutable_data<int64_t>()[result + i * inner] = place;
      }
    }
    return Status::Ok();
  }

  const int64_t k_;
  const int64_t axis_;
  const bool largest_;
};

StatusOr<std::unique_ptr<Op>> MakeTopK(const Node& node) {
  return std::unique_ptr<Op>(new TopKOp(node.attributes.GetInt("k", -1),
                                        node.attributes.GetInt("axis", -1),
                                        node.attributes.GetInt("largest", 1) != 0));
}

}  // namespace

extern const OpDefinition kTopKOp;
const OpDefinition kTopKOp = {"TopK", 1, 1, &MakeTopK};

}  // namespace mace
