// ONNX's ops of signals: Fourier transforms, and the windows and filters that go with them, which
// are constants.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mace/base/strings.h"
#include "mace/formats/common/fourier.h"
#include "mace/formats/onnx/converter_tables.h"
#include "mace/formats/onnx/emit.h"

namespace mace {
namespace {

constexpr double kPi = 3.14159265358979323846;
// More elements than any filter that is worth a product.
constexpr int64_t kMaxFilter = int64_t{1} << 26;

Status CheckSignal(const Shape& shape) {
  if (shape.rank() >= 2 && (shape.back(0) == 1 || shape.back(0) == 2)) return Status::Ok();
  return InvalidArgument("expected a signal with 1 or 2 parts in the last axis, found " +
                         shape.ToString());
}

// x, [length], [axis, from op set 20 on].
Status ConvertDft(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 3));
  const Shape x = node->shape(0);
  MACE_RETURN_IF_ERROR(CheckSignal(x));
  int64_t axis = node->opset() < 20 ? node->Int("axis", 1) : -2;
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(axis, node->Number(2));
  }
  FourierTransform transform;
  MACE_ASSIGN_OR_RETURN(transform.axis, NormalizeAxis(axis, x.rank()));
  if (transform.axis == x.rank() - 1) {
    return InvalidArgument("axis: expected none of real and imaginary parts, found " +
                           std::to_string(axis));
  }
  transform.inverse = node->Int("inverse", 0) != 0;
  transform.onesided = node->Int("onesided", 0) != 0;
  transform.length = x[transform.axis];
  if (transform.inverse && transform.onesided) transform.length = 2 * (transform.length - 1);
  if (node->HasInput(1)) {
    MACE_ASSIGN_OR_RETURN(transform.length, node->Number(1));
  }
  MACE_ASSIGN_OR_RETURN(const ValueId y, EmitFourier(node, node->input(0), transform));
  node->SetResult(y);
  return Status::Ok();
}

// signal [b, n, 1 or 2] or [b, n], step, [window], [length of a frame].
Status ConvertStft(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(2, 4));
  GraphBuilder* builder = node->builder();
  ValueId x = node->input(0);
  if (node->shape(0).rank() == 2) {
    MACE_ASSIGN_OR_RETURN(x, builder->Reshape(x, {node->shape(0)[0], node->shape(0)[1], 1}));
  }
  const Shape shape = builder->ShapeOf(x);
  MACE_RETURN_IF_ERROR(CheckSignal(shape));
  MACE_ASSIGN_OR_RETURN(const int64_t step, node->Number(1));
  int64_t length = shape.rank() == 3 ? shape[1] : 0;
  if (node->HasInput(2)) length = node->shape(2).elements();
  if (node->HasInput(3)) {
    MACE_ASSIGN_OR_RETURN(length, node->Number(3));
  }
  if (shape.rank() != 3 || step < 1 || length < 1 || length > shape[1] ||
      (node->HasInput(2) && node->shape(2) != Shape{length})) {
    return InvalidArgument(
        "expected a signal [b, n, parts], a step and frames and a window of at "
        "most n, found " +
        shape.ToString() + ", " + std::to_string(step) + " and " + std::to_string(length));
  }
  const int64_t frames = (shape[1] - length) / step + 1;
  MACE_RETURN_IF_ERROR(
      builder->Reserve("places", static_cast<size_t>(frames * length) * sizeof(int64_t)));
  std::vector<int64_t> places;
  for (int64_t i = 0; i < frames * length; ++i) places.push_back(i / length * step + i % length);
  MACE_ASSIGN_OR_RETURN(ValueId y, EmitGather(node, x, node->AddInts("/places", places), 1));
  MACE_ASSIGN_OR_RETURN(y, builder->Reshape(y, {shape[0], frames, length, shape[2]}));
  if (node->HasInput(2)) {
    MACE_ASSIGN_OR_RETURN(const ValueId window, builder->Reshape(node->input(2), {length, 1}));
    MACE_ASSIGN_OR_RETURN(y, EmitEltwise(node, EltwiseType::kProd, y, window));
  }
  FourierTransform transform;
  transform.axis = 2;
  transform.length = length;
  transform.onesided = node->Int("onesided", 1) != 0;
  MACE_ASSIGN_OR_RETURN(y, EmitFourier(node, y, transform));
  node->SetResult(y);
  return Status::Ok();
}

// A constant of the type that the attribute output_datatype names.
Status SetTyped(OnnxNode* node, const Shape& shape, std::vector<float> values) {
  const int32_t wanted = static_cast<int32_t>(node->Int("output_datatype", 1));
  const DType dtype = OnnxType(wanted);
  if (dtype == DType::kInvalid) {
    return Unsupported("output_datatype: element type " + OnnxTypeName(wanted));
  }
  const HostTensor floats = HostTensor::FromVector(DType::kFloat32, shape, std::move(values));
  MACE_ASSIGN_OR_RETURN(HostTensor typed,
                        floats.ConvertTo(IsFloat(dtype) ? DType::kFloat32 : dtype));
  node->SetResult(node->AddConstant("", std::move(typed)));
  return Status::Ok();
}

