// Element types, quantization and constants of TensorFlow Lite's tensors.
//
// Tensors of int8, uint8 and int16 with a scale are floats in the graph, which hold exactly the
// reals of their integers: real = scale * (q - zero_point). int64 becomes int32, which is checked,
// and float64 becomes float32.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TFLITE_TENSOR_H_
#define MACE_FORMATS_TFLITE_TENSOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
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
  std::vector<int64_t> zero_points;  // One for each scale.
  int axis = 0;
  double low = 0, high = 0;  // The least and the largest integer of the type.

  bool is_per_tensor() const { return scales.size() == 1; }
  bool operator==(const TfliteQuantization& other) const {
    return type == other.type && scales == other.scales && zero_points == other.zero_points &&
           (is_per_tensor() || axis == other.axis);
  }
};

// Null: the tensor has no scale, and its elements are what they are.
using TfliteQuantizationPtr = std::shared_ptr<const TfliteQuantization>;

// Whether the graph holds the tensor as floats.
bool IsTfliteQuantized(const TfliteQuantizationPtr& quantization);

// Reads the scales and the constants of a model. What tensors share in the file is read once, and
// what is converted, or read from parts of the file that overlap, counts against the builder's
// budget: a small file cannot ask for much memory.
class TfliteConstants {
 public:
  // REQUIRES: both outlive this.
  TfliteConstants(const TfliteModel* model, GraphBuilder* builder)
      : model_(model), builder_(builder) {}

  // Errors: kCorruption for scales and zero points that do not fit the tensor, kUnsupported for
  // blocks.
  StatusOr<TfliteQuantizationPtr> Quantization(size_t tensor);
  // The elements as the graph has them: floats where the tensor is quantized.
  StatusOr<HostTensor> Read(size_t tensor);
  // Scales, and the elements as the file has them. REQUIRES: the tensor is quantized, to int8 or uint8.
  struct Integers {
    HostTensor elements;
    TfliteQuantizationPtr by;
  };
  StatusOr<Integers> ReadIntegers(size_t tensor);
  // Integers of 32 or 64 bits as floats, each times the scale of its place: `scales` has one
  // number, or as many as the tensor has elements. Such a tensor is the bias of a quantized op.
  StatusOr<HostTensor> ReadBias(size_t tensor, const std::vector<double>& scales);

 private:
  StatusOr<TensorInfo> InfoOf(size_t tensor) const;
  StatusOr<TfliteModel::Part> PartOf(size_t tensor, int64_t elements) const;
  // Elements of the type that the graph has, too.
  StatusOr<HostTensor> ReadStored(TensorInfo info, const TfliteModel::Part& part);
  // Counts a conversion; a part of the file that is converted again counts as made, not as stored.
  Status Count(const TfliteModel::Part& part, size_t bytes);

  const TfliteModel* const model_;
  GraphBuilder* const builder_;
  using PartOfFile = std::pair<uint64_t, uint64_t>;  // Offset and size.
  std::set<PartOfFile> converted_;
  std::map<std::pair<PartOfFile, DType>, HostTensor> stored_;
  uint64_t stored_bytes_ = 0;
  // By the table in the file and the type of the tensor.
  std::map<std::pair<const void*, tflite::TensorType>, TfliteQuantizationPtr> quantizations_;
};

}  // namespace mace

#endif  // MACE_FORMATS_TFLITE_TENSOR_H_
