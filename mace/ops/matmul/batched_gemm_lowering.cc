// <op>_row_major and <op>_blocks: see matmul.cl.
#include <algorithm>
#include <cmath>
#include <utility>

#include "mace/base/divide.h"
#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"

namespace mace {
namespace {

// Numbers of a table travel as floats, which hold integers up to here.
constexpr int64_t kMaxExact = int64_t{1} << 24;

void AppendInts(const std::vector<int64_t>& values, Launch* launch) {
  for (int64_t value : values) launch->arguments.push_back(static_cast<int32_t>(value));
}

// Each offset is its index times the second one.
bool IsLinear(const std::vector<int64_t>& offsets) {
  for (size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] != static_cast<int64_t>(i) * offsets[1]) return false;
  }
  return true;
}

// The parameters of matmul.cl that say which matrices are multiplied.
struct BatchArguments {
  bool table = false;
  int64_t a_step = 0, b_step = 0;
  PackedWeights packed;
};

// False where a number of the table is above what floats hold.
bool MakeBatchArguments(const GemmRequest& request, BatchArguments* arguments) {
  const BatchedGemm& p = request.gemm;
  BatchOffsets offsets = OffsetsOf(request);
  for (int64_t& offset : offsets.a) offset /= p.rows * p.depth;
  for (int64_t& offset : offsets.b) offset /= p.depth * p.columns;
  const auto steps = [](const std::vector<int64_t>& of) { return of.size() > 1 ? of[1] : 0; };
  arguments->table = !IsLinear(offsets.a) || !IsLinear(offsets.b) ||
                     std::any_of(offsets.bias.begin(), offsets.bias.end(),
                                 [](int64_t offset) { return offset != 0; });
  arguments->a_step = steps(offsets.a);
  arguments->b_step = steps(offsets.b);
  if (!arguments->table) return true;
  std::vector<float> numbers;
  for (size_t i = 0; i < offsets.a.size(); ++i) {
    for (int64_t number : {offsets.a[i], offsets.b[i], offsets.bias[i]}) {
      if (number > kMaxExact) return false;
      numbers.push_back(static_cast<float>(number));
    }
  }
  arguments->packed.name = "batch";
  arguments->packed.elements = numbers.size();
  arguments->packed.keep_float32 = true;
  arguments->packed.pack = [numbers](float* to) -> Status {
    std::copy(numbers.begin(), numbers.end(), to);
    return Status();
  };
  arguments->packed.identity =
      PackingIdentity("numbers", std::vector<int64_t>(numbers.begin(), numbers.end()), {});
  return true;
}

void AppendBatch(BatchArguments batch, KernelVariant* variant) {
  if (batch.table) {
    AppendWeights(std::move(batch.packed), variant);
  } else {
    AppendInts({batch.a_step, batch.b_step}, &variant->launches.back());
  }
}

double Products(const BatchedGemm& p) {
  return static_cast<double>(p.matrices()) * static_cast<double>(p.rows) *
         static_cast<double>(p.columns) * static_cast<double>(p.depth);
}

// On a GPU, which takes `times` as long as its peak would let it. Each work-item adds up its sum
// element by element and waits for the loads of each, however few work-items there are.
double EstimateGpuMs(const BatchedGemm& p, const DeviceInfo& device, double times) {
  // An NVIDIA H100 takes 0.145 ms for one row of 1280 elements by 1000 columns.
  constexpr double kElementCycles = 220;
  return std::max(times * ProductsMs(device, Products(p)),
                  static_cast<double>(p.depth) * kElementCycles / CyclesPerMs(device));
}

std::map<std::string, std::string> CommonMacros(const GemmRequest& request, bool table) {
  const BatchedGemm& p = request.gemm;
  std::map<std::string, std::string> macros = {{"TRANSPOSE_A", p.transpose_a ? "1" : "0"},
                                               {"TRANSPOSE_B", p.transpose_b ? "1" : "0"},
                                               {"TABLE", table ? "1" : "0"}};
  p.activation.SetMacros(&macros);
  return macros;
}

// Elements of the bias between neighbouring rows and columns of the output.
std::vector<int64_t> BiasSteps(const GemmRequest& request) {
  const BatchedGemm& p = request.gemm;
  const BroadcastStrides strides = StridesOf(request.input(2).info.shape, p.output, 1);
  const size_t batch_axes = static_cast<size_t>(p.batch.rank());
  const bool has_rows = request.input(0).info.shape.rank() > 1;
  const bool has_columns = request.input(1).info.shape.rank() > 1;
  return {has_rows ? strides[batch_axes] : 0,
          has_columns ? strides[batch_axes + (has_rows ? 1 : 0)] : 0};
}

