#include "benchmarks/conv_bench.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "mace/base/half.h"
#include "mace/plan/plan.h"

namespace mace {
namespace {

constexpr char kNaiveKernel[] = R"(
__kernel void naive(__global const float* x, __global const float* filter, __global float* y,
                    int in_h, int in_w, int in_channels, int out_w, int out_channels,
                    int kernel_h, int kernel_w, int stride, int pad_h, int pad_w, int depth) {
  const int o = get_global_id(0), ow = get_global_id(1), oh = get_global_id(2);
  if (ow >= out_w) return;
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
)";

// Sets one argument of a launch. Tensors have no padding in their pitch.
struct ArgumentSetter {
  ConvBench* bench;
  const BoundShape* bound;
  const KernelVariant* variant;
  Ready* ready;

  Status operator()(int32_t value) const { return ready->kernel.AddInt(value); }
  Status operator()(float value) const { return ready->kernel.AddFloat(value); }
  Status operator()(const TensorArgument& argument) const {
    const size_t index = static_cast<size_t>(argument.index);
    if (argument.kind == TensorArgument::Kind::kWeights) {
      const PackedWeights& weights = variant->weights[index];
      std::vector<float> values(weights.elements);
      MACE_RETURN_IF_ERROR(weights.pack(values.data()));
      return AddFloats(bench, values.size(), values, ready,
                       weights.keep_float32 ? Precision::kFloat32 : variant->precision);
    }
    if (argument.kind == TensorArgument::Kind::kScratch) {
      const ScratchBuffer& scratch = variant->scratch[index];
      return AddFloats(bench, scratch.elements, {}, ready,
                       ScratchPrecision(scratch, variant->precision));
    }
    const bool input = argument.kind == TensorArgument::Kind::kInput;
    if (!input && argument.kind != TensorArgument::Kind::kOutput) return Internal("argument");
    const Nhwc view = AsNhwc(input ? bound->inputs[index].info.shape : bound->outputs[index].shape);
    const int64_t pitch = view.blocks() * 4;
    MACE_RETURN_IF_ERROR(AddTensor(view));
    for (int64_t value : {pitch, int64_t{0}, view.w}) {
      MACE_RETURN_IF_ERROR(ready->kernel.AddInt(static_cast<int32_t>(value)));
    }
    return Status::Ok();
  }

  Status AddTensor(const Nhwc& view) const {
    if (variant->outputs[0].storage == Storage::kBuffer) {
      const int64_t elements = view.rows() * view.w * view.blocks() * 4;
      return AddFloats(bench, static_cast<size_t>(elements), Ramp(elements), ready,
                       variant->precision);
    }
    MACE_ASSIGN_OR_RETURN(
        ClMemory image,
        ClMemory::CreateImage(*bench->device, static_cast<size_t>(view.blocks() * view.w),
                              static_cast<size_t>(view.rows()), Precision::kFloat32, "operand"));
    MACE_RETURN_IF_ERROR(bench->queue->FillZero(image, "operand"));
    MACE_RETURN_IF_ERROR(ready->kernel.AddMemory(image));
    ready->memory.push_back(std::move(image));
    return Status::Ok();
  }
};

}  // namespace

std::vector<float> Ramp(int64_t elements) {
  std::vector<float> values(static_cast<size_t>(elements));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) * 0.1f - 0.8f;
  return values;
}

Status ConvBench::Open(bool profiling) {
  MACE_ASSIGN_OR_RETURN(device, OpenDevice("gpu"));
  MACE_ASSIGN_OR_RETURN(ClQueue created, ClQueue::Create(device, profiling));
  queue = std::make_unique<ClQueue>(std::move(created));
  return Status::Ok();
}

StatusOr<ClKernel> ConvBench::Kernel(const std::string& name, const std::string& source) {
  std::shared_ptr<ClProgram>& program = programs[source];
  if (program == nullptr) {
    MACE_ASSIGN_OR_RETURN(program, ClProgram::FromSource(device, source, name));
  }
  return ClKernel::Create(program->get(), name);
}

