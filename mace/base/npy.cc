#include "mace/base/npy.h"

#include <algorithm>
#include <cstring>

#include "mace/base/catch_exhaustion.h"
#include "mace/base/coding.h"
#include "mace/base/output_file.h"

namespace mace {
namespace {

// Puts elements that come with the first index fastest where they lie with the last index fastest.
class FortranPlacer {
 public:
  FortranPlacer(const NpyHeader& header, MutableBytes out)
      : shape_(header.shape),
        item_size_(NpyItemSize(header.descr)),
        out_(out),
        index_(header.shape.size(), 0),
        stride_(header.shape.size(), item_size_) {
    for (size_t d = shape_.size(); d-- > 1;) {
      stride_[d - 1] = stride_[d] * static_cast<size_t>(shape_[d]);
    }
  }

  // The next elements, whole ones.
  void Put(Bytes elements) {
    for (size_t at = 0; at < elements.size(); at += item_size_) {
      std::memcpy(out_.data() + target_, elements.data() + at, item_size_);
      for (size_t d = 0; d < shape_.size(); ++d) {
        target_ += stride_[d];
        if (++index_[d] < static_cast<size_t>(shape_[d])) break;
        target_ -= stride_[d] * index_[d];
        index_[d] = 0;
      }
    }
  }

 private:
  const std::vector<int64_t>& shape_;
  const size_t item_size_;
  const MutableBytes out_;
  std::vector<size_t> index_;
  std::vector<size_t> stride_;
  size_t target_ = 0;
};

// The elements in C order. REQUIRES: out.size() == header.data_bytes.
Status ReadElements(const OffsetReader& file, const NpyHeader& header, MutableBytes out) {
  if (!header.fortran_order) return file(header.data_offset, out);
  constexpr size_t kPart = 1 << 20;  // Whole elements, whatever their size.
  FortranPlacer placer(header, out);
  std::vector<uint8_t> part(std::min(kPart, out.size()));
  for (size_t at = 0; at < out.size(); at += part.size()) {
    const MutableBytes next(part.data(), std::min(part.size(), out.size() - at));
    MACE_RETURN_IF_ERROR(file(header.data_offset + at, next));
    placer.Put(next);
  }
  return Status::Ok();
}

// REQUIRES: the file outlives it.
OffsetReader SourceOf(const RandomAccessFile& file) {
  return [&file](uint64_t offset, MutableBytes out) { return file.ReadAt(offset, out); };
}

}  // namespace

StatusOr<NpyFile> NpyFile::Open(const std::string& path) {
  NpyFile file;
  MACE_ASSIGN_OR_RETURN(file.file_, RandomAccessFile::Open(path));
  StatusOr<NpyHeader> header = ReadNpyHeader(SourceOf(*file.file_), file.file_->size());
  if (!header.ok()) return header.status().WithPrefix(path);
  file.header_ = *std::move(header);
  return file;
}

Status NpyFile::Read(MutableBytes out) const {
  if (out.size() != header_.data_bytes) {
    return InvalidArgument(file_->path() + ": has " + std::to_string(header_.data_bytes) +
                           " bytes of data, expected " + std::to_string(out.size()));
  }
  return ReadElements(SourceOf(*file_), header_, out);
}

StatusOr<NpyArray> ReadNpyFrom(const OffsetReader& file, uint64_t file_size) {
  return CatchExhaustion([&]() -> StatusOr<NpyArray> {
    MACE_ASSIGN_OR_RETURN(const NpyHeader header, ReadNpyHeader(file, file_size));
    NpyArray array = {header.descr, header.shape, std::vector<uint8_t>(header.data_bytes)};
    MACE_RETURN_IF_ERROR(ReadElements(file, header, array.data));
    return array;
  });
}

StatusOr<NpyArray> ParseNpy(Bytes file) {
  const OffsetReader source = [file](uint64_t offset, MutableBytes out) -> Status {
    if (offset > file.size() || out.size() > file.size() - offset) {
      return Corruption("is cut short");
    }
    std::copy_n(file.data() + offset, out.size(), out.data());
    return Status::Ok();
  };
  return ReadNpyFrom(source, file.size());
}

StatusOr<NpyArray> ReadNpy(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, RandomAccessFile::Open(path));
  StatusOr<NpyArray> array = ReadNpyFrom(SourceOf(*file), file->size());
  if (!array.ok()) return array.status().WithPrefix(path);
  return array;
}

Status WriteNpy(const std::string& path, const std::string& descr,
                const std::vector<int64_t>& shape, Bytes data) {
  const StatusOr<std::string> header = MakeNpyHeader(descr, shape, data.size());
  if (!header.ok()) return header.status().WithPrefix(path);
  return WriteOutputFile(path, std::vector<Bytes>{AsBytes(*header), data});
}

}  // namespace mace
