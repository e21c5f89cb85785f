// What the benchmarks of convolutions have in common: a device, convolutions bound to it, and
// kernels ready to be launched again and again.
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

// The device and the programs built so far; one for the process.
struct ConvBench {
  std::shared_ptr<ClDevice> device;
  std::unique_ptr<ClQueue> queue;
  std::map<std::string, std::shared_ptr<ClProgram>> programs;

  // The best OpenCL device. `profiling`: DeviceSeconds works.
  Status Open(bool profiling);
  bool cpu() const { return device->info().kind == DeviceKind::kCpu; }
  StatusOr<ClKernel> Kernel(const std::string& name, const std::string& source);
  StatusOr<ClKernel> NaiveKernel();
};

// A kernel with its arguments, ready to be enqueued again and again.
struct Ready {
  ClKernel kernel;
  std::vector<ClMemory> memory;
  WorkSize global = {1, 1, 1};
  WorkSize local = {1, 1, 1};
};

// Adds a buffer of `values`, or of zeros where there are none, as floats or halves.
Status AddFloats(ConvBench* bench, size_t elements, const std::vector<float>& values, Ready* ready,
                 Precision precision = Precision::kFloat32);
// Numbers from -0.8 to 0.8.
std::vector<float> Ramp(int64_t elements);

using Preparation = std::function<StatusOr<Ready>()>;
// Times launches by the device's own clock, after one that compiles; counters best_us, the fastest,
// and GFLOPs at that. REQUIRES: a queue with profiling, UseManualTime.
void MeasureDevice(benchmark::State& state, ConvBench* bench, const Preparation& prepare,
                   double flops);

// Seconds that one launch took on the device. REQUIRES: a queue with profiling.
StatusOr<double> DeviceSeconds(ConvBench* bench, const Ready& ready);

// A convolution as an op with its constants.
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

// "resnet50/56x56_64_64_k3x3_s1_g1": input extent, channels in and out, kernel, stride, groups;
// "_b16" behind it where the batch is not 1.
std::string NameOf(const ConvShape& shape);

// In float32, without TF32.
LoweringRequest RequestOf(const ConvBench& bench, const BoundShape& bound, Storage storage);
// The convolution that the op binds from the same shape.
StatusOr<ConvolutionRequest> ConvolutionOf(const BoundShape& bound, const LoweringRequest* request);
// The variants of one launch on buffers, and on images where these are no emulation.
std::vector<KernelVariant> AllVariants(const ConvBench& bench, const BoundShape& bound);

// Tensors are tight; x and residual hold a ramp, of images zeros. REQUIRES: one launch.
StatusOr<Ready> Prepare(ConvBench* bench, const BoundShape& bound, const KernelVariant& variant);
// One work-item for each output element.
StatusOr<Ready> PrepareNaive(ConvBench* bench, const BoundShape& bound);

// Calls `register_shape` for the shapes of conv_shapes.h, on a GPU with the large ones.
Status RegisterShapes(ConvBench* bench, Status (*register_shape)(ConvBench*, const ConvShape&));

// A benchmark's main: opens the device in `register_all`, which makes the benchmarks, and runs
// them.
int RunConvBenchmarks(int argc, char** argv, Status (*register_all)(ConvBench*));

}  // namespace mace

#endif  // BENCHMARKS_CONV_BENCH_H_
