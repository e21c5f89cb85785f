// The one door to the OpenCL compiler. It asks the cache first. A program that it had to build from
// source is added to the cache after the program's first use.
//
// With MACE_REQUIRE_CACHE=1 in the environment a compile from source is an error that names the
// kernels: the proof of a warm start. All who ask for the same text share one program, as long as
// one of them holds it: the compiler itself holds none.
//
// A build from source and the first load of a binary are announced (mace/cache/crash_journal.h), and
// what a driver has crashed in or refused before (mace/cache/driver_records.h) is not tried again.
//
// Errors: kDeviceError, and kUnsupported for a program that the driver cannot compile or that is not
// tried again, with the first lines of the build log; a cache that fails is a miss and a log line.
//
// Thread contract: thread-safe. A thread waits for another's compile, or for another's question for a
// binary, only where it wants that very program, and for the disk only in Save.
#ifndef MACE_CL_COMPILER_H_
#define MACE_CL_COMPILER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/shared_objects.h"
#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cache/driver_records.h"
#include "mace/cache/program_key.h"
#include "mace/cache/store.h"
#include "mace/cl/device.h"
#include "mace/cl/first_use.h"
#include "mace/cl/program.h"

namespace mace {

struct ProgramRequest {
  std::string source;
  // Each with the shapes of its launches. PoCL generates code for each (kernel, local size, large
  // or small grid) at the first such launch, so that a binary serves only the shapes that ran
  // before it was asked for: there they are part of the program's key.
  std::vector<CachedKernel> kernels;
};

// A program and where it came from.
struct BuiltProgram {
  std::shared_ptr<ClProgram> program;
  ProgramIdentity identity;  // Without its source where the program came from the cache.
  Sha256Digest key = {};
  std::vector<CachedKernel> kernels;
  bool from_source = false;
  bool proven = false;      // DriverVerdict::kProven.
  size_t loaded_bytes = 0;  // Bytes of the cached binary.

  // Whether the compiler has handed the program to its store.
  struct Keeping {
    std::mutex mutex;  // Held while the driver is asked for the binary.
    bool done = false;
  };
  const std::unique_ptr<Keeping> keeping = std::make_unique<Keeping>();
};

// MACE_REQUIRE_CACHE=1: any compile is an error that names what would be compiled.
bool CacheIsRequired();

class ProgramCompiler {
 public:
  // `store` may be null: no cache.
  ProgramCompiler(std::shared_ptr<ClDevice> device, std::shared_ptr<CacheStore> store)
      : device_(std::move(device)), store_(std::move(store)) {}

  // `reused` (may be null) says whether somebody held the program already, or had it built at the
  // same time: neither cache nor driver was asked for this caller.
  StatusOr<std::shared_ptr<const BuiltProgram>> Build(const ProgramRequest& request,
                                                      bool* reused = nullptr);

  // What is known of the program that the request names: why Build gives kUnsupported.
  std::optional<DriverRecord> RecordOf(const ProgramRequest& request) const;
  // kUnsupported where a record says that Build would give it.
  Status CheckUsable(const ProgramRequest& request) const;

  // For a session that is about to use these programs for the first time. Null: nothing is announced,
  // because there is no place for it or all of the programs are proven. `durable`:
  // CrashJournal::Begin.
  std::unique_ptr<FirstUse> FirstUseOf(
      const std::vector<std::shared_ptr<const BuiltProgram>>& programs, bool durable) const;

  // A program to be measured and thrown away: never looked up, never stored. `what` names it in
  // messages. kNotFound where the cache is required.
  StatusOr<std::shared_ptr<const BuiltProgram>> BuildTrial(const std::string& source,
                                                           const std::string& what) const;

  // Asks the driver, once, for the binary of each program that was built from source, and adds it
  // to the store, which finds it from then on and holds it in memory until the next Save. REQUIRES:
  // every launch of these programs has finished once. Does nothing without a store, for what came
  // from the cache, or for what was added before.
  Status Keep(Span<const std::shared_ptr<const BuiltProgram>> programs);

  // Writes what was added into the cache file, and has the layer (cache_layer.h) do the same for a
  // library's programs. May wait for another process that writes the file, as long as the store's
  // options say. Does nothing without a store.
  Status Save();

  // Keep, then Save.
  Status SaveAfterFirstUse(Span<const std::shared_ptr<const BuiltProgram>> programs);

  // Measurements on this device, kept in the cache file: `signature` says what was tried (any text,
  // not empty), the choice is the tuner's own bytes. A record that another version of the driver
  // made is not found. Without a store nothing is found and adding does nothing. The next Save
  // writes the additions.
  std::optional<std::string> FindTuning(const std::string& signature) const;
  // kInvalidArgument for an empty signature, and for texts above kLargestText bytes.
  Status AddTuning(const std::string& signature, const std::string& choice);
  // AddTuning for measurements that took time: the record is written at once, so that a process
  // which is killed loses nothing. Where another process or thread is writing the file at that
  // moment, the record is written with the next measurement, or by Save. A failure to write is a
  // line in the log.
  Status AddMeasurement(const std::string& signature, const std::string& choice);

  CacheStore* store() const { return store_.get(); }
  const std::shared_ptr<ClDevice>& device() const { return device_; }

 private:
  class Announced;

  StatusOr<std::shared_ptr<const BuiltProgram>> LoadOrCompile(ProgramIdentity identity,
                                                              const Sha256Digest& key,
                                                              const ProgramRequest& request);
  // Announced; the driver's refusal is kept as a record.
  StatusOr<std::shared_ptr<ClProgram>> Compile(const std::string& source, const Sha256Digest& key,
                                               const std::string& what) const;
  // Announces a step with one program; the announcement ends with what is returned.
  std::unique_ptr<Announced> Announce(DriverStep step, const Sha256Digest& key,
                                      const std::string& what) const;
  // Null on a miss.
  std::shared_ptr<ClProgram> TryCache(BuiltProgram* built, const std::string& what);
  std::shared_ptr<ClProgram> TryEntry(const Sha256Digest& key, BuiltProgram* built,
                                      const std::string& what);

  const std::shared_ptr<ClDevice> device_;
  const std::shared_ptr<CacheStore> store_;
  SharedObjects<Sha256Digest, const BuiltProgram> built_;
  std::atomic<bool> said_not_saved_{false};
};

}  // namespace mace

#endif  // MACE_CL_COMPILER_H_
