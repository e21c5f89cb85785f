// Where each output coordinate of ONNX's Resize takes its value along one axis: as the operator's
// definition says it, all modes. Coordinates are computed as fractions of integers, so that a
// coordinate which is an integer, or lies in the middle between two, is exactly that.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_FORMATS_ONNX_RESIZE_TABLE_H_
#define MACE_FORMATS_ONNX_RESIZE_TABLE_H_

#include <cstdint>
#include <optional>
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

// A positive rational number.
struct OnnxResizeScale {
  int64_t numerator = 1;
  int64_t denominator = 1;

  // Exactly the float; nullopt where it is not in [2^-24, 2^24].
  static std::optional<OnnxResizeScale> FromFloat(float value);
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  bool is_one() const { return numerator == denominator; }
};

// REQUIRES of an axis that changes: extents of 1 to 2^16, and a scale of about out / in.
struct OnnxResizeAxis {
  int64_t in = 1;
  int64_t out = 1;
  // The scale as it is given, or out / in where sizes are given: an output coordinate times the
  // inverse of the scale is the input coordinate.
  OnnxResizeScale scale;
  // The part of the axis that tf_crop_and_resize takes, 0 and 1 being its first and last element.
  float crop_start = 0;
  float crop_end = 1;
};

// For each output coordinate the input coordinates inside of the axis, each once, with their
// weights.
using OnnxResizeTable = std::vector<std::vector<std::pair<int64_t, double>>>;
OnnxResizeTable MakeOnnxResizeTable(const OnnxResizeMode& mode, const OnnxResizeAxis& axis);

// For each output coordinate whether its source lies outside of the axis, where
// tf_crop_and_resize takes a value of its own; empty for other coordinates.
std::vector<bool> FindOnnxOutside(const OnnxResizeMode& mode, const OnnxResizeAxis& axis);

// For each output coordinate the one input coordinate that the mode "nearest" takes.
std::vector<int64_t> FindOnnxNearestSources(const OnnxResizeMode& mode, const OnnxResizeAxis& axis);

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_RESIZE_TABLE_H_
