// GatherBits: rows of a matrix [N, K] of 2, 4 or 8 bits an element, as floats; inputs indices (integers
// of any shape, which may be negative), packed bytes, scales and zero points (blocked_inputs.h).
// Attributes rows (N), columns (K), bits, block_size: those of blocked_matrix.h. The output is
// [indices..., K]. An index outside of the rows is an error, which a kernel reports (fault_record.h).
//
// Tables of embeddings keep their bits in the memory of host and device.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/fault_record.h"
#include "mace/ops/integer_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/blocked_inputs.h"
#include "mace/ops/matmul/blocked_weights.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

class GatherBits : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<GatherBits>();
    MACE_ASSIGN_OR_RETURN(op->matrix_, ReadBlockedMatrix(node.attributes));
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& indices = inputs[0].info;
    if (!inputs[0].present || IsFloat(indices.dtype) || indices.dtype == DType::kBool) {
      return InvalidArgument("indices: expected integers, found " + indices.ToString());
    }
    MACE_RETURN_IF_ERROR(CheckBlockedInputs(matrix_, inputs, kPackedInput));
    std::vector<int64_t> dims = indices.shape.dims();
    dims.push_back(matrix_.columns);
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    *outputs = {{DType::kFloat32, std::move(shape)}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const uint8_t* const packed = inputs[kPackedInput].data<uint8_t>();
    const std::vector<float> scales = ToFloatVector(inputs[kScalesInput]);
    const std::vector<float> zero_points = ToFloatVector(inputs[kZeroPointsInput]);
    float* to = (*outputs)[0].f32();
    for (int64_t index : ToInt64Vector(inputs[0])) {
      const int64_t row = index < 0 ? index + matrix_.rows : index;
      if (row < 0 || row >= matrix_.rows) {
        return InvalidArgument("index " + std::to_string(index) + " is outside of the axis of " +
                               std::to_string(matrix_.rows));
      }
      matrix_.Decode(row, 1, packed, scales.data(), zero_points.data(), to);
      to += matrix_.columns;
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    return inputs[0].info.shape.rank() > 0 && batched[0];
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const OpInput& indices = request.inputs[0];
    const int64_t tile = BlockedTileFor(*request.device);
    const int64_t count = indices.info.shape.elements();
    const int64_t words = matrix_.row_bytes() / 4 * RoundUp(matrix_.rows, tile);
    if (indices.constant != nullptr || count == 0 || words > INT32_MAX / 4 ||
        count > INT32_MAX / 2 / matrix_.columns ||
        DeviceElementOf(indices.info.dtype) != DeviceElement::kInteger) {
      return {};
    }
    KernelVariant variant = NewRowMajorVariant("gather_bits", request);
    variant.integers = Integers::kAny;
    variant.launches.push_back(
        NewLaunch("gather_bits.cl", "gather_bits", request, Storage::kBuffer));
    variant.launches.back().kernel.macros = {
        {"BITS", std::to_string(matrix_.bits)},
        {"TILE", std::to_string(tile)},
        {"WORDS", std::to_string(matrix_.block_size * matrix_.bits / 32)}};
    variant.launches.back().arguments = {RawInputArgument(0), RawOutputArgument(0)};
    AppendWeights(PackBlockedWords(matrix_, *request.inputs[kPackedInput].constant, tile),
                  &variant);
    AppendWeights(PackBlockNumbers("scales", matrix_, *request.inputs[kScalesInput].constant, tile),
                  &variant);
    AppendWeights(
        PackBlockNumbers("zero points", matrix_, *request.inputs[kZeroPointsInput].constant, tile),
        &variant);
    Launch& launch = variant.launches.back();
    for (int64_t value : {count, matrix_.rows, matrix_.columns, matrix_.blocks()}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    AddFaultRecord(&variant, &launch);
    const int64_t words_of_a_row = CeilDivide(matrix_.columns, 32 / matrix_.bits);
    SetFlatSize(*request.device, static_cast<size_t>(count * words_of_a_row), &launch);
    return {std::move(variant)};
  }

 private:
  BlockedMatrix matrix_;
};

}  // namespace

extern const OpDefinition kGatherBitsOp;
const OpDefinition kGatherBitsOp = {"GatherBits", 4, 4, GatherBits::Make};

}  // namespace mace
