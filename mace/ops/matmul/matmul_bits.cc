// MatMulBits: a [..., K] times the transpose of a matrix [N, K] of 2, 4 or 8 bits an element; inputs a,
// packed bytes (uint8, rows of BlockedMatrix::row_bytes), scales and zero points (floats, one for
// each block), [bias (N floats)], all constants but a. Attributes rows (N), columns (K), bits,
// block_size: those of blocked_matrix.h. The output is [..., N].
//
// The weights keep their bits in the memory of host and device; each kernel expands what it reads.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/blocked_inputs.h"
#include "mace/ops/matmul/blocked_weights.h"
#include "mace/ops/matmul/gemm.h"
#include "mace/ops/matmul/matmul_bits_expanded.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

// Work-items of a GPU that share a sum. Few rows leave few work-items.
int64_t SlicesFor(const DeviceInfo& device) { return device.max_work_group_size >= 256 ? 8 : 2; }

bool HasBiasInput(const std::vector<OpInput>& inputs) {
  return inputs.size() > kMatMulBitsBias && inputs[kMatMulBitsBias].present;
}

// The bias as floats, padded with zeros to whole tiles of columns.
PackedWeights PackBias(const HostTensor& bias, int64_t columns, int64_t tile) {
  PackedWeights weights;
  weights.name = "bias";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(RoundUp(columns, tile));
  weights.pack = [bias, elements = weights.elements](float* to) -> Status {
    std::fill(to, to + elements, 0.0f);
    CopyAsFloats(bias, to);
    return Status();
  };
  weights.identity = PackingIdentity("padded numbers", {RoundUp(columns, tile)}, {bias});
  return weights;
}

