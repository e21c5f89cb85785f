// Products of quantized integers, whose sums are integers, and products of
// floats with quantized weights.
//
// The operands are floats that hold integers, less their zero points. A sum of
// their products is exact in float32 as long as no partial sum passes 2^24, in
// whatever order it is added. Where the weights do not rule that out the sum is
// cut into parts that keep below it, and the parts are added as int32: the
// result is exact. With half precision these products compute in float32
// (mace/plan/wide_values.h).
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/divide.h"
#include "mace/formats/onnx/dynamic_quantization.h"
#include "mace/formats/onnx/emit.h"
#include "mace/formats/onnx/emit_quantized.h"
#include "mace/ops/integer_sums.h"
#include "mace/ops/matmul/blocked_matrix.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

// Every integer up to here is a float.
constexpr double kMaxExact = 1 << 24;
constexpr size_t kMaxParts = 1024;

// The largest magnitude of an input's integers less their zero point.
StatusOr<double> MaxMagnitude(const OnnxNode& node, size_t index, const OnnxQuantization& by) {
  MACE_ASSIGN_OR_RETURN(const OnnxIntegerRange range, OnnxRangeOf(OnnxTypeOfInput(node, index)));
  if (by.zero_point == kNoValue) return std::max(-range.low, range.high);
  const HostTensor* zero_points = node.builder()->ConstantOf(by.zero_point);
  if (zero_points == nullptr) return range.high - range.low;
  double most = 0;
  for (int64_t zero_point : ToInt64Vector(*zero_points)) {
    const auto zero = static_cast<double>(zero_point);
    most = std::max({most, zero - range.low, range.high - zero});
  }
  return most;
}

// An operand of a product of integers.
struct Operand {
  ValueId centred = kNoValue;
  double most = 0;  // The largest magnitude of an element.
};

StatusOr<Operand> ReadOperand(OnnxNode* node, size_t index, size_t zero_point, int64_t axis) {
  OnnxQuantization by;
  if (node->HasInput(zero_point)) {
    by.zero_point = node->input(zero_point);
    const Shape& found = node->shape(zero_point);
    const int rank = node->shape(index).rank();
    if (found.elements() != 1) {
      MACE_ASSIGN_OR_RETURN(by.axis, NormalizeAxis(axis, rank));
    }
    const bool fits =
        found.elements() == 1 || (found.rank() == 1 && found[0] == node->shape(index)[by.axis]);
    if (!fits) {
      return InvalidArgument("zero point: expected one number or one for each place of axis " +
                             std::to_string(axis) + " of " + node->shape(index).ToString() +
                             ", found " + found.ToString());
    }
  }
  Operand operand;
  MACE_ASSIGN_OR_RETURN(operand.most, MaxMagnitude(*node, index, by));
  MACE_ASSIGN_OR_RETURN(operand.centred, EmitCentred(node, index, by));
  return operand;
}

// What weights add to the sums, step by step: magnitudes [steps, sums] of all
// products with 1.
struct Magnitudes {
  int64_t steps = 0, sums = 1;
  std::vector<double> values;  // Empty: not known, `each` for all.
  double each = 0;

  double at(int64_t step, int64_t sum) const {
    return values.empty() ? each : values[static_cast<size_t>(step * sums + sum)];
  }
};

// The first steps of parts in which no sum of products with magnitudes up to
// `most` passes 2^24, and the number of steps behind them. kUnsupported where
// one step passes it already.
StatusOr<std::vector<int64_t>> CutIntoParts(const Magnitudes& weights, double most) {
  std::vector<int64_t> parts = {0};
  std::vector<double> sums(static_cast<size_t>(weights.sums), 0);
  for (int64_t step = 0; step < weights.steps; ++step) {
    bool fits = true;
    for (int64_t s = 0; s < weights.sums; ++s) {
      double& sum = sums[static_cast<size_t>(s)];
      sum += weights.at(step, s) * most;
      fits = fits && sum <= kMaxExact;
    }
    if (fits) continue;
    if (parts.back() == step || parts.size() == kMaxParts) {
      return Unsupported("expected sums of integers that are exact in " +
                         std::to_string(kMaxParts) + " parts, found larger ones");
    }
    parts.push_back(step);
    std::fill(sums.begin(), sums.end(), 0.0);
    --step;
  }
  parts.push_back(weights.steps);
  return parts;
}

