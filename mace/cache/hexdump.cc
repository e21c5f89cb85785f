#include "mace/cache/hexdump.h"

#include <algorithm>
#include <cstdio>

#include "mace/base/coding.h"
#include "mace/base/strings.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/info.h"

namespace mace {
namespace {

constexpr size_t kBytesPerLine = 16;

// "00000010  06 10 00 00 …  |....|  " and then `note`. REQUIRES: at most kBytesPerLine bytes.
std::string HexLine(uint64_t offset, Bytes bytes, const std::string& note) {
  char text[32];
  std::snprintf(text, sizeof(text), "%08llx ", static_cast<unsigned long long>(offset));
  std::string line = text, characters;
  for (size_t i = 0; i < kBytesPerLine; ++i) {
    if (i % 8 == 0) line += ' ';
    if (i >= bytes.size()) {
      line += "   ";
      continue;
    }
    std::snprintf(text, sizeof(text), "%02x ", bytes[i]);
    line += text;
    characters += bytes[i] >= 0x20 && bytes[i] < 0x7F ? static_cast<char>(bytes[i]) : '.';
  }
  line += " |" + characters + "|";
  if (note.empty()) return line;
  return line + std::string(kBytesPerLine - bytes.size() + 2, ' ') + note;
}

// Goes through a region of the file field by field. Stops quietly at the region's end: what comes
// after a cut is said by the caller, who knows why.
class FieldPrinter {
 public:
  FieldPrinter(uint64_t offset, Bytes bytes, std::vector<std::string>* lines)
      : offset_(offset), bytes_(bytes), reader_(bytes), lines_(lines) {}

  uint64_t Number32(const std::string& name, const char* format = "%llu") {
    return Number(4, name, format);
  }
  uint64_t Number64(const std::string& name, const char* format = "%llu") {
    return Number(8, name, format);
  }

  void Raw(size_t size, const std::string& note) {
    const size_t begin = reader_.position();
    size = std::min(size, reader_.remaining());
    for (size_t done = 0; done < size; done += kBytesPerLine) {
      const Bytes line(bytes_.data() + begin + done, std::min(kBytesPerLine, size - done));
      lines_->push_back(HexLine(offset_ + begin + done, line, done == 0 ? note : ""));
    }
    if (!reader_.Skip(size)) return;
  }

  void Text(const std::string& name) {
    const uint64_t size = Number32(name + ": length");
    if (size > 0 && reader_.remaining() > 0) Raw(static_cast<size_t>(size), name);
  }

 private:
  uint64_t Number(size_t size, const std::string& name, const char* format) {
    const uint8_t* data = bytes_.data() + reader_.position();
    if (reader_.remaining() < size) {
      Raw(reader_.remaining(), name + " (cut short)");
      return 0;
    }
    const uint64_t value = size == 8 ? GetFixed64(data) : GetFixed32(data);
    char text[32];
    std::snprintf(text, sizeof(text), format, static_cast<unsigned long long>(value));
    Raw(size, name + " = " + text);
    return value;
  }

