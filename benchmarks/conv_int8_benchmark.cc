// int8 convolutions and the same ones in float32, on the shapes of four networks, timed by the
// device's clock. This shows what integer kernels gain on a device.
//
//   float32/MODEL/SHAPE   conv2d_tiled or conv2d_depthwise, the usual float kernels of CPUs
//   int8/MODEL/SHAPE      conv2d_int8 or depthwise_int8
// Counters: best_us, the fastest launch; GFLOPs at that time, where a multiply-add counts as two.
// On a device for which the planner does not use integer kernels, they multiply bytes in plain
// OpenCL C.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "benchmarks/conv_bench.h"
#include "mace/ops/conv/int8_lowering.h"

namespace mace {
namespace {

constexpr int kLaunches = 30;
constexpr float kScale = 1.0f / 128;

struct Case {
  std::shared_ptr<BoundShape> bound;
  DeviceInfo device;
  LoweringRequest lowering;
  ConvolutionRequest request;  // Points to `lowering`, which must not move.
};

// Whole numbers from -100 to 100, times the scale.
HostTensor Int8Filter(const Shape& shape) {
  HostTensor filter = *HostTensor::Allocate({DType::kFloat32, shape});
  for (int64_t i = 0; i < shape.elements(); ++i) {
    filter.f32()[i] = static_cast<float>(i * 37 % 201 - 100) * kScale;
  }
  return filter;
}

StatusOr<std::shared_ptr<const Case>> MakeCase(ConvBench* bench, const ConvShape& shape) {
  auto made = std::make_shared<Case>();
  MACE_ASSIGN_OR_RETURN(made->bound, BindShape(shape));
  made->device = bench->device->info();
  if (made->device.byte_products == ByteProducts::kNone) {
    made->device.byte_products = ByteProducts::kPlain;
  }
  made->lowering = RequestOf(*bench, *made->bound, Storage::kBuffer);
  made->lowering.device = &made->device;
  MACE_ASSIGN_OR_RETURN(made->request, ConvolutionOf(*made->bound, &made->lowering));
  made->request.weights.filter = [shape = made->bound->filter.shape()] {
    return Int8Filter(shape);
  };
  return std::shared_ptr<const Case>(std::move(made));
}

StatusOr<KernelVariant> LowerCase(const Case& c, bool int8) {
  ConvolutionRequest request = c.request;
  std::vector<KernelVariant> variants;
  if (int8) {
    request.convolution.int8 = Int8Convolution{{kScale, 128}, {1, 0}, kScale};
    LowerInt8(request, &variants);
  } else {
    request.convolution.activation = request.convolution.activation.AsClamp();
    if (request.convolution.depthwise()) {
      LowerDepthwise(request, Storage::kBuffer, &variants);
    } else {
      LowerTiled(request, &variants);
    }
  }
  if (variants.empty()) return Unsupported("no kernel for " + NameOf(c.bound->shape));
  SetPrecision(c.lowering, &variants.front());
  return std::move(variants.front());
}

void Register(ConvBench* bench, const std::shared_ptr<const Case>& c, bool int8) {
  const std::string name = (int8 ? "int8/" : "float32/") + NameOf(c->bound->shape);
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 const auto prepare = [&]() -> StatusOr<Ready> {
                                   MACE_ASSIGN_OR_RETURN(const KernelVariant variant,
                                                         LowerCase(*c, int8));
                                   return Prepare(bench, *c->bound, variant);
                                 };
                                 MeasureDevice(state, bench, prepare, c->bound->flops);
                               })
      ->UseManualTime()
      ->Iterations(kLaunches)
      ->Unit(benchmark::kMicrosecond);
}

Status RegisterAll(ConvBench* bench) {
  MACE_RETURN_IF_ERROR(bench->Open(true));
  for (const ConvShape& shape : kConvShapes) {
    MACE_ASSIGN_OR_RETURN(const std::shared_ptr<const Case> c, MakeCase(bench, shape));
    for (const bool int8 : {false, true}) Register(bench, c, int8);
  }
  return Status::Ok();
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::RunConvBenchmarks(argc, argv, mace::RegisterAll); }
