// MatMul: a [..., M, K], b [..., K, N], [bias]; attributes transpose_a, transpose_b say that the
// last two axes are the other way round. Leading axes broadcast. An operand of one axis is a row
// (a) or a column (b), and its axis is missing in the output. The bias broadcasts to the output.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "mace/ops/conv2d/convolution_lowering.h"
#include "mace/ops/conv2d/gemm.h"
#include "mace/ops/op.h"

namespace mace {
namespace {

constexpr size_t kBatchAxes = Shape::kMaxRank;

// A product bound to shapes.
struct Product {
  int64_t rows = 1, columns = 1, depth = 1;
  bool transpose_a = false, transpose_b = false;
  Shape batch;  // The broadcast leading axes.
  std::array<int64_t, kBatchAxes> a_stride =
      {};  // Elements along each axis of batch; 0: broadcast.
  std::array<int64_t, kBatchAxes> b_stride = {};
  Shape output;

  // Where the operands of matrix `index` of the batch begin.
  void Offsets(int64_t index, int64_t* a, int64_t* b) const {
    *a = *b = 0;
    for (int axis = batch.rank() - 1; axis >= 0; --axis) {
      const int64_t at = index % batch.dim(axis);
      index /= batch.dim(axis);
      *a += at * a_stride[static_cast<size_t>(axis)];
      *b += at * b_stride[static_cast<size_t>(axis)];
    }
  }
};

Shape Leading(const Shape& shape) {
  const int rank = std::max(0, shape.rank() - 2);
  return Shape(std::vector<int64_t>(shape.dims().begin(), shape.dims().begin() + rank));
}

std::array<int64_t, kBatchAxes> Strides(const Shape& leading, const Shape& batch,
                                        int64_t matrix_elements) {
  std::array<int64_t, kBatchAxes> strides = {};
  int64_t stride = matrix_elements;
  for (int from_end = 0; from_end < leading.rank(); ++from_end) {
    const int axis = batch.rank() - 1 - from_end;
    const int64_t extent = leading.back(from_end);
    strides[static_cast<size_t>(axis)] = extent == 1 ? 0 : stride;
    stride *= extent;
  }
  return strides;
}

// Row-major with the last two axes swapped.
std::vector<float> Transposed(const float* from, int64_t rows, int64_t columns) {
  std::vector<float> to(static_cast<size_t>(rows * columns));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c)
      to[static_cast<size_t>(c * rows + r)] = from[r * columns + c];
  }
  return to;
}

// y += bias, broadcast.
void AddBias(const std::vector<float>& bias, const Shape& bias_shape, const Shape& shape,
             float* y) {
  const std::array<int64_t, kBatchAxes> strides = Strides(bias_shape, shape, 1);
  const int64_t count = shape.elements();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, at = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      at += rest % shape.dim(axis) * strides[static_cast<size_t>(axis)];
      rest /= shape.dim(axis);
    }
    y[i] += bias[static_cast<size_t>(at)];
  }
}

class MatMul : public Op {
 public:
  static StatusOr<std::unique_ptr<Op>> Make(const Node& node) {
    auto op = std::make_unique<MatMul>();
    op->transpose_a_ = node.attributes.GetInt("transpose_a", 0) != 0;
    op->transpose_b_ = node.attributes.GetInt("transpose_b", 0) != 0;
    return std::unique_ptr<Op>(std::move(op));
  }

