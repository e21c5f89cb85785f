#include "mace/import/onnx_raw_data.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>

#include "mace/import/proto/onnx.pb.h"

namespace mace {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr size_t kLeastBytes = 4096;

// What lies below: the model's graph, its initializers, their raw data.
enum class Level { kModel, kGraph, kTensor };

int FieldBelow(Level level) {
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

void AppendVarint(size_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void Append(Bytes bytes, std::string* out) {
  out->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

class Cutter {
 public:
  explicit Cutter(std::vector<Bytes>* raw) : raw_(raw) {}

  bool Copy(Bytes message, Level level, std::string* out) {
    CodedInputStream input(message.data(), static_cast<int>(message.size()));
    const auto position = [&] { return static_cast<size_t>(input.CurrentPosition()); };
    while (true) {
      const size_t begin = position();
      const uint32_t tag = input.ReadTag();
      if (tag == 0) return input.ConsumedEntireMessage() && position() == message.size();
      const bool is_bytes =
          WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
      if (is_bytes && WireFormatLite::GetTagFieldNumber(tag) == FieldBelow(level)) {
        const size_t behind_tag = position();
        uint32_t length = 0;
        if (!input.ReadVarint32(&length)) return false;
        const size_t at = position();
        if (length > message.size() - at || !input.Skip(static_cast<int>(length))) return false;
        Append({message.data() + begin, behind_tag - begin}, out);
        if (!CopyBelow({message.data() + at, length}, level, out)) return false;
        continue;
      }
      if (!WireFormatLite::SkipField(&input, tag)) return false;
      Append({message.data() + begin, position() - begin}, out);
    }
  }

 private:
  // Length and content of a field that is looked into.
  bool CopyBelow(Bytes content, Level level, std::string* out) {
    if (level == Level::kTensor) {
      // Of several the last one counts.
      const bool large = content.size() >= kLeastBytes;
      raw_->back() = large ? content : Bytes();
      AppendVarint(large ? 0 : content.size(), out);
      if (!large) Append(content, out);
      return true;
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

  std::vector<Bytes>* raw_;
};

}  // namespace

bool CutRawData(Bytes model, std::string* rest, std::vector<Bytes>* raw) {
  rest->clear();
  raw->clear();
  if (model.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  return Cutter(raw).Copy(model, Level::kModel, rest);
}

}  // namespace mace