StatusOr<ClKernel> ConvBench::NaiveKernel() { return Kernel("naive", kNaiveKernel); }

Status AddFloats(ConvBench* bench, size_t elements, const std::vector<float>& values, Ready* ready,
                 Precision precision) {
  MACE_ASSIGN_OR_RETURN(
      ClMemory memory,
      ClMemory::CreateBuffer(*bench->device, elements * ElementBytes(precision), "operand"));
  MACE_RETURN_IF_ERROR(bench->queue->FillZero(memory, "operand"));
  Bytes bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float));
  std::vector<uint16_t> halves;
  if (precision == Precision::kFloat16) {
    halves.resize(values.size());
    FloatsToHalves(values, halves);
    bytes =
        Bytes(reinterpret_cast<const uint8_t*>(halves.data()), halves.size() * sizeof(uint16_t));
  }
  if (!values.empty()) MACE_RETURN_IF_ERROR(bench->queue->Write(memory, bytes, "operand"));
  MACE_RETURN_IF_ERROR(ready->kernel.AddMemory(memory));
  ready->memory.push_back(std::move(memory));
  return Status::Ok();
}

void MeasureDevice(benchmark::State& state, ConvBench* bench, const Preparation& prepare,
                   double flops) {
  const StatusOr<Ready> ready = prepare();
  Status status = ready.status();
  if (status.ok()) status = DeviceSeconds(bench, *ready).status();  // The first launch compiles.
  double best = HUGE_VAL;
  for (auto _ : state) {
    if (!status.ok()) break;
    const StatusOr<double> seconds = DeviceSeconds(bench, *ready);
    status = seconds.status();
    if (!seconds.ok()) break;
    state.SetIterationTime(*seconds);
    best = std::min(best, *seconds);
  }
  if (!status.ok()) {
    state.SkipWithError(status.message().c_str());
    return;
  }
  state.counters["best_us"] = best * 1e6;
  state.counters["GFLOPs"] = flops * 1e-9 / best;
}

StatusOr<double> DeviceSeconds(ConvBench* bench, const Ready& ready) {
  ClEventHandle event;
  MACE_RETURN_IF_ERROR(bench->queue->Launch(ready.kernel, ready.global, ready.local, &event));
  MACE_RETURN_IF_ERROR(bench->queue->Finish());
  MACE_ASSIGN_OR_RETURN(const KernelTimes times, TimesOf(event));
  return static_cast<double>(times.end - times.start) * 1e-9;
}

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
  MACE_ASSIGN_OR_RETURN(bound->op, OpOf(node));
  const Shape filter{shape.out_channels, shape.in_channels / shape.groups, shape.kernel_h,
                     shape.kernel_w};
  bound->filter = HostTensor::FromVector<float>(DType::kFloat32, filter, Ramp(filter.elements()));
  bound->bias = HostTensor::FromVector<float>(DType::kFloat32, {shape.out_channels},
                                              Ramp(shape.out_channels));
  bound->inputs.resize(3);
  bound->inputs[0].info = {DType::kFloat32,
                           {shape.batch, shape.size, shape.size, shape.in_channels}};
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
  return shape.batch == 1 ? text : text + ("_b" + std::to_string(shape.batch));
}

LoweringRequest RequestOf(const ConvBench& bench, const BoundShape& bound, Storage storage) {
  LoweringRequest request;
  request.inputs = bound.inputs;
  request.outputs = bound.outputs;
  request.device = &bench.device->info();
  request.storage = storage;
  return request;
}

