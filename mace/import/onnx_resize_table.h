// Where each output coordinate of ONNX's Resize takes its value along one axis: as the operator's
// definition says it, all modes.
#ifndef MACE_IMPORT_ONNX_RESIZE_TABLE_H_
#define MACE_IMPORT_ONNX_RESIZE_TABLE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mace {

struct OnnxResizeMode {
  std::string mode;         // nearest, linear or cubic.
  std::string coordinates;  // coordinate_transformation_mode.
  std::string nearest;      // nearest_mode.
  double cubic_a = -0.75;
  bool antialias = false;
  bool exclude_outside = false;
};

struct OnnxResizeAxis {
  int64_t in = 1;
  int64_t out = 1;
  double scale = 1;  // As it is given: out is it times in, rounded down.
};

// For each output coordinate the input coordinates inside of the axis, each once, with their
// weights.
using OnnxResizeTable = std::vector<std::vector<std::pair<int64_t, double>>>;
OnnxResizeTable MakeOnnxResizeTable(const OnnxResizeMode& mode, const OnnxResizeAxis& axis);

}  // namespace mace

#endif  // MACE_IMPORT_ONNX_RESIZE_TABLE_H_
