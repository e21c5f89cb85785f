// The constants that a plan's weights are packed from.
//
// Constants that are parts of a model's files need not be in memory beside the packed weights: each
// is read into the scratch of the thread that packs, and where it is in memory already, that memory
// is given back when the last weights that are made of it are packed.
#ifndef MACE_EXECUTE_WEIGHT_SOURCES_H_
#define MACE_EXECUTE_WEIGHT_SOURCES_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "mace/base/file_block.h"
#include "mace/base/file_scratch.h"
#include "mace/base/span.h"
#include "mace/plan/plan.h"

namespace mace {

// Thread contract: thread-safe.
class WeightSources {
 public:
  // `plan` outlives the object.
  explicit WeightSources(const Plan& plan);
  WeightSources(const WeightSources&) = delete;
  WeightSources& operator=(const WeightSources&) = delete;

  // The most bytes that the constants of one node have.
  size_t max_bytes() const { return max_bytes_; }

  // Before plan.weights[weights] is packed on this thread, which reads the constants into its
  // scratch. Constants that are in memory stay there as long as the result lives, though another plan
  // may not need them any more.
  std::vector<FilePin> Begin(size_t weights, FileScratch* scratch) const;
  // After plan.weights[weights] is packed, or was found packed; each once.
  void End(size_t weights);

 private:
  // The constants of these weights.
  std::vector<Bytes> PartsOf(size_t weights) const;

  const Plan& plan_;
  size_t max_bytes_ = 0;
  std::mutex mutex_;
  // By its first byte, for each constant the weights that are still to be packed.
  std::map<const uint8_t*, int> uses_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_WEIGHT_SOURCES_H_
