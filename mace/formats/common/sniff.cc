#include "mace/formats/common/sniff.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "mace/formats/common/wire_reader.h"

namespace mace {
namespace {

// The fields that the formats have at their top have numbers up to this one.
constexpr uint64_t kLastField = 127;

// The (field number, wire type) that a message has, and the first length-delimited value of each
// field. A hostile file may have any number of fields: those that no format has are left out.
struct FieldSurvey {
  std::set<std::pair<uint64_t, WireType>> found;
  std::map<uint64_t, ByteRange> first;

  bool Has(uint64_t field, WireType type) const { return found.count({field, type}) > 0; }
};

Status SurveyMessage(const ByteSource& source, const ByteRange& message, FieldSurvey* survey) {
  WireReader reader(source);
  reader.Enter(message);
  while (!reader.at_end()) {
    WireField field;
    if (!reader.Next(&field)) {
      MACE_RETURN_IF_ERROR(reader.status());
      return Corruption(
          "not a MACE, TensorFlow, TensorFlow Lite or ONNX model, or cut short: no protobuf field "
          "at byte " +
          std::to_string(field.whole.begin - message.begin) + " of " +
          std::to_string(message.size()));
    }
    if (field.number > kLastField) continue;
    survey->found.insert({field.number, field.type});
    if (field.type == WireType::kLengthDelimited)
      survey->first.emplace(field.number, field.content);
  }
  return Status::Ok();
}

// Both formats begin with a list of nodes in field 1; the other fields tell them apart.
StatusOr<ModelFormat> TellNetFromGraph(const ByteSource& model, const FieldSurvey& top) {
  for (uint64_t list : {100, 101, 3}) {
    if (top.Has(list, WireType::kLengthDelimited)) return ModelFormat::kMaceNet;
  }
  for (uint64_t number : {4, 6, 7, 8}) {
    if (top.Has(number, WireType::kVarint)) return ModelFormat::kMaceNet;
  }
  if (top.Has(4, WireType::kLengthDelimited) || top.Has(3, WireType::kVarint))
    return ModelFormat::kTensorFlow;
  FieldSurvey node;
  MACE_RETURN_IF_ERROR(SurveyMessage(model, top.first.at(1), &node));
  // Field 5 holds the attributes of TensorFlow's NodeDef, field 6 those of MACE's OperatorDef.
  if (node.Has(5, WireType::kLengthDelimited)) return ModelFormat::kTensorFlow;
  if (node.Has(6, WireType::kLengthDelimited) || node.Has(7, WireType::kLengthDelimited))
    return ModelFormat::kMaceNet;
  return ModelFormat::kTensorFlow;
}

}  // namespace

StatusOr<ModelFormat> SniffModelFormat(const ByteSource& model) {
  if (model.size() == 0) return Corruption("the model is empty");
  FieldSurvey top;
  MACE_RETURN_IF_ERROR(SurveyMessage(model, {0, model.size()}, &top));
  // ModelProto's graph and opset_import; these numbers are plain integers in MACE's NetDef.
  if (top.Has(7, WireType::kLengthDelimited) || top.Has(8, WireType::kLengthDelimited))
    return ModelFormat::kOnnx;
  if (top.Has(1, WireType::kLengthDelimited)) return TellNetFromGraph(model, top);
  if (top.Has(3, WireType::kLengthDelimited)) return ModelFormat::kMaceMultiNet;
  return Corruption("not a MACE, TensorFlow, TensorFlow Lite or ONNX model");
}

}  // namespace mace
