// TensorFlow Lite's products of matrices, and its ops over matrices.
#include <string>
#include <utility>
#include <vector>

#include "mace/formats/tflite/bias.h"
#include "mace/formats/tflite/node.h"

namespace mace {
namespace {

// x of any rank is rows of `depth` numbers. Weights [out, depth].
Status ConvertFullyConnected(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 3));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::FullyConnectedOptions>());
  if (options->weights_format() != tflite::FullyConnectedOptionsWeightsFormat_DEFAULT) {
    return Unsupported("weights_format: expected DEFAULT, found " +
                       std::to_string(static_cast<int>(options->weights_format())));
  }
  const Shape weights = node->shape(1), shape = node->shape(0);
  const int64_t depth = weights.rank() == 2 ? weights[1] : 0;
  if (depth < 1 || shape.elements() % depth != 0) {
    return InvalidArgument("weights: expected [out, depth] for " + shape.ToString() + ", found " +
                           weights.ToString());
  }
  std::vector<int64_t> dims = {shape.elements() / depth, depth};
  if (options->keep_num_dims()) {
    if (shape.back(0) != depth) {
      return InvalidArgument("keep_num_dims: expected " + std::to_string(depth) +
                             " numbers along the last axis, found " + shape.ToString());
    }
    dims = shape.dims();
  }
  ValueId x = node->input(0);
  if (dims != shape.dims()) {
    MACE_ASSIGN_OR_RETURN(x, node->builder()->Reshape(x, dims));
  }
  return SetTfliteBiased(node, EmitMatMul(node, x, node->input(1), true), {}, 0,
                         options->fused_activation_function());
}

Status ConvertBatchMatMul(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  MACE_ASSIGN_OR_RETURN(const auto* options, node->OptionsOf<tflite::BatchMatMulOptions>());
  TfliteTfOp op("BatchMatMulV2");
  op.Bool("adj_x", options->adj_x()).Bool("adj_y", options->adj_y());
  return node->ConvertAs(op);
}

Status ConvertMatrixDiag(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  return node->ConvertAs(TfliteTfOp("MatrixDiag"));
}

Status ConvertMatrixSetDiag(TfliteNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2));
  return node->ConvertAs(TfliteTfOp("MatrixSetDiag"));
}

}  // namespace

const TfliteConverterEntry kTfliteMatrixConverters[] = {
    {tflite::BuiltinOperator_BATCH_MATMUL, ConvertBatchMatMul},
    {tflite::BuiltinOperator_FULLY_CONNECTED, ConvertFullyConnected},
    {tflite::BuiltinOperator_MATRIX_DIAG, ConvertMatrixDiag},
    {tflite::BuiltinOperator_MATRIX_SET_DIAG, ConvertMatrixSetDiag},
    {tflite::BuiltinOperator_ADD, nullptr},
};

}  // namespace mace
