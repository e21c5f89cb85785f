// Every convolution of four networks, beside a naive kernel on the same shape and beside the
// device's measured arithmetic peak.
//
//   conv/MODEL/SHAPE/VARIANT   the variants of the op, buffers
//   naive/MODEL/SHAPE          one work-item for each output element
//   peak                       a loop of fused multiply-adds
// Counters: GFLOPs (of the shape, not of the padding) on average and best_GFLOPs of the fastest
// iteration, which a busy machine disturbs least; per_inference, how often the shape occurs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
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
#include "mace/ops/op.h"
#include "mace/plan/plan.h"

namespace mace {
namespace {

constexpr char kPlainKernels[] = R"(
__kernel void naive(__global const float* x, __global const float* filter, __global float* y,
                    int in_h, int in_w, int in_channels, int out_w, int out_channels,
                    int kernel_h, int kernel_w, int stride, int pad_h, int pad_w, int depth) {
  const int o = get_global_id(0), ow = get_global_id(1), oh = get_global_id(2);
  const int first = o / (out_channels / (in_channels / depth)) * depth;
  float sum = 0.0f;
  for (int kh = 0; kh < kernel_h; ++kh) {
    for (int kw = 0; kw < kernel_w; ++kw) {
      const int h = oh * stride - pad_h + kh, w = ow * stride - pad_w + kw;
      if (h < 0 || w < 0 || h >= in_h || w >= in_w) continue;
      for (int i = 0; i < depth; ++i) {
        sum += x[(h * in_w + w) * in_channels + first + i] *
               filter[((o * depth + i) * kernel_h + kh) * kernel_w + kw];
      }
    }
  }
  y[(oh * out_w + ow) * out_channels + o] = sum;
}
__kernel void peak(__global float* y, int steps, float factor) {
  const int item = get_global_id(0);
  VECTOR sum[16];
  for (int i = 0; i < 16; ++i) sum[i] = (VECTOR)((float)(item + i));
  for (int step = 0; step < steps; ++step) {
    sum[0] = sum[0] * factor + factor;   sum[1] = sum[1] * factor + factor;
    sum[2] = sum[2] * factor + factor;   sum[3] = sum[3] * factor + factor;
    sum[4] = sum[4] * factor + factor;   sum[5] = sum[5] * factor + factor;
    sum[6] = sum[6] * factor + factor;   sum[7] = sum[7] * factor + factor;
    sum[8] = sum[8] * factor + factor;   sum[9] = sum[9] * factor + factor;
    sum[10] = sum[10] * factor + factor; sum[11] = sum[11] * factor + factor;
    sum[12] = sum[12] * factor + factor; sum[13] = sum[13] * factor + factor;
    sum[14] = sum[14] * factor + factor; sum[15] = sum[15] * factor + factor;
  }
  VECTOR total = sum[0];
  for (int i = 1; i < 16; ++i) total += sum[i];
  y[item] = total.x;
}
)";

// The device and the programs built so far; one for the process.
struct Bench {
  std::shared_ptr<ClDevice> device;
  std::unique_ptr<ClQueue> queue;
  std::map<std::string, std::shared_ptr<ClProgram>> programs;

  bool cpu() const { return device->info().kind == DeviceKind::kCpu; }

  StatusOr<ClKernel> Kernel(const std::string& name, const std::string& source) {
    std::shared_ptr<ClProgram>& program = programs[source];
    if (program == nullptr) {
      MACE_ASSIGN_OR_RETURN(program, ClProgram::FromSource(device, source, name));
    }
    return ClKernel::Create(program->get(), name);
  }

  StatusOr<ClKernel> PlainKernel(const std::string& name) {
    return Kernel(name, std::string("#define VECTOR ") + (cpu() ? "float16" : "float4") + "\n" +
                            kPlainKernels);
  }
};

Status Open(Bench* bench) {
  MACE_ASSIGN_OR_RETURN(bench->device, OpenDevice("gpu"));
  MACE_ASSIGN_OR_RETURN(ClQueue queue, ClQueue::Create(bench->device, false));
  bench->queue = std::make_unique<ClQueue>(std::move(queue));
  return Status::Ok();
}

// A kernel with its arguments, ready to be enqueued again and again.
struct Ready {
  ClKernel kernel;
  std::vector<ClMemory> memory;
  WorkSize global = {1, 1, 1};
  WorkSize local = {1, 1, 1};
};

Status AddFloats(Bench* bench, size_t elements, const std::vector<float>& values, Ready* ready) {
  MACE_ASSIGN_OR_RETURN(ClMemory memory,
                        ClMemory::CreateBuffer(*bench->device, elements * 4, "operand"));
  MACE_RETURN_IF_ERROR(bench->queue->FillZero(memory, "operand"));
  if (!values.empty()) {
    const Bytes bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4);
    MACE_RETURN_IF_ERROR(bench->queue->Write(memory, bytes, "operand"));
  }
  MACE_RETURN_IF_ERROR(ready->kernel.AddMemory(memory));
  ready->memory.push_back(std::move(memory));
  return Status::Ok();
}

