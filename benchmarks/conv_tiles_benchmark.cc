// Every tile of conv2d_local, with one work-group for each tile and with shared tiles, on every
// convolution of four networks. For comparison, the op's other variants and a naive kernel. Times
// are of the device's clock. The estimates in mace/ops/conv/local_tiles.cc are made from these
// results.
//
//   tile/MODEL/SHAPE/TILE        one tile (on a CPU only the three best estimates)
//   other/MODEL/SHAPE/VARIANT    the op's other variants
//   naive/MODEL/SHAPE            one work-item for each output element
// Counters: best_us, the fastest launch; GFLOPs of the shape at that time; estimate_us, the
// variant's estimated time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/conv_bench.h"
#include "mace/ops/conv/local_tiles.h"

namespace mace {
namespace {

constexpr int kLaunches = 20;

struct Case {
  ConvBench* bench;
  std::shared_ptr<BoundShape> bound;
};

void Register(const Case& c, const std::string& name, double estimate_ms,
              const Preparation& prepare) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 MeasureDevice(state, c.bench, prepare, c.bound->flops);
                                 state.counters["estimate_us"] = estimate_ms * 1e3;
                               })
      ->UseManualTime()
      ->Iterations(c.bench->cpu() ? 1 : kLaunches)
      ->Unit(benchmark::kMicrosecond);
}

Status RegisterTiles(const Case& c, const std::string& name) {
  const LoweringRequest request = RequestOf(*c.bench, *c.bound, Storage::kBuffer);
  MACE_ASSIGN_OR_RETURN(const ConvolutionRequest bound, ConvolutionOf(*c.bound, &request));
  if (!bound.convolution.groups_aligned()) return Status::Ok();
  std::vector<LocalTile> tiles;
  for (LocalTile tile : LocalTiles()) {
    for (int split_k : SplitKChoices(bound.device(), LocalGrid(bound.convolution, tile))) {
      tile.split_k = split_k;
      if (FitsLocalTile(bound.convolution, bound.device(), tile)) tiles.push_back(tile);
    }
  }
  const auto estimate = [&](const LocalTile& tile) {
    return EstimateLocalTileMs(bound, tile, Storage::kBuffer);
  };
  std::stable_sort(tiles.begin(), tiles.end(), [&](const LocalTile& a, const LocalTile& b) {
    return estimate(a) < estimate(b);
  });
  if (c.bench->cpu() && tiles.size() > 3) tiles.resize(3);
  for (const LocalTile& tile : tiles) {
    Register(c, "tile/" + name + "/" + tile.name(), estimate(tile), [=]() -> StatusOr<Ready> {
      const LoweringRequest lowering = RequestOf(*c.bench, *c.bound, Storage::kBuffer);
      MACE_ASSIGN_OR_RETURN(const ConvolutionRequest again, ConvolutionOf(*c.bound, &lowering));
      return Prepare(c.bench, *c.bound, LowerLocalTile(again, tile, Storage::kBuffer));
    });
  }
  return Status::Ok();
}

Status RegisterShape(ConvBench* bench, const ConvShape& shape) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<BoundShape> bound, BindShape(shape));
  const Case c{bench, bound};
  const std::string name = NameOf(shape);
  MACE_RETURN_IF_ERROR(RegisterTiles(c, name));
  for (const KernelVariant& variant : AllVariants(*bench, *bound)) {
    const KernelInstance& kernel = variant.launches[0].kernel;
    if (kernel.base_name == "conv2d_local" && kernel.storage == Storage::kBuffer) continue;
    Register(c, "other/" + name + "/" + variant.name, variant.estimate_ms,
             [=] { return Prepare(bench, *bound, variant); });
  }
  Register(c, "naive/" + name, 0, [=] { return PrepareNaive(bench, *bound); });
  return Status::Ok();
}

Status RegisterAll(ConvBench* bench) {
  MACE_RETURN_IF_ERROR(bench->Open(true));
  return RegisterShapes(bench, RegisterShape);
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::RunConvBenchmarks(argc, argv, mace::RegisterAll); }
