// Rules for MACE's ops of detectors and of networks that came from Caffe.
#include <utility>

#include "mace/formats/mace/rules.h"

namespace mace {
namespace {

// A Deconv2D in groups whose filter is [out / group, in, h, w]; that of a depthwise one may be
// stored [in, 1, h, w], which is the same memory.
Status NormalizeDepthwiseDeconv(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  Node& node = op->node;
  node.type = "Deconv2D";
  node.attributes.Set("framework_type", int64_t{2});  // The bias is input 2.
  if (node.attributes.GetInts("padding_values").empty()) {
    node.attributes.Erase("padding_values");
  } else {
    node.attributes.Erase("padding");
  }
  if (InputRank(*op, 0, builder) != 4 || InputRank(*op, 1, builder) != 4) return Status::Ok();
  const int64_t channels = builder->ShapeOf(node.inputs[0]).dim(3);
  const Shape filter = builder->ShapeOf(node.inputs[1]);
  const bool depthwise = node.attributes.GetInt("group", 1) == channels;
  if (depthwise && filter[0] == channels && filter[1] == 1) {
    MACE_ASSIGN_OR_RETURN(node.inputs[1],
                          builder->Reshape(node.inputs[1], {1, channels, filter[2], filter[3]}));
  }
  return Status::Ok();
}

// The height and width of the second input, filled with the elements of the first.
Status NormalizeNonlocalReshape(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  if (InputRank(*op, 0, builder) != 4 || InputRank(*op, 1, builder) != 4) {
    return InvalidArgument("expected two inputs of rank 4, found ranks " +
                           std::to_string(InputRank(*op, 0, builder)) + " and " +
                           std::to_string(InputRank(*op, 1, builder)));
  }
  const Shape x = builder->ShapeOf(op->node.inputs[0]);
  const Shape target = builder->ShapeOf(op->node.inputs[1]);
  // Channels are last: each keeps its elements in their order, as it does in NCHW.
  MaceRewrite(op, builder).FinishAs(op->node.inputs[0], {x[0], target[1], target[2], x[3]});
  return Status::Ok();
}

// The boxes depend on extents alone: they are attributes, and the inputs fall away. (This project's
// converter writes them so.)
Status NormalizePriorBox(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  if (op->node.inputs.empty() && op->node.attributes.Has("image_size")) return Status::Ok();
  const char* const names[] = {"feature_size", "image_size"};
  for (size_t i : {size_t{0}, size_t{1}}) {
    if (InputRank(*op, i, builder) != 4) {
      return InvalidArgument("expected two inputs of rank 4, found rank " +
                             std::to_string(InputRank(*op, i, builder)));
    }
    const ValueId id = op->node.inputs[i];
    const Shape& shape = builder->ShapeOf(id);
    const int height = layout.Of(id) == AxisOrder::kNchw ? 2 : 1;
    op->node.attributes.Set(names[i], std::vector<int64_t>{shape[height], shape[height + 1]});
  }
  op->node.inputs.clear();
  return Status::Ok();
}

}  // namespace

MaceRule FindMaceVisionRule(const std::string& type) {
  if (type == "DepthwiseDeconv2d") return NormalizeDepthwiseDeconv;
  if (type == "NonlocalReshape") return NormalizeNonlocalReshape;
  if (type == "PriorBox") return NormalizePriorBox;
  return nullptr;
}

}  // namespace mace
