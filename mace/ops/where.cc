// Where: y = condition ? a : b, element by element with NumPy's broadcasting over any rank. Inputs
// condition (bool), a, b of one type, which the result has (floats of any kind give float32). On
// the GPU where the condition is constant: a mask.
#include <cstring>

#include "mace/ops/lowering_support.h"
#include "mace/ops/matrix_product.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class WhereOp : public Op {
 public:
  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    for (const OpInput& input : inputs) {
      if (!input.present) return InvalidArgument("expected condition, a and b");
    }
    const DType a = ActivationType(inputs[1].info.dtype), b = ActivationType(inputs[2].info.dtype);
    if (inputs[0].info.dtype != DType::kBool || a != b) {
      return InvalidArgument(std::string("expected bool and two of one type, found ") +
                             DTypeName(inputs[0].info.dtype) + ", " + DTypeName(a) + " and " +
                             DTypeName(b));
    }
    MACE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(inputs[1].info.shape, inputs[2].info.shape));
    MACE_ASSIGN_OR_RETURN(shape, BroadcastShapes(inputs[0].info.shape, shape));
    MACE_ASSIGN_OR_RETURN(shape, Shape::Make(shape.dims()));
    outputs->assign(1, {a, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    HostTensor& y = (*outputs)[0];
    BroadcastStrides strides[3];
    for (size_t i = 0; i < 3; ++i) strides[i] = StridesOf(inputs[i].shape(), y.shape(), 1);
    const size_t size = DTypeSize(y.dtype());
    const uint8_t* condition = inputs[0].data<uint8_t>();
    for (int64_t i = 0; i < y.shape().elements(); ++i) {
      const size_t chosen = condition[BroadcastOffset(y.shape(), strides[0], i)] != 0 ? 1 : 2;
      const size_t from =
          static_cast<size_t>(BroadcastOffset(y.shape(), strides[chosen], i)) * size;
      std::memcpy(y.mutable_data<uint8_t>() + static_cast<size_t>(i) * size,
                  inputs[chosen].bytes().data() + from, size);
    }
    return Status::Ok();
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    if (request.inputs[0].constant == nullptr) return {};
    LoweringRequest floats = request;  // The condition is no activation.
    floats.inputs.erase(floats.inputs.begin());
    const bool computed =
        request.inputs[1].constant == nullptr || request.inputs[2].constant == nullptr;
    if (!CanLower(floats) || !computed ||
        request.inputs[0].info.shape.elements() >= (int64_t{1} << 31)) {
      return {};
    }
    Lowering lowering = StartRowMajorLowering("where_strided", request);
    Launch launch = StartLaunch("where.cl", "where_strided", request, Storage::kBuffer);
    for (int i = 0; i < 3; ++i)
      AppendOperand(request.inputs[static_cast<size_t>(i)], i, &lowering, &launch);
    launch.arguments.push_back(RawOutputArgument(0));
    const Shape& shape = request.outputs[0].shape;
    for (int axis = 7; axis >= 0; --axis) {
      launch.arguments.push_back(static_cast<int32_t>(shape.back(axis)));
    }
    for (const OpInput& input : request.inputs) {
      for (int32_t step : Steps(input.info.shape)) launch.arguments.push_back(step);
    }
    launch.arguments.push_back(static_cast<int32_t>(shape.elements()));
    SetFlatSize(*request.device, static_cast<size_t>(shape.elements()), &launch);
    lowering.launches.push_back(std::move(launch));
    return {lowering};
  }

 private:
  // Along the eight axes that the result is seen with; 0 where the operand has extent 1.
  static std::vector<int32_t> Steps(const Shape& shape) {
    std::vector<int32_t> steps(8, 0);
    int64_t step = 1;
    for (int from_end = 0; from_end < shape.rank(); ++from_end) {
      if (shape.back(from_end) != 1)
        steps[static_cast<size_t>(7 - from_end)] = static_cast<int32_t>(step);
      step *= shape.back(from_end);
    }
    return steps;
  }

  static void AppendOperand(const OpInput& input, int index, Lowering* lowering, Launch* launch) {
    static const char* const kMacros[] = {"", "A_CONSTANT", "B_CONSTANT"};
    const bool constant = input.constant != nullptr;
    if (index > 0) launch->kernel.macros[kMacros[index]] = constant ? "1" : "0";
    if (!constant) {
      launch->arguments.push_back(RawInputArgument(index));
      return;
    }
    launch->arguments.push_back(WeightsArgument(static_cast<int>(lowering->weights.size())));
    PackedWeights weights;
    weights.name = index == 0 ? "condition" : (index == 1 ? "a" : "b");
    weights.elements = static_cast<size_t>(input.info.shape.elements());
    weights.keep_float32 = true;
    weights.pack = [values = *input.constant](float* destination) {
      const HostTensor floats = values.ConvertTo(DType::kFloat32);
      std::copy_n(floats.f32(), floats.shape().elements(), destination);
    };
    lowering->weights.push_back(std::move(weights));
  }
};

StatusOr<std::unique_ptr<Op>> MakeWhere(const Node&) { return std::unique_ptr<Op>(new WhereOp()); }

}  // namespace

extern const OpDefinition kWhereOp;
const OpDefinition kWhereOp = {"Where", 3, 3, &MakeWhere};

}  // namespace mace
