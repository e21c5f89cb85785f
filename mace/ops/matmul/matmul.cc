// MatMul: a [..., M, K], b [..., K, N], [bias]; attributes transpose_a, transpose_b say that the
// last two axes are the other way round. Leading axes broadcast. An operand of one axis is a row
// (a) or a column (b), and its axis is missing in the output. The bias broadcasts to the output.
// With the attribute residual = 1 there is a tensor of the output's shape behind the bias, which is
// added, too; kernels have that where b is one matrix of weights and the bias one number a column.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/elementwise/broadcast_rows.h"
#include "mace/ops/matmul/batched_gemm.h"
#include "mace/ops/matmul/gemm.h"
#include "mace/ops/matmul/rows_as_pixels.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// y += bias, broadcast.
void AddBias(const std::vector<float>& bias, const Shape& bias_shape, const Shape& shape,
             float* y) {
  BroadcastRows rows(shape, {bias_shape});
  while (rows.Next()) {
    const float* row = bias.data() + rows.offset(0);
    for (int64_t i = 0; i < rows.count(); ++i) y[rows.begin() + i] += row[i * rows.step(0)];
  }
}

class MatMul : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<MatMul>();
    op->transpose_a_ = node.attributes.GetInt("transpose_a", 0) != 0;
    op->transpose_b_ = node.attributes.GetInt("transpose_b", 0) != 0;
    op->residual_ = node.attributes.GetInt("residual", 0) != 0;
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    if (!inputs[0].present || !inputs[1].present) return InvalidArgument("expected a and b");
    if (!IsFloat(inputs[0].info.dtype) || !IsFloat(inputs[1].info.dtype)) {
      return InvalidArgument(std::string("expected float tensors, found ") +
                             DTypeName(inputs[0].info.dtype) + " and " +
                             DTypeName(inputs[1].info.dtype));
    }
    MACE_ASSIGN_OR_RETURN(const BatchedGemm gemm, Bind(inputs[0].info.shape, inputs[1].info.shape));
    if (HasBias(inputs)) {
      const TensorInfo& bias = inputs[2].info;
      const StatusOr<Shape> both = BroadcastShapes(bias.shape, gemm.output);
      if (!IsFloat(bias.dtype) || !both.ok() || *both != gemm.output) {
        return InvalidArgument("bias: expected floats that broadcast to " + gemm.output.ToString() +
                               ", found " + DTypeName(bias.dtype) + " " + bias.shape.ToString());
      }
    }
    if (residual_ &&
        (inputs.size() <= kResidual || !inputs[kResidual].present ||
         !IsFloat(inputs[kResidual].info.dtype) || inputs[kResidual].info.shape != gemm.output)) {
      return InvalidArgument("residual: expected floats of shape " + gemm.output.ToString());
    }
    *outputs = {{DType::kFloat32, gemm.output}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const BatchedGemm p, Bind(inputs[0].shape(), inputs[1].shape()));
    const std::vector<float> a_values = ToFloatVector(inputs[0]);
    const std::vector<float> b_values = ToFloatVector(inputs[1]);
    const int64_t elements = p.rows * p.columns;
    std::vector<double> sums(static_cast<size_t>(elements));
    for (int64_t index = 0; index < p.batch.elements(); ++index) {
      const float* a = a_values.data() + BroadcastOffset(p.batch, p.a_stride, index);
      const float* b = b_values.data() + BroadcastOffset(p.batch, p.b_stride, index);
      std::vector<float> a_turned, b_turned;
      if (p.transpose_a) a = (a_turned = Transposed(a, p.depth, p.rows)).data();
      if (p.transpose_b) b = (b_turned = Transposed(b, p.columns, p.depth)).data();
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({a, p.rows, p.depth, p.depth}, {b, p.depth, p.columns, p.columns}, sums.data());
      std::copy(sums.begin(), sums.end(), (*outputs)[0].f32() + index * elements);
    }
    if (inputs.size() > 2 && inputs[2].dtype() != DType::kInvalid) {
      AddBias(ToFloatVector(inputs[2]), inputs[2].shape(), p.output, (*outputs)[0].f32());
    }
    if (residual_) {
      AddBias(ToFloatVector(inputs[kResidual]), p.output, p.output, (*outputs)[0].f32());
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    const StatusOr<BatchedGemm> gemm = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (!gemm.ok()) return false;
    const int rank = gemm->output.rank();
    // Where both operands are matrices, axis 0 is that of the rows.
    if (rank == 2 && (transpose_a_ || !batched[0] || batched[1])) return false;
    if (residual_ && !batched[kResidual]) return false;
    if (rank > 2) return BroadcastSplitsAlongBatch(inputs, batched, rank);
    const bool has_bias = HasBias(inputs);
    return rank == 2 && (!has_bias || batched[2] || inputs[2].info.shape.rank() < 2 ||
                         inputs[2].info.shape[0] == 1);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const std::vector<OpInput>& inputs = request.inputs;
    const StatusOr<BatchedGemm> gemm = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (!gemm.ok() || gemm->output.elements() == 0 || gemm->depth == 0) return {};
    const GemmRequest bound = {"matmul", *gemm, &request, nullptr};
    std::vector<KernelVariant> result;
    if (IsConvolution(bound)) {
      result = LowerAsConvolution(*gemm, request);
    } else if (!residual_) {
      LowerGemmLocal(bound, &result);
      LowerGemmBlocks(bound, &result);
    }
    if (residual_) return result;
    LowerGemmRowMajor(bound, &result);
    LowerGemmLibrary(bound, &result);
    return result;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<BatchedGemm> gemm = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (gemm.ok()) {
      cost.flops =
          2.0 * static_cast<double>(gemm->output.elements()) * static_cast<double>(gemm->depth);
    }
    return cost;
  }

 private:
  StatusOr<BatchedGemm> Bind(const Shape& a, const Shape& b) const {
    return BindBatchedGemm(a, b, {transpose_a_, transpose_b_});
  }

  // Rows of activations times one matrix of weights.
  static bool IsConvolution(const GemmRequest& request) {
    const BatchedGemm& p = request.gemm;
    const OpInput& a = request.input(0);
    const OpInput& b = request.input(1);
    if (request.biased() &&
        (request.input(2).constant == nullptr ||
         request.input(2).info.shape.elements() != p.columns || !IsColumnBias(request))) {
      return false;
    }
    return b.constant != nullptr && a.constant == nullptr && !p.transpose_a &&
           b.info.shape.elements() == p.depth * p.columns && a.info.shape.rank() >= 2 &&
           p.output.rank() == a.info.shape.rank();
  }

  // Constant b without a batch: the rows of a are the pixels of a 1x1 convolution.
  std::vector<KernelVariant> LowerAsConvolution(const BatchedGemm& p,
                                                const LoweringRequest& request) const {
    ConvolutionRequest convolution = RowsAsPixels("matmul", p.columns, request);
    if (residual_) convolution.convolution.residual_input = static_cast<int>(kResidual);
    convolution.weights =
        WeightsFromConstants(*request.inputs[1].constant,
                             HasBias(request.inputs) ? request.inputs[2].constant : nullptr);
    if (!p.transpose_b) {
      convolution.weights.filter = [b = *request.inputs[1].constant, depth = p.depth,
                                    columns = p.columns]() -> StatusOr<HostTensor> {
        MACE_ASSIGN_OR_RETURN(const HostTensor floats, b.ReadAsFloats());
        return TensorOfFloats(Transposed(floats.f32(), depth, columns));
      };
      convolution.weights.filter_order = "transposed";
    }
    return LowerConvolution(convolution);
  }

  static constexpr size_t kResidual = 3;  // An input.

  bool transpose_a_ = false;
  bool transpose_b_ = false;
  bool residual_ = false;
};

}  // namespace

extern const OpDefinition kMatMulOp;
const OpDefinition kMatMulOp = {"MatMul", 2, 4, MatMul::Make};

}  // namespace mace
