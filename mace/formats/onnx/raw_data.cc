#include "mace/formats/onnx/raw_data.h"

#include <cstddef>

#include "mace/formats/proto/onnx.pb.h"

namespace mace {
namespace {

constexpr size_t kLeastBytes = 4096;

// The fields on the way down: the model's graph, its initializers, their raw data.
enum class Level { kModel, kGraph, kTensor };

uint64_t FieldBelow(Level level) {
  switch (level) {
    case Level::kModel:
      return onnx::ModelProto::kGraphFieldNumber;
    case Level::kGraph:
      return onnx::GraphProto::kInitializerFieldNumber;
    case Level::kTensor:
      return onnx::TensorProto::kRawDataFieldNumber;
  }
  return 0;
}

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

class Cutter {
 public:
  Cutter(const ByteSource& model, std::vector<ByteRange>* raw)
      : model_(model), reader_(model), raw_(raw) {}

  bool Copy(const ByteRange& message, Level level, std::string* out) {
    reader_.Enter(message);
    uint64_t copied = message.begin;  // What is before it stands in `out`.
    while (!reader_.at_end()) {
      WireField field;
      if (!reader_.Next(&field)) return false;
      if (field.type != WireType::kLengthDelimited || field.number != FieldBelow(level)) continue;
      if (!Append({copied, field.whole.begin}, out)) return false;
      copied = field.whole.end;
      AppendVarint(field.number << 3 | static_cast<uint64_t>(field.type), out);
      if (!CopyBelow(field.content, level, out)) return false;
      reader_.Enter({field.whole.end, message.end});
    }
    return Append({copied, message.end}, out);
  }

 private:
  bool Append(const ByteRange& part, std::string* out) {
    const size_t before = out->size();
    out->resize(before + static_cast<size_t>(part.size()));
    auto* const to = reinterpret_cast<uint8_t*>(&(*out)[before]);
    return model_.ReadAt(part.begin, MutableBytes(to, static_cast<size_t>(part.size()))).ok();
  }

  // Length and content of a field that is looked into.
  bool CopyBelow(const ByteRange& content, Level level, std::string* out) {
    if (level == Level::kTensor) {
      // Where the field stands several times, the last one counts.
      const bool large = content.size() >= kLeastBytes;
      raw_->back() = large ? content : ByteRange();
      AppendVarint(large ? 0 : content.size(), out);
      return large || Append(content, out);
    }
    std::string copied;
    if (level == Level::kGraph) raw_->emplace_back();
    if (!Copy(content, level == Level::kModel ? Level::kGraph : Level::kTensor, &copied)) {
      return false;
    }
    AppendVarint(copied.size(), out);
    out->append(copied);
    return true;
  }

  const ByteSource& model_;
  WireReader reader_;
  std::vector<ByteRange>* raw_;
};

}  // namespace

bool CutRawData(const ByteSource& model, std::string* rest, std::vector<ByteRange>* raw) {
  rest->clear();
  raw->clear();
  return Cutter(model, raw).Copy({0, model.size()}, Level::kModel, rest);
}

}  // namespace mace
