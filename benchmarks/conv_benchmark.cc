// Every convolution of four networks, compared with a naive kernel for the same shape and with the
// device's measured peak of arithmetic.
//
//   conv/MODEL/SHAPE/VARIANT   the op's variants: on buffers, and on images except on CPUs
//   naive/MODEL/SHAPE          one work-item for each output element
//   peak                       a loop of fused multiply-adds (mace/tune/roofline_limits.h)
// Counters: GFLOPs (of the shape without padding) on average; best_GFLOPs of the fastest iteration,
// which a busy machine disturbs least; per_inference, the number of times that the shape occurs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/conv_bench.h"
#include "mace/cl/compiler.h"
#include "mace/tune/roofline_limits.h"

namespace mace {
namespace {

// Runs once to compile, then as often as the library asks.
void Measure(benchmark::State& state, ConvBench* bench, const StatusOr<Ready>& ready,
             double flops) {
  Status status = ready.status();
  const auto run = [&] {
    if (status.ok()) status = bench->queue->Launch(ready->kernel, ready->global, ready->local);
    if (status.ok()) status = bench->queue->Finish();
  };
  run();
  double best_seconds = HUGE_VAL;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best_seconds = std::min(best_seconds, seconds.count());
  }
  if (!status.ok()) {
    state.SkipWithError(status.message().c_str());
    return;
  }
  state.counters["GFLOPs"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["best_GFLOPs"] = flops * 1e-9 / best_seconds;
}

// The peak is measured in each iteration, so the reported time is that of the measurement.
void RegisterPeak(ConvBench* bench) {
  benchmark::RegisterBenchmark("peak", [=](benchmark::State& state) {
    ProgramCompiler compiler(bench->device, nullptr);
    double best = 0;
    for (auto _ : state) {
      const StatusOr<RooflineLimits> limits = FindRooflineLimits(&compiler);
      if (!limits.ok()) return state.SkipWithError(limits.status().message().c_str());
      best = std::max(best, limits->gflops);
    }
    state.counters["best_GFLOPs"] = best;
  })->UseRealTime();
}

Status RegisterShape(ConvBench* bench, const ConvShape& shape) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<BoundShape> bound, BindShape(shape));
  const std::string name = NameOf(shape);
  const std::vector<KernelVariant> kernel_variants = AllVariants(*bench, *bound);
  if (kernel_variants.empty()) return Internal(name + " has no variant");
  for (const KernelVariant& kernel_variant : kernel_variants) {
    benchmark::RegisterBenchmark(
        ("conv/" + name + "/" + kernel_variant.name).c_str(),
        [=](benchmark::State& state) {
          Measure(state, bench, Prepare(bench, *bound, kernel_variant), bound->flops);
          state.counters["per_inference"] = static_cast<double>(shape.count);
        })
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark(("naive/" + name).c_str(), [=](benchmark::State& state) {
    Measure(state, bench, PrepareNaive(bench, *bound), bound->flops);
  })->UseRealTime();
  return Status::Ok();
}

Status RegisterAll(ConvBench* bench) {
  MACE_RETURN_IF_ERROR(bench->Open(false));
  RegisterPeak(bench);
  return RegisterShapes(bench, RegisterShape);
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::RunConvBenchmarks(argc, argv, mace::RegisterAll); }