// Once to compile, then as often as the library wants.
void Measure(benchmark::State& state, Bench* bench, const StatusOr<Ready>& ready, double flops) {
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

std::vector<float> Ramp(int64_t elements) {
  std::vector<float> values(static_cast<size_t>(elements));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) * 0.1f - 0.8f;
  return values;
}

// A convolution as an op with its constants.
struct BoundShape {
  ConvShape shape;
  std::unique_ptr<Op> op;
  HostTensor filter;
  HostTensor bias;
  std::vector<OpInput> inputs;
  std::vector<TensorInfo> outputs;
  double flops = 0;
};

StatusOr<std::shared_ptr<BoundShape>> BindShape(const ConvShape& shape) {
  auto bound = std::make_shared<BoundShape>();
  bound->shape = shape;
  Node node;
  node.name = "benchmarked";
  node.type = "Conv2D";
  node.inputs = {0, 1, 2};
  node.outputs = {3};
  node.attributes.Set("strides", std::vector<int64_t>{shape.stride, shape.stride});
  node.attributes.Set("padding", shape.padding);
  node.attributes.Set("group", shape.groups);
  node.attributes.Set("activation", std::string("RELU"));
  MACE_ASSIGN_OR_RETURN(bound->op, MakeOp(node));
  const Shape filter{shape.out_channels, shape.in_channels / shape.groups, shape.kernel_h,
                     shape.kernel_w};
  bound->filter = HostTensor::FromVector<float>(DType::kFloat32, filter, Ramp(filter.elements()));
  bound->bias = HostTensor::FromVector<float>(DType::kFloat32, {shape.out_channels},
                                              Ramp(shape.out_channels));
  bound->inputs.resize(3);
  bound->inputs[0].info = {DType::kFloat32, {1, shape.size, shape.size, shape.in_channels}};
  bound->inputs[1].info = bound->filter.info();
  bound->inputs[1].constant = &bound->filter;
  bound->inputs[2].info = bound->bias.info();
  bound->inputs[2].constant = &bound->bias;
  MACE_RETURN_IF_ERROR(bound->op->Infer(bound->inputs, &bound->outputs));
  bound->flops = bound->op->EstimateCost(bound->inputs, bound->outputs).flops;
  return bound;
}

std::string NameOf(const ConvShape& shape) {
  char text[128];
  std::snprintf(text, sizeof(text), "%s/%dx%d_%d_%d_k%dx%d_s%d_g%d", shape.model,
                static_cast<int>(shape.size), static_cast<int>(shape.size),
                static_cast<int>(shape.in_channels), static_cast<int>(shape.out_channels),
                static_cast<int>(shape.kernel_h), static_cast<int>(shape.kernel_w),
                static_cast<int>(shape.stride), static_cast<int>(shape.groups));
  return text;
}

std::vector<Lowering> BufferLowerings(const Bench& bench, const BoundShape& bound) {
  LoweringRequest request;
  request.inputs = bound.inputs;
  request.outputs = bound.outputs;
  request.device = &bench.device->info();
  return bound.op->Lower(request);
}

// Sets one argument of a launch. Tensors are tight channels4 buffers.
struct ArgumentSetter {
  Bench* bench;
  const BoundShape* bound;
  const Lowering* lowering;
  Ready* ready;

  Status operator()(int32_t value) const { return ready->kernel.AddInt(value); }
  Status operator()(float value) const { return ready->kernel.AddFloat(value); }
  Status operator()(const TensorArgument& argument) const {
    const size_t index = static_cast<size_t>(argument.index);
    if (argument.kind == TensorArgument::Kind::kWeights) {
      const PackedWeights& weights = lowering->weights[index];
      std::vector<float> values(weights.elements);
      weights.pack(values.data());
      return AddFloats(bench, values.size(), values, ready);
    }
    const bool input = argument.kind == TensorArgument::Kind::kInput;
    if (!input && argument.kind != TensorArgument::Kind::kOutput) return Internal("argument");
    const Nhwc view = AsNhwc(input ? bound->inputs[index].info.shape : bound->outputs[index].shape);
    const int64_t pitch = view.blocks() * 4;
    MACE_RETURN_IF_ERROR(
        AddFloats(bench, static_cast<size_t>(view.rows() * view.w * pitch), {}, ready));
    for (int64_t value : {pitch, int64_t{0}, view.w}) {
      MACE_RETURN_IF_ERROR(ready->kernel.AddInt(static_cast<int32_t>(value)));
    }
    return Status::Ok();
  }
};

