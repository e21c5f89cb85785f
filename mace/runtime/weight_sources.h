// The constants that a plan's weights are packed from, in memory while they are needed.
//
// Constants that are parts of a model's files do not have to be in memory twice: each is read when
// the first weights that are made of it are packed, and given back as soon as the last are. One
// that was given back before, by another session of the same graph, is read again.
#ifndef MACE_RUNTIME_WEIGHT_SOURCES_H_
#define MACE_RUNTIME_WEIGHT_SOURCES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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
  ~WeightSources();
  WeightSources(const WeightSources&) = delete;
  WeightSources& operator=(const WeightSources&) = delete;

  // Before plan.weights[weights] is packed. Errors: FilePin::Hold's.
  Status Begin(size_t weights);
  // After it is packed; each once.
  void End(size_t weights);

 private:
  struct Source {
    Bytes bytes;   // FilePin::Hold reads them.
    int uses = 0;  // Weights that are still to be packed.
    FilePin pin;
    std::mutex mutex;  // Of the pin alone, so that each thread reads its own constants.
  };
  // Of these weights, by the first byte.
  std::vector<const uint8_t*> KeysOf(size_t weights) const;

  const Plan& plan_;
  std::mutex mutex_;                          // Of the uses.
  std::map<const uint8_t*, Source> sources_;  // None is added after the constructor.
  std::set<std::shared_ptr<FileMemory>> memories_;
};

}  // namespace mace

#endif  // MACE_RUNTIME_WEIGHT_SOURCES_H_
