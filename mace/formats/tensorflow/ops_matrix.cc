// TensorFlow's ops over the last two axes as matrices: bands and diagonals.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tensorflow/emit.h"

namespace mace {
namespace {

// Whether an element of a matrix is one of those that a mask chooses.
using ElementRule = std::function<bool(int64_t row, int64_t column)>;

StatusOr<ValueId> AddMask(TfNode* node, int64_t rows, int64_t columns, const ElementRule& rule) {
  MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make({rows, columns}));
  const TensorInfo info{DType::kBool, std::move(shape)};
  MACE_RETURN_IF_ERROR(node->builder()->Reserve("a mask", info.bytes()));
  MACE_ASSIGN_OR_RETURN(HostTensor mask, HostTensor::Allocate(info));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      mask.mutable_data<uint8_t>()[row * columns + column] = rule(row, column) ? 1 : 0;
    }
  }
  return AddConstant(node, std::move(mask));
}

Status SetChosen(TfNode* node, ValueId mask, ValueId chosen, ValueId other) {
  return node->EmitResult("Where", {mask, chosen, other}, {});
}

Status RequireMatrices(const TfNode& node) {
  if (node.shape(0).rank() >= 2) return Status::Ok();
  return InvalidArgument("expected matrices, found " + node.shape(0).ToString());
}

// x, and how many diagonals below and above the main one are kept (negative: all).
Status ConvertBandPart(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  MACE_RETURN_IF_ERROR(RequireMatrices(*node));
  MACE_ASSIGN_OR_RETURN(const int64_t lower, node->Number(1));
  MACE_ASSIGN_OR_RETURN(const int64_t upper, node->Number(2));
  const auto is_kept = [&](int64_t row, int64_t column) {
    return (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper);
  };
  const Shape shape = node->shape(0);
  MACE_ASSIGN_OR_RETURN(const ValueId mask, AddMask(node, shape.back(1), shape.back(0), is_kept));
  MACE_ASSIGN_OR_RETURN(const ValueId zero,
                        AddScalar(node, ComputedType(*node, node->input(0)), 0));
  return SetChosen(node, mask, node->input(0), zero);
}

// The forms V2 and V3 have k, which must be the main diagonal here.
Status RequireMainDiagonal(const TfNode& node) {
  if (node.input_count() < 2) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> k, node.Numbers(1));
  for (int64_t diagonal : k) {
    if (diagonal != 0) {
      return Unsupported("k: expected the main diagonal, 0, found " + std::to_string(diagonal));
    }
  }
  return Status::Ok();
}

// The extent that input `index` gives; -1 or no input: that of the diagonal.
StatusOr<int64_t> WantedExtent(const TfNode& node, size_t index, int64_t diagonal) {
  if (node.input_count() <= index) return diagonal;
  MACE_ASSIGN_OR_RETURN(const int64_t extent, node.Number(index));
  if (extent == -1 || extent >= diagonal) return extent == -1 ? diagonal : extent;
  return InvalidArgument("expected " + std::to_string(diagonal) + " rows and columns or more, " +
                         "found " + std::to_string(extent));
}

// Each vector of the last axis as a matrix with it on the diagonal.
Status ConvertDiag(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_RETURN_IF_ERROR(RequireMainDiagonal(*node));
  const Shape shape = node->shape(0);
  if (shape.rank() < 1) return InvalidArgument("expected vectors, found a scalar");
  MACE_ASSIGN_OR_RETURN(const int64_t rows, WantedExtent(*node, 2, shape.back(0)));
  MACE_ASSIGN_OR_RETURN(const int64_t columns, WantedExtent(*node, 3, shape.back(0)));
  if (std::min(rows, columns) != shape.back(0)) {
    return Unsupported("expected a diagonal that fills the matrix, found " + shape.ToString());
  }
  std::vector<int64_t> dims = shape.dims();
  dims.push_back(1);
  MACE_ASSIGN_OR_RETURN(ValueId x, node->builder()->Reshape(node->input(0), dims));
  if (rows > shape.back(0)) {
    std::vector<int64_t> paddings(2 * dims.size(), 0);
    paddings[2 * dims.size() - 3] = rows - shape.back(0);
    MACE_ASSIGN_OR_RETURN(x, EmitPadding(node, x, std::move(paddings), 0));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId mask, AddMask(node, rows, columns, std::equal_to<int64_t>()));
  ValueId other = kNoValue;
  if (node->input_count() > 4) {
    other = node->input(4);
  } else {
    MACE_ASSIGN_OR_RETURN(other, AddScalar(node, ComputedType(*node, x), 0));
  }
  return SetChosen(node, mask, x, other);
}

