#include "mace/formats/onnx/quantized.h"

#include <string>

#include "mace/base/strings.h"
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
      return OnnxIntegerRange{type, DType::kInt32, 0, 65535};
    case Proto::INT16:
      return OnnxIntegerRange{type, DType::kInt32, -32768, 32767};
    case Proto::UINT4:
      return OnnxIntegerRange{type, DType::kUInt8, 0, 15};
    case Proto::INT4:
      return OnnxIntegerRange{type, DType::kInt8, -8, 7};
    default:
      return Unsupported("quantized to " + OnnxTypeName(type));
  }
}

const OnnxQuantized* OnnxQuantizedTensors::Find(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  return found == tensors_.end() ? nullptr : &found->second;
}

int32_t OnnxQuantizedTensors::WidenedType(const std::string& tensor) const {
  const auto found = widened_.find(tensor);
  return found == widened_.end() ? 0 : found->second;
}

void OnnxQuantizedTensors::Copy(const std::string& from, const std::string& to) {
  if (const OnnxQuantized* quantized = Find(from)) Add(to, OnnxQuantized(*quantized));
  if (WidenedType(from) != 0) AddWidened(to, WidenedType(from));
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

Status OnnxQuantizedTensors::CheckIntegers(const std::string& tensor) const {
  const OnnxQuantized* quantized = Find(tensor);
  const int32_t type = quantized != nullptr ? quantized->type : WidenedType(tensor);
  if (!IsWidenedOnnxType(type)) return Status::Ok();
  return Unsupported("tensor '" + Printable(tensor) + "' of " + OnnxTypeName(type) +
                     ": expected that ops dequantize or move it and do nothing else with it");
}

}  // namespace mace
