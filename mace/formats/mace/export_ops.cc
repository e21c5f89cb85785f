#include "mace/formats/mace/export_ops.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "mace/formats/mace/argument_values.h"
#include "mace/formats/mace/layout.h"
#include "mace/ops/elementwise/eltwise.h"

namespace mace {
namespace {

using Rule = Status (*)(ExportedOp* op);

// Upstream's runtime has one list of ops for all converters.
bool UpstreamKnows(const std::string& type) {
  static const auto* const kTypes = new std::unordered_set<std::string>{"Activation",
                                                                        "AddN",
                                                                        "ArgMax",
                                                                        "BatchNorm",
                                                                        "BatchToSpaceND",
                                                                        "BiasAdd",
                                                                        "Cast",
                                                                        "ChannelShuffle",
                                                                        "Concat",
                                                                        "Conv2D",
                                                                        "Crop",
                                                                        "Cumsum",
                                                                        "Deconv2D",
                                                                        "DepthToSpace",
                                                                        "DepthwiseConv2d",
                                                                        "DepthwiseDeconv2d",
                                                                        "DetectionOutput",
                                                                        "Eltwise",
                                                                        "ExpandDims",
                                                                        "ExtractImagePatches",
                                                                        "Fill",
                                                                        "FullyConnected",
                                                                        "Gather",
                                                                        "GroupNorm",
                                                                        "Identity",
                                                                        "InstanceNorm",
                                                                        "LSTMCell",
                                                                        "LocalResponseNorm",
                                                                        "LpNorm",
                                                                        "MVNorm",
                                                                        "MatMul",
                                                                        "NonlocalReshape",
                                                                        "OneHot",
                                                                        "Pad",
                                                                        "Pooling",
                                                                        "PriorBox",
                                                                        "Reduce",
                                                                        "Reshape",
                                                                        "ResizeBicubic",
                                                                        "ResizeBilinear",
                                                                        "ResizeNearestNeighbor",
                                                                        "Reverse",
                                                                        "ScalarMath",
                                                                        "Select",
                                                                        "Shape",
                                                                        "Slice",
                                                                        "Softmax",
                                                                        "SpaceToBatchND",
                                                                        "SpaceToDepth",
                                                                        "Split",
                                                                        "SqrDiffMean",
                                                                        "Squeeze",
                                                                        "Stack",
                                                                        "StridedSlice",
                                                                        "Tile",
                                                                        "Transpose",
                                                                        "Unsqueeze",
                                                                        "Unstack",
                                                                        "Where"};
  return kTypes->count(type) > 0;
}

// Paddings of each side become sums over both, as converters write them; upstream puts the smaller
// half in front. Where that is not the same the sides are kept beside them, for this engine.
Status WindowForm(ExportedOp* op) {
  AttributeMap& attributes = op->node.attributes;
  const std::vector<int64_t> pads = attributes.GetInts("pads");
  if (pads.size() != 4) return Status::Ok();
  const std::vector<int64_t> totals = {pads[0] + pads[2], pads[1] + pads[3]};
  attributes.Set("padding_values", totals);
  attributes.Erase("padding");
  if (pads[0] == totals[0] / 2 && pads[1] == totals[1] / 2) {
    attributes.Erase("pads");
  } else {
    op->beyond_upstream.push_back("uneven paddings");
  }
  return Status::Ok();
}

Status ConvolutionForm(ExportedOp* op) {
  if (op->node.type == "Conv2D" && op->node.attributes.GetInt("group", 1) > 1) {
    op->beyond_upstream.push_back("grouped convolution");
  }
  return WindowForm(op);
}

Status PoolingForm(ExportedOp* op) {
  if (op->node.attributes.GetInt("count_include_pad", 0) != 0) {
    op->beyond_upstream.push_back("an average that counts its padding");
  }
  MACE_RETURN_IF_ERROR(WindowForm(op));
  op->node.attributes.Set("round_mode", op->node.attributes.GetInt("round_mode", 0));
  return Status::Ok();
}

// With a shape the file has TensorFlow's form (the shape is input 2, the bias behind it), without
// one ONNX's.
Status DeconvForm(ExportedOp* op) {
  MACE_RETURN_IF_ERROR(WindowForm(op));
  AttributeMap& attributes = op->node.attributes;
  attributes.Erase("framework_type");
  const std::vector<int64_t> dims = attributes.GetInts("dim");
  const bool grouped = op->node.type == "Deconv2D" && attributes.GetInt("group", 1) > 1;
  if (dims.empty()) {
    op->framework_type = kFrameworkOnnx;
    if (grouped) op->node.type = "DepthwiseDeconv2d";  // This op has groups of any size.
    return Status::Ok();
  }
  if (grouped) op->beyond_upstream.push_back("grouped deconvolution to a given shape");
  op->number_inputs[2] = dims;
  return Status::Ok();
}

// The neighbours of one side, and alpha for their sum.
Status LocalResponseForm(ExportedOp* op) {
  AttributeMap& attributes = op->node.attributes;
  const int64_t size = attributes.GetInt("size", 1);
  attributes.Set("beta", attributes.GetFloat("beta", 0.75));
  attributes.Set("bias", attributes.GetFloat("bias", 1));
  if (size % 2 == 0 || op->graph->value(op->node.inputs[0]).info.shape.rank() != 4) {
    op->beyond_upstream.push_back("a window that is uneven, or not over rank 4");
    return Status::Ok();
  }
  attributes.Set("depth_radius", size / 2);
  attributes.Set("alpha", attributes.GetFloat("alpha", 1e-4) / static_cast<double>(size));
  attributes.Erase("size");
  return Status::Ok();
}

Status PriorBoxForm(ExportedOp* op) {
  op->beyond_upstream.push_back("prior boxes of given extents");
  return Status::Ok();
}

Status ReshapeForm(ExportedOp* op) {
  const std::vector<int64_t> dims = op->node.attributes.GetInts("dim");
  op->number_inputs[1] = dims;
  // The attribute says what a 0 means.
  if (std::count(dims.begin(), dims.end(), 0) == 0) op->node.attributes.Erase("allowzero");
  if (op->node.attributes.GetInt("allowzero", 0) != 0) op->beyond_upstream.push_back("allowzero");
  return Status::Ok();
}

// The functions that an Eltwise of upstream's computes too, to the last bit.
Status UnaryForm(ExportedOp* op) {
  const std::string function = op->node.attributes.GetString("function", "");
  AttributeMap attributes;
  const auto set_type = [&](EltwiseType type) {
    attributes.Set("type", static_cast<int64_t>(type));
  };
  if (function == "neg") {
    set_type(EltwiseType::kNeg);
  } else if (function == "abs") {
    set_type(EltwiseType::kAbs);
  } else if (function == "square") {
    set_type(EltwiseType::kProd);
    op->node.inputs.push_back(op->node.inputs[0]);
  } else if (function == "reciprocal") {
    set_type(EltwiseType::kDiv);
    attributes.Set("scalar_input", 1.0);
    attributes.Set("scalar_input_index", int64_t{0});
  } else {
    op->beyond_upstream.push_back("not an op of upstream's: " + function);
    return Status::Ok();
  }
  op->node.type = "Eltwise";
  op->node.attributes = std::move(attributes);
  return Status::Ok();
}

Status NearestForm(ExportedOp* op) {
  op->number_inputs[1] = op->node.attributes.GetInts("size");
  return Status::Ok();
}

// A type that the format has no name for stays an argument, which upstream's runtime does not know.
Status CastForm(ExportedOp* op) {
  const std::string dtype = op->node.attributes.GetString("dtype", "");
  for (const auto& [type, wired] : {std::pair{DType::kFloat32, wire::DT_FLOAT},
                                    {DType::kInt32, wire::DT_INT32},
                                    {DType::kUInt8, wire::DT_UINT8},
                                    {DType::kInt8, wire::DT_INT8},
                                    {DType::kBool, wire::DT_BOOL}}) {
    if (dtype == DTypeName(type)) op->output_types = {wired};
  }
  if (op->output_types.empty()) {
    op->beyond_upstream.push_back("a cast to " + dtype);
  } else {
    op->node.attributes.Erase("dtype");
  }
  return Status::Ok();
}

Status ShapeForm(ExportedOp* op) {
  op->output_types = {wire::DT_INT32};
  return Status::Ok();
}

Rule FindForm(const std::string& type) {
  static const auto* const kRules = new std::unordered_map<std::string, Rule>{
      {"Cast", CastForm},
      {"Conv2D", ConvolutionForm},
      {"Deconv2D", DeconvForm},
      {"DepthwiseConv2d", ConvolutionForm},
      {"LocalResponseNorm", LocalResponseForm},
      {"Pooling", PoolingForm},
      {"PriorBox", PriorBoxForm},
      {"Reshape", ReshapeForm},
      {"ResizeNearestNeighbor", NearestForm},
      {"Shape", ShapeForm},
      {"Unary", UnaryForm},
  };
  const auto found = kRules->find(type);
  return found == kRules->end() ? nullptr : found->second;
}

}  // namespace

bool HasMaceSteps(const Node& node) {
  if (node.type != "Unary") return false;
  const std::string function = node.attributes.GetString("function", "");
  return function == "silu" || function == "hardswish";
}

void SetMaceSteps(Node* node) {
  const bool hard = node->attributes.GetString("function", "") == "hardswish";
  Node sigmoid, product;
  sigmoid.name = node->name + "/sigmoid";
  sigmoid.type = "Activation";
  sigmoid.attributes.Set("activation", std::string(hard ? "HARDSIGMOID" : "SIGMOID"));
  if (hard) {
    sigmoid.attributes.Set("hardsigmoid_alpha", 1.0 / 6);
    sigmoid.attributes.Set("hardsigmoid_beta", 0.5);
  }
  sigmoid.inputs = {0};
  product.name = node->name;
  product.type = "Eltwise";
  product.attributes.Set("type", static_cast<int64_t>(EltwiseType::kProd));
  product.inputs = {0, 1};
  node->steps = {std::move(sigmoid), std::move(product)};
}

int64_t DataFormatOf(const std::string& type, bool* transposable) {
  static const auto* const kTransposable = new std::unordered_set<std::string>{
      "Activation",  "AddN",    "BiasAdd", "ChannelShuffle", "Concat",  "Crop",
      "Eltwise",     "Pad",     "Reduce",  "Reshape",        "Softmax", "Split",
      "SqrDiffMean", "Squeeze", "Tile",    "Transpose"};
  constexpr int64_t kNhwc = 1, kAuto = 1000;
  *transposable = kTransposable->count(type) > 0;
  return *transposable || HasFixedFormat(type) ? kAuto : kNhwc;
}

Status ToMaceForm(ExportedOp* op) {
  if (!UpstreamKnows(op->node.type) && op->node.type != "Unary")
    op->beyond_upstream.push_back("not an op of upstream's");
  const Rule rule = FindForm(op->node.type);
  return rule == nullptr ? Status::Ok() : rule(op);
}

}  // namespace mace
