// ONNX's transposed convolution over three axes, made of those over two.
#ifndef MACE_FORMATS_ONNX_DEEP_TRANSPOSED_H_
#define MACE_FORMATS_ONNX_DEEP_TRANSPOSED_H_

#include <cstdint>
#include <vector>

#include "mace/formats/onnx/node.h"
#include "mace/formats/onnx/window.h"

namespace mace {

// Inputs x [n, i, d, h, w], weights [i, o / group, kd, kh, kw], [bias [o]]. The window is resolved,
// and `extra` is what is added to each extent of the result. kUnsupported: a kernel too deep.
Status ConvertDeepTransposed(OnnxNode* node, const OnnxWindow& window,
                             const std::vector<int64_t>& extra);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_DEEP_TRANSPOSED_H_