// Marks the products that `emit` emits as sums of integers.
template <typename Emit>
StatusOr<ValueId> EmitIntegerSums(OnnxNode* node, Emit emit) {
  const size_t first = node->builder()->graph().nodes.size();
  MACE_ASSIGN_OR_RETURN(const ValueId sums, emit());
  std::vector<Node>& nodes = node->builder()->graph().nodes;
  for (size_t n = first; n < nodes.size(); ++n) {
    const std::string& type = nodes[n].type;
    const bool is_product =
        type.find("MatMul") != std::string::npos || type.find("Conv") != std::string::npos;
    if (is_product) nodes[n].attributes.Set(kIntegerSums, int64_t{1});
  }
  return sums;
}

StatusOr<ValueId> EmitIntegerMatMul(OnnxNode* node, ValueId a, ValueId b) {
  return EmitIntegerSums(node, [&] { return EmitMatMul(node, a, b, false); });
}

// Adds up `emit(first, last)` over the parts and sets the result, a tensor of
// int32.
template <typename Emit>
Status SetExactSum(OnnxNode* node, const std::vector<int64_t>& parts, Emit emit) {
  if (parts.size() == 2) {
    OnnxQuantized sum;
    sum.type = Proto::INT32;
    sum.is_centred = true;
    sum.is_movable = true;
    MACE_ASSIGN_OR_RETURN(sum.floats,
                          EmitIntegerSums(node, [&] { return emit(parts[0], parts[1]); }));
    node->SetQuantizedResult(sum);
    return Status::Ok();
  }
  ValueId total = kNoValue;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    MACE_ASSIGN_OR_RETURN(ValueId part,
                          EmitIntegerSums(node, [&] { return emit(parts[i], parts[i + 1]); }));
    MACE_ASSIGN_OR_RETURN(part, EmitCast(node, part, DType::kInt32));
    if (i == 0) {
      total = part;
      continue;
    }
    MACE_ASSIGN_OR_RETURN(total, EmitEltwise(node, EltwiseType::kSum, total, part));
  }
  node->SetResult(total);
  return Status::Ok();
}

StatusOr<ValueId> SlicePart(OnnxNode* node, ValueId x, int axis, int64_t first, int64_t last) {
  if (first == 0 && last == node->builder()->ShapeOf(x)[axis]) return x;
  return EmitSlice(node, x, axis, first, last);
}

// By rows of a matrix of constant weights: each is a step of the sums.
Magnitudes MagnitudesOfMatrix(OnnxNode* node, const Operand& b) {
  const Shape& shape = node->builder()->ShapeOf(b.centred);
  const HostTensor* constant = node->builder()->ConstantOf(b.centred);
  Magnitudes result;
  if (shape.elements() == 0) return result;
  result.steps = shape.rank() < 2 ? shape.elements() : shape[shape.rank() - 2];
  result.each = b.most;
  if (constant == nullptr || shape.rank() > 2) return result;
  result.sums = shape.rank() < 2 ? 1 : shape[1];
  for (float number : ToFloatVector(*constant)) {
    result.values.push_back(std::fabs(double{number}));
  }
  return result;
}

