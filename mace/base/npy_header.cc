#include "mace/base/npy_header.h"

#include <algorithm>

#include "mace/base/coding.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kLargestHeader = 1 << 20;
// The magic, two bytes of version, four of length.
constexpr size_t kLongestStart = 12;
constexpr size_t kMaxRank = 32;        // NumPy's own limit.
constexpr size_t kDataAlignment = 64;  // Alignment of the data in a file, as NumPy writes it.

// Reads the header's text, a Python literal such as {'descr': '<f4', 'fortran_order': False,
// 'shape': (1, 2), }.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool Parse(NpyHeader* header) {
    bool has_descr = false, has_order = false, has_shape = false;
    if (!Take('{')) return false;
    while (!Take('}')) {
      std::string key;
      if (!Text(&key) || !Take(':')) return false;
      if (key == "descr" && !has_descr) {
        has_descr = Text(&header->descr);
        if (!has_descr) return false;
      } else if (key == "fortran_order" && !has_order) {
        has_order = Boolean(&header->fortran_order);
        if (!has_order) return false;
      } else if (key == "shape" && !has_shape) {
        has_shape = Shape(&header->shape);
        if (!has_shape) return false;
      } else {
        return false;
      }
      if (!Take(',') && Peek() != '}') return false;
    }
    return has_descr && has_order && has_shape && Peek() == '\0';
  }

 private:
  // The next character that is no blank; 0 at the end.
  char Peek() {
    constexpr std::string_view kBlanks = " \n\r\t";
    while (position_ < text_.size() && kBlanks.find(text_[position_]) != kBlanks.npos) ++position_;
    if (position_ == text_.size()) return '\0';
    // A NUL of the text's own must not look like the end.
    return text_[position_] != '\0' ? text_[position_] : '\1';
  }

  bool Take(char wanted) {
    if (Peek() != wanted) return false;
    ++position_;
    return true;
  }

  bool Text(std::string* value) {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return false;
    const size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) return false;
    *value = std::string(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return true;
  }

  bool Boolean(bool* value) {
    Peek();
    for (const bool candidate : {false, true}) {
      const std::string_view word = candidate ? "True" : "False";
      if (!StartsWith(text_.substr(position_), word)) continue;
      position_ += word.size();
      *value = candidate;
      return true;
    }
    return false;
  }

  bool Number(int64_t* value) {
    constexpr int64_t kLargest = INT64_MAX / 10 - 1;
    Peek();
    const size_t begin = position_;
    *value = 0;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c < '0' || c > '9') break;
      if (*value > kLargest) return false;
      *value = *value * 10 + (c - '0');
    }
    return position_ > begin;
  }

  bool Shape(std::vector<int64_t>* shape) {
    if (!Take('(')) return false;
    while (!Take(')')) {
      int64_t extent;
      if (shape->size() == kMaxRank || !Number(&extent)) return false;
      shape->push_back(extent);
      if (!Take(',') && Peek() != ')') return false;
    }
    return true;
  }

  std::string_view text_;
  size_t position_ = 0;
};

// Product of the extents; false when it is above `limit` or an extent is negative.
bool CountElements(const std::vector<int64_t>& shape, uint64_t limit, uint64_t* count) {
  for (int64_t extent : shape) {
    if (extent < 0) return false;
  }
  *count = 1;
  for (int64_t extent : shape) {
    if (extent == 0) {  // Also where the others' product would overflow.
      *count = 0;
      return true;
    }
  }
  for (int64_t extent : shape) {
    if (static_cast<uint64_t>(extent) > limit / *count) return false;
    *count *= static_cast<uint64_t>(extent);
  }
  return *count <= limit;
}

// The magic, the version and the length of the text; leaves the reader at the text.
Status ReadTextLength(ByteReader* reader, uint32_t* length) {
  Bytes magic;
  uint8_t major = 0, minor = 0;
  if (!reader->ReadBytes(kMagic.size(), &magic) || AsStringView(magic) != kMagic) {
    return Corruption("is not a .npy file");
  }
  if (!reader->ReadFixed8(&major) || !reader->ReadFixed8(&minor)) return Corruption("is cut short");
  if (major < 1 || major > 3) {
    return Unsupported("has .npy version " + std::to_string(major) + ", expected 1 to 3");
  }
  uint16_t short_length = 0;
  const bool has_length =
      major == 1 ? reader->ReadFixed16(&short_length) : reader->ReadFixed32(length);
  if (major == 1) *length = short_length;
  if (!has_length || *length > kLargestHeader) {
    return Corruption("has a header longer than the file or its limit");
  }
  return Status::Ok();
}

