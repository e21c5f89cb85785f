#include "mace/import/sniff.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "mace/base/coding.h"

namespace mace {
namespace {

// Protobuf's wire types.
constexpr int kVarint = 0;
constexpr int kFixed64 = 1;
constexpr int kLengthDelimited = 2;
constexpr int kFixed32 = 5;

// How often each (field number, wire type) stands in a message, and the first length-delimited
// value of each field.
struct FieldSurvey {
  std::map<std::pair<uint64_t, int>, int> counts;
  std::map<uint64_t, Bytes> first;

  int Count(uint64_t field, int wire_type) const {
    const auto found = counts.find({field, wire_type});
    return found == counts.end() ? 0 : found->second;
  }
  bool Has(uint64_t field, int wire_type) const { return Count(field, wire_type) > 0; }
};

bool ReadVarint(ByteReader* reader, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte = 0;
    if (!reader->ReadFixed8(&byte)) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool ReadField(ByteReader* reader, FieldSurvey* survey) {
  uint64_t tag = 0;
  if (!ReadVarint(reader, &tag)) return false;
  const uint64_t field = tag >> 3;
  const int wire_type = static_cast<int>(tag & 7);
  if (field == 0) return false;
  ++survey->counts[{field, wire_type}];
  uint64_t number = 0;
  switch (wire_type) {
    case kVarint:
      return ReadVarint(reader, &number);
    case kFixed64:
      return reader->Skip(8);
    case kFixed32:
      return reader->Skip(4);
    case kLengthDelimited: {
      Bytes content;
      if (!ReadVarint(reader, &number) || number > reader->remaining()) return false;
      if (!reader->ReadBytes(static_cast<size_t>(number), &content)) return false;
      survey->first.emplace(field, content);
      return true;
    }
    default:
      return false;
  }
}

Status SurveyMessage(Bytes message, FieldSurvey* survey) {
  ByteReader reader(message);
  while (!reader.empty()) {
    const size_t start = reader.position();
    if (!ReadField(&reader, survey)) {
      return Corruption(
          "not a MACE, TensorFlow or ONNX model, or cut short: no protobuf field at byte " +
          std::to_string(start) + " of " + std::to_string(message.size()));
    }
  }
  return Status::Ok();
}

// Both begin with a list of nodes in field 1; what tells them apart is what else there is.
StatusOr<ModelFormat> TellNetFromGraph(const FieldSurvey& top) {
  for (uint64_t list : {100, 101, 3}) {
    if (top.Has(list, kLengthDelimited)) return ModelFormat::kMaceNet;
  }
  for (uint64_t number : {4, 6, 7, 8}) {
    if (top.Has(number, kVarint)) return ModelFormat::kMaceNet;
  }
  if (top.Has(4, kLengthDelimited) || top.Has(3, kVarint)) return ModelFormat::kTensorFlow;
  FieldSurvey node;
  MACE_RETURN_IF_ERROR(SurveyMessage(top.first.at(1), &node));
  // Field 5 holds the attributes of TensorFlow's NodeDef, field 6 those of MACE's OperatorDef.
  if (node.Has(5, kLengthDelimited)) return ModelFormat::kTensorFlow;
  if (node.Has(6, kLengthDelimited) || node.Has(7, kLengthDelimited)) return ModelFormat::kMaceNet;
  return ModelFormat::kTensorFlow;
}

}  // namespace

StatusOr<ModelFormat> SniffModelFormat(Bytes model) {
  if (model.empty()) return Corruption("the model is empty");
  FieldSurvey top;
  MACE_RETURN_IF_ERROR(SurveyMessage(model, &top));
  // ModelProto's graph and opset_import; these numbers are plain integers in MACE's NetDef.
  if (top.Has(7, kLengthDelimited) || top.Has(8, kLengthDelimited)) return ModelFormat::kOnnx;
  if (top.Has(1, kLengthDelimited)) return TellNetFromGraph(top);
  if (top.Has(3, kLengthDelimited)) return ModelFormat::kMaceMultiNet;
  return Corruption("not a MACE, TensorFlow or ONNX model");
}

}  // namespace mace
