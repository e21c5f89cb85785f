// TensorFlow's ops over images that stand beside convolutions, and its choices between two tensors.
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/tensorflow/node.h"

namespace mace {
namespace {

// Copies the numbers of height and width from an attribute of four numbers; the op exists for NHWC
// alone.
Status SetPair(const TfNode& node, const char* from, const char* to, AttributeMap* attributes) {
  const std::vector<int64_t> all = node.Ints(from);
  if (all.size() != 4 || all[0] != 1 || all[3] != 1) {
    return Unsupported(std::string(from) +
                       ": expected four numbers with 1 for batch and channels, found [" +
                       JoinNumbers(all, ", ") + "]");
  }
  attributes->Set(to, std::vector<int64_t>{all[1], all[2]});
  return Status::Ok();
}

Status ConvertExtractImagePatches(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  AttributeMap attributes;
  MACE_RETURN_IF_ERROR(SetPair(*node, "ksizes", "kernels", &attributes));
  MACE_RETURN_IF_ERROR(SetPair(*node, "strides", "strides", &attributes));
  MACE_RETURN_IF_ERROR(SetPair(*node, "rates", "dilations", &attributes));
  const std::string padding = node->String("padding", "");
  if (padding != "SAME" && padding != "VALID") {
    return Unsupported("padding: expected SAME or VALID, found " + Printable(padding));
  }
  attributes.Set("padding", int64_t{padding == "SAME"});
  return node->EmitResult("ExtractImagePatches", {node->input(0)}, std::move(attributes));
}

// depth_radius neighbours on each side; alpha times their sum, not their mean.
Status ConvertLrn(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1));
  constexpr int64_t kMaxRadius = int64_t{1} << 24;
  const int64_t radius = node->Int("depth_radius", 5);
  if (radius < 0 || radius > kMaxRadius) {
    return InvalidArgument("depth_radius: expected 0 to " + std::to_string(kMaxRadius) +
                           ", found " + std::to_string(radius));
  }
  AttributeMap attributes;
  attributes.Set("size", 2 * radius + 1);
  attributes.Set("alpha", node->Float("alpha", 1) * static_cast<double>(2 * radius + 1));
  attributes.Set("beta", node->Float("beta", 0.5));
  attributes.Set("bias", node->Float("bias", 1));
  return node->EmitResult("LocalResponseNorm", {node->input(0)}, std::move(attributes));
}

Status ConvertSelectV2(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  return node->EmitResult("Where", {node->input(0), node->input(1), node->input(2)}, {});
}

// A condition of one axis chooses along the first one.
Status ConvertSelect(TfNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(3));
  std::vector<int64_t> dims = node->shape(0).dims();
  const size_t rank = static_cast<size_t>(node->shape(1).rank());
  if (dims.size() != 1 || rank < 2) return ConvertSelectV2(node);
  dims.resize(rank, 1);
  MACE_ASSIGN_OR_RETURN(const ValueId condition, node->builder()->Reshape(node->input(0), dims));
  return node->EmitResult("Where", {condition, node->input(1), node->input(2)}, {});
}

}  // namespace

const TfConverterEntry kTfVisionConverters[] = {
    {"ExtractImagePatches", ConvertExtractImagePatches},
    {"LRN", ConvertLrn},
    {"Select", ConvertSelect},
    {"SelectV2", ConvertSelectV2},
    {nullptr, nullptr},
};

}  // namespace mace