// An array of a type that no tensor has: which one it is, and how to save another.
Status UnknownType(const std::string& descr) {
  const std::string found = "has the type '" + Printable(descr) + "'";
  if (StartsWith(descr, ">") && NpyItemSize("<" + descr.substr(1)) > 0) {
    return Unsupported(found + ", which is big-endian: save it with array.astype('<" +
                       Printable(descr.substr(1)) + "')");
  }
  return Unsupported(
      found +
      ", expected <f4, <f2, <f8, <i4, <i8, <i2, <u2, <u4, <u8, |u1, |i1 or |b1: save it with " +
      "array.astype");
}

}  // namespace

size_t NpyItemSize(std::string_view descr) {
  if (descr == "<f8" || descr == "<i8" || descr == "<u8") return 8;
  if (descr == "<f4" || descr == "<i4" || descr == "<u4") return 4;
  if (descr == "<f2" || descr == "<i2" || descr == "<u2") return 2;
  if (descr == "|u1" || descr == "|i1" || descr == "|b1") return 1;
  return 0;
}

StatusOr<NpyHeader> ReadNpyHeader(const OffsetReader& file, uint64_t file_size) {
  uint8_t start[kLongestStart];
  const auto start_size = static_cast<size_t>(std::min<uint64_t>(file_size, kLongestStart));
  MACE_RETURN_IF_ERROR(file(0, MutableBytes(start, start_size)));
  ByteReader reader(Bytes(start, start_size));
  uint32_t length = 0;
  MACE_RETURN_IF_ERROR(ReadTextLength(&reader, &length));
  NpyHeader header;
  const uint64_t text_offset = start_size - reader.remaining();
  if (length > file_size - text_offset) {
    return Corruption("has a header longer than the file or its limit");
  }
  std::vector<uint8_t> text(length);
  MACE_RETURN_IF_ERROR(file(text_offset, text));
  if (!HeaderParser(AsStringView(text)).Parse(&header)) {
    return Corruption("has a header that cannot be read: " + Printable(AsStringView(text)));
  }
  const size_t item_size = NpyItemSize(header.descr);
  if (item_size == 0) return UnknownType(header.descr);
  header.data_offset = text_offset + length;
  header.data_bytes = file_size - header.data_offset;
  uint64_t count = 0;
  if (!CountElements(header.shape, header.data_bytes / item_size, &count) ||
      count * item_size != header.data_bytes) {
    return Corruption("has " + std::to_string(header.data_bytes) + " bytes of data, expected " +
                      JoinNumbers(header.shape, "x") + " elements of " + header.descr);
  }
  return header;
}

StatusOr<std::string> MakeNpyHeader(const std::string& descr, const std::vector<int64_t>& shape,
                                    uint64_t data_bytes) {
  const size_t item_size = NpyItemSize(descr);
  if (item_size == 0) return InvalidArgument("cannot write the type '" + descr + "'");
  uint64_t count = 0;
  if (shape.size() > kMaxRank || !CountElements(shape, data_bytes / item_size, &count) ||
      count * item_size != data_bytes) {
    return InvalidArgument("got " + std::to_string(data_bytes) + " bytes, expected " +
                           JoinNumbers(shape, "x") + " elements of " + descr);
  }
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" +
                     JoinNumbers(shape, ", ") + (shape.size() == 1 ? ",), }" : "), }");
  const size_t fixed_size = kMagic.size() + 2 + 2;
  while ((fixed_size + text.size() + 1) % kDataAlignment != 0) text += ' ';
  text += '\n';
  std::string header(kMagic);
  PutFixed8(&header, 1);
  PutFixed8(&header, 0);
  PutFixed16(&header, static_cast<uint16_t>(text.size()));
  return header + text;
}

}  // namespace mace
