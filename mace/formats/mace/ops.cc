#include "mace/formats/mace/ops.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "mace/base/strings.h"
#include "mace/formats/mace/argument_values.h"
#include "mace/formats/mace/kaldi.h"
#include "mace/formats/mace/rules.h"
#include "mace/formats/mace/tensors.h"

namespace mace {
namespace {

// padding and pad_type as numbers.
constexpr int64_t kPaddingSame = 1;
constexpr int64_t kRoundFloor = 0;
constexpr int64_t kRoundCeil = 1;

// The axis of NHWC that holds what axis `axis` of NCHW holds.
int64_t AxisInNhwc(int64_t axis) {
  if (axis < 0) axis += 4;
  if (axis < 0 || axis > 3) return axis;  // For the op to refuse.
  return kNhwcToNchw[static_cast<size_t>(axis)];
}

int64_t AxisInNchw(int64_t axis) {
  if (axis < 0) axis += 4;
  if (axis < 0 || axis > 3) return axis;
  return kNchwToNhwc[static_cast<size_t>(axis)];
}

// padding_values win over padding, and without either it is SAME.
Status NormalizeWindow(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  AttributeMap& attributes = op->node.attributes;
  if (attributes.GetInts("padding_values").empty()) {
    attributes.Erase("padding_values");
    SetDefault(op, "padding", kPaddingSame);
  } else {
    attributes.Erase("padding");
  }
  return Status::Ok();
}

Status NormalizeDepthwise(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  op->node.attributes.Erase("group");  // Always the channels: the filter says so.
  return NormalizeWindow(op, layout, builder);
}

// CEIL where nothing is said, but only with explicit paddings.
Status NormalizePooling(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  MACE_RETURN_IF_ERROR(NormalizeWindow(op, layout, builder));
  if (op->node.attributes.Has("padding_values")) {
    SetDefault(op, "round_mode", kRoundCeil);
  } else {
    op->node.attributes.Set("round_mode", kRoundFloor);
  }
  return Status::Ok();
}

// TensorFlow's form has the output's shape as input 2 and the bias behind it. The graph has one
// form: the bias is input 2, a shape is attribute `dim`, and framework_type says so.
Status NormalizeDeconv(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  MACE_RETURN_IF_ERROR(NormalizeWindow(op, layout, builder));
  op->node.attributes.Set("framework_type", kFrameworkOnnx);
  std::vector<ValueId>& inputs = op->node.inputs;
  if (!op->tensorflow_form || inputs.size() < 3) return Status::Ok();
  std::vector<int64_t> numbers;
  if (ConstantNumbers(*op, 2, *builder, &numbers)) SetDefault(op, "dim", numbers);
  if (!op->node.attributes.Has("dim")) {
    return Unsupported("an output shape that is computed at run time");
  }
  inputs.erase(inputs.begin() + 2);
  return Status::Ok();
}

// The size is an attribute; the nearest op has it as an input too.
Status NormalizeResize(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  std::vector<int64_t> numbers;
  if (ConstantNumbers(*op, 1, *builder, &numbers)) SetDefault(op, "size", numbers);
  if (op->node.attributes.GetInts("size").size() != 2) {
    return Unsupported("expected size [height, width] known at import, found [" +
                       JoinNumbers(op->node.attributes.GetInts("size"), ", ") + "]");
  }
  if (op->node.inputs.size() > 1) op->node.inputs.resize(1);
  return Status::Ok();
}

// The only argument that is not in the op's own order: of a 4-D op in the runtime's order, the
// axis is still the source's. Without one it is the channels, or the last of a TensorFlow graph.
Status NormalizeSoftmax(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  const bool from_nchw_4d = layout.from_nchw() && InputRank(*op, 0, builder) == 4;
  int64_t axis = op->node.attributes.GetInt("axis", from_nchw_4d ? 1 : -1);
  if (from_nchw_4d && op->order == AxisOrder::kNhwc) axis = AxisInNhwc(axis);
  op->node.attributes.Set("axis", axis);
  return Status::Ok();
}

Status NormalizeConcat(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  SetDefault(op, "axis", int64_t{3});
  return Status::Ok();
}

Status NormalizeSplit(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  SetDefault(op, "axis", int64_t{3});
  op->node.attributes.Set("num_split", static_cast<int64_t>(op->def->output_size()));
  return Status::Ok();
}

// ONNX's converter writes the mode under `padding`.
Status NormalizePad(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  SetDefault(op, "pad_type", op->node.attributes.GetInt("padding", 0));
  op->node.attributes.Erase("padding");
  return Status::Ok();
}

// The new shape is an attribute; a computed one is flattened, since its declared rank is not to be
// trusted.
Status NormalizeReshape(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  std::vector<int64_t> dims = op->node.attributes.GetInts("dim");
  if (op->node.attributes.Has("dim")) {
    // Between 4-D tensors `dim` is in the runtime's order, but the elements keep the source's.
    const bool was_auto = layout.OrderOf(*op->def) == AxisOrder::kNhwc;
    if (layout.from_nchw() && was_auto && dims.size() == 4) {
      dims = {dims[0], dims[3], dims[1], dims[2]};
    }
  } else if (!ConstantNumbers(*op, 1, *builder, &dims)) {
    return Unsupported("a shape that is computed at run time");
  }
  op->node.attributes.Set("dim", dims);
  if (op->node.inputs.size() > 1) op->node.inputs.resize(1);
  return Status::Ok();
}

// Operands of a lower rank broadcast in the source's order: [C, 1, 1] of an ONNX graph stands
// beside an NHWC tensor. (Those of rank 4 are stored in NHWC already.)
Status NormalizeEltwise(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  if (!layout.from_nchw() || op->order != AxisOrder::kNhwc) return Status::Ok();
  std::vector<ValueId>& inputs = op->node.inputs;
  int64_t channels = -1, width = -1;
  for (ValueId id : inputs) {
    if (id == kNoValue || builder->ShapeOf(id).rank() != 4) continue;
    channels = builder->ShapeOf(id).dim(3);
    width = builder->ShapeOf(id).dim(2);
  }
  if (channels < 0) return Status::Ok();
  for (ValueId& id : inputs) {
    if (id == kNoValue) continue;
    const Shape shape = builder->ShapeOf(id);
    if (shape.rank() == 4 || shape.rank() > 4 || shape.elements() == 1) continue;
    // One value a channel, as folding of normalisation leaves it, stands for itself.
    if (shape.rank() == 1 && shape.dim(0) != width && shape.dim(0) == channels) continue;
    std::vector<int64_t> dims(static_cast<size_t>(4 - shape.rank()), 1);
    dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
    MACE_ASSIGN_OR_RETURN(id, builder->Reshape(id, dims));
    MACE_ASSIGN_OR_RETURN(id, builder->Transpose(id, kNchwToNhwc));
  }
  return Status::Ok();
}

Status NormalizeBiasAdd(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  op->node.attributes.Erase("type");  // A relic: it was an Eltwise.
  return Status::Ok();
}

// This project's converter writes a type that the format has no name for as argument `dtype`.
Status NormalizeCast(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  if (op->def->output_type_size() == 0) {
    if (op->node.attributes.Has("dtype")) return Status::Ok();
    return Unsupported("a cast without output_type");
  }
  const StatusOr<DType> dtype = DTypeOfMace(op->def->output_type(0));
  if (!dtype.ok()) return dtype.status().WithPrefix("a cast");
  op->node.attributes.Set("dtype", std::string(DTypeName(*dtype)));
  return Status::Ok();
}

// Older converters leave the axis an input, and say whether it stays only by the output's declared
// shape. Caffe's ops give several places, or the values there.
Status NormalizeArgMax(MaceOp* op, const MaceLayout&, GraphBuilder* builder) {
  AttributeMap& attributes = op->node.attributes;
  if (attributes.GetInt("top_k", 1) != 1 || attributes.GetInt("out_val", 0) != 0) {
    return Unsupported("top_k and out_val: expected 1 and 0, found " +
                       std::to_string(attributes.GetInt("top_k", 1)) + " and " +
                       std::to_string(attributes.GetInt("out_val", 0)));
  }
  std::vector<ValueId>& inputs = op->node.inputs;
  if (inputs.size() > 1) {
    std::vector<int64_t> axis;
    if (!ConstantNumbers(*op, 1, *builder, &axis) || axis.size() != 1) {
      return Unsupported("axis: expected one number known at import");
    }
    attributes.Set("axis", axis[0]);
    inputs.resize(1);
  }
  const int rank = InputRank(*op, 0, builder);
  const bool declared = op->def->output_shape_size() == 1;
  const bool vanishes = declared && op->def->output_shape(0).dims_size() == rank - 1;
  // A vector's result is declared [1] as often as [].
  SetDefault(op, "keepdims", int64_t{!(vanishes && rank > 1)});
  return Status::Ok();
}

// A Quantize op of a model that is computed in floats is an Identity: only the rounding is lost.
Status NormalizeQuantize(MaceOp* op, const MaceLayout&, GraphBuilder*) {
  op->node.type = "Identity";
  op->node.attributes = AttributeMap();
  op->node.inputs.resize(1);
  return Status::Ok();
}

// Into the graph's order: OIHW, depthwise MIHW.
Status ReorderFilter(MaceOp* op, GraphBuilder* builder) {
  const std::string& type = op->node.type;
  const bool depthwise = type == "DepthwiseConv2d" || type == "DepthwiseDeconv2d";
  if (!depthwise && type != "Conv2D" && type != "Deconv2D" && type != "FullyConnected") {
    return Status::Ok();
  }
  if (InputRank(*op, 1, builder) != 4) return Status::Ok();  // For the op to refuse.
  ValueId& filter = op->node.inputs[1];
  MACE_ASSIGN_OR_RETURN(filter,
                        builder->Transpose(filter, depthwise ? std::vector<int64_t>{3, 2, 0, 1}
                                                             : std::vector<int64_t>{0, 3, 1, 2}));
  return Status::Ok();
}

MaceRule FindRule(const std::string& type) {
  static const auto* const kRules = new std::unordered_map<std::string, MaceRule>{
      {"ArgMax", NormalizeArgMax},
      {"BiasAdd", NormalizeBiasAdd},
      {"Cast", NormalizeCast},
      {"Concat", NormalizeConcat},
      {"Conv2D", NormalizeWindow},
      {"Deconv2D", NormalizeDeconv},
      {"DepthwiseConv2d", NormalizeDepthwise},
      {"Dequantize", NormalizeQuantize},
      {"Eltwise", NormalizeEltwise},
      {"Pad", NormalizePad},
      {"Pooling", NormalizePooling},
      {"Quantize", NormalizeQuantize},
      {"Reshape", NormalizeReshape},
      {"ResizeBicubic", NormalizeResize},
      {"ResizeBilinear", NormalizeResize},
      {"ResizeNearestNeighbor", NormalizeResize},
      {"Softmax", NormalizeSoftmax},
      {"Split", NormalizeSplit},
  };
  const auto found = kRules->find(type);
  if (found != kRules->end()) return found->second;
  for (const auto find :
       {FindMaceFeaturesRule, FindMaceFramesRule, FindMaceScalarRule, FindMaceVisionRule}) {
    if (const MaceRule rule = find(type)) return rule;
  }
  return nullptr;
}

// Ops with one number a channel. In a channels-first graph of rank 3 the channels are in the
// middle, where no op of the graph looks for them.
Status MoveChannelsLast(MaceOp* op, GraphBuilder* builder) {
  static const std::vector<int64_t> kSwapLastTwo = {0, 2, 1};
  if (InputRank(*op, 0, builder) != 3) return Status::Ok();
  MACE_ASSIGN_OR_RETURN(op->node.inputs[0], builder->Transpose(op->node.inputs[0], kSwapLastTwo));
  op->restore = kSwapLastTwo;
  return Status::Ok();
}

bool IsPerChannel(const MaceOp& op, GraphBuilder* builder) {
  const std::string& type = op.node.type;
  if (type == "BatchNorm" || type == "InstanceNorm") return true;
  if (type != "Activation" || op.node.inputs.size() < 2 || op.node.inputs[1] == kNoValue) {
    return false;
  }
  return builder->ShapeOf(op.node.inputs[1]).elements() > 1;
}

// Dropping axes out of NHWC leaves others in the runtime's order, which no rank below four has:
// such a Reduce runs in the source's order.
void ReduceInSourceOrder(MaceOp* op, GraphBuilder* builder) {
  AttributeMap& attributes = op->node.attributes;
  if (InputRank(*op, 0, builder) != 4 || attributes.GetInt("keepdims", 0) != 0) return;
  std::vector<int64_t> axes = attributes.GetInts("axis");
  if (axes.empty() || axes == std::vector<int64_t>{1, 2}) return;  // Equal in both orders.
  for (int64_t& axis : axes) axis = AxisInNchw(axis);
  attributes.Set("axis", axes);
  op->order = AxisOrder::kNchw;
}

}  // namespace

void CopyMaceArguments(const wire::OperatorDef& op, AttributeMap* attributes) {
  static const auto* const kIgnored = new std::unordered_set<std::string>{
      "T", "data_format", "framework_type", "has_data_format", "wino_block_size"};
  for (const wire::Argument& argument : op.arg()) {
    if (kIgnored->count(argument.name()) > 0) continue;
    if (argument.has_i()) {
      attributes->Set(argument.name(), int64_t{argument.i()});
    } else if (argument.has_f()) {
      attributes->Set(argument.name(), double{argument.f()});
    } else if (argument.has_s()) {
      attributes->Set(argument.name(), std::string(argument.s()));
    } else if (argument.floats_size() > 0) {
      attributes->Set(argument.name(),
                      std::vector<double>(argument.floats().begin(), argument.floats().end()));
    } else {
      // An empty list has nothing set.
      attributes->Set(argument.name(),
                      std::vector<int64_t>(argument.ints().begin(), argument.ints().end()));
    }
  }
}

Status ChooseMaceOrder(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  if (!layout.from_nchw() || op->node.inputs.empty() || op->node.inputs[0] == kNoValue) {
    return Status::Ok();
  }
  const std::string& type = op->node.type;
  // Looks for channels at the end, whatever the file says.
  if (type == "LocalResponseNorm" && op->order == AxisOrder::kNchw) op->order = AxisOrder::kNhwc;
  if (type == "PriorBox") op->order = AxisOrder::kNone;  // Takes extents alone.
  if (IsPerChannel(*op, builder) || type == "BiasAdd") {
    // Each element's result does not depend on the order: let the channels be last.
    if (op->order == AxisOrder::kNchw) op->order = AxisOrder::kNhwc;
    return type == "BiasAdd" ? Status::Ok() : MoveChannelsLast(op, builder);
  }
  if (type == "Reshape") op->order = AxisOrder::kNchw;  // The order of elements is the source's.
  if (type == "Reduce" && op->order == AxisOrder::kNhwc) ReduceInSourceOrder(op, builder);
  return Status::Ok();
}

Status NormalizeMaceOp(MaceOp* op, const MaceLayout& layout, GraphBuilder* builder) {
  if (op->filters_channels_last) MACE_RETURN_IF_ERROR(ReorderFilter(op, builder));
  const MaceRule rule = FindRule(op->node.type);
  return rule == nullptr ? Status::Ok() : rule(op, layout, builder);
}

}  // namespace mace