  Status Infer(const std::vector<OpInput>& inputs,
               std::vector<TensorInfo>* outputs) const override {
    if (!inputs[0].present || !inputs[1].present) return InvalidArgument("expected a and b");
    if (!IsFloat(inputs[0].info.dtype) || !IsFloat(inputs[1].info.dtype)) {
      return InvalidArgument(std::string("expected float tensors, found ") +
                             DTypeName(inputs[0].info.dtype) + " and " +
                             DTypeName(inputs[1].info.dtype));
    }
    MACE_ASSIGN_OR_RETURN(const Product product, Bind(inputs[0].info.shape, inputs[1].info.shape));
    if (has_bias(inputs)) {
      const TensorInfo& bias = inputs[2].info;
      const StatusOr<Shape> both = BroadcastShapes(bias.shape, product.output);
      if (!IsFloat(bias.dtype) || !both.ok() || *both != product.output) {
        return InvalidArgument("bias: expected floats that broadcast to " +
                               product.output.ToString() + ", found " + DTypeName(bias.dtype) +
                               " " + bias.shape.ToString());
      }
    }
    *outputs = {{DType::kFloat32, product.output}};
    return Status::Ok();
  }

  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override {
    MACE_ASSIGN_OR_RETURN(const Product p, Bind(inputs[0].shape(), inputs[1].shape()));
    const std::vector<float> a_values = ToFloatVector(inputs[0]);
    const std::vector<float> b_values = ToFloatVector(inputs[1]);
    const int64_t elements = p.rows * p.columns;
    std::vector<double> sums(static_cast<size_t>(elements));
    for (int64_t index = 0; index < p.batch.elements(); ++index) {
      int64_t a_at = 0, b_at = 0;
      p.Offsets(index, &a_at, &b_at);
      const float* a = a_values.data() + a_at;
      const float* b = b_values.data() + b_at;
      std::vector<float> a_turned, b_turned;
      if (p.transpose_a) a = (a_turned = Transposed(a, p.depth, p.rows)).data();
      if (p.transpose_b) b = (b_turned = Transposed(b, p.columns, p.depth)).data();
      std::fill(sums.begin(), sums.end(), 0.0);
      AddProduct({a, p.rows, p.depth, p.depth}, {b, p.depth, p.columns, p.columns}, sums.data());
      std::copy(sums.begin(), sums.end(), (*outputs)[0].f32() + index * elements);
    }
    if (inputs.size() > 2 && inputs[2].dtype() != DType::kInvalid) {
      AddBias(ToFloatVector(inputs[2]), inputs[2].shape(), p.output, (*outputs)[0].f32());
    }
    return Status::Ok();
  }

  std::vector<Lowering> Lower(const LoweringRequest& request) const override {
    const std::vector<OpInput>& inputs = request.inputs;
    const StatusOr<Product> product = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (!product.ok() || product->output.elements() == 0 || product->depth == 0) return {};
    if (has_bias(inputs) &&
        (inputs[2].constant == nullptr || inputs[2].info.shape.elements() != product->columns ||
         inputs[2].info.shape.back(0) != product->columns)) {
      return {};
    }
    std::vector<Lowering> result;
    const bool shared_weights =
        inputs[1].constant != nullptr && inputs[0].constant == nullptr &&
        inputs[1].info.shape.elements() == product->depth * product->columns &&
        inputs[0].info.shape.rank() >= 2 && product->output.rank() == inputs[0].info.shape.rank() &&
        !product->transpose_a;
    if (shared_weights) result = LowerAsConvolution(*product, request);
    LowerRowMajor(*product, request, &result);
    return result;
  }

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const StatusOr<Product> product = Bind(inputs[0].info.shape, inputs[1].info.shape);
    if (product.ok()) {
      cost.flops = 2.0 * static_cast<double>(product->output.elements()) *
                   static_cast<double>(product->depth);
    }
    return cost;
  }

 private:
  static bool has_bias(const std::vector<OpInput>& inputs) {
    return inputs.size() > 2 && inputs[2].present;
  }

  StatusOr<Product> Bind(const Shape& a, const Shape& b) const {
    const Status misfit =
        InvalidArgument("a " + a.ToString() + (transpose_a_ ? "^T" : "") + " does not fit b " +
                        b.ToString() + (transpose_b_ ? "^T" : ""));
    if (a.rank() < 1 || b.rank() < 1) return misfit;
    Product p;
    // One axis: a row of a, a column of b, whatever the transposition says.
    p.transpose_a = transpose_a_ && a.rank() > 1;
    p.transpose_b = transpose_b_ && b.rank() > 1;
    p.rows = a.rank() == 1 ? 1 : a.back(p.transpose_a ? 0 : 1);
    p.depth = a.back(p.transpose_a ? 1 : 0);
    p.columns = b.rank() == 1 ? 1 : b.back(p.transpose_b ? 1 : 0);
    const int64_t b_depth = b.rank() == 1 ? b.dim(0) : b.back(p.transpose_b ? 0 : 1);
    if (p.depth != b_depth) return misfit;
    const StatusOr<Shape> batch = BroadcastShapes(Leading(a), Leading(b));
    if (!batch.ok()) return misfit;
    p.batch = *batch;
    p.a_stride = Strides(Leading(a), p.batch, p.rows * p.depth);
    p.b_stride = Strides(Leading(b), p.batch, p.depth * p.columns);
    std::vector<int64_t> dims = p.batch.dims();
    if (a.rank() > 1) dims.push_back(p.rows);
    if (b.rank() > 1) dims.push_back(p.columns);
    MACE_ASSIGN_OR_RETURN(p.output, Shape::Make(std::move(dims)));
    return p;
  }

  // Constant b without a batch: the rows of a are the pixels of a 1x1 convolution.
  std::vector<Lowering> LowerAsConvolution(const Product& p, const LoweringRequest& request) const {
    const Nhwc a = AsNhwc(request.inputs[0].info.shape);
    ConvolutionRequest convolution;
    convolution.op = "matmul";
    convolution.lowering = &request;
    Convolution& c = convolution.convolution;
    c.in_channels = p.depth;
    c.out_channels = p.columns;
    c.window.h.in = c.window.h.out = a.rows();
    c.window.w.in = c.window.w.out = a.w;
    convolution.weights =
        WeightsFromConstants(*request.inputs[1].constant,
                             has_bias(request.inputs) ? request.inputs[2].constant : nullptr);
    if (!p.transpose_b) {
      convolution.weights.filter = [b = *request.inputs[1].constant, depth = p.depth,
                                    columns = p.columns] {
        return Transposed(ToFloatVector(b).data(), depth, columns);
      };
    }
    return LowerConvolution(convolution);
  }

  void LowerRowMajor(const Product& p, const LoweringRequest& request,
                     std::vector<Lowering>* result) const;

  bool transpose_a_ = false;
  bool transpose_b_ = false;
};

