// MatMulBits: a [..., K] times the transpose of a matrix [N, K] of 4 or 8 bits an element; inputs a,
// packed bytes (uint8, rows of BlockedMatrix::row_bytes), scales and zero points (floats, one for
// each block). Attributes rows (N), columns (K), bits, block_size: those of blocked_matrix.h. The
// output is [..., N].
//
// The weights keep their bits in the memory of host and device; each kernel expands what it reads.
#include <algorithm>
#include <cstring>
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
#include "mace/ops/matmul/blocked_matrix.h"
#include "mace/ops/matmul/gemm.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

constexpr size_t kPacked = 1, kScales = 2, kZeroPoints = 3;

// How a kernel is cut into work-items.
struct Cut {
  int64_t lanes, group, slices, rows;
};

Cut CutFor(const DeviceInfo& device, int64_t rows) {
  if (device.kind == DeviceKind::kCpu) return {16, 1, 1, std::min<int64_t>(rows, 8)};
  // Few rows leave few work-items, so more of them share a sum.
  return {1, 32, device.max_work_group_size >= 256 ? 8 : 2, std::min<int64_t>(rows, 4)};
}

// Where numbers of a row of the matrix lie: those of a tile of neighbouring rows side by side, tile
// behind tile. `each`: numbers of a row.
int64_t PlaceInTiles(int64_t row, int64_t number, int64_t each, int64_t tile) {
  return (row / tile * each + number) * tile + row % tile;
}

// Packs the words of the matrix's rows. Their bits travel as those of floats, which an engine stores
// as they are.
PackedWeights PackWords(const BlockedMatrix& matrix, const HostTensor& packed, int64_t tile) {
  const int64_t words = matrix.row_bytes() / 4;
  PackedWeights weights;
  weights.name = "packed";
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(words * RoundUp(matrix.rows, tile));
  weights.pack = [=](float* to) -> Status {
    const uint8_t* const bytes = packed.data<uint8_t>();
    std::memset(to, 0, static_cast<size_t>(words * RoundUp(matrix.rows, tile)) * sizeof(float));
    for (int64_t row = 0; row < matrix.rows; ++row) {
      for (int64_t word = 0; word < words; ++word) {
        const uint8_t* const from = bytes + row * matrix.row_bytes() + word * 4;
        // The first element is in the lowest bits, whatever the host's order of bytes.
        const uint32_t value =
            from[0] | uint32_t{from[1]} << 8 | uint32_t{from[2]} << 16 | uint32_t{from[3]} << 24;
        std::memcpy(to + PlaceInTiles(row, word, words, tile), &value, sizeof(value));
      }
    }
    return Status();
  };
  weights.identity = PackingIdentity("words of bits", {matrix.rows, words, tile}, {packed});
  return weights;
}

// A number of each block.
PackedWeights PackBlocks(const char* name, const BlockedMatrix& matrix, const HostTensor& numbers,
                         int64_t tile) {
  const int64_t blocks = matrix.blocks();
  PackedWeights weights;
  weights.name = name;
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(blocks * RoundUp(matrix.rows, tile));
  weights.pack = [=](float* to) -> Status {
    MACE_ASSIGN_OR_RETURN(const HostTensor floats, numbers.ReadAsFloats());
    std::fill(to, to + blocks * RoundUp(matrix.rows, tile), 0.0f);
    for (int64_t row = 0; row < matrix.rows; ++row) {
      for (int64_t block = 0; block < blocks; ++block) {
        to[PlaceInTiles(row, block, blocks, tile)] = floats.f32()[row * blocks + block];
      }
    }
    return Status();
  };
  weights.identity = PackingIdentity("numbers of blocks", {matrix.rows, blocks, tile}, {numbers});
  return weights;
}