// The product that matmul_blocks computes. Its operands are matrices [width][channels]; `a` is
// input a_input of the op, `b` input b_input.
struct BlockGemm {
  BatchedGemm gemm;
  size_t a_input = 0, b_input = 1;
};

// If b is a single column, the output's rows would be its channels. The transposed product b^T *
// a^T gives a row instead.
BlockGemm TransposeColumn(const GemmRequest& request) {
  BlockGemm block_gemm;
  block_gemm.gemm = request.gemm;
  if (request.input(1).info.shape.rank() > 1) return block_gemm;
  BatchedGemm& p = block_gemm.gemm;
  std::swap(block_gemm.a_input, block_gemm.b_input);
  std::swap(p.rows, p.columns);
  std::swap(p.a_stride, p.b_stride);
  p.transpose_b = !request.gemm.transpose_a;
  p.transpose_a = false;
  return block_gemm;
}

// The operand in the place of a or b, as TENSOR_IN or as packed weights with their extents.
void AppendBlockOperand(const OpInput& input, int index, KernelVariant* variant) {
  if (input.constant == nullptr) {
    variant->launches.back().arguments.push_back(InputArgument(index));
    return;
  }
  PackedWeights weights = PackChannels4(index == 0 ? "a" : "b", *input.constant);
  weights.keep_float32 = false;
  AppendWeights(std::move(weights), variant);
  const Nhwc view = AsNhwc(input.info.shape);
  AppendInts({view.w, view.blocks()}, &variant->launches.back());
}

// The bias of matmul_blocks: a constant with a value for each channel of the output, or one.
bool IsChannelBias(const GemmRequest& request, int64_t channels) {
  if (!request.biased()) return true;
  const OpInput& bias = request.input(2);
  const int64_t elements = bias.info.shape.elements();
  return bias.constant != nullptr &&
         (elements == 1 || (elements == channels && bias.info.shape.back(0) == channels));
}

// A variant over row-major buffers with the arguments of `matmul` and `matmul_local`.
KernelVariant NewRowMajorGemm(const GemmRequest& request, const char* suffix, const char* kernel,
                              BatchArguments batch) {
  const BatchedGemm& p = request.gemm;
  const int bias = BiasKind(request);
  KernelVariant variant = NewRowMajorVariant(request.op + suffix, *request.lowering);
  variant.launches.push_back(NewLaunch("matmul.cl", kernel, *request.lowering, Storage::kBuffer));
  std::map<std::string, std::string>& macros = variant.launches.back().kernel.macros;
  macros = CommonMacros(request, batch.table);
  macros["BIAS"] = std::to_string(bias);
  macros["TAPS"] = p.taps > 1 ? "1" : "0";
  AppendRowMajorOperand(request, 0, &variant);
  AppendRowMajorOperand(request, 1, &variant);
  if (bias != 0) AppendRowMajorOperand(request, 2, &variant);
  variant.launches.back().arguments.push_back(RawOutputArgument(0));
  AppendInts({p.rows, p.columns, p.depth, p.matrices()}, &variant.launches.back());
  AppendBatch(std::move(batch), &variant);
  Launch& launch = variant.launches.back();
  if (bias != 0) AppendInts(BiasSteps(request), &launch);
  if (p.taps > 1) AppendInts({p.depth / p.taps, p.taps}, &launch);
  p.activation.AppendArguments(&launch.arguments);
  return variant;
}

// Groups of matmul_local, each of which goes `steps` times from a fetch to its products.
double EstimateLocalMs(const DeviceInfo& device, double groups, double steps) {
  constexpr double kLatency = 700, kStartAndEnd = 1500;  // Cycles.
  constexpr double kItems = 256, kProducts = 16 * 16 * 1.3, kLoads = 8;
  const GpuUnit unit = GpuUnitOf(device);
  const double busy = kItems * (kProducts + kLoads * unit.buffer_load) / unit.products_per_cycle;
  const double groups_of_a_unit = std::ceil(groups / unit.units);
  return (steps * std::hypot(groups_of_a_unit * busy, kLatency) + kStartAndEnd) /
         CyclesPerMs(device);
}

}  // namespace

