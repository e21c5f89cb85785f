// DynamicLSTM: Kaldi's long short-term memory with a projection, over the frames of x.
//
// Inputs:
//   x              [..., T, I]
//   output_before  [..., R, P]  outputs of earlier frames
//   cell_before    [..., S, U]  cell states of earlier frames
//   weights_a      [4 U, I + P]
//   peepholes      [3, U]
//   weights_b      [O, U]
//   bias_a         [4 U]        present unless the attribute bias_a is 0
//   bias_b         [O]          present unless the attribute bias_b is 0
//
// Frame n is x at forward_indexes[n]. With p = row n modulo R of the output memory and c = row n
// modulo S of the cell memory:
//   [i, f, g, o] = weights_a * [x, p] + bias_a
//   k = sigmoid(f + peepholes[1] * c) * c + sigmoid(i + peepholes[0] * c) * tanh(g)
//   y = weights_b * (sigmoid(o + peepholes[2] * k) * tanh(k)) + bias_b
// Then scale * y[prev_out_offset, + P) replaces p, and scale * k replaces c.
//
// Outputs:
//   y [..., N, O]               for the N frames
//   output memory [..., R, P]   row m: the row that frame out_cache_indexes[m] left, or zeros
//   cell memory [..., S, U]     row m: the row that frame cell_cache_indexes[m] left, or zeros
//
// Attributes, with their defaults in parentheses:
//   subsample_factor (1)
//   prev_out_delay, prev_cell_delay         below 0: minus R and minus S times subsample_factor
//   prev_out_offset (0), prev_out_dim       the first one, and P
//   prev_cell_dim                           U
//   bias_a (1), bias_b (1), scale (1)
//   forward_indexes, out_cache_indexes, cell_cache_indexes
#include <algorithm>
#include <cmath>

#include "mace/ops/op.h"
#include "mace/ops/recurrent/recurrent_function.h"

namespace mace {
namespace {

// y = matrix * x + bias, which may be null.
std::vector<double> Affine(const HostTensor& matrix, const HostTensor* bias,
                           const std::vector<double>& x) {
  std::vector<double> y(static_cast<size_t>(matrix.shape()[0]));
  const float* row = matrix.f32();
  for (size_t i = 0; i < y.size(); ++i, row += x.size()) {
    y[i] = bias == nullptr ? 0 : bias->f32()[i];
    for (size_t k = 0; k < x.size(); ++k) y[i] += row[k] * x[k];
  }
  return y;
}

class DynamicLstmOp : public Op {
 public:
  // [R, P], [S, U].
  int64_t out_rows_ = 0, out_width_ = 0, cell_rows_ = 0, cell_width_ = 0;
  int64_t out_offset_ = 0;
  bool has_bias_a_ = true, has_bias_b_ = true;
  double scale_ = 1;
  std::vector<int64_t> frames_, out_cached_, cell_cached_;

  Status Infer(const std::vector<OpInput>& inputs, std::vector<TensorInfo>* outputs) const override;
  Status Reference(const std::vector<HostTensor>& inputs,
                   std::vector<HostTensor>* outputs) const override;

  Cost EstimateCost(const std::vector<OpInput>& inputs,
                    const std::vector<TensorInfo>& outputs) const override {
    Cost cost = Op::EstimateCost(inputs, outputs);
    const double weights = static_cast<double>(inputs[kWeightsA].info.shape.elements()) +
                           static_cast<double>(inputs[kWeightsB].info.shape.elements());
    const Shape& y = outputs[0].shape;
    cost.flops = 2 * weights * static_cast<double>(y.elements(0, y.rank() - 1));
    return cost;
  }

 private:
  enum Operand : size_t { kX, kOutputBefore, kCellBefore, kWeightsA, kPeepholes, kWeightsB };
  static constexpr const char* kNames[] = {"x",         "output_before", "cell_before", "weights_a",
                                           "peepholes", "weights_b",     "bias_a",      "bias_b"};

  size_t input_count() const { return size_t{6} + has_bias_a_ + has_bias_b_; }

  // The extents of x with the last two replaced.
  static Shape Like(const Shape& x, int64_t rows, int64_t columns) {
    std::vector<int64_t> dims(x.dims().begin(), x.dims().end() - 2);
    dims.push_back(rows);
    dims.push_back(columns);
    return Shape(std::move(dims));
  }

