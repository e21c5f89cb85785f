#include "mace/formats/onnx/raw_data.h"

#include <cstddef>

#include "mace/formats/onnx/model.h"

namespace mace {
namespace {

constexpr size_t kLeastBytes = 4096;
constexpr char kConstant[] = "Constant";

// The messages on the way down to raw data.
enum class Level { kModel, kGraph, kNode, kAttribute, kTensor };

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

class Cutter {
 public:
  Cutter(const ByteSource& model, CutRanges* ranges)
      : model_(model), reader_(model), ranges_(ranges) {}

  bool Copy(const ByteRange& message, Level level, std::string* out) {
    reader_.Enter(message);
    uint64_t copied = message.begin;  // What is before it stands in `out`.
    while (!reader_.at_end()) {
      WireField field;
      if (!reader_.Next(&field)) return false;
      if (field.type != WireType::kLengthDelimited) continue;
      if (level == Level::kNode && field.number == onnx::NodeProto::kOpTypeFieldNumber) {
        if (!ReadOpType(field.content)) return false;
        reader_.Enter({field.whole.end, message.end});
        continue;
      }
      if (!LooksInto(level, field.number)) continue;
      if (!Append({copied, field.whole.begin}, out)) return false;
      copied = field.whole.end;
      AppendVarint(field.number << 3 | static_cast<uint64_t>(field.type), out);
      if (!CopyBelow(field, level, out)) return false;
      reader_.Enter({field.whole.end, message.end});
    }
    return Append({copied, message.end}, out);
  }

 private:
  bool LooksInto(Level level, uint64_t field) const {
    switch (level) {
      case Level::kModel:
        return field == onnx::ModelProto::kGraphFieldNumber;
      case Level::kGraph:
        return field == onnx::GraphProto::kInitializerFieldNumber ||
               field == onnx::GraphProto::kNodeFieldNumber;
      case Level::kNode:
        return field == onnx::NodeProto::kAttributeFieldNumber;
      case Level::kAttribute:
        // The op's type stands before its attributes in every file that follows protobuf's advice;
        // in others nothing is cut off.
        return is_constant_ && field == onnx::AttributeProto::kTFieldNumber;
      case Level::kTensor:
        return field == onnx::TensorProto::kRawDataFieldNumber;
    }
    return false;
  }

  // Begins the message in `field` of a message at this level, and gives its level.
  Level Descend(Level level, uint64_t field) {
    switch (level) {
      case Level::kModel:
        return Level::kGraph;
      case Level::kGraph:
        if (field == onnx::GraphProto::kInitializerFieldNumber) {
          ranges_->initializers.emplace_back();
          in_attribute_ = false;
          return Level::kTensor;
        }
        ++node_;
        attribute_ = -1;
        is_constant_ = false;
        return Level::kNode;
      case Level::kNode:
        ++attribute_;
        return Level::kAttribute;
      case Level::kAttribute:
      case Level::kTensor:
        break;
    }
    in_attribute_ = true;
    return Level::kTensor;
  }

  // Where a field stands several times, the last one counts.
  void SetRange(const ByteRange& range) {
    if (!in_attribute_) {
      ranges_->initializers.back() = range;
      return;
    }
    const std::pair<int, int> place(node_, attribute_);
    auto& attributes = ranges_->attributes;
    if (!attributes.empty() && attributes.back().first == place) attributes.pop_back();
    if (range.size() > 0) attributes.emplace_back(place, range);
  }

  bool ReadOpType(const ByteRange& content) {
    std::string type;
    is_constant_ = content.size() == sizeof kConstant - 1;
    if (!is_constant_) return true;
    if (!Append(content, &type)) return false;
    is_constant_ = type == kConstant;
    return true;
  }

  bool Append(const ByteRange& part, std::string* out) {
    const size_t before = out->size();
    out->resize(before + static_cast<size_t>(part.size()));
    auto* const to = reinterpret_cast<uint8_t*>(&(*out)[before]);
    return model_.ReadAt(part.begin, MutableBytes(to, static_cast<size_t>(part.size()))).ok();
  }

  // Length and content of a field that is looked into.
  bool CopyBelow(const WireField& field, Level level, std::string* out) {
    const ByteRange& content = field.content;
    if (level == Level::kTensor) {
      const bool large = content.size() >= kLeastBytes;
      SetRange(large ? content : ByteRange());
      AppendVarint(large ? 0 : content.size(), out);
      return large || Append(content, out);
    }
    std::string copied;
    if (!Copy(content, Descend(level, field.number), &copied)) return false;
    AppendVarint(copied.size(), out);
    out->append(copied);
    return true;
  }

  const ByteSource& model_;
  WireReader reader_;
  CutRanges* ranges_;
  int node_ = -1;              // The index of the node that is being copied, in the graph.
  int attribute_ = -1;         // The index of the attribute that is being copied, in its node.
  bool is_constant_ = false;   // Whether that node is a Constant.
  bool in_attribute_ = false;  // Whether the tensor that is being copied is an attribute's.
};

}  // namespace

bool CutRawData(const ByteSource& model, std::string* rest, CutRanges* ranges) {
  rest->clear();
  *ranges = CutRanges();
  return Cutter(model, ranges).Copy({0, model.size()}, Level::kModel, rest);
}

bool FindCutTensors(const onnx::GraphProto& graph, const CutRanges& ranges, CutTensors* tensors) {
  tensors->clear();
  for (size_t i = 0; i < ranges.initializers.size(); ++i) {
    if (ranges.initializers[i].size() == 0) continue;
    tensors->emplace(&graph.initializer(static_cast<int>(i)), ranges.initializers[i]);
  }
  for (const auto& [place, range] : ranges.attributes) {
    const onnx::NodeProto& node = graph.node(place.first);
    if (!IsOnnxDomain(node.domain()) || node.op_type() != kConstant) return false;
    tensors->emplace(&node.attribute(place.second).t(), range);
  }
  return true;
}

}  // namespace mace
