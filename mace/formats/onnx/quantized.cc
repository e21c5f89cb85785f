#include "mace/formats/onnx/quantized.h"

#include <string>

#include "mace/formats/onnx/tensor.h"
#include "mace/formats/proto/onnx.pb.h"

namespace mace {
namespace {

using Proto = onnx::TensorProto;

}  // namespace

StatusOr<OnnxIntegerRange> OnnxRangeOf(int32_t type) {
  switch (type) {
    case Proto::UINT8:
      return OnnxIntegerRange{type, DType::kUInt8, 0, 255};
    case Proto::INT8:
      return OnnxIntegerRange{type, DType::kInt8, -128, 127};
    case Proto::UINT16:
      return OnnxIntegerRange{type, DType::kUInt16, 0, 65535};
    case Proto::INT16:
      return OnnxIntegerRange{type, DType::kInt16, -32768, 32767};
    case Proto::UINT4:
      return OnnxIntegerRange{type, DType::kUInt4, 0, 15};
    case Proto::INT4:
      return OnnxIntegerRange{type, DType::kInt4, -8, 7};
    case Proto::UINT2:
      return OnnxIntegerRange{type, DType::kUInt2, 0, 3};
    case Proto::INT2:
      return OnnxIntegerRange{type, DType::kInt2, -2, 1};
    default:
      return Unsupported("quantized to " + OnnxTypeName(type));
  }
}

const OnnxQuantized* OnnxQuantizedTensors::Find(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  return found == tensors_.end() ? nullptr : &found->second;
}

void OnnxQuantizedTensors::Copy(const std::string& from, const std::string& to) {
  if (const OnnxQuantized* quantized = Find(from)) Add(to, OnnxQuantized(*quantized));
  if (IntegersOf(from) != kNoValue) SetIntegers(to, IntegersOf(from));
}

ValueId OnnxQuantizedTensors::IntegersOf(const std::string& tensor) const {
  const auto found = integers_.find(tensor);
  return found == integers_.end() ? kNoValue : found->second;
}

float OnnxQuantizedTensors::FilterScale(ValueId id) const {
  const auto found = filter_scales_.find(id);
  return found == filter_scales_.end() ? 0 : found->second;
}

}  // namespace mace
