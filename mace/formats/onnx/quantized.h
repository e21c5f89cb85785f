// Tensors of quantized integers, which the graph carries as floats, so that the
// ops of floats and the passes that know quantized convolutions take them: real
// = scale * (q - zero_point).
//
// A tensor that QuantizeLinear or another quantizing op makes becomes floats
// that hold exactly the reals of its integers. Only where the model reads the
// integers themselves (as an output, by an op that computes with integers) are
// they made of the floats, and they are exact.
//
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_ONNX_QUANTIZED_H_
#define MACE_FORMATS_ONNX_QUANTIZED_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "mace/base/keyed_hash.h"
#include "mace/base/status.h"
#include "mace/graph/dtype.h"
#include "mace/graph/node.h"

namespace mace {

// What scales and zero points belong to a tensor of integers.
struct OnnxQuantization {
  // Floats: one for the tensor, one for each place of `axis` ([n]), or one for
  // each block of it (the tensor's shape, where that axis counts blocks).
  // kNoValue: none, the integers stand for themselves.
  ValueId scale = kNoValue;
  // Integers, or floats that hold integers, in the shape of `scale`. kNoValue:
  // 0.
  ValueId zero_point = kNoValue;
  int axis = 0;
  int64_t block_size = 0;  // 0: no blocks.
};

// A tensor of the model whose integers the graph does not hold.
struct OnnxQuantized {
  int32_t type = 0;           // Of TensorProto, such as UINT8.
  ValueId floats = kNoValue;  // The reals, or q - zero_point where is_centred.
  bool is_centred = false;
  // Whether every element has the same scale, which is above 0: the floats may
  // take another place, and the largest of them is that of the integers.
  bool is_movable = false;
  OnnxQuantization by;
};

// The integers of a type. kUnsupported for a type that is not quantized to,
// float8 among them, by its name.
struct OnnxIntegerRange {
  int32_t type = 0;
  DType dtype = DType::kInvalid;  // Of such tensors in the graph.
  double low = 0, high = 0;
};
StatusOr<OnnxIntegerRange> OnnxRangeOf(int32_t type);

// What an importer knows of the model's quantized tensors, by their names.
class OnnxQuantizedTensors {
 public:
  // Null: the tensor's value in the graph is what the model says.
  const OnnxQuantized* Find(const std::string& tensor) const;
  void Add(const std::string& tensor, const OnnxQuantized& quantized) {
    tensors_[tensor] = quantized;
  }
  bool empty() const { return tensors_.empty() && filter_scales_.empty(); }

  // What is known of `from` is known of `to`: the same tensor under another name.
  void Copy(const std::string& from, const std::string& to);

  // Its integers, where something made them; else kNoValue.
  ValueId IntegersOf(const std::string& tensor) const;
  void SetIntegers(const std::string& tensor, ValueId id) { integers_[tensor] = id; }

  // The number that all elements of a constant of floats are a multiple of, at
  // most 255 times apart; 0: not known.
  float FilterScale(ValueId id) const;
  void SetFilterScale(ValueId id, float scale) { filter_scales_[id] = scale; }

 private:
  NameMap<OnnxQuantized> tensors_;
  NameMap<ValueId> integers_;
  std::unordered_map<ValueId, float> filter_scales_;
};

}  // namespace mace

#endif  // MACE_FORMATS_ONNX_QUANTIZED_H_
