// OneHot: each number of the input as a row of `depth` elements along a new axis, on_value at the
// place it names and off_value elsewhere; a number that names no place (negative, at or above the
// depth, not whole) gives off_value alone.
//
// Attributes: depth, axis (of the output, in [-rank, rank); -1 by default: the last), on_value (1),
// off_value (0), dtype (of the output, "float32" by default).
#include <vector>

#include "mace/ops/integer_lowering.h"
#include "mace/ops/integers.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

constexpr int64_t kMaxFloatDepth = int64_t{1} << 24;

class OneHotOp : public Op {
 public:
  struct Attributes {
    int64_t depth = 0;
    int64_t axis = -1;
    double on_value = 1;
    double off_value = 0;
    DType dtype = DType::kFloat32;
  };
  explicit OneHotOp(const Attributes& attributes) : attributes_(attributes) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (x.dtype == DType::kBool || x.dtype == DType::kInvalid) {
      return InvalidArgument(std::string("expected numbers, found ") + DTypeName(x.dtype));
    }
    MACE_ASSIGN_OR_RETURN(const int axis, Axis(x.shape));
    std::vector<int64_t> dims = x.shape.dims();
    dims.insert(dims.begin() + axis, attributes_.depth);
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    outputs->assign(1, {attributes_.dtype, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const Shape& shape = inputs[0].shape();
    HostTensor& y = (*outputs)[0];
    MACE_ASSIGN_OR_RETURN(const int axis, Axis(shape));
    const int64_t inner = shape.elements(axis, shape.rank()), depth = attributes_.depth;
    const std::vector<int64_t> places = Places(inputs[0]);
    std::vector<bool> on(static_cast<size_t>(y.shape().elements()), false);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0 || places[i] >= depth) continue;
      const int64_t at = static_cast<int64_t>(i);
      on[static_cast<size_t>((at / inner * depth + places[i]) * inner + at % inner)] = true;
    }
    return Write(on, &y);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& x = request.inputs[0];
    LoweringRequest numbers = request;  // What is no integer.
    const bool from_integers = IsIndexableIntegers(x.info);
    const bool to_integers = IsIndexableIntegers(request.outputs[0]);
    if (from_integers) numbers.inputs.clear();
    if (to_integers) numbers.outputs.clear();
    const StatusOr<int> axis = Axis(x.info.shape);
    const int64_t total = request.outputs[0].shape.elements();
    if (x.constant != nullptr || !CanLower(numbers) || !axis.ok() || total > INT32_MAX / 2 ||
        // Beyond it floats have no place for each number.
        (!from_integers && attributes_.depth > kMaxFloatDepth)) {
      return {};
    }
    KernelVariant variant = NewRowMajorVariant("one_hot", request);
    variant.integers = Integers::kFromKernels;
    Launch launch = NewLaunch("one_hot.cl", "one_hot", request, Storage::kBuffer);
    launch.kernel.macros = {{"FROM_INTEGERS", from_integers ? "1" : "0"},
                            {"TO_INTEGERS", to_integers ? "1" : "0"},
                            {"VALUE_T", to_integers ? "int" : "float"}};
    launch.arguments = {RawInputArgument(0), RawOutputArgument(0),
                        static_cast<int32_t>(attributes_.depth),
                        static_cast<int32_t>(x.info.shape.elements(*axis, x.info.shape.rank())),
                        static_cast<int32_t>(total)};
    for (double value : {attributes_.on_value, attributes_.off_value}) {
      if (to_integers) {
        launch.arguments.push_back(static_cast<int32_t>(value));
      } else {
        launch.arguments.push_back(static_cast<float>(value));
      }
    }
    SetFlatSize(*request.device, static_cast<size_t>(total), &launch);
    variant.launches.push_back(std::move(launch));
    return {std::move(variant)};
  }

 private:
  StatusOr<int> Axis(const Shape& shape) const {
    return NormalizeAxis(attributes_.axis, shape.rank() + 1);
  }

  // -1 for what is not whole.
  static std::vector<int64_t> Places(const HostTensor& x) {
    std::vector<int64_t> places = ToInt64Vector(x);
    if (!IsFloat(x.dtype())) return places;
    for (size_t i = 0; i < places.size(); ++i) {
      if (static_cast<float>(places[i]) != x.f32()[i]) places[i] = -1;
    }
    return places;
  }

  Status Write(const std::vector<bool>& on, HostTensor* y) const {
    if (IsFloat(y->dtype())) {
      for (size_t i = 0; i < on.size(); ++i) {
        y->f32()[i] = static_cast<float>(on[i] ? attributes_.on_value : attributes_.off_value);
      }
      return Status::Ok();
    }
    std::vector<int64_t> values(on.size());
    for (size_t i = 0; i < on.size(); ++i) {
      values[i] = static_cast<int64_t>(on[i] ? attributes_.on_value : attributes_.off_value);
    }
    MACE_ASSIGN_OR_RETURN(*y, MakeIntegers(y->dtype(), y->shape(), std::move(values)));
    return Status::Ok();
  }

  const Attributes attributes_;
};

StatusOr<std::unique_ptr<Op>> MakeOneHot(const Node& node) {
  constexpr double kLargest = 2147483647;  // What int32 outputs hold.
  OneHotOp::Attributes attributes;
  attributes.depth = node.attributes.GetInt("depth", 0);
  attributes.axis = node.attributes.GetInt("axis", -1);
  attributes.on_value = node.attributes.GetFloat("on_value", 1);
  attributes.off_value = node.attributes.GetFloat("off_value", 0);
  if (attributes.depth < 1) {
    return InvalidArgument("depth: expected 1 or more, found " + std::to_string(attributes.depth));
  }
  const std::string dtype = node.attributes.GetString("dtype", "float32");
  if (dtype == "int32") {
    attributes.dtype = DType::kInt32;
    for (double value : {attributes.on_value, attributes.off_value}) {
      if (!(value >= -kLargest - 1 && value <= kLargest)) {
        return InvalidArgument("a value of int32: found " + std::to_string(value));
      }
    }
  } else if (dtype != "float32") {
    return Unsupported("dtype: expected float32 or int32, found '" + dtype + "'");
  }
  return std::unique_ptr<Op>(new OneHotOp(attributes));
}

}  // namespace

extern const OpDefinition kOneHotOp = {"OneHot", 1, 1, &MakeOneHot};

}  // namespace mace