Status ConvertMatMulInteger(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 4));
  MACE_ASSIGN_OR_RETURN(const Operand a, ReadOperand(node, 0, 2, -2));
  MACE_ASSIGN_OR_RETURN(const Operand b, ReadOperand(node, 1, 3, -1));
  const int rank_a = node->shape(0).rank(), rank_b = node->shape(1).rank();
  if (rank_a == 0 || rank_b == 0) {
    return InvalidArgument("expected operands of one or more axes, found " +
                           node->shape(0).ToString() + " and " + node->shape(1).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> parts,
                        CutIntoParts(MagnitudesOfMatrix(node, b), a.most));
  return SetExactSum(node, parts, [&](int64_t first, int64_t last) -> StatusOr<ValueId> {
    MACE_ASSIGN_OR_RETURN(const ValueId left, SlicePart(node, a.centred, rank_a - 1, first, last));
    MACE_ASSIGN_OR_RETURN(const ValueId right,
                          SlicePart(node, b.centred, std::max(rank_b - 2, 0), first, last));
    return EmitMatMul(node, left, right, false);
  });
}

// By input channels of a filter [o, i, ...]: each is a step of the sums, one
// for each o. Where there are groups all their channels are one step.
Magnitudes MagnitudesOfFilter(OnnxNode* node, const Operand& w, bool grouped) {
  const Shape& shape = node->builder()->ShapeOf(w.centred);
  const HostTensor* constant = node->builder()->ConstantOf(w.centred);
  Magnitudes result;
  if (shape.elements() == 0) return result;
  const int64_t channels = grouped ? 1 : shape[1];
  const int64_t taps = shape.elements(1, shape.rank()) / channels;
  result.steps = channels;
  result.each = w.most * static_cast<double>(taps);
  if (constant == nullptr) return result;
  result.sums = shape[0];
  result.values.assign(static_cast<size_t>(channels * result.sums), 0);
  const std::vector<float> numbers = ToFloatVector(*constant);
  for (int64_t o = 0; o < result.sums; ++o) {
    for (int64_t i = 0; i < channels * taps; ++i) {
      result.values[static_cast<size_t>(i / taps * result.sums + o)] +=
          std::fabs(double{numbers[static_cast<size_t>(o * channels * taps + i)]});
    }
  }
  return result;
}

Status ConvertConvInteger(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 4));
  if (node->shape(1).rank() < 3 || node->shape(0).rank() != node->shape(1).rank()) {
    return InvalidArgument("expected x and weights of one rank from 3 on, found " +
                           node->shape(0).ToString() + " and " + node->shape(1).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const Operand x, ReadOperand(node, 0, 2, 1));
  MACE_ASSIGN_OR_RETURN(const Operand w, ReadOperand(node, 1, 3, 0));
  const bool grouped = node->Int("group", 1) != 1;
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> parts,
                        CutIntoParts(MagnitudesOfFilter(node, w, grouped), x.most));
  if (!grouped && node->shape(0)[1] != node->shape(1)[1]) {
    return InvalidArgument("x " + node->shape(0).ToString() + " does not fit weights " +
                           node->shape(1).ToString());
  }
  return SetExactSum(node, parts, [&](int64_t first, int64_t last) -> StatusOr<ValueId> {
    if (parts.size() == 2) return node->ConvertAs("Conv", {x.centred, w.centred});
    MACE_ASSIGN_OR_RETURN(const ValueId image, SlicePart(node, x.centred, 1, first, last));
    MACE_ASSIGN_OR_RETURN(const ValueId filter, SlicePart(node, w.centred, 1, first, last));
    return node->ConvertAs("Conv", {image, filter});
  });
}

// The product of integers times its scales, plus a bias of floats, input
// `bias`.
Status SetScaledProduct(OnnxNode* node, ValueId product, ValueId scale, size_t bias) {
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitEltwise(node, EltwiseType::kProd, product, scale));
  if (node->HasInput(bias)) {
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, node->input(bias)));
  }
  node->SetResult(y);
  return Status::Ok();
}