// The main diagonals of matrices.
Status ConvertDiagPart(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  MACE_RETURN_IF_ERROR(RequireMatrices(*node));
  MACE_RETURN_IF_ERROR(RequireMainDiagonal(*node));
  const Shape shape = node->shape(0);
  const int64_t rows = shape.back(1), columns = shape.back(0);
  std::vector<int32_t> places;
  for (int64_t i = 0; i < std::min(rows, columns); ++i) {
    if (i * (columns + 1) > INT32_MAX) return Unsupported("matrices of 2^31 elements");
    places.push_back(static_cast<int32_t>(i * (columns + 1)));
  }
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end() - 1);
  dims.back() = rows * columns;
  const int64_t axis = static_cast<int64_t>(dims.size()) - 1;
  MACE_ASSIGN_OR_RETURN(const ValueId flat, node->builder()->Reshape(node->input(0), dims));
  const Shape count{static_cast<int64_t>(places.size())};
  MACE_ASSIGN_OR_RETURN(const ValueId y,
                        EmitGather(node, flat, AddInts(node, count, std::move(places)), axis));
  node->SetResult(y);
  return Status::Ok();
}

// Matrices with their main diagonals replaced by vectors.
Status ConvertSetDiag(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_RETURN_IF_ERROR(RequireMatrices(*node));
  if (node->input_count() > 2) {
    MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> k, node->Numbers(2));
    for (int64_t diagonal : k) {
      if (diagonal != 0) {
        return Unsupported("k: expected the main diagonal, 0, found " + std::to_string(diagonal));
      }
    }
  }
  const Shape shape = node->shape(0);
  const int64_t rows = shape.back(1), columns = shape.back(0);
  std::vector<int64_t> dims = node->shape(1).dims();
  if (dims.empty() || dims.back() != std::min(rows, columns)) {
    return InvalidArgument("diagonal: expected " + std::to_string(std::min(rows, columns)) +
                           " elements along the last axis, found " + node->shape(1).ToString());
  }
  dims.push_back(1);
  MACE_ASSIGN_OR_RETURN(ValueId x, node->builder()->Reshape(node->input(1), dims));
  if (rows > columns) {
    std::vector<int64_t> paddings(2 * dims.size(), 0);
    paddings[2 * dims.size() - 3] = rows - columns;
    MACE_ASSIGN_OR_RETURN(x, EmitPadding(node, x, std::move(paddings), 0));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId mask, AddMask(node, rows, columns, std::equal_to<int64_t>()));
  return SetChosen(node, mask, x, node->input(0));
}

// Any and All: the largest and the smallest of zeros and ones; of none of them, minus infinity and infinity.
Status ConvertAnyAll(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, node->Numbers(1));
  const bool any = node->def().op() == "Any";
  if (axes.empty()) {
    node->SetResult(node->input(0));
    return Status::Ok();
  }
  MACE_ASSIGN_OR_RETURN(const ValueId x, EmitCast(node, node->input(0), DType::kFloat32));
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitReduce(node, any ? ReduceType::kMax : ReduceType::kMin,
                                                    x, axes, node->Bool("keep_dims", false)));
  AttributeMap attributes;
  attributes.Set("type", static_cast<int64_t>(EltwiseType::kGreater));
  attributes.Set("scalar_input", 0.5);
  return node->EmitResult("Eltwise", {y}, std::move(attributes));
}

// The square root of the sum of squares.
Status ConvertEuclideanNorm(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, node->Numbers(1));
  MACE_ASSIGN_OR_RETURN(ValueId x, EmitUnary(node, "square", node->input(0)));
  MACE_ASSIGN_OR_RETURN(
      x, EmitReduce(node, ReduceType::kSum, x, axes, node->Bool("keep_dims", false)));
  AttributeMap attributes;
  attributes.Set("function", std::string("sqrt"));
  return node->EmitResult("Unary", {x}, std::move(attributes));
}

}  // namespace

const TfConverterEntry kTfMatrixConverters[] = {
    {"All", ConvertAnyAll},
    {"Any", ConvertAnyAll},
    {"BatchMatrixBandPart", ConvertBandPart},
    {"EuclideanNorm", ConvertEuclideanNorm},
    {"MatrixBandPart", ConvertBandPart},
    {"MatrixDiag", ConvertDiag},
    {"MatrixDiagPart", ConvertDiagPart},
    {"MatrixDiagPartV2", ConvertDiagPart},
    {"MatrixDiagPartV3", ConvertDiagPart},
    {"MatrixDiagV2", ConvertDiag},
    {"MatrixDiagV3", ConvertDiag},
    {"MatrixSetDiag", ConvertSetDiag},
    {"MatrixSetDiagV2", ConvertSetDiag},
    {"MatrixSetDiagV3", ConvertSetDiag},
    {nullptr, nullptr},
};

}  // namespace mace
