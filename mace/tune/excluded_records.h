// The excluded variants of a device (plan/excluded_variants.h) in a cache file. Another driver, and
// another text of any kernel, begin with none.
//
// Thread contract: thread-safe, but of two threads that add to one store at once one may lose its
// addition.
#ifndef MACE_TUNE_EXCLUDED_RECORDS_H_
#define MACE_TUNE_EXCLUDED_RECORDS_H_

#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/plan/excluded_variants.h"
#include "mace/tune/tuning_records.h"

namespace mace {

struct Exclusion {
  std::string kind;    // That of VariantKind.
  std::string reason;  // Printable text, such as "wrong by 0.3 of the range".
};

// The key of the one record that holds all exclusions of a device.
std::string ExclusionsKey();

// In the order of their kinds. A record that cannot be read holds none.
std::vector<Exclusion> FindExclusions(const TuningRecords& records);
ExcludedVariants FindExcludedVariants(const TuningRecords& records);

// Adds to the record of the device, or replaces the reason of this kind; the store's next Flush
// writes it. Does nothing without a store. kInvalidArgument if a text has a tab or a line's end, or
// the kind is empty, or the record becomes too long for a file.
Status AddExclusion(const Exclusion& exclusion, const TuningRecords& records);

// Takes all exclusions of the device back.
Status ClearExclusions(const TuningRecords& records);

}  // namespace mace

#endif  // MACE_TUNE_EXCLUDED_RECORDS_H_
