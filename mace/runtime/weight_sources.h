// The constants that a plan's weights are packed from, in memory while they are needed.
//
// Constants that are parts of a model's files do not have to be in memory twice: each is given back
// as soon as the last weights that are made of it are packed. One that was given back before, by
// another session of the same graph, is read again.
#ifndef MACE_RUNTIME_WEIGHT_SOURCES_H_
#define MACE_RUNTIME_WEIGHT_SOURCES_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "mace/base/file_block.h"
#include "mace/base/status.h"
#include "mace/plan/plan.h"

namespace mace {

// Thread contract: thread-safe.
class WeightSources {
 public:
  // `plan` outlives the object.
  explicit WeightSources(const Plan& plan);

  // Before plan.weights[weights] is packed. Errors: FilePin::Hold's.
  Status Begin(size_t weights);
  // After it is packed; each once.
  void End(size_t weights);

 private:
  struct Source {
    Bytes bytes;
    int uses = 0;  // Weights that are still to be packed.
    FilePin pin;
  };
  // Of these weights, by the first byte.
  std::vector<const uint8_t*> KeysOf(size_t weights) const;

  const Plan& plan_;
  std::mutex mutex_;
  std::map<const uint8_t*, Source> sources_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_WEIGHT_SOURCES_H_
