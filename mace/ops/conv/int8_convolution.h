// The quantization of a convolution whose numbers are all int8: x, the filter and y, which is
// rounded after the activation. Attributes of the node, all of them or none, set by the pass
// fuse_requantize: x_scale, x_zero_point, filter_scale, y_scale, y_zero_point.
//
// The filter needs no zero point: its elements are filter_scale times whole numbers that lie at
// most 255 apart.
// Thread contract: thread-compatible.
#ifndef MACE_OPS_CONV_INT8_CONVOLUTION_H_
#define MACE_OPS_CONV_INT8_CONVOLUTION_H_

#include <optional>

#include "mace/base/status.h"
#include "mace/graph/node.h"
#include "mace/kernel/quantization.h"

namespace mace {

struct Int8Convolution {
  Quantization x, y;
  float filter_scale = 0;

  // Nothing where there is no such attribute; kInvalidArgument where one is missing or out of
  // range.
  static StatusOr<std::optional<Int8Convolution>> Parse(const AttributeMap& attributes);
  void SetAttributes(AttributeMap* attributes) const;

  float RoundY(float value) const {
    return static_cast<float>(RoundToInt8(value, y.scale, -static_cast<double>(y.zero_point)));
  }
};

}  // namespace mace

#endif  // MACE_OPS_CONV_INT8_CONVOLUTION_H_
