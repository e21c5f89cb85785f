// The constants that a plan's weights are packed from.
//
// Constants of a model's files need not be in memory together with the packed weights. Each one is
// read into the scratch of the packing thread. If it is already in memory, that memory is freed
// once the last weights made from it are packed.
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
  // `plan` must outlive this object.
  explicit WeightSources(const Plan& plan);
  WeightSources(const WeightSources&) = delete;
  WeightSources& operator=(const WeightSources&) = delete;

  // The scratch that the constants of any one weight need, in bytes.
  size_t max_bytes() const { return max_bytes_; }

  // Called before plan.weights[weights] is packed on this thread. Reads the constants into
  // `scratch`; constants that are in memory stay there while the result lives.
  std::vector<FilePin> Begin(size_t weights, FileScratch* scratch) const;
  // Called once after plan.weights[weights] is packed or was found packed.
  void End(size_t weights);
  // Calls End for all weights but those that `indices` names.
  void EndOthers(const std::vector<size_t>& indices);

 private:
  // The constants that one weight is packed from.
  std::vector<Bytes> PartsOf(size_t weights) const;

  const Plan& plan_;
  size_t max_bytes_ = 0;
  std::mutex mutex_;
  // By a constant's first byte: how many weights made from it are not packed yet.
  std::map<const uint8_t*, int> uses_;
};

}  // namespace mace

#endif  // MACE_EXECUTE_WEIGHT_SOURCES_H_