// An operand as a row-major pointer: an activation, or packed weights where it is constant.
void AppendOperand(int index, const OpInput& input, const char* name, Lowering* lowering) {
  Launch& launch = lowering->launches.back();
  if (input.constant == nullptr) {
    launch.arguments.push_back(RawInputArgument(index));
    return;
  }
  PackedWeights weights;
  weights.name = name;
  weights.elements = static_cast<size_t>(input.info.shape.elements());
  weights.keep_float32 = index == 2;
  weights.pack = [constant = *input.constant](float* to) {
    const std::vector<float> from = ToFloatVector(constant);
    std::copy(from.begin(), from.end(), to);
  };
  AppendWeights(std::move(weights), lowering);
}

void MatMul::LowerRowMajor(const Product& p, const LoweringRequest& request,
                           std::vector<Lowering>* result) const {
  constexpr int kAxes = 3;  // Of the batch, in the kernel.
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / 2;
  if (p.batch.rank() > kAxes || p.output.elements() > kMost ||
      request.inputs[0].info.shape.elements() > kMost ||
      request.inputs[1].info.shape.elements() > kMost) {
    return;
  }
  const bool cpu = request.device->kind == DeviceKind::kCpu;
  const int64_t lanes = cpu && p.columns >= 16 ? 16 : 4;
  const int64_t rows = cpu ? 8 : 4;
  const TensorFormat format{Layout::kRowMajor, Storage::kBuffer};
  Lowering lowering;
  lowering.variant = "matmul_row_major";
  lowering.inputs.assign(request.inputs.size(), format);
  lowering.outputs = {format};
  lowering.launches.emplace_back();
  Launch& launch = lowering.launches.back();
  launch.kernel.source = "matmul.cl";
  launch.kernel.base_name = "matmul";
  launch.kernel.precision = request.precision;
  launch.kernel.macros = {{"LANES", std::to_string(lanes)},
                          {"ROWS", std::to_string(rows)},
                          {"TRANSPOSE_A", p.transpose_a ? "1" : "0"},
                          {"TRANSPOSE_B", p.transpose_b ? "1" : "0"},
                          {"BIAS", has_bias(request.inputs) ? "1" : "0"}};
  AppendOperand(0, request.inputs[0], "a", &lowering);
  AppendOperand(1, request.inputs[1], "b", &lowering);
  if (has_bias(request.inputs)) AppendOperand(2, request.inputs[2], "bias", &lowering);
  launch.arguments.push_back(RawOutputArgument(0));
  const int64_t batches = p.batch.elements();
  for (int64_t value : {p.rows, p.columns, p.depth, batches, p.batch.back(1), p.batch.back(0)}) {
    launch.arguments.push_back(static_cast<int32_t>(value));
  }
  for (const auto* strides : {&p.a_stride, &p.b_stride}) {
    for (int axis = 0; axis < kAxes; ++axis) {
      const int at = axis - (kAxes - p.batch.rank());
      launch.arguments.push_back(
          static_cast<int32_t>(at < 0 ? 0 : (*strides)[static_cast<size_t>(at)]));
    }
  }
  SetWorkSizes(*request.device,
               {(p.columns + lanes - 1) / lanes, (p.rows + rows - 1) / rows, batches}, &launch);
  lowering.estimate_ms = static_cast<double>(batches) * static_cast<double>(p.rows) *
                         static_cast<double>(p.columns) * static_cast<double>(p.depth) *
                         (cpu ? 1e-7 : 4e-9);
  result->push_back(std::move(lowering));
}

}  // namespace

extern const OpDefinition kMatMulOp;
const OpDefinition kMatMulOp = {"MatMul", 2, 3, MatMul::Make};

}  // namespace mace