// Floats a, b, its scale and zero point, bias.
Status ConvertDynamicMatMul(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 5));
  if (node->Quantized(0) != nullptr || !IsFloat(node->dtype(0))) {
    return InvalidArgument("input 0: expected floats, found integers");
  }
  MACE_ASSIGN_OR_RETURN(const OnnxDynamic a, EmitDynamicQuantization(node, node->input(0)));
  MACE_ASSIGN_OR_RETURN(const Operand b, ReadOperand(node, 1, 3, -1));
  MACE_ASSIGN_OR_RETURN(const ValueId product, EmitIntegerMatMul(node, a.centred, b.centred));
  MACE_ASSIGN_OR_RETURN(const ValueId scale,
                        EmitEltwise(node, EltwiseType::kProd, node->input(2), a.scale));
  return SetScaledProduct(node, product, scale, 4);
}

// a, b, their scales, their zero points, bias.
Status ConvertMatMulIntegerToFloat(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(4, 7));
  MACE_ASSIGN_OR_RETURN(const Operand a, ReadOperand(node, 0, 4, -2));
  MACE_ASSIGN_OR_RETURN(const Operand b, ReadOperand(node, 1, 5, -1));
  MACE_ASSIGN_OR_RETURN(const ValueId product, EmitIntegerMatMul(node, a.centred, b.centred));
  MACE_ASSIGN_OR_RETURN(const ValueId scale,
                        EmitEltwise(node, EltwiseType::kProd, node->input(3), node->input(2)));
  return SetScaledProduct(node, product, scale, 6);
}

// A constant input of a kind of type with so many elements.
Status CheckConstant(const OnnxNode& node, size_t index, bool floats, int64_t elements) {
  const std::string who = "input " + std::to_string(index);
  const HostTensor* constant = node.Constant(index);
  if (constant == nullptr) return Unsupported(who + ": expected a constant, found another tensor");
  const bool fits = floats ? IsFloat(constant->dtype()) : constant->dtype() == DType::kUInt8;
  if (fits && constant->shape().elements() == elements) return Status::Ok();
  return InvalidArgument(who + ": expected " + std::to_string(elements) + " elements of " +
                         (floats ? "floats" : "uint8") + ", found " + constant->info().ToString());
}

// Bytes of the packed zero points of a row, of which each row begins with a byte of its own.
int64_t ZeroPointBytes(const BlockedMatrix& matrix) {
  return CeilDivide(matrix.blocks(), matrix.per_byte());
}

// Checks attributes and the packed bytes, the scales and the zero points.
StatusOr<BlockedMatrix> ReadBlockedMatrix(const OnnxNode& node) {
  BlockedMatrix matrix;
  matrix.rows = node.Int("N", 0);
  matrix.columns = node.Int("K", 0);
  matrix.bits = node.Int("bits", 4);
  matrix.block_size = node.Int("block_size", 0);
  if (matrix.bits != 4 && matrix.bits != 8) {
    return Unsupported("bits: expected 4 or 8, found " + std::to_string(matrix.bits));
  }
  const int64_t block = matrix.block_size;
  if (block < 16 || block > (int64_t{1} << 20) || (block & (block - 1)) != 0) {
    return InvalidArgument("block_size: expected a power of two from 16 on, found " +
                           std::to_string(block));
  }
  if (matrix.rows < 1 || matrix.columns < 1 || matrix.rows > INT32_MAX ||
      matrix.columns > INT32_MAX) {
    return InvalidArgument("expected N and K of 1 or more, found " + std::to_string(matrix.rows) +
                           " and " + std::to_string(matrix.columns));
  }
  const int64_t count = matrix.rows * matrix.blocks();
  MACE_RETURN_IF_ERROR(CheckConstant(node, 1, false, matrix.rows * matrix.row_bytes()));
  MACE_RETURN_IF_ERROR(CheckConstant(node, 2, true, count));
  if (node.HasInput(3)) {
    const bool floats = IsFloat(node.dtype(3));
    MACE_RETURN_IF_ERROR(
        CheckConstant(node, 3, floats, floats ? count : matrix.rows * ZeroPointBytes(matrix)));
  }
  return matrix;
}

