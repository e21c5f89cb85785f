// MergedMatMul: products of one activation by several constant matrices, side by side:
// y = [x b0 + c0, x b1 + c1, ...] along the last axis. x [..., K]; inputs 1 + 2 i: b of product i,
// [K, N], or with transpose_b = 1 [N, K]; 2 + 2 i: its c [N], which may be absent. Passes make such
// nodes; the matrices are joined when they are packed for a kernel, never before.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "mace/ops/batch.h"
#include "mace/ops/matmul/gemm.h"
#include "mace/ops/matmul/rows_as_pixels.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// One product: its matrix and its bias, null where it has none.
struct Part {
  HostTensor matrix;
  HostTensor bias;
  bool has_bias = false;
  int64_t columns = 0;
};

class MergedMatMul : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    if (node.inputs.size() % 2 == 0) {
      return InvalidArgument("expected x and a matrix and a bias of each product, found " +
                             std::to_string(node.inputs.size()) + " inputs");
    }
    return std::unique_ptr<Op>(new MergedMatMul(node.attributes.GetInt("transpose_b", 0) != 0));
  }

  explicit MergedMatMul(bool transpose_b) : transpose_b_(transpose_b) {}

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const TensorInfo& x = inputs[0].info;
    if (!IsFloat(x.dtype) || x.shape.rank() < 2) {
      return InvalidArgument("x: expected floats of rank 2 or more, found " +
                             std::string(DTypeName(x.dtype)) + " " + x.shape.ToString());
    }
    int64_t columns = 0;
    for (size_t i = 1; i < inputs.size(); i += 2) {
      const Shape& matrix = inputs[i].info.shape;
      if (!inputs[i].present || !IsFloat(inputs[i].info.dtype) || matrix.rank() != 2 ||
          matrix.back(transpose_b_ ? 0 : 1) != x.shape.back(0)) {
        return InvalidArgument("matrix " + std::to_string(i / 2) +
                               ": expected floats that x of shape " + x.shape.ToString() +
                               " can multiply, found " + matrix.ToString());
      }
      const int64_t own = matrix.back(transpose_b_ ? 1 : 0);
      if (inputs[i + 1].present && inputs[i + 1].info.shape != Shape({own})) {
        return InvalidArgument("bias " + std::to_string(i / 2) + ": expected shape " +
                               Shape({own}).ToString() + ", found " +
                               inputs[i + 1].info.shape.ToString());
      }
      columns += own;
    }
    std::vector<int64_t> dims = x.shape.dims();
    dims.back() = columns;
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    outputs->assign(1, {DType::kFloat32, std::move(shape)});
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t depth = inputs[0].shape().back(0);
    const int64_t rows = depth > 0 ? inputs[0].shape().elements() / depth : 0;
    const int64_t all_columns = (*outputs)[0].shape().back(0);
    const std::vector<float> x = ToFloatVector(inputs[0]);
    float* to = (*outputs)[0].f32();
    for (size_t i = 1; i < inputs.size(); i += 2) {
      const int64_t columns = inputs[i].shape().back(transpose_b_ ? 1 : 0);
      std::vector<float> matrix = ToFloatVector(inputs[i]);
      if (transpose_b_) matrix = Transposed(matrix.data(), columns, depth);
      std::vector<double> sums(static_cast<size_t>(rows * columns));
      AddProduct({x.data(), rows, depth, depth}, {matrix.data(), depth, columns, columns},
                 sums.data());
      const bool biased = inputs[i + 1].dtype() != DType::kInvalid;
      for (int64_t j = 0; j < rows * columns; ++j) {
        const int64_t column = j % columns;
        const double bias = biased ? inputs[i + 1].f32()[column] : 0;
        to[j / columns * all_columns + column] =
            static_cast<float>(sums[static_cast<size_t>(j)] + bias);
      }
      to += columns;
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    (void)inputs;
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    if (request.inputs[0].constant != nullptr || request.inputs[0].info.shape.elements() == 0 ||
        request.outputs[0].shape.elements() == 0)
      return {};
    std::vector<Part> parts;
    for (size_t i = 1; i < request.inputs.size(); i += 2) {
      const OpInput &matrix = request.inputs[i], &bias = request.inputs[i + 1];
      if (matrix.constant == nullptr || (bias.present && bias.constant == nullptr)) return {};
      Part part = {*matrix.constant, HostTensor(), bias.present,
                   matrix.info.shape.back(transpose_b_ ? 1 : 0)};
      if (bias.present) part.bias = *bias.constant;
      parts.push_back(std::move(part));
    }
    ConvolutionRequest convolution =
        RowsAsPixels("merged_matmul", request.outputs[0].shape.back(0), request);
    SetWeights(std::move(parts), &convolution);
    return LowerConvolution(convolution);
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2.0 * static_cast<double>(outputs[0].shape.elements()) *
                 static_cast<double>(inputs[0].info.shape.back(0));
    return cost;
  }

 private:
  void SetWeights(std::vector<Part> parts, ConvolutionRequest* convolution) const {
    const int64_t depth = convolution->convolution.in_channels;
    const int64_t columns = convolution->convolution.out_channels;
    ConvolutionWeights& weights = convolution->weights;
    bool has_bias = false;
    for (const Part& part : parts) {
      weights.filter_constants.push_back(part.matrix);
      // A matrix stands for the bias that is missing, so that other parts without one differ.
      weights.bias_constants.push_back(part.has_bias ? part.bias : part.matrix);
      has_bias = has_bias || part.has_bias;
    }
    weights.filter_order = transpose_b_ ? "joined" : "joined, transposed";
    weights.filter = [parts, depth, columns, turn = !transpose_b_]() -> StatusOr<HostTensor> {
      MACE_ASSIGN_OR_RETURN(HostTensor filter,
                            HostTensor::Allocate({DType::kFloat32, Shape({columns, depth})}));
      float* to = filter.f32();
      for (const Part& part : parts) {
        MACE_ASSIGN_OR_RETURN(const HostTensor floats, part.matrix.ReadAsFloats());
        const int64_t count = part.columns * depth;
        if (turn) {
          const std::vector<float> turned = Transposed(floats.f32(), depth, part.columns);
          std::copy_n(turned.data(), count, to);
        } else {
          std::copy_n(floats.f32(), count, to);
        }
        to += count;
      }
      return filter;
    };
    if (!has_bias) return;
    weights.bias = [parts = std::move(parts), columns]() -> StatusOr<HostTensor> {
      MACE_ASSIGN_OR_RETURN(HostTensor bias,
                            HostTensor::Allocate({DType::kFloat32, Shape({columns})}));
      float* to = bias.f32();
      for (const Part& part : parts) {
        if (part.has_bias) {
          MACE_ASSIGN_OR_RETURN(const HostTensor floats, part.bias.ReadAsFloats());
          std::copy_n(floats.f32(), part.columns, to);
        } else {
          std::fill_n(to, part.columns, 0.0f);
        }
        to += part.columns;
      }
      return bias;
    };
  }

  const bool transpose_b_;
};

}  // namespace

extern const OpDefinition kMergedMatMulOp;
const OpDefinition kMergedMatMulOp = {"MergedMatMul", 3, -1, MergedMatMul::Make};

}  // namespace mace
