// The header of NumPy's .npy files: what an array is, judged before its elements are read.
//
// Errors: kUnsupported for a version or a type that is not read, kCorruption where magic, header
// and the file's size do not agree; the message goes on after the file's name ("has the type
// '>f4'"). Thread contract: thread-safe.
#ifndef MACE_BASE_NPY_HEADER_H_
#define MACE_BASE_NPY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"

namespace mace {

struct NpyHeader {
  std::string descr;  // Like "<f4".
  bool fortran_order = false;
  std::vector<int64_t> shape;  // Empty for a scalar.
  uint64_t data_offset = 0;    // Where the elements begin in the file.
  uint64_t data_bytes = 0;     // To the file's end: the product of shape * NpyItemSize(descr).
};

// Bytes of one element, 0 for a type that is not supported.
size_t NpyItemSize(std::string_view descr);

// Fills all of `out` from an offset of the file.
using OffsetReader = std::function<Status(uint64_t offset, MutableBytes out)>;

// Reads no more than the header, whatever it says of its own length and of the elements.
StatusOr<NpyHeader> ReadNpyHeader(const OffsetReader& file, uint64_t file_size);

// The header that stands before the elements in a file of version 1, in C order. kInvalidArgument
// when `data_bytes` is not what `descr` and `shape` ask for.
StatusOr<std::string> MakeNpyHeader(const std::string& descr, const std::vector<int64_t>& shape,
                                    uint64_t data_bytes);

}  // namespace mace

#endif  // MACE_BASE_NPY_HEADER_H_
