#include "mace/cl/pocl/reproducible_binary.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "mace/base/coding.h"
#include "mace/cl/pocl/driver_llvm.h"

// The container, of which this much is used; integers are little-endian:
//
//   binary   := "poclbin\0", fields of the program, size: uint64, file program.bc, kernel*
//   file     := length: uint32, path, length: uint32, content     // the path begins with a slash
//   kernel   := struct_size: uint64, binaries_size: uint64, fields of the kernel, file*
//
// `size` counts the bytes of the file; a kernel has struct_size bytes, and its files are the last
// binaries_size of them. PoCL packs those in the order in which their folder lists them.
namespace mace {
namespace {

using std::literals::operator""sv;

constexpr std::string_view kMagic = "poclbin\0"sv;
constexpr std::string_view kProgramPath = "\x0b\0\0\0/program.bc"sv;  // Behind its length.
constexpr size_t kLargestProgramFields = 1024;
constexpr size_t kLargestPath = 4096;

constexpr std::string_view kSourceName = "program.cl";
constexpr std::string_view kTemporaryName = "/tempfile_";

Status UnknownForm() { return Unsupported("PoCL's binary has a form that is not known"); }

struct PackedFile {
  std::string path;
  Bytes content;
};

bool ReadPackedFile(ByteReader* reader, PackedFile* file) {
  uint32_t size = 0;
  return reader->ReadLengthPrefixed(kLargestPath, &file->path) && reader->ReadFixed32(&size) &&
         reader->ReadBytes(size, &file->content) && file->path.substr(0, 1) == "/";
}

void PutPackedFile(const PackedFile& file, std::string* out) {
  PutLengthPrefixed(out, file.path);
  PutLengthPrefixed(out, AsStringView(file.content));
}

// Appends the files of a kernel by their paths.
Status PutSorted(Bytes packed, std::string* out) {
  std::vector<PackedFile> files;
  for (ByteReader reader(packed); !reader.empty();) {
    files.emplace_back();
    if (!ReadPackedFile(&reader, &files.back())) return UnknownForm();
  }
  std::sort(files.begin(), files.end(),
            [](const PackedFile& a, const PackedFile& b) { return a.path < b.path; });
  for (const PackedFile& file : files) PutPackedFile(file, out);
  return Status();
}

// Appends the next kernel.
Status PutKernel(ByteReader* reader, std::string* out) {
  constexpr uint64_t kSizes = 2 * sizeof(uint64_t);
  uint64_t size = 0, files_size = 0;
  if (!reader->ReadFixed64(&size) || !reader->ReadFixed64(&files_size) || size < kSizes ||
      files_size > size - kSizes || size - kSizes > reader->remaining()) {
    return UnknownForm();
  }
  Bytes fields, files;
  if (!reader->ReadBytes(static_cast<size_t>(size - kSizes - files_size), &fields) ||
      !reader->ReadBytes(static_cast<size_t>(files_size), &files)) {
    return UnknownForm();
  }
  PutFixed64(out, size);
  PutFixed64(out, files_size);
  PutBytes(out, fields);
  return PutSorted(files, out);
}

}  // namespace

bool IsPoclBinary(std::string_view binary) { return binary.substr(0, kMagic.size()) == kMagic; }

StatusOr<std::string> ReproduciblePoclBinary(std::string_view binary) {
  const size_t path_at = binary.substr(0, kLargestProgramFields).find(kProgramPath);
  if (path_at == std::string_view::npos || path_at < kMagic.size() + sizeof(uint64_t)) {
    return UnknownForm();
  }
  const size_t size_at = path_at - sizeof(uint64_t);
  ByteReader reader(AsBytes(binary.substr(size_at)));
  uint64_t program_size = 0;
  PackedFile program;
  if (!reader.ReadFixed64(&program_size) || !ReadPackedFile(&reader, &program) ||
      reader.position() != sizeof(uint64_t) + program_size) {
    return UnknownForm();
  }
  MACE_ASSIGN_OR_RETURN(const std::string bitcode,
                        WithSourceFileName(AsStringView(program.content), kSourceName));
  program.content = AsBytes(bitcode);
  std::string packed;
  PutPackedFile(program, &packed);

  std::string result(binary.substr(0, size_at));
  PutFixed64(&result, packed.size());
  result += packed;
  while (!reader.empty()) MACE_RETURN_IF_ERROR(PutKernel(&reader, &result));
  return result;
}

std::string ReproduciblePoclLog(std::string_view log) {
  std::string result;
  for (size_t at = log.find(kTemporaryName); at != std::string_view::npos;
       at = log.find(kTemporaryName)) {
    // The path begins with the first slash of its line; folders may have blanks in their names.
    const size_t line = log.substr(0, at).rfind('\n');
    result += log.substr(0, log.find('/', line == std::string_view::npos ? 0 : line));
    size_t end = at + kTemporaryName.size();
    while (end < log.size() && (std::isalnum(static_cast<unsigned char>(log[end])) != 0)) ++end;
    if (log.substr(end, 3) == ".cl") end += 3;
    result += kSourceName;
    log.remove_prefix(end);
  }
  return result.append(log);
}

}  // namespace mace
