#include "mace/ops/matmul/matmul_bits_expanded.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"
#include "mace/ops/matmul/blocked_inputs.h"
#include "mace/ops/matmul/blocked_weights.h"

namespace mace {
namespace {

// The product of floats that is left: a, the expanded weights [depth, columns], and the bias.
LoweringRequest ProductOfFloats(const BlockedMatrix& matrix, const LoweringRequest& request) {
  LoweringRequest product = request;
  OpInput weights;
  weights.info = {DType::kFloat32, Shape{matrix.columns, matrix.rows}};
  product.inputs = {request.inputs[0], weights};
  const bool biased =
      request.inputs.size() > kMatMulBitsBias && request.inputs[kMatMulBitsBias].present;
  if (biased) product.inputs.push_back(request.inputs[kMatMulBitsBias]);
  return product;
}

// Writes the weights to scratch buffer `scratch`, before the launches that the variant has.
void PutExpansionFirst(const BlockedMatrix& matrix, const LoweringRequest& request, int scratch,
                       KernelVariant* variant) {
  const int64_t tile = BlockedTileFor(*request.device);
  variant->launches.push_back(
      NewLaunch("matmul_bits.cl", "matmul_bits_expand", request, Storage::kBuffer));
  variant->launches.back().kernel.macros = {
      {"BITS", std::to_string(matrix.bits)},
      {"BIAS", "0"},
      {"TILE", std::to_string(tile)},
      {"WORDS", std::to_string(matrix.block_size * matrix.bits / 32)}};
  variant->launches.back().arguments = {ScratchArgument(scratch)};
  AppendWeights(PackBlockedWords(matrix, *request.inputs[kPackedInput].constant, tile), variant);
  AppendWeights(PackBlockNumbers("scales", matrix, *request.inputs[kScalesInput].constant, tile),
                variant);
  AppendWeights(
      PackBlockNumbers("zero points", matrix, *request.inputs[kZeroPointsInput].constant, tile),
      variant);
  Launch& launch = variant->launches.back();
  for (int64_t value : {matrix.rows, matrix.columns, matrix.blocks()}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  const int64_t words = CeilDivide(matrix.columns, 32 / matrix.bits);
  SetFlatSize(*request.device, static_cast<size_t>(matrix.rows * words), &launch);
  std::rotate(variant->launches.begin(), variant->launches.end() - 1, variant->launches.end());
}

}  // namespace

void LowerMatMulBitsExpanded(const BlockedMatrix& matrix, const LoweringRequest& request,
                             std::vector<KernelVariant>* result) {
  const LoweringRequest product = ProductOfFloats(matrix, request);
  const StatusOr<BatchedGemm> gemm =
      BindBatchedGemm(product.inputs[0].info.shape, product.inputs[1].info.shape, {});
  if (!gemm.ok()) return;
  const GemmRequest bound = {"matmul_bits_expanded", *gemm, &product, nullptr};
  std::vector<KernelVariant> made;
  LowerGemmLocal(bound, &made);
  for (KernelVariant& variant : made) {
    const int scratch = static_cast<int>(variant.scratch.size());
    for (KernelArgument& argument : variant.launches.back().arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr || tensor->kind != TensorArgument::Kind::kRawInput) continue;
      if (tensor->index == 1) argument = ScratchArgument(scratch);
    }
    ScratchBuffer weights;
    weights.elements = static_cast<size_t>(matrix.rows * matrix.columns);
    variant.scratch.push_back(weights);
    variant.inputs.resize(request.inputs.size(), variant.inputs[0]);
    PutExpansionFirst(matrix, request, scratch, &variant);
    // As long as some products of each weight.
    variant.estimate_ms += 20 * ProductsMs(*request.device, static_cast<double>(weights.elements));
    result->push_back(std::move(variant));
  }
}

}  // namespace mace
