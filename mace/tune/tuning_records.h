// The tuning records of one device in a cache file, read without the device being open.
//
// Thread contract: thread-safe.
#ifndef MACE_TUNE_TUNING_RECORDS_H_
#define MACE_TUNE_TUNING_RECORDS_H_

#include <optional>
#include <string>

#include "mace/cache/store.h"
#include "mace/cl/compiler.h"
#include "mace/kernel/device_info.h"

namespace mace {

class TuningRecords {
 public:
  // `store` may be null: no cache file. Both must outlive the records.
  TuningRecords(const DeviceInfo* device, CacheStore* store) : device_(device), store_(store) {}
  explicit TuningRecords(const ProgramCompiler& compiler)
      : TuningRecords(&compiler.device()->info(), compiler.store()) {}

  // As ProgramCompiler::FindTuning.
  std::optional<std::string> Find(const std::string& signature) const {
    return store_ == nullptr ? std::nullopt : store_->FindTuning(*device_, signature);
  }

  const DeviceInfo& device() const { return *device_; }
  CacheStore* store() const { return store_; }

 private:
  const DeviceInfo* device_;
  CacheStore* store_;
};

}  // namespace mace

#endif  // MACE_TUNE_TUNING_RECORDS_H_
