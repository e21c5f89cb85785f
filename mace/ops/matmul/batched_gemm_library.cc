// <op>_clblast: the product by CLBlast's GEMM, then a kernel for bias and activation.
#include <utility>

#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"

namespace mace {
namespace {

// CLBlast sums halves in half, which is all that this many of them bear: random roundings of
// 2^-11 add up to 16 times that over 256 terms.
constexpr int64_t kMaxHalfDepth = 256;

// Whether GEMM, and a bias of one value for each column, can express the product.
bool IsExpressible(const GemmRequest& request) {
  const BatchedGemm& p = request.gemm;
  if (p.taps > 1 || !FitsInt32(request)) return false;
  const bool both_constant =
      request.input(0).constant != nullptr && request.input(1).constant != nullptr;
  if (both_constant || (request.biased() && !IsColumnBias(request))) return false;
  const DeviceInfo& device = *request.lowering->device;
  // In half on GPUs alone: on Intel's runtime for CPUs CLBlast's half products are wrong
  // altogether.
  return request.lowering->precision == Precision::kFloat32 ||
         (device.fp16_arithmetic && device.kind == DeviceKind::kGpu && p.depth <= kMaxHalfDepth);
}

void AppendCall(const GemmRequest& request, KernelVariant* variant) {
  const BatchedGemm& p = request.gemm;
  BatchOffsets offsets = OffsetsOf(request);
  LibraryCall call;
  call.rows = p.rows;
  call.columns = p.columns;
  call.depth = p.depth;
  call.transpose_a = p.transpose_a;
  call.transpose_b = p.transpose_b;
  call.a_offsets = std::move(offsets.a);
  call.b_offsets = std::move(offsets.b);
  Launch launch;
  launch.call = std::move(call);
  launch.kernel.base_name = "clblast_gemm";
  launch.kernel.precision = request.lowering->precision;
  variant->launches.push_back(std::move(launch));
  AppendRowMajorOperand(request, 0, variant);
  AppendRowMajorOperand(request, 1, variant);
  variant->launches.back().arguments.push_back(RawOutputArgument(0));
}

void AppendFinish(const GemmRequest& request, KernelVariant* variant) {
  const BatchedGemm& p = request.gemm;
  const int bias = BiasKind(request);
  if (bias == 0 && p.activation.kind == FusedActivation::Kind::kNone) return;
  variant->launches.push_back(
      NewLaunch("matmul.cl", "matmul_finish", *request.lowering, Storage::kBuffer));
  Launch& launch = variant->launches.back();
  launch.kernel.macros["BIAS"] = std::to_string(bias);
  p.activation.SetMacros(&launch.kernel.macros);
  launch.arguments.push_back(RawOutputArgument(0));
  if (bias != 0) {
    AppendRowMajorOperand(request, 2, variant);
    const bool one = request.input(2).info.shape.elements() == 1;
    launch.arguments.push_back(int32_t{one ? 0 : 1});
  }
  const int64_t elements = p.output.elements();
  launch.arguments.push_back(static_cast<int32_t>(p.columns));
  launch.arguments.push_back(static_cast<int32_t>(elements));
  p.activation.AppendArguments(&launch.arguments);
  SetFlatSize(*request.lowering->device, static_cast<size_t>(elements), &launch);
}

}  // namespace

void LowerGemmLibrary(const GemmRequest& request, std::vector<KernelVariant>* result) {
  if (!IsExpressible(request)) return;
  KernelVariant variant = NewRowMajorVariant(request.op + "_clblast", *request.lowering);
  variant.needs_measurement = true;
  AppendCall(request, &variant);
  AppendFinish(request, &variant);
  result->push_back(std::move(variant));
}

}  // namespace mace
