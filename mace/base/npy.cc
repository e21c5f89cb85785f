#include "mace/base/npy.h"

#include <cstring>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"

namespace mace {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
// Larger arrays do not come as inputs; it keeps a sparse file from filling memory.
constexpr size_t kLargestFile = size_t{1} << 34;
constexpr size_t kLargestHeader = 1 << 20;
constexpr size_t kMaxRank = 32;    // NumPy's own limit.
constexpr size_t kAlignment = 64;  // Of the data in a file, as NumPy writes it.

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Reads the header's text, a Python literal such as {'descr': '<f4', 'fortran_order': False,
// 'shape': (1, 2), }.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool Parse(Header* header) {
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

// From first index fastest to last index fastest. REQUIRES: `in` holds exactly the elements of
// `shape`.
std::vector<uint8_t> FortranToC(Bytes in, const std::vector<int64_t>& shape, size_t item_size) {
  std::vector<uint8_t> out(in.size());
  std::vector<size_t> index(shape.size(), 0), stride(shape.size(), item_size);
  for (size_t d = 1; d < shape.size(); ++d) {
    stride[d] = stride[d - 1] * static_cast<size_t>(shape[d - 1]);
  }
  size_t source = 0;
  for (size_t target = 0; target < out.size(); target += item_size) {
    std::memcpy(out.data() + target, in.data() + source, item_size);
    for (size_t d = shape.size(); d-- > 0;) {
      source += stride[d];
      if (++index[d] < static_cast<size_t>(shape[d])) break;
      source -= stride[d] * index[d];
      index[d] = 0;
    }
  }
  return out;
}

Status ReadHeader(ByteReader* reader, Header* header) {
  Bytes magic, text;
  uint8_t major = 0, minor = 0;
  if (!reader->ReadBytes(kMagic.size(), &magic) || AsStringView(magic) != kMagic) {
    return Corruption("is not a .npy file");
  }
  if (!reader->ReadFixed8(&major) || !reader->ReadFixed8(&minor)) return Corruption("is cut short");
  if (major < 1 || major > 3) {
    return Unsupported("has .npy version " + std::to_string(major) + ", expected 1 to 3");
  }
  uint32_t length = 0;
  uint16_t short_length = 0;
  const bool has_length =
      major == 1 ? reader->ReadFixed16(&short_length) : reader->ReadFixed32(&length);
  if (major == 1) length = short_length;
  if (!has_length || length > kLargestHeader || !reader->ReadBytes(length, &text)) {
    return Corruption("has a header longer than the file or its limit");
  }
  if (!HeaderParser(AsStringView(text)).Parse(header)) {
    return Corruption("has a header that cannot be read: " + Printable(AsStringView(text)));
  }
  if (NpyItemSize(header->descr) == 0) {
    return Unsupported("has the type '" + Printable(header->descr) + "'");
  }
  return Status::Ok();
}

}  // namespace

size_t NpyItemSize(std::string_view descr) {
  if (descr == "<f8" || descr == "<i8") return 8;
  if (descr == "<f4" || descr == "<i4") return 4;
  if (descr == "<f2") return 2;
  if (descr == "|u1" || descr == "|i1" || descr == "|b1") return 1;
  return 0;
}

StatusOr<NpyArray> ParseNpy(Bytes file) {
  ByteReader reader(file);
  Header header;
  MACE_RETURN_IF_ERROR(ReadHeader(&reader, &header));
  const size_t item_size = NpyItemSize(header.descr);
  uint64_t count = 0;
  if (!CountElements(header.shape, reader.remaining() / item_size, &count) ||
      count * item_size != reader.remaining()) {
    return Corruption("has " + std::to_string(reader.remaining()) + " bytes of data, expected " +
                      JoinNumbers(header.shape, "x") + " elements of " + header.descr);
  }
  Bytes data;
  if (!reader.ReadBytes(reader.remaining(), &data)) return Internal("npy: reader lost its data");
  NpyArray array;
  array.descr = header.descr;
  array.shape = header.shape;
  array.data = header.fortran_order ? FortranToC(data, header.shape, item_size)
                                    : std::vector<uint8_t>(data.begin(), data.end());
  return array;
}

StatusOr<NpyArray> ReadNpy(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(const std::string file, ReadFile(path, kLargestFile));
  StatusOr<NpyArray> array = ParseNpy(AsBytes(file));
  if (!array.ok()) return array.status().WithPrefix(path);
  return array;
}

Status WriteNpy(const std::string& path, const std::string& descr,
                const std::vector<int64_t>& shape, Bytes data) {
  const size_t item_size = NpyItemSize(descr);
  if (item_size == 0) return InvalidArgument(path + ": cannot write the type '" + descr + "'");
  uint64_t count = 0;
  if (shape.size() > kMaxRank || !CountElements(shape, data.size() / item_size, &count) ||
      count * item_size != data.size()) {
    return InvalidArgument(path + ": got " + std::to_string(data.size()) + " bytes, expected " +
                           JoinNumbers(shape, "x") + " elements of " + descr);
  }
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" +
                     JoinNumbers(shape, ", ") + (shape.size() == 1 ? ",), }" : "), }");
  const size_t fixed_size = kMagic.size() + 2 + 2;
  while ((fixed_size + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  std::string header(kMagic);
  PutFixed8(&header, 1);
  PutFixed8(&header, 0);
  PutFixed16(&header, static_cast<uint16_t>(text.size()));
  header += text;
  return WriteFileAtomic(path, std::vector<Bytes>{AsBytes(header), data});
}

}  // namespace mace
