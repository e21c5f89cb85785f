// Element types, quantization and constants of TensorFlow Lite's tensors.
//
// Tensors of int8, uint8 and int16 with a scale are floats in the graph, which hold exactly the
// reals of their integers: real = scale * (q - zero_point). int64 becomes int32, which is checked,
// and float64 becomes float32.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_TENSOR_H_
#define MACE_FORMATS_TFLITE_TENSOR_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/formats/common/graph_builder.h"
#include "mace/formats/tflite/model.h"

namespace mace {

// The type of such a tensor in the graph, and for the caller of the model; kInvalid for a type that
// is not supported.
DType TfliteGraphType(tflite::TensorType type);
DType TfliteIoType(tflite::TensorType type);
std::string TfliteTypeName(tflite::TensorType type);

struct TfliteQuantization {
  tflite::TensorType type = tflite::TensorType_INT8;
  std::vector<float> scales;         // One, or one for each place of `axis`.
  std::vector<int64_t> zero_points;  // As many.
  int axis = 0;
  double low = 0, high = 0;  // The least and the largest integer of the type.

  bool is_per_tensor() const { return scales.size() == 1; }
  bool operator==(const TfliteQuantization& other) const {
    return type == other.type && scales == other.scales && zero_points == other.zero_points &&
           (is_per_tensor() || axis == other.axis);
  }
};

// nullopt: the tensor has no scale, and its elements are what they are. Errors: kCorruption for
// scales and zero points that do not fit the tensor, kUnsupported for blocks.
StatusOr<std::optional<TfliteQuantization>> ReadTfliteQuantization(const tflite::Tensor& tensor);

// Whether the graph holds the tensor as floats.
bool IsTfliteQuantized(const std::optional<TfliteQuantization>& quantization);

// Reads the constants of a model; counts what is converted against the builder's budget.
class TfliteConstants {
 public:
  // REQUIRES: both outlive this.
  TfliteConstants(const TfliteModel* model, GraphBuilder* builder)
      : model_(model), builder_(builder) {}

  // The elements as the graph has them: floats where the tensor is quantized.
  StatusOr<HostTensor> Read(size_t tensor);
  // Integers of 32 or 64 bits as floats, each times the scale of its place: `scales` has one
  // number, or as many as the tensor has elements. Such a tensor is the bias of a quantized op.
  StatusOr<HostTensor> ReadBias(size_t tensor, const std::vector<double>& scales);

 private:
  StatusOr<TensorInfo> InfoOf(size_t tensor) const;
  StatusOr<TfliteModel::Part> PartOf(size_t tensor, int64_t elements) const;
  // Counts a conversion; one buffer that several tensors convert is counted as made, not as stored.
  Status Count(size_t tensor, size_t bytes);

  const TfliteModel* const model_;
  GraphBuilder* const builder_;
  std::set<uint32_t> converted_;  // Buffers.
};

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_TENSOR_H_
