// FullyConnected: inputs x (rank 2 or more, [N, ...]), w [O, I, H, W], [bias [O]]; attributes of
// fused_activation.h. x flattened behind N meets w in the order (h, w, i). The output is
// [N, 1, 1, O] where x has four axes and [N, O] otherwise.
//
// With constant weights it is a convolution whose kernel covers x, and on GPUs work-groups share
// the long sum; else it is a product of row-major matrices.
#include "mace/ops/matmul/fully_connected.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "mace/kernel/gpu_cost.h"
#include "mace/kernel/roofline.h"
#include "mace/ops/batch.h"
#include "mace/ops/conv/convolution_lowering.h"
#include "mace/ops/conv/pack_transpose.h"
#include "mace/ops/lowering_support.h"
#include "mace/ops/matmul/batched_gemm.h"
#include "mace/ops/matmul/gemm.h"

namespace mace {
namespace {

// Whether (h, w, i) and (i, h, w) are the same order.
bool IsFlat(const HostTensor& w) { return w.shape().dim(1) == 1 || w.shape().elements(2, 4) == 1; }

// w [O, I, H, W] as [O, (h, w, i)].
std::vector<float> Flattened(const HostTensor& w) {
  const std::vector<float> from = ToFloatVector(w);
  const int64_t rows = w.shape().dim(0), depth = w.shape().dim(1);
  const int64_t taps = w.shape().elements(2, 4);
  std::vector<float> to(from.size());
  for (int64_t o = 0; o < rows; ++o) {
    const int64_t base = o * depth * taps;
    for (int64_t i = 0; i < depth; ++i) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        to[static_cast<size_t>(base + tap * depth + i)] =
            from[static_cast<size_t>(base + i * taps + tap)];
      }
    }
  }
  return to;
}

// w in the order of a convolution's filter whose kernel has `taps` taps of `depth` channels, which
// may be another split of the flattened x than w's own.
StatusOr<HostTensor> AsFilter(const HostTensor& w, int64_t depth, int64_t taps) {
  const bool has_same_split = w.shape().dim(1) == depth;
  if (has_same_split || (IsFlat(w) && (depth == 1 || taps == 1))) return w.ReadAsFloats();
  const std::vector<float> from = Flattened(w);
  std::vector<float> to(from.size());
  const int64_t rows = w.shape().dim(0);
  for (int64_t o = 0; o < rows; ++o) {
    const int64_t base = o * depth * taps;
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t i = 0; i < depth; ++i) {
        to[static_cast<size_t>(base + i * taps + tap)] =
            from[static_cast<size_t>(base + tap * depth + i)];
      }
    }
  }
  return TensorOfFloats(std::move(to));
}