// A sum of cosines: Hann, Hamming and Blackman.
Status ConvertWindow(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(1, 1));
  MACE_ASSIGN_OR_RETURN(const int64_t size, node->Number(0));
  const bool periodic = node->Int("periodic", 1) != 0;
  if (size < (periodic ? 1 : 2) || size > 1 << 20) {
    return InvalidArgument("size: expected 2 to 2^20, found " + std::to_string(size));
  }
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("a window", static_cast<size_t>(size) * sizeof(float)));
  const double first = node->op() == "HannWindow"      ? 0.5
                       : node->op() == "HammingWindow" ? 25.0 / 46
                                                       : 0.42;
  const bool blackman = node->op() == "BlackmanWindow";
  const double second = blackman ? 0.5 : 1 - first, third = blackman ? 0.08 : 0;
  const double turn = 2 * kPi / static_cast<double>(periodic ? size : size - 1);
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i) {
    const double angle = turn * static_cast<double>(i);
    values.push_back(
        static_cast<float>(first - second * std::cos(angle) + third * std::cos(2 * angle)));
  }
  return SetTyped(node, Shape{size}, std::move(values));
}

double MelOf(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double HertzOf(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// The number of bins, the length of the transform, the rate, the lowest and the highest frequency,
// all known: triangles over the frequencies, [length / 2 + 1, bins].
Status ConvertMelWeights(OnnxNode* node) {
  MACE_RETURN_IF_ERROR(node->RequireInputs(5, 5));
  MACE_ASSIGN_OR_RETURN(const int64_t bins, node->Number(0));
  MACE_ASSIGN_OR_RETURN(const int64_t length, node->Number(1));
  MACE_ASSIGN_OR_RETURN(const int64_t rate, node->Number(2));
  MACE_ASSIGN_OR_RETURN(const double lowest, node->Real(3));
  MACE_ASSIGN_OR_RETURN(const double highest, node->Real(4));
  const int64_t rows = length / 2 + 1;
  constexpr int64_t kMost = int64_t{1} << 16;
  if (bins < 1 || bins > kMost || length < 1 || length > kMost || rate < 1 || !(lowest >= 0) ||
      !(highest >= lowest) || !(highest <= static_cast<double>(rate)) || bins * rows > kMaxFilter) {
    return InvalidArgument("expected a filter of up to 2^16 bins between 0 and the rate of " +
                           std::to_string(rate) + ", found " + std::to_string(bins) + " from " +
                           std::to_string(lowest) + " to " + std::to_string(highest));
  }
  MACE_RETURN_IF_ERROR(
      node->builder()->Reserve("a filter", static_cast<size_t>(bins * rows) * sizeof(float)));
  const double low = MelOf(lowest), step = (MelOf(highest) - low) / static_cast<double>(bins + 2);
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < bins + 2; ++i) {
    const double hertz = HertzOf(static_cast<double>(i) * step + low);
    edges.push_back(static_cast<int64_t>(
        std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate))));
    if (edges.back() < 0 || edges.back() > rows) {
      return InvalidArgument("upper_edge_hertz: expected at most half of the rate, found " +
                             std::to_string(highest));
    }
  }
  std::vector<float> weights(static_cast<size_t>(bins * rows), 0);
  const auto set = [&](int64_t row, int64_t bin, int64_t part, int64_t whole) {
    if (row >= rows) return;
    weights[static_cast<size_t>(row * bins + bin)] =
        static_cast<float>(static_cast<double>(part) / static_cast<double>(whole));
  };
  for (int64_t bin = 0; bin < bins; ++bin) {
    const size_t i = static_cast<size_t>(bin);
    const int64_t left = edges[i], center = edges[i + 1], right = edges[i + 2];
    if (left == center) set(center, bin, 1, 1);
    for (int64_t row = left; left < center && row <= center; ++row) {
      set(row, bin, row - left, center - left);
    }
    for (int64_t row = center; row < right; ++row) set(row, bin, right - row, right - center);
  }
  return SetTyped(node, Shape{rows, bins}, std::move(weights));
}

}  // namespace

const OnnxConverterEntry kOnnxSignalConverters[] = {
    {"BlackmanWindow", ConvertWindow},
    {"DFT", ConvertDft},
    {"HammingWindow", ConvertWindow},
    {"HannWindow", ConvertWindow},
    {"MelWeightMatrix", ConvertMelWeights},
    {"STFT", ConvertStft},
    {nullptr, nullptr},
};

}  // namespace mace