// The zero point of each block as a float: given as floats or in packed bytes, 2^(bits - 1) where
// none is given.
StatusOr<ValueId> AddZeroPoints(OnnxNode* node, const BlockedMatrix& matrix) {
  const int64_t blocks = matrix.blocks();
  if (node->HasInput(3) && IsFloat(node->dtype(3))) return node->input(3);
  MACE_ASSIGN_OR_RETURN(HostTensor floats,
                        HostTensor::Allocate({DType::kFloat32, Shape{matrix.rows, blocks}}));
  const uint8_t* const packed = node->HasInput(3) ? node->Constant(3)->data<uint8_t>() : nullptr;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t zero_point =
          packed == nullptr ? int64_t{1} << (matrix.bits - 1)
                            : matrix.NumberAt(packed + row * ZeroPointBytes(matrix), block);
      floats.f32()[row * blocks + block] = static_cast<float>(zero_point);
    }
  }
  return node->AddConstant("/zero_points", std::move(floats));
}

// Columns that belong to other blocks than their neighbours do are not known.
Status CheckOrder(const OnnxNode& node, const BlockedMatrix& matrix) {
  if (!node.HasInput(4)) return Status::Ok();
  const HostTensor* constant = node.Constant(4);
  bool in_order = constant != nullptr && constant->shape().elements() == matrix.columns;
  const std::vector<int64_t> blocks = in_order ? ToInt64Vector(*constant) : std::vector<int64_t>();
  for (size_t i = 0; i < blocks.size(); ++i) {
    in_order = in_order && blocks[i] == static_cast<int64_t>(i) / matrix.block_size;
  }
  if (in_order) return Status::Ok();
  return Unsupported(
      "g_idx: expected blocks in the order of the columns, "
      "found another order");
}

// Floats a, packed weights, scales, zero points, order of the blocks, bias.
Status ConvertMatMulBits(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3, 6));
  node->Ignore({"accuracy_level"});  // How exact the product need be: it is
                                     // computed in floats.
  MACE_ASSIGN_OR_RETURN(const BlockedMatrix matrix, ReadBlockedMatrix(*node));
  MACE_RETURN_IF_ERROR(CheckOrder(*node, matrix));
  if (node->shape(0).rank() < 1 || node->shape(0).back(0) != matrix.columns) {
    return InvalidArgument("expected rows of " + std::to_string(matrix.columns) +
                           " elements, found " + node->shape(0).ToString());
  }
  MACE_ASSIGN_OR_RETURN(const ValueId zero_points, AddZeroPoints(node, matrix));
  AttributeMap attributes;
  attributes.Set("rows", matrix.rows);
  attributes.Set("columns", matrix.columns);
  attributes.Set("bits", matrix.bits);
  attributes.Set("block_size", matrix.block_size);
  MACE_ASSIGN_OR_RETURN(ValueId y,
                        node->Emit("/product", "MatMulBits",
                                   {node->input(0), node->input(1), node->input(2), zero_points},
                                   std::move(attributes)));
  if (node->HasInput(5)) {
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kSum, y, node->input(5)));
  }
  node->SetResult(y);
  return Status::Ok();
}

}  // namespace

const OnnxConverterEntry kOnnxIntegerConverters[] = {
    {"ConvInteger", ConvertConvInteger},
    {"MatMulInteger", ConvertMatMulInteger},
    {nullptr, nullptr},
};

const OnnxConverterEntry kMicrosoftIntegerConverters[] = {
    {"DynamicQuantizeMatMul", ConvertDynamicMatMul},
    {"MatMulIntegerToFloat", ConvertMatMulIntegerToFloat},
    {"MatMulNBits", ConvertMatMulBits},
    {nullptr, nullptr},
};

}  // namespace mace
