// How much memory an import may make of a file: a model of 100 bytes must not cost gigabytes.
//
// Constants that are not stored as they are, such as repeated values and transposed weights, are
// made at import only up to a few times the size of the model and its weights. A constant that
// would take more stays an op that runs, within the memory of the plan, or is refused. Nodes that
// are evaluated have a budget of their own (mace/graph/fold_budget.h). Thread contract:
// thread-compatible.
#ifndef MACE_FORMATS_COMMON_IMPORT_BUDGET_H_
#define MACE_FORMATS_COMMON_IMPORT_BUDGET_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"

namespace mace {

class ImportBudget {
 public:
  // `max_bytes` is the caller's bound; `model_bytes` the size of the model without its weights.
  ImportBudget(uint64_t max_bytes, uint64_t model_bytes)
      : max_bytes_(max_bytes), stored_bytes_(model_bytes) {}

  // Weights that are read from a file besides the model's. A part that is read again costs nothing;
  // what is read beyond the size of the file (parts that overlap) counts as expanded.
  Status CountStored(const ByteSource& source, uint64_t offset, uint64_t size);

  // Counts a constant that is made. kResourceExhausted, with the bytes asked for and those that are
  // left, above the limit.
  Status Expand(const std::string& what, uint64_t bytes);
  // The bytes of the model and of the weights that were read so far, each part once.
  uint64_t stored_bytes() const { return stored_bytes_; }

  // Whether a constant of this size is to be made where there is another way: it takes no more than
  // half of what is left, so that the small constants of shape arithmetic always have room.
  bool HasRoomFor(uint64_t bytes) const { return bytes <= left() / 2; }
  // Counts a constant that is stored in another type, such as int8 weights: it is a few times
  // as large as its bytes in the file, and bound by the caller's limit alone.
  Status Convert(const std::string& what, uint64_t bytes);

 private:
  uint64_t limit() const;
  uint64_t left() const;

  const uint64_t max_bytes_;
  uint64_t stored_bytes_;
  uint64_t expanded_bytes_ = 0;
  uint64_t converted_bytes_ = 0;
  // By source: the parts that were read, as offset and size, and their bytes.
  struct PartsRead {
    std::set<std::pair<uint64_t, uint64_t>> parts;
    uint64_t bytes = 0;
  };
  std::map<const void*, PartsRead> read_;
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_IMPORT_BUDGET_H_
