// Where: y = condition ? a : b, element by element with NumPy's broadcasting over any rank. Inputs
// condition (bool), a, b of one type, which the result has (floats of any kind give float32).
#include <algorithm>
#include <cstring>

#include "mace/ops/broadcast_operand.h"
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
    const std::vector<OpInput>& inputs = request.inputs;
    const bool computed = std::any_of(inputs.begin(), inputs.end(), [](const OpInput& input) {
      return input.constant == nullptr;
    });
    if (!CanLower(request) || !computed) return {};
    const Shape& out = request.outputs[0].shape;
    const bool folds = std::all_of(inputs.begin(), inputs.end(), [&](const OpInput& input) {
      return FoldsIntoView(input.info.shape, out);
    });
    return {folds ? LowerChannels4(request) : LowerRowMajor(request)};
  }

 private:
  // A condition that is a number has memory too: it has no parameter.
  static std::vector<BroadcastOperand> Operands(const LoweringRequest& request) {
    std::vector<BroadcastOperand> operands;
    for (int i = 0; i < 3; ++i) operands.push_back(MakeBroadcastOperand(request, i));
    if (operands[0].constant != nullptr) operands[0].kind = BroadcastOperand::Kind::kWeights;
    return operands;
  }

  static Lowering LowerChannels4(const LoweringRequest& request) {
    const Storage storage = StorageWithinLimits(request);
    const Nhwc view = AsNhwc(request.outputs[0].shape);
    const std::vector<BroadcastOperand> operands = Operands(request);
    const int blocks_per_item = BlocksPerItem(request, storage);
    Lowering lowering = StartLowering("where", request, storage);
    Launch launch = StartLaunch("where.cl", "where", request, storage);
    launch.kernel.macros["BLOCKS_PER_ITEM"] = std::to_string(blocks_per_item);
    for (size_t i = 0; i < 3; ++i) {
      AppendChannels4Operand(operands[i], kLetters[i], view.c, &lowering, &launch);
    }
    launch.arguments.insert(
        launch.arguments.end(),
        {OutputArgument(0), static_cast<int32_t>(view.rows()), static_cast<int32_t>(view.h),
         static_cast<int32_t>(view.c), operands[1].scalar, operands[2].scalar});
    const int64_t items =
        (view.rows() * view.w * view.blocks() + blocks_per_item - 1) / blocks_per_item;
    SetFlatSize(*request.device, static_cast<size_t>(items), &launch);
    lowering.launches.push_back(std::move(launch));
    return lowering;
  }

  static Lowering LowerRowMajor(const LoweringRequest& request) {
    Lowering lowering = StartRowMajorLowering("where_strided", request);
    Launch launch = StartLaunch("where.cl", "where_strided", request, Storage::kBuffer);
    const std::vector<BroadcastOperand> operands = Operands(request);
    for (size_t i = 0; i < 3; ++i) {
      AppendRowMajorOperand(operands[i], kLetters[i], &lowering, &launch);
    }
    launch.arguments.push_back(RawOutputArgument(0));
    const Shape& shape = request.outputs[0].shape;
    AppendExtents(shape, &launch);
    for (const BroadcastOperand& operand : operands) AppendSteps(operand.shape, &launch);
    launch.arguments.push_back(static_cast<int32_t>(shape.elements()));
    SetFlatSize(*request.device, static_cast<size_t>(shape.elements()), &launch);
    lowering.launches.push_back(std::move(launch));
    return lowering;
  }

  // Of the operands in broadcast_operand.clh.
  static constexpr const char* kLetters[] = {"C", "A", "B"};
};

StatusOr<std::unique_ptr<Op>> MakeWhere(const Node&) { return std::unique_ptr<Op>(new WhereOp()); }

}  // namespace

extern const OpDefinition kWhereOp;
const OpDefinition kWhereOp = {"Where", 3, 3, &MakeWhere};

}  // namespace mace
