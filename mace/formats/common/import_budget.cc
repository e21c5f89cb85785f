#include "mace/formats/common/import_budget.h"

#include <algorithm>

namespace mace {
namespace {

// Small models may make this much whatever their size.
constexpr uint64_t kSmallBytes = uint64_t{16} << 20;
// Constants that are made may take this many times the bytes of the files.
constexpr uint64_t kMaxGrowth = 4;

}  // namespace

uint64_t ImportBudget::limit() const {
  const uint64_t max_stored = (UINT64_MAX - kSmallBytes) / kMaxGrowth;
  const uint64_t by_size = kSmallBytes + kMaxGrowth * std::min(stored_bytes_, max_stored);
  return std::min(max_bytes_, by_size);
}

uint64_t ImportBudget::left() const {
  // Conversions count against the caller's bound too.
  const uint64_t of_caller = max_bytes_ - std::min(max_bytes_, expanded_bytes_ + converted_bytes_);
  return std::min(limit() - std::min(limit(), expanded_bytes_), of_caller);
}

Status ImportBudget::Expand(const std::string& what, uint64_t bytes) {
  if (bytes > left()) {
    return ResourceExhausted(what + ": expected at most " + std::to_string(left()) +
                             " bytes of constants that are made at import, of " +
                             std::to_string(limit()) + " for a model of this size, found " +
                             std::to_string(bytes));
  }
  expanded_bytes_ += bytes;
  return Status::Ok();
}

Status ImportBudget::Convert(const std::string& what, uint64_t bytes) {
  const uint64_t left = max_bytes_ - std::min(max_bytes_, expanded_bytes_ + converted_bytes_);
  if (bytes > left) {
    return ResourceExhausted(what + ": expected at most " + std::to_string(left) + " bytes of " +
                             std::to_string(max_bytes_) + " for converted constants, found " +
                             std::to_string(bytes));
  }
  converted_bytes_ += bytes;
  return Status::Ok();
}

Status ImportBudget::CountStored(const ByteSource& source, uint64_t offset, uint64_t size) {
  PartsRead& read = read_[source.identity()];
  if (!read.parts.insert({offset, size}).second) return Status::Ok();
  const uint64_t before = std::min(read.bytes, source.size());
  read.bytes += size;
  const uint64_t within = std::min(read.bytes, source.size()) - before;
  stored_bytes_ += within;
  if (within == size) return Status::Ok();
  return Expand("parts of a file that overlap", size - within);
}

}  // namespace mace