class FullyConnected : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<FullyConnected>();
    MACE_ASSIGN_OR_RETURN(op->activation_, FusedActivation::Parse(node.attributes));
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    if (!inputs[0].present || !inputs[1].present) return InvalidArgument("expected x and w");
    const Shape& x = inputs[0].info.shape;
    const Shape& w = inputs[1].info.shape;
    if (!IsFloat(inputs[0].info.dtype) || !IsFloat(inputs[1].info.dtype)) {
      return InvalidArgument("expected float tensors");
    }
    if (x.rank() < 2 || w.rank() != 4 || x.elements() < 1 || w.elements() < 1 ||
        x.elements(1, x.rank()) != w.elements(1, 4)) {
      return InvalidArgument("x " + x.ToString() + " does not fit w " + w.ToString() +
                             " (output, input, height, width)");
    }
    if (has_bias(inputs) &&
        (!IsFloat(inputs[2].info.dtype) || inputs[2].info.shape.elements() != w.dim(0))) {
      return InvalidArgument("bias: expected " + std::to_string(w.dim(0)) +
                             " float elements, found " + inputs[2].info.shape.ToString());
    }
    std::vector<int64_t> dims = {x.dim(0), w.dim(0)};
    if (x.rank() == 4) dims = {x.dim(0), 1, 1, w.dim(0)};
    MACE_ASSIGN_OR_RETURN(Shape shape, Shape::Make(std::move(dims)));
    *outputs = {{DType::kFloat32, std::move(shape)}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    const int64_t rows = inputs[0].shape().dim(0), columns = inputs[1].shape().dim(0);
    const int64_t depth = inputs[1].shape().elements(1, 4);
    const std::vector<float> w = Flattened(inputs[1]);
    const bool biased = inputs.size() > 2 && inputs[2].dtype() != DType::kInvalid;
    const std::vector<float> bias = biased ? ToFloatVector(inputs[2]) : std::vector<float>();
    std::vector<double> sums(static_cast<size_t>(rows * columns));
    // (w * x^T)^T: w stays as it lies, x is small.
    std::vector<float> transposed(static_cast<size_t>(depth * rows));
    TransposeBlocked(inputs[0].f32(), rows, depth, depth,
                     [&](int64_t k) { return transposed.data() + k * rows; });
    AddProduct({w.data(), columns, depth, depth}, {transposed.data(), depth, rows, rows},
               sums.data());
    float* y = (*outputs)[0].f32();
    for (int64_t o = 0; o < columns; ++o) {
      for (int64_t r = 0; r < rows; ++r) {
        const double sum = sums[static_cast<size_t>(o * rows + r)] +
                           (biased ? bias[static_cast<size_t>(o)] : 0.0f);
        y[r * columns + o] = activation_.Apply(static_cast<float>(sum));
      }
    }
    return Status::Ok();
  }

  bool SplitsAlongBatch(const std::vector<OpInput>& /*inputs*/,
                        const std::vector<bool>& batched) const override {
    return BatchIsInFirstInputOnly(batched);
  }

  std::vector<KernelVariant> Lower(const LoweringRequest& request) const override {
    const std::vector<OpInput>& inputs = request.inputs;
    std::vector<KernelVariant> result;
    if (inputs[0].constant == nullptr && inputs[1].constant != nullptr &&
        (!has_bias(inputs) || inputs[2].constant != nullptr)) {
      LowerWeights(request, &result);
    }
    const GemmRequest product = Product(request);
    LowerGemmRowMajor(product, &result);
    LowerGemmLibrary(product, &result);
    return result;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    cost.flops = 2.0 * static_cast<double>(inputs[0].info.shape.dim(0)) *
                 static_cast<double>(inputs[1].info.shape.elements());
    return cost;
  }

 private:
  static bool has_bias(const std::vector<OpInput>& inputs) {
    return inputs.size() > 2 && inputs[2].present;
  }

  // x as one matrix of row-major elements, w as another.
  GemmRequest Product(const LoweringRequest& request) const {
    GemmRequest bound;
    bound.op = "fully_connected";
    bound.lowering = &request;
    BatchedGemm& p = bound.gemm;
    const Shape& w = request.inputs[1].info.shape;
    p.rows = request.inputs[0].info.shape.dim(0);
    p.columns = w.dim(0);
    p.depth = w.elements(1, 4);
    p.transpose_b = true;
    if (const HostTensor* constant = request.inputs[1].constant) {
      if (!IsFlat(*constant)) {
        bound.pack_b = [constant = *constant](float* to) -> Status {
          const std::vector<float> from = Flattened(constant);
          std::copy(from.begin(), from.end(), to);
          return Status();
        };
      }
    } else if (w.dim(1) > 1) {  // For 1, (h, w, i) and (i, h, w) are the same order.
      p.taps = w.elements(2, 4);
    }
    p.output = Shape({p.rows, p.columns});
    p.activation = activation_;
    return bound;
  }

  // The convolution whose kernel covers every x[n]; that of rank 2 has rows for pixels.
  ConvolutionRequest CoveringConvolution(const LoweringRequest& request) const {
    const OpInput& w = request.inputs[1];
    const Shape& shape = request.inputs[0].info.shape;
    const Nhwc x = AsNhwc(shape);
    ConvolutionRequest convolution;
    convolution.op = "fully_connected";
    convolution.lowering = &request;
    Convolution& c = convolution.convolution;
    c.in_channels = x.c;
    c.out_channels = w.info.shape.dim(0);
    c.activation = activation_;
    if (shape.rank() == 2) {
      c.window.w.in = c.window.w.out = x.w;
    } else {
      c.batch = shape.dim(0);
      c.window.h.in = c.window.h.kernel = x.rows() / c.batch;
      c.window.w.in = c.window.w.kernel = x.w;
    }
    convolution.weights = WeightsFromConstants(
        *w.constant, has_bias(request.inputs) ? request.inputs[2].constant : nullptr);
    convolution.weights.filter = [w = *w.constant, depth = c.in_channels,
                                  taps = c.taps()]() -> StatusOr<HostTensor> {
      return AsFilter(w, depth, taps);
    };
    convolution.weights.filter_order = "fully connected";
    return convolution;
  }

  void LowerWeights(const LoweringRequest& request, std::vector<KernelVariant>* result) const {
    const ConvolutionRequest convolution = CoveringConvolution(request);
    const int rank = request.inputs[0].info.shape.rank();
    if (rank == 2 || rank == 4) {
      *result = LowerConvolution(convolution);
      if (!convolution.cpu() && !result->empty()) {
        LowerSharedSum(convolution, result->front().outputs.front().storage, result);
      }
      return;
    }
    // The output's pixels are rows of one image, where a convolution gives one to each: only its
    // own kernel can write them there, and buffers do not mind.
    const Storage storage = StorageWithinLimits(request);
    if (!CanLower(request) || !FitsInt32(convolution.convolution)) return;
    if (storage == Storage::kImage || !convolution.cpu()) {
      LowerSharedSum(convolution, storage, result);
    }
    LowerFlattened(request, result);
  }

  // x as rows of row-major elements, which are channels without padding where their count is a
  // multiple of four: the same memory for the convolution of rank 2.
  void LowerFlattened(const LoweringRequest& request, std::vector<KernelVariant>* result) const {
    const Shape& x = request.inputs[0].info.shape;
    const int64_t rows = x.dim(0), depth = x.elements(1, x.rank());
    if (depth % 4 != 0) return;
    LoweringRequest flat = request;
    flat.storage = Storage::kBuffer;
    flat.inputs[0].info.shape = Shape({rows, depth});
    for (KernelVariant& variant : LowerConvolution(CoveringConvolution(flat))) {
      variant.name += "_flat";
      variant.inputs[0].layout = Layout::kRowMajor;
      for (Launch& launch : variant.launches) ReadRowMajor(rows, depth, &launch.arguments);
      result->push_back(std::move(variant));
    }
  }

  // TENSOR_IN of input 0, with a pointer and numbers instead: pitch, offset, width.
  static void ReadRowMajor(int64_t rows, int64_t depth, std::vector<KernelArgument>* arguments) {
    std::vector<KernelArgument> changed;
    for (const KernelArgument& argument : *arguments) {
      const auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor == nullptr || tensor->kind != TensorArgument::Kind::kInput || tensor->index != 0) {
        changed.push_back(argument);
        continue;
      }
      changed.push_back(RawInputArgument(0));
      for (int64_t value : {depth, int64_t{0}, rows}) {
        changed.push_back(static_cast<int32_t>(value));
      }
    }
    *arguments = std::move(changed);
  }

  FusedActivation activation_;
};

}  // namespace

