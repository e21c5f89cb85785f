#include "mace/formats/onnx/window.h"

#include <algorithm>

#include "mace/base/divide.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

Status CheckList(const char* name, const std::vector<int64_t>& list, size_t count,
                 int64_t minimum) {
  bool good = list.size() == count;
  for (int64_t number : list) good = good && number >= minimum && number <= INT32_MAX;
  if (good) return Status::Ok();
  return InvalidArgument(std::string(name) + ": expected " + std::to_string(count) +
                         " numbers of at least " + std::to_string(minimum) + ", found [" +
                         JoinNumbers(list, ", ") + "]");
}

}  // namespace

StatusOr<OnnxWindow> ReadOnnxWindow(const OnnxNode& node, const std::vector<int64_t>& kernel,
                                    size_t axes) {
  OnnxWindow window;
  window.kernel = node.Ints("kernel_shape", kernel);
  const std::vector<int64_t> ones(axes, 1);
  window.strides = node.Ints("strides", ones);
  window.dilations = node.Ints("dilations", ones);
  window.auto_pad = node.String("auto_pad", "NOTSET");
  const std::vector<int64_t> pads = node.Ints("pads", std::vector<int64_t>(2 * axes, 0));
  MACE_RETURN_IF_ERROR(CheckList("kernel_shape", window.kernel, axes, 1));
  MACE_RETURN_IF_ERROR(CheckList("strides", window.strides, axes, 1));
  MACE_RETURN_IF_ERROR(CheckList("dilations", window.dilations, axes, 1));
  MACE_RETURN_IF_ERROR(CheckList("pads", pads, 2 * axes, 0));
  if (!kernel.empty() && window.kernel != kernel) {
    return InvalidArgument("kernel_shape: expected [" + JoinNumbers(kernel, ", ") +
                           "] of the weights, found [" + JoinNumbers(window.kernel, ", ") + "]");
  }
  const std::string& mode = window.auto_pad;
  if (mode != "NOTSET" && mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    return Unsupported("auto_pad: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, found " +
                       Printable(mode));
  }
  window.before.assign(axes, 0);
  window.after.assign(axes, 0);
  if (mode == "NOTSET") {
    std::copy_n(pads.begin(), axes, window.before.begin());
    std::copy_n(pads.begin() + static_cast<int64_t>(axes), axes, window.after.begin());
  }
  return window;
}

void OnnxWindow::Resolve(const std::vector<int64_t>& extents) {
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER") return;
  for (size_t axis = 0; axis < axes(); ++axis) {
    const int64_t out = CeilDivide(extents[axis], strides[axis]);
    const int64_t total =
        std::max<int64_t>(0, (out - 1) * strides[axis] + span(axis) - extents[axis]);
    before[axis] = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    after[axis] = total - before[axis];
  }
  auto_pad = "NOTSET";
}

void OnnxWindow::SetPair(int height, int width, AttributeMap* attributes) const {
  const auto pick = [&](const std::vector<int64_t>& list, int axis, int64_t fallback) {
    return axis < 0 ? fallback : list[static_cast<size_t>(axis)];
  };
  const auto pair = [&](const std::vector<int64_t>& list) {
    return std::vector<int64_t>{pick(list, height, 1), pick(list, width, 1)};
  };
  attributes->Set("strides", pair(strides));
  attributes->Set("dilations", pair(dilations));
  attributes->Set("pads", std::vector<int64_t>{pick(before, height, 0), pick(before, width, 0),
                                               pick(after, height, 0), pick(after, width, 0)});
}

StatusOr<ValueId> OnnxToImage(OnnxNode* node, ValueId id) {
  const Shape shape = node->builder()->ShapeOf(id);
  if (shape.rank() != 3 && shape.rank() != 4) {
    return Unsupported("expected a tensor of rank 3 or 4, found " + shape.ToString());
  }
  MACE_ASSIGN_OR_RETURN(id, node->builder()->Transpose(id, ChannelsLast(shape.rank())));
  if (shape.rank() == 4) return id;
  return node->builder()->Reshape(id, {shape[0], 1, shape[2], shape[1]});
}

StatusOr<ValueId> OnnxFromImage(OnnxNode* node, ValueId id, int rank) {
  if (rank == 3) {
    const Shape shape = node->builder()->ShapeOf(id);
    MACE_ASSIGN_OR_RETURN(id, node->builder()->Reshape(id, {shape[0], shape[2], shape[3]}));
  }
  return node->builder()->Transpose(id, ChannelsFirst(rank));
}

}  // namespace mace