class MatMulBits : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<MatMulBits>();
    BlockedMatrix& matrix = op->matrix_;
    matrix.rows = node.attributes.GetInt("rows", 0);
    matrix.columns = node.attributes.GetInt("columns", 0);
    matrix.bits = node.attributes.GetInt("bits", 4);
    matrix.block_size = node.attributes.GetInt("block_size", 0);
    if (matrix.bits != 4 && matrix.bits != 8) {
      return InvalidArgument("bits: expected 4 or 8, found " + std::to_string(matrix.bits));
    }
    for (int64_t extent : {matrix.rows, matrix.columns, matrix.block_size}) {
      if (extent >= 1 && extent <= INT32_MAX) continue;
      return InvalidArgument("expected rows, columns and block_size from 1 to 2^31 - 1, found " +
                             std::to_string(extent));
    }
    if (matrix.block_size % 8 != 0) {
      return InvalidArgument("block_size: expected a multiple of 8, found " +
                             std::to_string(matrix.block_size));
    }
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
    MACE_RETURN_IF_ERROR(CheckConstant(inputs, kPacked, matrix_.rows * matrix_.row_bytes()));
    MACE_RETURN_IF_ERROR(CheckConstant(inputs, kScales, matrix_.rows * matrix_.blocks()));
    MACE_RETURN_IF_ERROR(CheckConstant(inputs, kZeroPoints, matrix_.rows * matrix_.blocks()));
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
    const std::vector<float> scales = ToFloatVector(inputs[kScales]);
    const std::vector<float> zero_points = ToFloatVector(inputs[kZeroPoints]);
    std::vector<float> turned(a.size());
    TransposeBlocked(a.data(), count, depth, depth,
                     [&](int64_t k) { return turned.data() + k * count; });
    const int64_t most = std::min(kRowsAtOnce, matrix_.rows);
    std::vector<float> decoded(static_cast<size_t>(most * depth));
    std::vector<double> sums(static_cast<size_t>(most * count));
    float* const y = (*outputs)[0].f32();
    for (int64_t first = 0; first < matrix_.rows; first += most) {
      const int64_t rows = std::min(most, matrix_.rows - first);
      matrix_.Decode(first, rows, inputs[kPacked].data<uint8_t>(), scales.data(),
                     zero_points.data(), decoded.data());
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({decoded.data(), rows, depth, depth}, {turned.data(), depth, count, count},
                 sums.data());
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t r = 0; r < count; ++r) {
          y[r * matrix_.rows + first + row] =
              static_cast<float>(sums[static_cast<size_t>(row * count + r)]);
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
    const Cut cut = CutFor(device, rows);
    const int64_t tile = cut.lanes * cut.group;
    const int64_t words = matrix_.row_bytes() / 4 * RoundUp(matrix_.rows, tile);
    for (int64_t elements : {a.elements(), rows * matrix_.rows, words}) {
      if (elements > INT32_MAX / 2) return {};
    }
    KernelVariant variant = NewRowMajorVariant("matmul_bits", request);
    variant.launches.push_back(
        NewLaunch("matmul_bits.cl", "matmul_bits", request, Storage::kBuffer));
    std::map<std::string, std::string>& macros = variant.launches.back().kernel.macros;
    macros = {{"BITS", std::to_string(matrix_.bits)},
              {"LANES", std::to_string(cut.lanes)},
              {"GROUP", std::to_string(cut.group)},
              {"SLICES", std::to_string(cut.slices)},
              {"ROWS", std::to_string(cut.rows)},
              {"WORDS", std::to_string(matrix_.block_size * matrix_.bits / 32)}};
    variant.launches.back().arguments = {RawInputArgument(0), RawOutputArgument(0)};
    AppendWeights(PackWords(matrix_, *request.inputs[kPacked].constant, tile), &variant);
    AppendWeights(PackBlocks("scales", matrix_, *request.inputs[kScales].constant, tile), &variant);
    AppendWeights(PackBlocks("zero points", matrix_, *request.inputs[kZeroPoints].constant, tile),
                  &variant);
    Launch& launch = variant.launches.back();
    for (int64_t value : {rows, matrix_.rows, matrix_.columns, matrix_.blocks()}) {
      launch.arguments.push_back(static_cast<int32_t>(value));
    }
    launch.local = {static_cast<size_t>(cut.group), static_cast<size_t>(cut.slices), 1};
    launch.global = {static_cast<size_t>(RoundUp(CeilDivide(matrix_.rows, cut.lanes), cut.group)),
                     static_cast<size_t>(cut.slices),
                     static_cast<size_t>(CeilDivide(rows, cut.rows))};
    variant.estimate_ms = 20 * ProductsMs(device, Products(rows));
    return {std::move(variant)};
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2.0 * Products(inputs[0].info.shape.elements() / matrix_.columns);
    return cost;
  }

 private:
  double Products(int64_t rows) const {
    return static_cast<double>(rows) * static_cast<double>(matrix_.rows) *
           static_cast<double>(matrix_.columns);
  }

  static Status CheckConstant(const std::vector<OpInput>& inputs, size_t index, int64_t elements) {
    const OpInput& input = inputs[index];
    const bool fits =
        index == kPacked ? input.info.dtype == DType::kUInt8 : IsFloat(input.info.dtype);
    if (input.present && input.constant != nullptr && fits &&
        input.info.shape.elements() == elements) {
      return Status();
    }
    return InvalidArgument("input " + std::to_string(index) + ": expected a constant of " +
                           std::to_string(elements) + " elements of " +
                           (index == kPacked ? "uint8" : "floats") + ", found " +
                           input.info.ToString());
  }

  BlockedMatrix matrix_;
};

}  // namespace

extern const OpDefinition kMatMulBitsOp;
const OpDefinition kMatMulBitsOp = {"MatMulBits", 4, 4, MatMulBits::Make};

}  // namespace mace
