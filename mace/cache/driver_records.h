// What a driver did with a program, as tuning records in the cache file: whether it crashed, so that
// it is not asked for the same again, refused to compile the program, or ran its binary.
//
// A record is of one program, and so of one device and driver. Its key is "driver program " and the
// program's key in hexadecimal digits, its value the word for the verdict, and for all but kProven a
// line break and a text for messages.
// Thread contract: thread-safe.
#ifndef MACE_CACHE_DRIVER_RECORDS_H_
#define MACE_CACHE_DRIVER_RECORDS_H_

#include <optional>
#include <string>
#include <vector>

#include "mace/base/device_identity.h"
#include "mace/base/hash.h"
#include "mace/base/status.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/rewrite.h"
#include "mace/cache/store.h"

namespace mace {

enum class DriverVerdict : uint8_t {
  kProven,        // The driver loaded the binary, and every launch ended: nothing is announced.
  kLoadCrashed,   // A process ended while the driver loaded the binary: compiled from source.
  kBuildCrashed,  // A process ended while the driver compiled it: not compiled as a whole.
  kUseCrashed,    // A process ended within a kernel's creation or first launch: not used.
  kRefused,       // The driver could not compile it: not compiled again.
};

// "proven", "load crashed", "build crashed", "use crashed" or "refused".
const char* DriverVerdictName(DriverVerdict verdict);

struct DriverRecord {
  DriverVerdict verdict = DriverVerdict::kProven;
  std::string text;  // What happened, in words; for kRefused the driver's message.
};

// `store` may be null: none.
std::optional<DriverRecord> FindDriverRecord(CacheStore* store, const DeviceIdentity& device,
                                             const Sha256Digest& program);
// Found from now on, written by the next flush. A failure is a line in the log.
void AddDriverRecord(CacheStore* store, const DeviceIdentity& device, const Sha256Digest& program,
                     const DriverRecord& record);

// Whether records of kProven are all that was added to the store: not worth a wait or a message.
bool HasAddedOnlyProofs(const CacheStore& store);

// Turns the announcements that dead processes left beside the store's file (crash_journal.h) into
// records, says so with a line for each, and writes the file if no other process is writing it. If
// it is not written, the announcements stay for the next start.
void TakeCrashes(CacheStore* store);

// A program that the driver is not asked for again.
struct QuarantinedProgram {
  Sha256Digest program = {};
  DeviceIdentity device;
  DriverRecord record;
};

// The records of all devices but those of kProven, in the order of their devices and keys.
std::vector<QuarantinedProgram> ListQuarantine(const CacheFile& file);
// Removes those records, the exclusions of kernel variants that came of them or of wrong answers, and the announcements beside the file. Gives their number.
StatusOr<size_t> ClearQuarantine(const std::string& path, const RewriteOptions& options = {});

}  // namespace mace

#endif  // MACE_CACHE_DRIVER_RECORDS_H_