void LowerGemmRowMajor(const GemmRequest& request, std::vector<KernelVariant>* result) {
  const BatchedGemm& p = request.gemm;
  BatchArguments batch;
  if (!FitsInt32(request) || !MakeBatchArguments(request, &batch)) return;
  const DeviceInfo& device = *request.lowering->device;
  const bool cpu = device.kind == DeviceKind::kCpu;
  const int64_t lanes = cpu && p.columns >= 16 ? 16 : 4;
  const int64_t rows = cpu ? 8 : 4;
  KernelVariant variant = NewRowMajorGemm(request, "_row_major", "matmul", std::move(batch));
  Launch& launch = variant.launches.back();
  launch.kernel.macros["LANES"] = std::to_string(lanes);
  launch.kernel.macros["ROWS"] = std::to_string(rows);
  if (request.biased()) {
    const bool is_row = BiasSteps(request) == std::vector<int64_t>{0, 1};
    launch.kernel.macros["BIAS_ROW"] = is_row ? "1" : "0";
  }
  SetWorkSizes(device, {CeilDivide(p.columns, lanes), CeilDivide(p.rows, rows), p.matrices()},
               &launch);
  // A processor gathers the lanes of a transposed b one by one.
  const double times = lanes == 16 && !p.transpose_b ? 3 : 20;
  variant.estimate_ms =
      cpu ? times * ProductsMs(device, Products(p)) : EstimateGpuMs(p, device, 130);
  result->push_back(std::move(variant));
}

void LowerGemmLocal(const GemmRequest& request, std::vector<KernelVariant>* result) {
  constexpr int64_t kTile = 64;
  constexpr size_t kItems = 256, kLocalBytes = 2 * 16 * (kTile + 4) * sizeof(float);
  const BatchedGemm& p = request.gemm;
  const DeviceInfo& device = *request.lowering->device;
  BatchArguments batch;
  if (device.kind == DeviceKind::kCpu || device.local_memory_is_emulated || p.taps > 1 ||
      device.max_work_group_size < kItems || device.max_work_item_sizes[0] < kItems ||
      device.local_memory_bytes < kLocalBytes || !FitsInt32(request) ||
      !MakeBatchArguments(request, &batch)) {
    return;
  }
  KernelVariant variant = NewRowMajorGemm(request, "_local", "matmul_local", std::move(batch));
  Launch& launch = variant.launches.back();
  const int64_t tiles = CeilDivide(p.rows, kTile) * CeilDivide(p.columns, kTile);
  launch.local = {kItems, 1, 1};
  launch.global = {static_cast<size_t>(tiles) * kItems, static_cast<size_t>(p.matrices()), 1};
  variant.estimate_ms = EstimateLocalMs(device, static_cast<double>(tiles * p.matrices()),
                                        static_cast<double>(CeilDivide(p.depth, 16)));
  result->push_back(std::move(variant));
}

void LowerGemmBlocks(const GemmRequest& request, std::vector<KernelVariant>* result) {
  const BlockGemm block_gemm = TransposeColumn(request);
  const BatchedGemm& p = block_gemm.gemm;
  GemmRequest blocks = request;
  blocks.gemm = p;
  BatchArguments batch;
  if (p.taps > 1 || !CanLower(*request.lowering) || !FitsInt32(request) ||
      !IsChannelBias(request, p.columns)) {
    return;
  }
  // The offsets of a bias are those of `request`; a channel bias has none.
  if (!MakeBatchArguments(blocks, &batch)) return;
  const DeviceInfo& device = *request.lowering->device;
  const Storage storage = StorageWithinLimits(*request.lowering);
  const OpInput& a = request.input(block_gemm.a_input);
  const OpInput& b = request.input(block_gemm.b_input);
  KernelVariant variant = NewVariant(request.op + "_blocks", *request.lowering, storage);
  variant.launches.push_back(NewLaunch("matmul.cl", "matmul_blocks", *request.lowering, storage));
  std::map<std::string, std::string>& macros = variant.launches.back().kernel.macros;
  macros = CommonMacros(blocks, batch.table);
  macros["BIAS"] = request.biased() ? "1" : "0";
  macros["A_CONSTANT"] = a.constant != nullptr ? "1" : "0";
  macros["B_CONSTANT"] = b.constant != nullptr ? "1" : "0";
  AppendBlockOperand(a, static_cast<int>(block_gemm.a_input), &variant);
  AppendBlockOperand(b, static_cast<int>(block_gemm.b_input), &variant);
  Launch& launch = variant.launches.back();
  launch.arguments.push_back(OutputArgument(0));
  if (request.biased()) {
    AppendWeights(PackChannelVector("bias", *request.input(2).constant, p.columns), &variant);
  }
  AppendInts({p.rows, p.columns, p.depth, p.matrices()}, &launch);
  AppendBatch(std::move(batch), &variant);
  p.activation.AppendArguments(&launch.arguments);
  SetWorkSizes(device, {(p.columns + 3) / 4, (p.rows + 3) / 4, p.matrices()}, &launch);
  const bool image = storage == Storage::kImage;
  const bool cpu = device.kind == DeviceKind::kCpu;
  variant.estimate_ms = cpu ? ProductsMs(device, Products(p)) * (image ? 400 : 40)
                            : EstimateGpuMs(p, device, image ? 100 : 165);
  result->push_back(std::move(variant));
}

}  // namespace mace
