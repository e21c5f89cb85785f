// Every tile of conv2d_tensor with every number of work-groups that share it, on the convolutions
// of four networks and on large ones, in TF32 and half. For comparison, loops that only multiply in
// registers. Times are of the device's clock. The estimates in mace/ops/conv/tensor_tiles.cc are
// made from these results.
//
//   peak/PRECISION                      multiplications only
//   tensor/PRECISION/MODEL/SHAPE/TILE   one tile
// Counters: best_us, the fastest launch (an empty one takes 5 us on an NVIDIA H100); GFLOPs at that
// time; estimate_us. On a device without tensor cores one small shape runs, in plain OpenCL C.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>

#include "benchmarks/conv_bench.h"
#include "mace/ops/conv/tensor_tiles.h"

namespace mace {
namespace {

constexpr int kLaunches = 20;

// Sixteen sums for each warp, which do not depend on one another.
constexpr char kPeak[] = R"(
__kernel void NAME(__global float* y, int steps) {
  const int item = get_global_id(0);
  const uint operand = OPERAND(0.1f + 0.001f * (item % 97));
  float sum[16][4];
#pragma unroll
  for (int j = 0; j < 16; ++j) sum[j][0] = sum[j][1] = sum[j][2] = sum[j][3] = item;
  for (int step = 0; step < steps; ++step) {
#pragma unroll
    for (int j = 0; j < 16; ++j) {
      asm volatile(MULTIPLY " {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%4, %4}, {%0, %1, %2, %3};"
                   : "+f"(sum[j][0]), "+f"(sum[j][1]), "+f"(sum[j][2]), "+f"(sum[j][3])
                   : "r"(operand));
    }
  }
  float total = 0.0f;
#pragma unroll
  for (int j = 0; j < 16; ++j) total += sum[j][0] + sum[j][1] + sum[j][2] + sum[j][3];
  y[item] = total;
}
)";

const char* PrecisionName(Precision precision) {
  return precision == Precision::kFloat16 ? "fp16" : "tf32";
}

// The loop's source, and the multiply-adds of a warp in one step.
struct Peak {
  std::string source;
  double products;

  explicit Peak(Precision precision) {
    const bool half = precision == Precision::kFloat16;
    products = 16.0 * 16 * 8 * (half ? 16 : 8);
    source = "#define NAME peak_" + std::string(PrecisionName(precision)) + "\n" +
             (half ? "#define OPERAND(v) (as_uint(v) >> 16 & 0x3FFu) * 0x10001u + 0x2C002C00u\n"
                     "#define MULTIPLY \"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32\"\n"
                   : "#define OPERAND(v) as_uint(v) & ~0x1FFFu\n"
                     "#define MULTIPLY \"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32\"\n") +
             kPeak;
  }
};

void RegisterPeak(ConvBench* bench, Precision precision) {
  constexpr int kSteps = 2000;
  constexpr size_t kItems = 256;
  const Peak peak(precision);
  const size_t groups = 4 * bench->device->info().compute_units;
  const double flops = 2 * peak.products * kSteps * static_cast<double>(groups * kItems / 32);
  benchmark::RegisterBenchmark(
      (std::string("peak/") + PrecisionName(precision)).c_str(),
      [=](benchmark::State& state) {
        const auto prepare = [&]() -> StatusOr<Ready> {
          Ready ready;
          MACE_ASSIGN_OR_RETURN(
              ready.kernel,
              bench->Kernel(std::string("peak_") + PrecisionName(precision), peak.source));
          MACE_RETURN_IF_ERROR(AddFloats(bench, groups * kItems, {}, &ready));
          MACE_RETURN_IF_ERROR(ready.kernel.AddInt(kSteps));
          ready.global = {groups * kItems, 1, 1};
          ready.local = {kItems, 1, 1};
          return ready;
        };
        MeasureDevice(state, bench, prepare, flops);
      })
      ->UseManualTime()
      ->Iterations(kLaunches)
      ->Unit(benchmark::kMicrosecond);
}

// A convolution and the request for its variants.
struct Case {
  ConvBench* bench;
  std::shared_ptr<BoundShape> bound;
  LoweringRequest lowering;
  ConvolutionRequest request;  // Points to `lowering`, which must not move.
};

StatusOr<std::shared_ptr<const Case>> MakeCase(ConvBench* bench,
                                               const std::shared_ptr<BoundShape>& bound,
                                               Precision precision) {
  auto made = std::make_shared<Case>();
  made->bench = bench;
  made->bound = bound;
  made->lowering = RequestOf(*bench, *bound, Storage::kBuffer);
  made->lowering.precision = precision;
  made->lowering.allow_tf32 = true;
  MACE_ASSIGN_OR_RETURN(made->request, ConvolutionOf(*bound, &made->lowering));
  return std::shared_ptr<const Case>(std::move(made));
}

void RegisterTile(const std::shared_ptr<const Case>& c, const TensorTile& tile) {
  const std::string name = std::string("tensor/") + PrecisionName(c->lowering.precision) + "/" +
                           NameOf(c->bound->shape) + "/" + tile.name();
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 const auto prepare = [&] {
                                   KernelVariant variant = LowerTensorTile(c->request, tile);
                                   SetPrecision(c->lowering, &variant);
                                   return Prepare(c->bench, *c->bound, variant);
                                 };
                                 MeasureDevice(state, c->bench, prepare, c->bound->flops);
                                 state.counters["estimate_us"] =
                                     1e3 * EstimateTensorTileMs(c->request, tile);
                               })
      ->UseManualTime()
      ->Iterations(kLaunches)
      ->Unit(benchmark::kMicrosecond);
}

// Registers all tiles of the shape, or the first `most` of them.
Status RegisterShape(ConvBench* bench, const ConvShape& shape, size_t most) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<BoundShape> bound, BindShape(shape));
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Case> c, MakeCase(bench, bound, precision));
    if (!c->request.convolution.groups_aligned()) continue;
    size_t count = 0;
    for (TensorTile tile : TensorTiles()) {
      for (int split_k : SplitKChoices(bench->device->info(), TensorGrid(c->request, tile))) {
        tile.split_k = split_k;
        if (FitsTensorTile(c->request, tile) && count++ < most) RegisterTile(c, tile);
      }
    }
  }
  return Status::Ok();
}

Status RegisterAll(ConvBench* bench) {
  MACE_RETURN_IF_ERROR(bench->Open(true));
  if (!HasTensorCores(bench->device->info())) {
    std::fprintf(stderr, "%s has no tensor cores: one shape in plain OpenCL C\n",
                 bench->device->info().name.c_str());
    return RegisterShape(bench, {"squeezenet1_1", 13, 48, 192, 1, 1, 1, 1, 1, 2}, 1);
  }
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    RegisterPeak(bench, precision);
  }
  for (const ConvShape& shape : kLargeConvShapes) {
    MACE_RETURN_IF_ERROR(RegisterShape(bench, shape, SIZE_MAX));
  }
  for (const ConvShape& shape : kConvShapes) {
    MACE_RETURN_IF_ERROR(RegisterShape(bench, shape, SIZE_MAX));
  }
  return Status::Ok();
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::RunConvBenchmarks(argc, argv, mace::RegisterAll); }