StatusOr<ConvolutionRequest> ConvolutionOf(const BoundShape& bound,
                                           const LoweringRequest* request) {
  const ConvShape& shape = bound.shape;
  ConvolutionRequest convolution;
  convolution.op = "conv2d";
  convolution.lowering = request;
  convolution.weights = WeightsFromConstants(bound.filter, &bound.bias);
  Convolution& c = convolution.convolution;
  c.batch = bound.inputs[0].info.shape.dim(0);
  c.in_channels = shape.in_channels;
  c.out_channels = shape.out_channels;
  c.groups = shape.groups;
  c.activation.kind = FusedActivation::Kind::kRelu;
  WindowAttributes window;
  window.stride_h = window.stride_w = shape.stride;
  window.mode = shape.padding == 0 ? PaddingMode::kValid : PaddingMode::kSame;
  MACE_ASSIGN_OR_RETURN(c.window,
                        window.Slide(shape.size, shape.size, shape.kernel_h, shape.kernel_w));
  return convolution;
}

std::vector<KernelVariant> AllVariants(const ConvBench& bench, const BoundShape& bound) {
  std::vector<KernelVariant> all = bound.op->Lower(RequestOf(bench, bound, Storage::kBuffer));
  const auto is_several = [](const KernelVariant& offered_variant) {
    return offered_variant.launches.size() > 1;
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_several), all.end());
  // A CPU driver emulates images, which takes 100 times as long.
  if (bench.cpu() || !bench.device->info().images) return all;
  for (KernelVariant& variant : bound.op->Lower(RequestOf(bench, bound, Storage::kImage))) {
    if (variant.outputs[0].storage != Storage::kImage) continue;
    if (variant.name.find("image") == std::string::npos) variant.name += "_image";
    all.push_back(std::move(variant));
  }
  return all;
}

StatusOr<Ready> Prepare(ConvBench* bench, const BoundShape& bound, const KernelVariant& variant) {
  if (variant.launches.size() != 1) return Internal(variant.name + ": several launches");
  const Launch& launch = variant.launches[0];
  MACE_ASSIGN_OR_RETURN(const std::string source, ComposeProgram({launch.kernel}));
  Ready ready;
  MACE_ASSIGN_OR_RETURN(ready.kernel, bench->Kernel(launch.kernel.function_name(), source));
  const ArgumentSetter set{bench, &bound, &variant, &ready};
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

StatusOr<Ready> PrepareNaive(ConvBench* bench, const BoundShape& bound) {
  const ConvShape& shape = bound.shape;
  const Nhwc out = AsNhwc(bound.outputs[0].shape);
  Ready ready;
  MACE_ASSIGN_OR_RETURN(ready.kernel, bench->NaiveKernel());
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
  // GPUs: work-groups of 64 work-items that divide the channels evenly; pixels beyond a row return.
  const size_t channels = static_cast<size_t>(out.c), width = static_cast<size_t>(out.w);
  ready.local = {8, 1, 1};  // All output channels in the tables are multiples of 8.
  if (!bench->cpu()) {
    while (ready.local[0] < 64 && channels % (2 * ready.local[0]) == 0) ready.local[0] *= 2;
    ready.local[1] = 64 / ready.local[0];
  }
  ready.global = {channels, (width + ready.local[1] - 1) / ready.local[1] * ready.local[1],
                  static_cast<size_t>(out.h)};
  return ready;
}

Status RegisterShapes(ConvBench* bench, Status (*register_shape)(ConvBench*, const ConvShape&)) {
  for (const ConvShape& shape : kConvShapes) MACE_RETURN_IF_ERROR(register_shape(bench, shape));
  if (bench->cpu()) return Status::Ok();
  for (const ConvShape& shape : kLargeConvShapes) {
    MACE_RETURN_IF_ERROR(register_shape(bench, shape));
  }
  return Status::Ok();
}

int RunConvBenchmarks(int argc, char** argv, Status (*register_all)(ConvBench*)) {
  benchmark::Initialize(&argc, argv);
  ConvBench bench;
  const Status status = register_all(&bench);
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", argv[0], status.message().c_str());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace mace
