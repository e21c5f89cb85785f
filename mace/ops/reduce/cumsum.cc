// Cumsum: running sums along one axis, or running products. Attributes: axis (in [-rank, rank), 0 by
// default), exclusive (1: each sum leaves its own element out), reverse (1: from the end), product
// (0). Integers wrap around; a kernel reports an int64 that leaves int32 (fault_record.h).
#include <vector>

#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

class CumsumOp : public Op {
 public:
  CumsumOp(int64_t axis, bool exclusive, bool reverse, bool product)
      : axis_(axis), exclusive_(exclusive), reverse_(reverse), product_(product) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (x.dtype == DType::kBool || x.dtype == DType::kInvalid) {
      return InvalidArgument(std::string("expected numbers, found ") + DTypeName(x.dtype));
    }
    MACE_RETURN_IF_ERROR(NormalizeAxis(axis_, x.shape.rank()).status());
    outputs->assign(1, {ActivationType(x.dtype), x.shape});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    const HostTensor& x = inputs[0];
    if (IsFloat(y.dtype())) {
      // Sums in double: the error does not grow along the axis.
      return AddUp<double>(x.f32(), x.shape(), y.f32());
    }
    const std::vector<int64_t> from = ToInt64Vector(x);
    std::vector<int64_t> to(from.size());
    MACE_RETURN_IF_ERROR(AddUp<uint64_t>(from.data(), x.shape(), to.data()));
    MACE_ASSIGN_OR_RETURN(y, MakeIntegers(y.dtype(), y.shape(), std::move(to)));
    return Status::Ok();
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const TensorInfo& y = request.outputs[0];
    const bool integers = CanMoveIntegers(request) && ComputesInInt32(y.dtype);
    const bool check = y.dtype == DType::kInt64;
    const StatusOr<int> axis = NormalizeAxis(axis_, y.shape.rank());
    if (!(CanLower(request) || integers) || request.inputs[0].constant != nullptr || !axis.ok() ||
        // The running product of a line need not even fit a long.
        (check && product_)) {
      return {};
    }
    const char* const kernel = integers ? "cumsum_integers" : "cumsum";
    KernelVariant variant = NewRowMajorVariant(kernel, request);
    if (integers) variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("cumsum.cl", kernel, request, Storage::kBuffer);
    const auto flag = [](bool value) { return std::string(value ? "1" : "0"); };
    launch.kernel.macros = {{"EXCLUSIVE", flag(exclusive_)},
                            {"REVERSE", flag(reverse_)},
                            {"PRODUCT", flag(product_)},
                            {"INTEGER_CHECK", flag(check)}};
    const int64_t extent = y.shape[*axis], lines = y.shape.elements() / extent;
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0)};
    for (int64_t value : {extent, y.shape.elements(*axis + 1, y.shape.rank()), lines}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    if (check) AddFaultRecord(&variant, &launch);
    SetFlatSize(*request.device, static_cast<size_t>(lines), &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  template <typename Sum, typename T>
  Status AddUp(const T* x, const Shape& shape, T* y) const {
    MACE_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axis_, shape.rank()));
    if (shape.elements() == 0) return Status::Ok();
    const int64_t extent = shape[axis], inner = shape.elements(axis + 1, shape.rank());
    for (int64_t line = 0; line < shape.elements() / extent; ++line) {
      const int64_t first = line / inner * extent * inner + line % inner;
      Sum sum = product_ ? 1 : 0;
      for (int64_t k = 0; k < extent; ++k) {
        const int64_t at = first + (reverse_ ? extent - 1 - k : k) * inner;
        const Sum before = sum;
        const Sum next = static_cast<Sum>(x[at]);
        sum = product_ ? sum * next : sum + next;
        y[at] = static_cast<T>(exclusive_ ? before : sum);
      }
    }
    return Status::Ok();
  }

  const int64_t axis_;
  const bool exclusive_;
  const bool reverse_;
  const bool product_;
};

StatusOr<std::unique_ptr<Op>> MakeCumsum(const Node& node) {
  const AttributeMap& attributes = node.attributes;
  return std::unique_ptr<Op>(
      new CumsumOp(attributes.GetInt("axis", 0), attributes.GetInt("exclusive", 0) != 0,
                   attributes.GetInt("reverse", 0) != 0, attributes.GetInt("product", 0) != 0));
}

}  // namespace

extern const OpDefinition kCumsumOp = {"Cumsum", 1, 1, &MakeCumsum};

}  // namespace mace