class MatMulBits : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<MatMulBits>();
    MACE_ASSIGN_OR_RETURN(op->matrix_, ReadBlockedMatrix(node.attributes));
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    const Shape& a = inputs[0].info.shape;
    if (!inputs[0].present || !IsFloat(inputs[0].info.dtype) || a.rank() < 1 ||
        a.back(0) != matrix_.columns) {
      return InvalidArgument("expected floats in rows of " + std::to_string(matrix_.columns) +
                             " elements, found " + inputs[0].info.ToString());
    }
    MACE_RETURN_IF_ERROR(CheckBlockedInputs(matrix_, inputs, kPackedInput));
    if (HasBiasInput(inputs)) {
      MACE_RETURN_IF_ERROR(
          CheckBlockedInput(inputs[kMatMulBitsBias], kMatMulBitsBias, true, matrix_.rows));
    }
    std::vector<int64_t> dims = a.dims();
    dims.back() = matrix_.rows;
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    *outputs = {{DType::kFloat32, std::move(shape)}};
    return Status::Ok();
  }

  // Expands some rows of the weights at a time, and multiplies them by a transposed.
  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    constexpr int64_t kRowsAtOnce = 64;
    const int64_t depth = matrix_.columns, count = inputs[0].shape().elements() / depth;
    const std::vector<float> a = ToFloatVector(inputs[0]);
    const std::vector<float> scales = ToFloatVector(inputs[kScalesInput]);
    const std::vector<float> zero_points = ToFloatVector(inputs[kZeroPointsInput]);
    std::vector<float> bias(static_cast<size_t>(matrix_.rows), 0.0f);
    if (inputs.size() > kMatMulBitsBias && inputs[kMatMulBitsBias].dtype() != DType::kInvalid) {
      bias = ToFloatVector(inputs[kMatMulBitsBias]);
    }
    std::vector<float> turned(a.size());
    TransposeBlocked(a.data(), count, depth, depth,
                     [&](int64_t k) { return turned.data() + k * count; });
    const int64_t most = std::min(kRowsAtOnce, matrix_.rows);
    std::vector<float> decoded(static_cast<size_t>(most * depth));
    std::vector<double> sums(static_cast<size_t>(most * count));
    float* const y = (*outputs)[0].f32();
    for (int64_t first = 0; first < matrix_.rows; first += most) {
      const int64_t rows = std::min(most, matrix_.rows - first);
      matrix_.Decode(first, rows, inputs[kPackedInput].data<uint8_t>(), scales.data(),
                     zero_points.data(), decoded.data());
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({decoded.data(), rows, depth, depth}, {turned.data(), depth, count, count},
                 sums.data());
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t r = 0; r < count; ++r) {
          y[r * matrix_.rows + first + row] =
              static_cast<float>(sums[static_cast<size_t>(row * count + r)] +
                                 double{bias[static_cast<size_t>(first + row)]});
        }
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& inputs,
                        const std::vector<bool>& batched) const override {
    return inputs[0].info.shape.rank() > 1 && BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const Shape& a = request.inputs[0].info.shape;
    const int64_t rows = a.elements() / std::max<int64_t>(a.back(0), 1);
    if (rows == 0 || request.inputs[0].constant != nullptr) return {};
    const DeviceInfo& device = *request.device;
    const int64_t tile = BlockedTileFor(device);
    const int64_t words = matrix_.row_bytes() / 4 * RoundUp(matrix_.rows, tile);
    for (int64_t elements : {a.elements(), rows * matrix_.rows, words}) {
      if (elements > INT32_MAX / 4) return {};
    }
    const bool vectors = device.kind == DeviceKind::kCpu;
    KernelVariant variant =
        NewRowMajorVariant(vectors ? "matmul_bits_vectors" : "matmul_bits_slices", request);
    AppendProduct(request, rows, vectors, &variant);
    if (vectors) {
      CutIntoVectors(device, rows, &variant.launches.back());
    } else {
      CutIntoSlices(device, rows, tile, &variant.launches.back());
    }
    variant.estimate_ms = 20 * ProductsMs(device, Products(rows));
    std::vector<KernelVariant> variants;
    variants.push_back(std::move(variant));
    // Few rows would not make up for the expansion.
    if (!vectors && rows > 8) LowerMatMulBitsExpanded(matrix_, request, &variants);
    return variants;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2.0 * Products(inputs[0].info.shape.elements() / matrix_.columns);
    return cost;
  }

 private:
  // A launch with all of its arguments.
  void AppendProduct(const LoweringRequest& request, int64_t rows, bool vectors,
                     KernelVariant* variant) const {
    const int64_t tile = BlockedTileFor(*request.device);
    const bool biased = HasBiasInput(request.inputs);
    variant->launches.push_back(NewLaunch("matmul_bits.cl",
                                          vectors ? "matmul_bits_vectors" : "matmul_bits_slices",
                                          request, Storage::kBuffer));
    variant->launches.back().kernel.macros = {
        {"BITS", std::to_string(matrix_.bits)},
        {"BIAS", biased ? "1" : "0"},
        {"WORDS", std::to_string(matrix_.block_size * matrix_.bits / 32)}};
    variant->launches.back().arguments = {RawInputArgument(0), RawOutputArgument(0)};
    AppendWeights(PackBlockedWords(matrix_, *request.inputs[kPackedInput].constant, tile), variant);
    AppendWeights(PackBlockNumbers("scales", matrix_, *request.inputs[kScalesInput].constant, tile),
                  variant);
    AppendWeights(
        PackBlockNumbers("zero points", matrix_, *request.inputs[kZeroPointsInput].constant, tile),
        variant);
    if (biased) {
      AppendWeights(PackBias(*request.inputs[kMatMulBitsBias].constant, matrix_.rows, tile),
                    variant);
    }
    for (int64_t value : {rows, matrix_.rows, matrix_.columns, matrix_.blocks()}) {
      variant->launches.back().arguments.push_back(static_cast<int32_t>(value));
    }
  }

  // For processors: a work-item expands 16 columns of the result once for all of its rows.
  void CutIntoVectors(const DeviceInfo& device, int64_t rows, Launch* launch) const {
    const int64_t at_once = std::min<int64_t>(rows, 8);
    const int64_t turns = std::min<int64_t>(CeilDivide(rows, at_once), 8);
    launch->kernel.macros["ROWS"] = std::to_string(at_once);
    launch->kernel.macros["TURNS"] = std::to_string(turns);
    SetWorkSizes(device, {CeilDivide(matrix_.rows, 16), CeilDivide(rows, at_once * turns), 1},
                 launch);
  }

  // For GPUs: some work-items share each sum.
  void CutIntoSlices(const DeviceInfo& device, int64_t rows, int64_t group, Launch* launch) const {
    const int64_t slices = SlicesFor(device), at_once = std::min<int64_t>(rows, 4);
    launch->kernel.macros["GROUP"] = std::to_string(group);
    launch->kernel.macros["SLICES"] = std::to_string(slices);
    launch->kernel.macros["ROWS"] = std::to_string(at_once);
    launch->local = {static_cast<size_t>(group), static_cast<size_t>(slices), 1};
    launch->global = {static_cast<size_t>(RoundUp(matrix_.rows, group)),
                      static_cast<size_t>(slices), static_cast<size_t>(CeilDivide(rows, at_once))};
  }

  double Products(int64_t rows) const {
    return static_cast<double>(rows) * static_cast<double>(matrix_.rows) *
           static_cast<double>(matrix_.columns);
  }

  BlockedMatrix matrix_;
};

}  // namespace

extern const OpDefinition kMatMulBitsOp;
const OpDefinition kMatMulBitsOp = {"MatMulBits", 4, 5, MatMulBits::Make};

}  // namespace mace
