// NumPy's .npy files: one array, its type and its shape.
//
// Read: versions 1, 2 and 3; types <f4 <f2 <f8 <i4 <i8 |u1 |i1 |b1; C order, and Fortran order by
// reordering. Written: version 1, C order. Errors: kUnsupported for another type or version,
// kCorruption where header, shape and size do not agree (no size is used before it is checked
// against the file), and those of files.h. Thread contract: thread-safe.
#ifndef MACE_BASE_NPY_H_
#define MACE_BASE_NPY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

struct NpyArray {
  std::string descr;           // Like "<f4".
  std::vector<int64_t> shape;  // Empty for a scalar.
  std::vector<uint8_t>
      data;  // Little-endian, C order: the product of shape × NpyItemSize(descr) bytes.
};

// Bytes of one element, 0 for a type that is not supported.
size_t NpyItemSize(std::string_view descr);

StatusOr<NpyArray> ReadNpy(const std::string& path);
// The same from the bytes of such a file.
StatusOr<NpyArray> ParseNpy(Bytes file);

// Replaces `path` atomically. kInvalidArgument when `data` has not the size that `descr` and
// `shape` ask for.
Status WriteNpy(const std::string& path, const std::string& descr,
                const std::vector<int64_t>& shape, Bytes data);

}  // namespace mace

#endif  // MACE_BASE_NPY_H_
