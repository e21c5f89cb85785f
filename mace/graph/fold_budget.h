// How much memory the evaluation of constant nodes may add to a model.
//
// A file of 100 bytes can ask for gigabytes of constants: a chain of nodes on one small tensor,
// each result kept. Such nodes stay nodes where their results would make the model more than a few
// times as large as the files that it was read from. Thread contract: thread-compatible.
#ifndef MACE_GRAPH_FOLD_BUDGET_H_
#define MACE_GRAPH_FOLD_BUDGET_H_

#include <algorithm>
#include <cstdint>

namespace mace {

class FoldBudget {
 public:
  // For a model that takes so many bytes before anything is evaluated: its files, or its constants.
  explicit FoldBudget(uint64_t source_bytes) { AddSource(source_bytes); }

  // Adds the bytes of another file of weights to those of the model.
  void AddSource(uint64_t bytes) {
    source_bytes_ = std::min(kMaxBytes, source_bytes_ + std::min(bytes, kMaxBytes));
    limit_ = std::max(kFloorBytes, source_bytes_ * kMaxGrowth);
  }

  // Counts `bytes` of results; false, and nothing is counted, where they do not fit. Small results
  // have as much room again, because importers need the shapes that a graph computes.
  bool Take(uint64_t bytes) {
    const uint64_t most = bytes <= kSmallBytes ? 2 * limit_ : limit_;
    if (used_ > most || bytes > most - used_) return false;
    used_ += bytes;
    return true;
  }
  // Gives back the bytes of results that nobody reads any more. REQUIRES: they were taken.
  void Return(uint64_t bytes) { used_ -= std::min(bytes, used_); }

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_; }

 private:
  // A small model may always have this much.
  static constexpr uint64_t kFloorBytes = uint64_t{16} << 20;
  // Int8 weights become float32, which takes 4 times as much, and a step between may be there
  // at the same time.
  static constexpr uint64_t kMaxGrowth = 6;
  static constexpr uint64_t kSmallBytes = 4096;
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 56;  // Small multiples do not overflow.

  uint64_t source_bytes_ = 0;
  uint64_t limit_ = 0;
  uint64_t used_ = 0;
};

}  // namespace mace

#endif  // MACE_GRAPH_FOLD_BUDGET_H_
