#include "mace/formats/onnx/deep_transposed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

// A transposed convolution over depth is a sum over the taps of the filter's depth: each makes
// planes of the planes of x, which lie strides[0] apart in the result.
class DeepTransposed {
 public:
  DeepTransposed(OnnxNode* node, const OnnxWindow& window, const std::vector<int64_t>& extra)
      : node_(node), window_(window), extra_(extra) {}

  Status Convert() {
    const Shape x = node_->shape(0), w = node_->shape(1);
    GraphBuilder* builder = node_->builder();
    if (w[2] > kMaxDeepTaps || x.elements() == 0) {
      return Unsupported("a kernel over depth: expected at most " + std::to_string(kMaxDeepTaps) +
                         " of some elements, found " + std::to_string(w[2]));
    }
    const int64_t stride = window_.strides[0];
    depth_ =
        stride * (x[2] - 1) + extra_[0] + window_.span(0) - window_.before[0] - window_.after[0];
    if (depth_ < 1) {
      return InvalidArgument("pads: expected a result with depth, found " + std::to_string(depth_));
    }
    // All planes that a tap may reach, those that are cut away included.
    padded_ = std::max(stride * x[2] + window_.span(0) - 1, window_.before[0] + depth_);
    MACE_ASSIGN_OR_RETURN(x_, builder->Transpose(node_->input(0), {0, 2, 3, 4, 1}));
    MACE_ASSIGN_OR_RETURN(x_, builder->Reshape(x_, {x[0] * x[2], x[3], x[4], x[1]}));
    ValueId sum = kNoValue;
    for (int64_t tap = 0; tap < w[2]; ++tap) {
      MACE_ASSIGN_OR_RETURN(const ValueId part, ConvertTap(tap));
      if (sum == kNoValue) {
        sum = part;
      } else {
        MACE_ASSIGN_OR_RETURN(sum, EmitEltwise(node_, EltwiseType::kSum, sum, part));
      }
    }
    MACE_ASSIGN_OR_RETURN(sum,
                          EmitSlice(node_, sum, 1, window_.before[0], window_.before[0] + depth_));
    MACE_ASSIGN_OR_RETURN(sum,
                          builder->Reshape(sum, {x[0], depth_, plane_[1], plane_[2], plane_[3]}));
    if (node_->HasInput(2)) {
      MACE_ASSIGN_OR_RETURN(sum, EmitEltwise(node_, EltwiseType::kSum, sum, node_->input(2)));
    }
    MACE_ASSIGN_OR_RETURN(sum, builder->Transpose(sum, ChannelsFirst(5)));
    node_->SetResult(sum);
    return Status::Ok();
  }

 private:
  StatusOr<ValueId> EmitPad(ValueId id, std::vector<int64_t> paddings) {
    AttributeMap pad;
    pad.Set("paddings", std::move(paddings));
    pad.Set("pad_type", int64_t{0});
    return node_->Emit("/padded", "Pad", {id}, std::move(pad));
  }

  // [n, padded depth, elements of a plane].
  StatusOr<ValueId> ConvertTap(int64_t tap) {
    GraphBuilder* builder = node_->builder();
    const Shape x = node_->shape(0);
    MACE_ASSIGN_OR_RETURN(ValueId w, EmitSlice(node_, node_->input(1), 2, tap, tap + 1));
    const Shape filter = builder->ShapeOf(w);
    MACE_ASSIGN_OR_RETURN(w, builder->Reshape(w, {filter[0], filter[1], filter[3], filter[4]}));
    MACE_ASSIGN_OR_RETURN(w, builder->Transpose(w, {1, 0, 2, 3}));
    AttributeMap attributes;
    window_.SetPair(1, 2, &attributes);
    attributes.Set("output_padding", std::vector<int64_t>{extra_[1], extra_[2]});
    attributes.Set("group", node_->Int("group", 1));
    MACE_ASSIGN_OR_RETURN(ValueId y,
                          node_->Emit("/plane", "Deconv2D", {x_, w}, std::move(attributes)));
    plane_ = builder->ShapeOf(y);
    const int64_t elements = plane_.elements(1, 4), stride = window_.strides[0];
    if (stride > 1) {
      MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, {x[0], x[2], 1, elements}));
      MACE_ASSIGN_OR_RETURN(y, EmitPad(y, {0, 0, 0, 0, 0, stride - 1, 0, 0}));
    }
    MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, {x[0], x[2] * stride, elements}));
    const int64_t before = tap * window_.dilations[0];
    return EmitPad(y, {0, 0, before, padded_ - before - x[2] * stride, 0, 0});
  }

  OnnxNode* const node_;
  const OnnxWindow& window_;
  const std::vector<int64_t>& extra_;
  ValueId x_ = kNoValue;
  Shape plane_;
  int64_t depth_ = 0;
  int64_t padded_ = 0;
};

}  // namespace

Status ConvertDeepTransposed(OnnxNode* node, const OnnxWindow& window,
                             const std::vector<int64_t>& extra) {
  return DeepTransposed(node, window, extra).Convert();
}

}  // namespace mace