  // One batch: the memory is changed in place.
  void RunFrames(const std::vector<HostTensor>& inputs, int64_t batch,
                 std::vector<HostTensor>* outputs) const;
};

Status DynamicLstmOp::Infer(const std::vector<OpInput>& inputs,
                            std::vector<TensorInfo>* outputs) const {
  if (inputs.size() != input_count()) {
    return InvalidArgument("expected " + std::to_string(input_count()) + " inputs, found " +
                           std::to_string(inputs.size()));
  }
  const Shape& x = inputs[kX].info.shape;
  if (x.rank() < 2) {
    return InvalidArgument("x: expected frames of rank 2 or more, found " + x.ToString());
  }
  const Shape& last = inputs[kWeightsB].info.shape;
  const int64_t result = last.rank() == 2 ? last[0] : 0;
  std::vector<Shape> expected = {x,
                                 Like(x, out_rows_, out_width_),
                                 Like(x, cell_rows_, cell_width_),
                                 Shape({4 * cell_width_, x.back(0) + out_width_}),
                                 Shape({3, cell_width_}),
                                 Shape({result, cell_width_})};
  if (has_bias_a_) expected.push_back(Shape({4 * cell_width_}));
  if (has_bias_b_) expected.push_back(Shape({result}));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorInfo& info = inputs[i].info;
    if (inputs[i].present && IsFloat(info.dtype) && info.shape == expected[i]) continue;
    const char* name = kNames[i == 6 && !has_bias_a_ ? 7 : i];
    return InvalidArgument(std::string(name) + ": expected floats " + expected[i].ToString() +
                           ", found " + info.ToString());
  }
  if (out_offset_ > result - out_width_) {
    return InvalidArgument("prev_out_offset: expected at most " +
                           std::to_string(result - out_width_) + ", found " +
                           std::to_string(out_offset_));
  }
  for (int64_t frame : frames_) {
    if (frame >= 0 && frame < x.back(1)) continue;
    return InvalidArgument("forward_indexes: expected 0 to " + std::to_string(x.back(1) - 1) +
                           ", found " + std::to_string(frame));
  }
  const int64_t count = static_cast<int64_t>(frames_.size());
  *outputs = {{DType::kFloat32, Like(x, count, result)},
              {DType::kFloat32, expected[kOutputBefore]},
              {DType::kFloat32, expected[kCellBefore]}};
  return Status::Ok();
}

void DynamicLstmOp::RunFrames(const std::vector<HostTensor>& inputs, int64_t batch,
                              std::vector<HostTensor>* outputs) const {
  const Shape& shape = inputs[kX].shape();
  const int64_t width = shape.back(0), units = cell_width_;
  const int64_t out_size = out_rows_ * out_width_, cell_size = cell_rows_ * units;
  const float* x = inputs[kX].f32() + batch * shape.back(1) * width;
  const float* before = inputs[kOutputBefore].f32() + batch * out_size;
  const float* cells_before = inputs[kCellBefore].f32() + batch * cell_size;
  std::vector<double> memory(before, before + out_size);
  std::vector<double> cells(cells_before, cells_before + cell_size);
  const HostTensor* bias_a = has_bias_a_ ? &inputs[6] : nullptr;
  const HostTensor* bias_b = has_bias_b_ ? &inputs[has_bias_a_ ? 7 : 6] : nullptr;
  const float* peepholes = inputs[kPeepholes].f32();
  const int64_t count = static_cast<int64_t>(frames_.size());
  float* y = (*outputs)[0].f32() + batch * count * inputs[kWeightsB].shape()[0];
  for (int64_t n = 0; n < count; ++n) {
    const float* frame = x + frames_[static_cast<size_t>(n)] * width;
    double* out = memory.data() + n % out_rows_ * out_width_;
    double* cell = cells.data() + n % cell_rows_ * units;
    std::vector<double> joined(frame, frame + width);
    joined.insert(joined.end(), out, out + out_width_);
    const std::vector<double> gates = Affine(inputs[kWeightsA], bias_a, joined);
    std::vector<double> passed(static_cast<size_t>(units));
    for (int64_t u = 0; u < units; ++u) {
      const double* gate = gates.data() + u;
      const double input = Logistic(gate[0] + peepholes[u] * cell[u]);
      const double forget = Logistic(gate[units] + peepholes[units + u] * cell[u]);
      const double kept = forget * cell[u] + input * std::tanh(gate[2 * units]);
      passed[static_cast<size_t>(u)] =
          Logistic(gate[3 * units] + peepholes[2 * units + u] * kept) * std::tanh(kept);
      cell[u] = kept * scale_;
    }
    const std::vector<double> result = Affine(inputs[kWeightsB], bias_b, passed);
    for (double value : result) *y++ = static_cast<float>(value);
    for (int64_t i = 0; i < out_width_; ++i) {
      out[i] = scale_ * result[static_cast<size_t>(out_offset_ + i)];
    }
    const auto cache = [n, batch](const std::vector<int64_t>& rows, const double* from,
                                  int64_t columns, HostTensor* to) {
      const int64_t most = to->shape().back(1);
      for (size_t m = 0; m < rows.size(); ++m) {
        if (rows[m] != n) continue;
        float* row = to->f32() + (batch * most + static_cast<int64_t>(m)) * columns;
        for (int64_t i = 0; i < columns; ++i) row[i] = static_cast<float>(from[i]);
      }
    };
    cache(out_cached_, out, out_width_, &(*outputs)[1]);
    cache(cell_cached_, cell, units, &(*outputs)[2]);
  }
}

Status DynamicLstmOp::Reference(const std::vector<HostTensor>& inputs,
                                std::vector<HostTensor>* outputs) const {
  const Shape& x = inputs[kX].shape();
  for (int64_t batch = 0; batch < x.elements(0, x.rank() - 2); ++batch) {
    RunFrames(inputs, batch, outputs);
  }
  return Status::Ok();
}

// The rows of memory that a delay of this many frames needs.
StatusOr<int64_t> RowsOf(const Node& node, const char* name) {
  constexpr int64_t kMax = int64_t{1} << 20;
  const int64_t factor = node.attributes.GetInt("subsample_factor", 1);
  const int64_t delay = node.attributes.GetInt(name, 0);
  if (factor >= 1 && delay < 0 && delay >= -kMax && delay % factor == 0) return -delay / factor;
  return InvalidArgument(std::string(name) + ": expected a multiple of subsample_factor from -" +
                         std::to_string(kMax) + " to -1, found " + std::to_string(delay) + " and " +
                         std::to_string(factor));
}

StatusOr<std::unique_ptr<Op>> MakeDynamicLstm(const Node& node) {
  constexpr int64_t kMax = int64_t{1} << 24;
  const AttributeMap& attributes = node.attributes;
  auto op = std::make_unique<DynamicLstmOp>();
  MACE_ASSIGN_OR_RETURN(op->out_rows_, RowsOf(node, "prev_out_delay"));
  MACE_ASSIGN_OR_RETURN(op->cell_rows_, RowsOf(node, "prev_cell_delay"));
  op->out_width_ = attributes.GetInt("prev_out_dim", 0);
  op->cell_width_ = attributes.GetInt("prev_cell_dim", 0);
  op->out_offset_ = attributes.GetInt("prev_out_offset", 0);
  if (std::min(op->out_width_, op->cell_width_) < 1 ||
      std::max(op->out_width_, op->cell_width_) > kMax || op->out_offset_ < 0) {
    return InvalidArgument(
        "prev_out_dim, prev_cell_dim, prev_out_offset: expected numbers above 0 (the offset: 0 or "
        "more), found " +
        std::to_string(op->out_width_) + ", " + std::to_string(op->cell_width_) + ", " +
        std::to_string(op->out_offset_));
  }
  op->has_bias_a_ = attributes.GetInt("bias_a", 1) != 0;
  op->has_bias_b_ = attributes.GetInt("bias_b", 1) != 0;
  op->scale_ = attributes.GetFloat("scale", 1);
  op->frames_ = attributes.GetInts("forward_indexes");
  op->out_cached_ = attributes.GetInts("out_cache_indexes");
  op->cell_cached_ = attributes.GetInts("cell_cache_indexes");
  if (op->frames_.empty()) return InvalidArgument("forward_indexes: expected a frame or more");
  if (static_cast<int64_t>(op->out_cached_.size()) > op->out_rows_ ||
      static_cast<int64_t>(op->cell_cached_.size()) > op->cell_rows_) {
    return InvalidArgument("out_cache_indexes and cell_cache_indexes: expected at most " +
                           std::to_string(op->out_rows_) + " and " +
                           std::to_string(op->cell_rows_) + " frames, found " +
                           std::to_string(op->out_cached_.size()) + " and " +
                           std::to_string(op->cell_cached_.size()));
  }
  return std::unique_ptr<Op>(std::move(op));
}

}  // namespace

extern const OpDefinition kDynamicLSTMOp;
const OpDefinition kDynamicLSTMOp = {"DynamicLSTM", 6, 8, &MakeDynamicLstm};

}  // namespace mace