  uint64_t offset_;
  Bytes bytes_;
  ByteReader reader_;
  std::vector<std::string>* lines_;
};

void PrintHeader(Bytes head, std::vector<std::string>* lines) {
  FieldPrinter printer(0, head, lines);
  printer.Raw(4, "magic");
  if (head.size() >= 8) {
    printer.Raw(4, "version = " + VersionText(GetFixed32(head.data() + 4)));
  }
  printer.Number32("number of kernels");
  printer.Number32("total binary size");
  printer.Number32("offset of the kernel table", "0x%llx");
  printer.Number32("vendor header: header size", "0x%llx");
  printer.Number32("flags", "0x%llx");
  printer.Number32("generation");
  printer.Number64("file size");
  printer.Number32("kernel table size");
  printer.Number32("tuning records size");
  printer.Number32("number of tuning records");
  const uint64_t devices = printer.Number32("number of devices");
  // Bounded by what the bytes can hold, whatever the count says.
  for (uint64_t i = 0; i < std::min<uint64_t>(devices, head.size() / 28); ++i) {
    const std::string prefix = "device " + std::to_string(i) + " ";
    printer.Number32(prefix + "size");
    for (const char* name : {"name", "vendor", "device version", "driver version", "platform name",
                             "platform version"}) {
      printer.Text(prefix + name);
    }
  }
}

void PrintMore(size_t count, const HexdumpOptions& options, const char* what,
               std::vector<std::string>* lines) {
  if (count <= options.entries) return;
  lines->push_back("*         " + std::to_string(count - options.entries) + " more " + what);
}

Status PrintSections(const CacheFile& cache, const HexdumpOptions& options,
                     std::vector<std::string>* lines) {
  const auto sections = DistinctSections(cache.index().kernels);
  for (size_t i = 0; i < std::min(sections.size(), options.entries); ++i) {
    const KernelEntry& entry = *sections[i];
    const uint64_t shown =
        std::min<uint64_t>(entry.section_size, options.section_lines * kBytesPerLine);
    std::vector<uint8_t> bytes(static_cast<size_t>(shown));
    MACE_RETURN_IF_ERROR(cache.file().ReadAt(entry.section_offset, bytes));
    FieldPrinter(entry.section_offset, bytes, lines)
        .Raw(bytes.size(), std::string("section: ") + SectionKindName(entry.kind) + ", " +
                               std::to_string(entry.section_size) + " bytes");
    if (shown < entry.section_size) lines->push_back("*");
  }
  PrintMore(sections.size(), options, "sections", lines);
  return Status::Ok();
}

void PrintKernel(uint32_t number, uint64_t offset, const KernelEntry& entry,
                 std::vector<std::string>* lines) {
  std::string bytes;
  entry.EncodeTo(&bytes);
  FieldPrinter printer(offset, AsBytes(bytes), lines);
  const std::string prefix = "kernel " + std::to_string(number) + " ";
  printer.Number32(prefix + "size");
  printer.Raw(32, prefix + "program key");
  printer.Raw(32, prefix + "source hash");
  printer.Raw(32, prefix + "section SHA-256");
  printer.Number64(prefix + "section offset", "0x%llx");
  printer.Number64(prefix + "section size");
  printer.Number32(prefix + "kind (" + SectionKindName(entry.kind) + ")");
  printer.Number32(prefix + "device");
  printer.Number32(prefix + "last used in generation");
  printer.Text(prefix + "name");
  printer.Text(prefix + "launch shapes");
}

void PrintTuning(uint32_t number, uint64_t offset, const TuningRecord& record,
                 std::vector<std::string>* lines) {
  std::string bytes;
  record.EncodeTo(&bytes);
  FieldPrinter printer(offset, AsBytes(bytes), lines);
  const std::string prefix = "tuning " + std::to_string(number) + " ";
  printer.Number32(prefix + "size");
  printer.Number32(prefix + "device");
  printer.Number32(prefix + "last used in generation");
  printer.Text(prefix + "key");
  printer.Text(prefix + "value");
}

template <typename Entry>
uint64_t EncodedSize(const Entry& entry) {
  std::string bytes;
  entry.EncodeTo(&bytes);
  return bytes.size();
}

Status PrintIndex(const CacheFile& cache, const HexdumpOptions& options,
                  std::vector<std::string>* lines) {
  const CacheIndex& index = cache.index();
  // The decoded entries are encoded again, which gives the file's own bytes unless a newer minor
  // version appended fields.
  uint64_t offset = index.header.table_offset;
  for (uint32_t i = 0; i < std::min(index.kernels.size(), options.entries); ++i) {
    PrintKernel(i, offset, index.kernels[i], lines);
    offset += EncodedSize(index.kernels[i]);
  }
  PrintMore(index.kernels.size(), options, "kernels", lines);
  offset = uint64_t{index.header.table_offset} + index.header.table_size;
  for (uint32_t i = 0; i < std::min(index.tuning.size(), options.entries); ++i) {
    PrintTuning(i, offset, index.tuning[i], lines);
    offset += EncodedSize(index.tuning[i]);
  }
  PrintMore(index.tuning.size(), options, "tuning records", lines);

  std::string trailer;
  index.trailer.EncodeTo(&trailer, index.header.is_signed());
  FieldPrinter printer(index.header.file_size - trailer.size(), AsBytes(trailer), lines);
  printer.Raw(32, "trailer: SHA-256 of headers, table and tuning");
  printer.Raw(32, "trailer: SHA-256 of the file");
  if (!index.header.is_signed()) return Status::Ok();
  printer.Raw(32, "trailer: Ed25519 public key");
  printer.Raw(64, "trailer: Ed25519 signature");
  return Status::Ok();
}

}  // namespace

StatusOr<std::vector<std::string>> HexdumpCacheFile(const std::string& path,
                                                    const HexdumpOptions& options) {
  MACE_ASSIGN_OR_RETURN(const auto file, RandomAccessFile::Open(path));
  CacheTrust anyone;
  anyone.allow_untrusted = true;
  const StatusOr<std::shared_ptr<const CacheFile>> cache = CacheFile::Open(path, anyone);

  uint64_t head_size = kMinimumHeaderSize;
  if (cache.ok()) head_size = (*cache)->index().header.header_size;
  std::vector<uint8_t> head(static_cast<size_t>(std::min<uint64_t>(file->size(), head_size)));
  MACE_RETURN_IF_ERROR(file->ReadAt(0, head));
  std::vector<std::string> lines;
  PrintHeader(head, &lines);
  if (!cache.ok()) {
    lines.push_back("not a good cache file: " + Printable(cache.status().message()));
    return lines;
  }
  MACE_RETURN_IF_ERROR(PrintSections(**cache, options, &lines));
  MACE_RETURN_IF_ERROR(PrintIndex(**cache, options, &lines));
  return lines;
}

}  // namespace mace
