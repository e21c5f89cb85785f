// Each depthwise convolution of MobileNetV2 fused with the pointwise one that reads it, in every
// tile of conv2d_local (fp32) and conv2d_tensor (TF32, half). For comparison, the two convolutions
// apart, in their best-estimated variants. Times are of the device's clock. The estimates of taps
// in mace/ops/conv/local_tiles.cc and tensor_tiles.cc are made from these results.
//
//   fused/PRECISION/SHAPE/TILE         one tile
//   separate/PRECISION/SHAPE/VARIANT   the depthwise or the pointwise convolution alone
// Counters: best_us, the fastest launch; estimate_us. On CPU devices, where the two are never
// fused, nothing runs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/conv_bench.h"
#include "mace/ops/conv/local_tiles.h"
#include "mace/ops/conv/tensor_tiles.h"

namespace mace {
namespace {

constexpr int kLaunches = 20;

struct Mode {
  const char* name;
  Precision precision;
  bool tf32;
};
constexpr Mode kModes[] = {{"fp32", Precision::kFloat32, false},
                           {"tf32", Precision::kFloat32, true},
                           {"fp16", Precision::kFloat16, true}};

// The two convolutions, the requests for their variants, and the operands of the fused kernel.
struct Case {
  ConvBench* bench;
  std::shared_ptr<BoundShape> depthwise_bound, pointwise_bound;
  BoundShape bound;
  LoweringRequest depthwise_lowering, pointwise_lowering;
  ConvolutionRequest depthwise, pointwise, fused;  // Point to the requests, which must not move.
};

StatusOr<std::shared_ptr<const Case>> MakeCase(ConvBench* bench, const ConvShape& depthwise,
                                               const ConvShape& pointwise, const Mode& mode) {
  auto made = std::make_shared<Case>();
  made->bench = bench;
  MACE_ASSIGN_OR_RETURN(made->depthwise_bound, BindShape(depthwise));
  MACE_ASSIGN_OR_RETURN(made->pointwise_bound, BindShape(pointwise));
  made->depthwise_lowering = RequestOf(*bench, *made->depthwise_bound, Storage::kBuffer);
  made->pointwise_lowering = RequestOf(*bench, *made->pointwise_bound, Storage::kBuffer);
  for (LoweringRequest* request : {&made->depthwise_lowering, &made->pointwise_lowering}) {
    request->precision = mode.precision;
    request->allow_tf32 = mode.tf32;
  }
  MACE_ASSIGN_OR_RETURN(made->depthwise,
                        ConvolutionOf(*made->depthwise_bound, &made->depthwise_lowering));
  MACE_ASSIGN_OR_RETURN(made->pointwise,
                        ConvolutionOf(*made->pointwise_bound, &made->pointwise_lowering));
  made->fused = made->pointwise;
  made->fused.depthwise = &made->depthwise;
  made->bound.inputs = made->depthwise_bound->inputs;
  made->bound.outputs = made->pointwise_bound->outputs;
  made->bound.flops = made->depthwise_bound->flops + made->pointwise_bound->flops;
  return std::shared_ptr<const Case>(std::move(made));
}

using Lowerer = std::function<KernelVariant(const Case&)>;

// REQUIRES: `bound` belongs to the case.
void Register(const std::shared_ptr<const Case>& c, const BoundShape* bound,
              const std::string& name, const Lowerer& lower) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 KernelVariant variant = lower(*c);
                                 SetPrecision(c->pointwise_lowering, &variant);
                                 const auto prepare = [&] {
                                   return Prepare(c->bench, *bound, variant);
                                 };
                                 MeasureDevice(state, c->bench, prepare, bound->flops);
                                 state.counters["estimate_us"] = 1e3 * variant.estimate_ms;
                               })
      ->UseManualTime()
      ->Iterations(kLaunches)
      ->Unit(benchmark::kMicrosecond);
}

void RegisterSeparate(const std::shared_ptr<const Case>& c, const std::string& name) {
  const auto best = [](const ConvolutionRequest& request) {
    std::vector<KernelVariant> variants = LowerConvolution(request);
    const auto better = [](const KernelVariant& a, const KernelVariant& b) {
      return a.estimate_ms < b.estimate_ms;
    };
    return *std::min_element(variants.begin(), variants.end(), better);
  };
  for (bool depthwise : {true, false}) {
    const Lowerer lower = [=](const Case& of) {
      return best(depthwise ? of.depthwise : of.pointwise);
    };
    Register(c, (depthwise ? c->depthwise_bound : c->pointwise_bound).get(),
             "separate/" + name + "/" + lower(*c).name, lower);
  }
}

void RegisterFused(const std::shared_ptr<const Case>& c, const std::string& name, bool tensor) {
  if (!tensor) {
    for (LocalTile tile : LocalTiles()) {
      const TileGrid grid = LocalGrid(c->fused.convolution, tile);
      for (int split_k : SplitKChoices(c->fused.device(), grid)) {
        tile.split_k = split_k;
        if (!FitsLocalTile(c->fused.convolution, c->fused.device(), tile)) continue;
        Register(c, &c->bound, "fused/" + name + "/" + tile.name(),
                 [=](const Case& of) { return LowerLocalTile(of.fused, tile, Storage::kBuffer); });
      }
    }
    return;
  }
  for (TensorTile tile : TensorTiles()) {
    for (int split_k : SplitKChoices(c->fused.device(), TensorGrid(c->fused, tile))) {
      tile.split_k = split_k;
      if (!FitsTensorTile(c->fused, tile)) continue;
      Register(c, &c->bound, "fused/" + name + "/" + tile.name(),
               [=](const Case& of) { return LowerTensorTile(of.fused, tile); });
    }
  }
}

// In the list, a depthwise convolution precedes the pointwise ones that read it.
Status RegisterAll(ConvBench* bench) {
  MACE_RETURN_IF_ERROR(bench->Open(true));
  if (bench->cpu()) return Status::Ok();
  const ConvShape* depthwise = nullptr;
  for (const ConvShape& shape : kConvShapes) {
    if (shape.groups > 1) depthwise = &shape;
    if (shape.groups > 1 || depthwise == nullptr || shape.kernel_h != 1 ||
        shape.in_channels != depthwise->out_channels) {
      continue;
    }
    for (const Mode& mode : kModes) {
      const bool tensor = mode.tf32;
      if (tensor && !HasTensorCores(bench->device->info())) continue;
      MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Case> c,
                            MakeCase(bench, *depthwise, shape, mode));
      const std::string name = std::string(mode.name) + "/" + NameOf(*depthwise) + "_o" +
                               std::to_string(shape.out_channels);
      RegisterSeparate(c, name);
      RegisterFused(c, name, tensor);
    }
  }
  return Status::Ok();
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::RunConvBenchmarks(argc, argv, mace::RegisterAll); }