void LowerSharedSum(const ConvolutionRequest& request, Storage storage,
                    std::vector<KernelVariant>* result) {
  // A CPU has no use for lanes that wait for each other.
  const size_t items = request.cpu() ? 1 : 64;
  const Convolution& c = request.convolution;
  if (request.device().max_work_group_size < items) return;
  KernelVariant variant = NewConvolutionVariant(request, "shared_sum", "fully_connected", storage);
  Launch& launch = variant.launches.back();
  launch.kernel.source = "fully_connected.cl";
  launch.kernel.macros["ITEMS"] = std::to_string(items);
  AppendTensors(request, &launch);
  AppendWeights(PackDirectFilter(request), &variant);
  AppendWeights(PackChannelBias(request), &variant);
  const int64_t blocks = (c.out_channels + 3) / 4;
  // One output a row of the batch: either each image or each pixel.
  const bool images = c.window.w.kernel == c.window.w.in && c.window.w.out == 1;
  const int64_t rows = images ? c.batch : c.window.w.in;
  for (int64_t value : {c.window.h.kernel, c.window.w.kernel, (c.in_channels + 3) / 4,
                        c.out_channels, int64_t{images}}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  c.activation.AppendArguments(&launch.arguments);
  launch.global = {items, static_cast<size_t>(blocks), static_cast<size_t>(rows)};
  launch.local = {items, 1, 1};
  if (request.cpu()) {
    variant.estimate_ms = result->empty() ? 400 * ProductsMs(request.device(), c.flops() / 2)
                                          : result->front().estimate_ms;
  } else {
    // The weights come in pieces, and adding up the work-items' sums is as long as two blocks.
    const GpuUnit unit = GpuUnitOf(request.device());
    const double groups = static_cast<double>(blocks * rows);
    const double depth = static_cast<double>(c.taps() * ((c.in_channels + 3) / 4));
    const double loops = std::ceil(depth / static_cast<double>(items));
    variant.estimate_ms = EstimateLoopMs(
        request.device(), {static_cast<double>(items) * groups, loops + 2, 620,
                           kLoopProduct * 16 + unit.load(storage) + 3.3 * 4 * unit.buffer_load});
  }
  result->push_back(std::move(variant));
}

extern const OpDefinition kFullyConnectedOp;
const OpDefinition kFullyConnectedOp = {"FullyConnected", 2, 3, FullyConnected::Make};

}  // namespace mace
