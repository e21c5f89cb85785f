// NumPy's .npy files: one array, its type and its shape.
//
// Read: versions 1, 2 and 3; types <f4 <f2 <f8 <i4 <i8 |u1 |i1 |b1; C order, and Fortran order by
// reordering. Written: version 1, C order. Errors: kUnsupported for another type or version,
// kCorruption where header, shape and size do not agree (no size is used before it is checked
// against the file), and those of files.h. Thread contract: thread-safe.
#ifndef MACE_BASE_NPY_H_
#define MACE_BASE_NPY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/npy_header.h"
#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

struct NpyArray {
  std::string descr;           // Like "<f4".
  std::vector<int64_t> shape;  // Empty for a scalar.
  // Little-endian, C order: the product of shape × NpyItemSize(descr) bytes.
  std::vector<uint8_t> data;
};

// A .npy file whose header has been read and agrees with the file's size. Its elements are read
// when they are asked for, straight to where they are wanted.
class NpyFile {
 public:
  static StatusOr<NpyFile> Open(const std::string& path);

  const NpyHeader& header() const { return header_; }
  // The elements in C order; kInvalidArgument where out.size() is not header().data_bytes.
  Status Read(MutableBytes out) const;

 private:
  NpyFile() = default;

  std::unique_ptr<RandomAccessFile> file_;
  NpyHeader header_;
};

// The whole file, its elements included. kResourceExhausted where they have no room.
StatusOr<NpyArray> ReadNpy(const std::string& path);
// ReadNpy from the bytes of a file, and from a file that is read by parts.
StatusOr<NpyArray> ReadNpyFrom(const OffsetReader& file, uint64_t file_size);
StatusOr<NpyArray> ParseNpy(Bytes file);

// Writes a .npy file in the way of WriteOutputFile (output_file.h). kInvalidArgument when `data`
// has not the size that `descr` and `shape` ask for.
Status WriteNpy(const std::string& path, const std::string& descr,
                const std::vector<int64_t>& shape, Bytes data);

}  // namespace mace

#endif  // MACE_BASE_NPY_H_