StatusOr<Ready> Prepare(Bench* bench, const BoundShape& bound, size_t variant) {
  const std::vector<Lowering> lowerings = BufferLowerings(*bench, bound);
  const Lowering& lowering = lowerings[variant];
  const Launch& launch = lowering.launches[0];
  MACE_ASSIGN_OR_RETURN(const std::string source, ComposeProgram({launch.kernel}));
  Ready ready;
  MACE_ASSIGN_OR_RETURN(ready.kernel, bench->Kernel(launch.kernel.function_name(), source));
  const ArgumentSetter set{bench, &bound, &lowering, &ready};
  for (const KernelArgument& argument : launch.arguments) {
    MACE_RETURN_IF_ERROR(std::visit(set, argument));
  }
  MACE_RETURN_IF_ERROR(ready.kernel.CheckComplete());
  ready.local = launch.local;
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t local = launch.local[axis];
    ready.global[axis] = (launch.global[axis] + local - 1) / local * local;
  }
  return ready;
}

StatusOr<Ready> PrepareNaive(Bench* bench, const BoundShape& bound) {
  const ConvShape& shape = bound.shape;
  const Nhwc out = AsNhwc(bound.outputs[0].shape);
  Ready ready;
  MACE_ASSIGN_OR_RETURN(ready.kernel, bench->PlainKernel("naive"));
  const int64_t x_elements = shape.size * shape.size * shape.in_channels;
  MACE_RETURN_IF_ERROR(AddFloats(bench, static_cast<size_t>(x_elements), {}, &ready));
  const int64_t filter_elements = bound.filter.shape().elements();
  MACE_RETURN_IF_ERROR(
      AddFloats(bench, static_cast<size_t>(filter_elements), Ramp(filter_elements), &ready));
  MACE_RETURN_IF_ERROR(
      AddFloats(bench, static_cast<size_t>(bound.outputs[0].shape.elements()), {}, &ready));
  const auto pad = [&](int64_t kernel, int64_t extent) {
    if (shape.padding == 0) return int64_t{0};
    return std::max<int64_t>(0, (extent - 1) * shape.stride + kernel - shape.size) / 2;
  };
  for (int64_t value : {shape.size, shape.size, shape.in_channels, out.w, shape.out_channels,
                        shape.kernel_h, shape.kernel_w, shape.stride, pad(shape.kernel_h, out.h),
                        pad(shape.kernel_w, out.w), shape.in_channels / shape.groups}) {
    MACE_RETURN_IF_ERROR(ready.kernel.AddInt(static_cast<int32_t>(value)));
  }
  ready.global = {static_cast<size_t>(out.c), static_cast<size_t>(out.w),
                  static_cast<size_t>(out.h)};
  ready.local = {8, 1, 1};  // Every table's output channels are a multiple of 8.
  return ready;
}

void RegisterPeak(Bench* bench) {
  constexpr int32_t kSteps = 2000;
  const size_t items = bench->cpu() ? 64 : 1 << 18;
  const double flops = 2.0 * 16 * (bench->cpu() ? 16 : 4) * kSteps * static_cast<double>(items);
  benchmark::RegisterBenchmark("peak", [=](benchmark::State& state) {
    const auto prepare = [&]() -> StatusOr<Ready> {
      Ready ready;
      MACE_ASSIGN_OR_RETURN(ready.kernel, bench->PlainKernel("peak"));
      MACE_RETURN_IF_ERROR(AddFloats(bench, items, {}, &ready));
      MACE_RETURN_IF_ERROR(ready.kernel.AddInt(kSteps));
      MACE_RETURN_IF_ERROR(ready.kernel.AddFloat(0.5f));
      ready.global = {items, 1, 1};
      ready.local = {bench->cpu() ? size_t{1} : size_t{64}, 1, 1};
      return ready;
    };
    Measure(state, bench, prepare(), flops);
  })->UseRealTime();
}

Status RegisterShape(Bench* bench, const ConvShape& shape) {
  MACE_ASSIGN_OR_RETURN(const std::shared_ptr<BoundShape> bound, BindShape(shape));
  const std::string name = NameOf(shape);
  const std::vector<Lowering> lowerings = BufferLowerings(*bench, *bound);
  if (lowerings.empty()) return Internal(name + " has no variant");
  for (size_t variant = 0; variant < lowerings.size(); ++variant) {
    benchmark::RegisterBenchmark(
        ("conv/" + name + "/" + lowerings[variant].variant).c_str(),
        [=](benchmark::State& state) {
          Measure(state, bench, Prepare(bench, *bound, variant), bound->flops);
          state.counters["per_inference"] = static_cast<double>(shape.count);
        })
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark(("naive/" + name).c_str(), [=](benchmark::State& state) {
    Measure(state, bench, PrepareNaive(bench, *bound), bound->flops);
  })->UseRealTime();
  return Status::Ok();
}

Status RegisterAll(Bench* bench) {
  MACE_RETURN_IF_ERROR(Open(bench));
  RegisterPeak(bench);
  for (const ConvShape& shape : kConvShapes) MACE_RETURN_IF_ERROR(RegisterShape(bench, shape));
  return Status::Ok();
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  mace::Bench bench;
  const mace::Status status = mace::RegisterAll(&bench);
  if (!status.ok()) {
    std::fprintf(stderr, "conv_benchmark: %s\n", status.message().c_str());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
