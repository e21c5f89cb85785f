#include "mace/ops/matmul/rows_as_pixels.h"

#include "mace/ops/conv/pack_transpose.h"

namespace mace {

ConvolutionRequest RowsAsPixels(const std::string& op, int64_t columns,
                                const LoweringRequest& request) {
  const Nhwc x = AsNhwc(request.inputs[0].info.shape);
  ConvolutionRequest convolution;
  convolution.op = op;
  convolution.lowering = &request;
  Convolution& c = convolution.convolution;
  c.in_channels = x.c;
  c.out_channels = columns;
  c.window.h.in = c.window.h.out = x.rows();
  c.window.w.in = c.window.w.out = x.w;
  return convolution;
}

std::vector<float> Transposed(const float* from, int64_t rows, int64_t columns) {
  std::vector<float> to(static_cast<size_t>(rows * columns));
  TransposeBlocked(from, rows, columns, columns, [&](int64_t c) { return to.data() + c * rows; });
  return to;
}

}  // namespace mace
