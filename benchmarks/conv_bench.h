// Shared by the benchmarks of convolutions: a device, convolutions as ops, and kernels that can be
// launched repeatedly.
#ifndef BENCHMARKS_CONV_BENCH_H_
#define BENCHMARKS_CONV_BENCH_H_

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/conv_shapes.h"
#include "mace/cl/device.h"
#include "mace/cl/kernel.h"
#include "mace/cl/memory.h"
#include "mace/cl/program.h"
#include "mace/cl/queue.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/op.h"

namespace mace {

// The device and the programs built so far. There is one for the process.
struct ConvBench {
  std::shared_ptr<ClDevice> device;
  std::unique_ptr<ClQueue> queue;
  std::map<std::string, std::shared_ptr<ClProgram>> programs;

  // Opens the best OpenCL device. `profiling`: DeviceSeconds can be used.
  Status Open(bool profiling);
  bool cpu() const { return device->info().kind == DeviceKind::kCpu; }
  StatusOr<ClKernel> Kernel(const std::string& name, const std::string& source);
  StatusOr<ClKernel> NaiveKernel();
};

// A kernel with all its arguments set, which can be enqueued repeatedly.
struct Ready {
  ClKernel kernel;
  std::vector<ClMemory> memory;
  WorkSize global = {1, 1, 1};
  WorkSize local = {1, 1, 1};
};

// Adds a buffer of `values` (empty: zeros), stored as float or half.
Status AddFloats(ConvBench* bench, size_t elements, const std::vector<float>& values, Ready* ready,
                 Precision precision = Precision::kFloat32);
// Numbers from -0.8 to 0.8.
std::vector<float> Ramp(int64_t elements);

using Preparation = std::function<StatusOr<Ready>()>;
// Times launches by the device's clock, after a first launch that compiles. Counters: best_us, the
// fastest launch, and GFLOPs at that time. REQUIRES: a queue with profiling, UseManualTime.
void MeasureDevice(benchmark::State& state, ConvBench* bench, const Preparation& prepare,
                   double flops);

// The seconds of one launch on the device. REQUIRES: a queue with profiling.
StatusOr<double> DeviceSeconds(ConvBench* bench, const Ready& ready);

// A convolution as an op, with its constants.
struct BoundShape {
  ConvShape shape;
  std::shared_ptr<const Op> op;
  HostTensor filter;
  HostTensor bias;
  std::vector<OpInput> inputs;
  std::vector<TensorInfo> outputs;
  double flops = 0;
};
StatusOr<std::shared_ptr<BoundShape>> BindShape(const ConvShape& shape);

// "resnet50/56x56_64_64_k3x3_s1_g1": input extent, input and output channels, kernel, stride,
// groups. If the batch is not 1, "_b16" or so is appended.
std::string NameOf(const ConvShape& shape);

// The lowering request in float32 without TF32.
LoweringRequest RequestOf(const ConvBench& bench, const BoundShape& bound, Storage storage);
// The request that the op makes for the same convolution.
StatusOr<ConvolutionRequest> ConvolutionOf(const BoundShape& bound, const LoweringRequest* request);
// The variants with a single launch: on buffers, and on images if the device does not emulate them.
std::vector<KernelVariant> AllVariants(const ConvBench& bench, const BoundShape& bound);

// Prepares a variant. x and residual hold a ramp (images: zeros), without padding in their pitch.
// REQUIRES: the variant has one launch.
StatusOr<Ready> Prepare(ConvBench* bench, const BoundShape& bound, const KernelVariant& variant);
// Prepares the naive kernel: one work-item for each output element.
StatusOr<Ready> PrepareNaive(ConvBench* bench, const BoundShape& bound);

// Calls `register_shape` for the shapes of conv_shapes.h, on a GPU with the large ones.
Status RegisterShapes(ConvBench* bench, Status (*register_shape)(ConvBench*, const ConvShape&));

// A benchmark's main: opens the device in `register_all`, which makes the benchmarks, and runs
// them.
int RunConvBenchmarks(int argc, char** argv, Status (*register_all)(ConvBench*));

}  // namespace mace

#endif  // BENCHMARKS_CONV_BENCH_H_
