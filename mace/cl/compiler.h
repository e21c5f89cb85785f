// The one door to the OpenCL compiler. It asks the cache first; what it had to build from source it
// adds to the cache after its first use.
//
// With MACE_REQUIRE_CACHE=1 in the environment a compile from source is an error that names the
// kernels: the proof of a warm start. A program is built once a compiler and shared by all who ask
// for the same text.
// Errors: kDeviceError with the first lines of the build log; a cache that fails is a miss and a
// log line. Thread contract: thread-safe.
#ifndef MACE_CL_COMPILER_H_
#define MACE_CL_COMPILER_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cache/program_key.h"
#include "mace/cache/store.h"
#include "mace/cl/device.h"
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
  ProgramIdentity identity;
  Sha256Digest key = {};
  std::vector<CachedKernel> kernels;
  bool from_source = false;
  size_t loaded_bytes = 0;  // Of the cached binary.
};

// MACE_REQUIRE_CACHE=1: any compile is an error that names what would be compiled.
bool CacheIsRequired();

class ProgramCompiler {
 public:
  // `store` may be null: no cache.
  ProgramCompiler(std::shared_ptr<ClDevice> device, std::shared_ptr<CacheStore> store)
      : device_(std::move(device)), store_(std::move(store)) {}

  // `reused` (may be null) says whether this compiler had the program already: neither cache nor
  // driver was asked.
  StatusOr<std::shared_ptr<const BuiltProgram>> Build(const ProgramRequest& request,
                                                      bool* reused = nullptr);

  // A program to be measured and thrown away: never looked up, never stored. `what` names it in
  // messages. kNotFound where the cache is required.
  StatusOr<std::shared_ptr<const BuiltProgram>> BuildTrial(const std::string& source,
                                                           const std::string& what) const;

  // Asks the driver, once, for the binary of each program that was built from source, and writes
  // the cache file; has the layer (cache_layer.h) do the same for a library's programs. REQUIRES:
  // every launch of these programs has finished once. Does nothing without a store, for what came
  // from the cache, or for what was stored before.
  Status StoreAfterFirstUse(Span<const std::shared_ptr<const BuiltProgram>> programs);

  // What was measured on this device, kept in the cache file: `signature` says what was tried (any
  // text, not empty), the choice is the tuner's own bytes. A record that another version of the
  // driver made is not found. Without a store nothing is found and adding does nothing. What is
  // added is written by the next StoreAfterFirstUse.
  std::optional<std::string> FindTuning(const std::string& signature) const;
  // kInvalidArgument for an empty signature, and for texts above kLargestText bytes.
  Status AddTuning(const std::string& signature, const std::string& choice);

  CacheStore* store() const { return store_.get(); }
  const std::shared_ptr<ClDevice>& device() const { return device_; }

 private:
  StatusOr<std::shared_ptr<BuiltProgram>> LoadOrCompile(const ProgramRequest& request,
                                                        std::string source);
  // Null on a miss.
  std::shared_ptr<ClProgram> TryCache(BuiltProgram* built, const std::string& what);
  std::shared_ptr<ClProgram> TryEntry(const Sha256Digest& key, BuiltProgram* built,
                                      const std::string& what);

  const std::shared_ptr<ClDevice> device_;
  const std::shared_ptr<CacheStore> store_;
  std::mutex mutex_;
  // By key. A program stays for the compiler's life: a later plan of the same kernels takes it.
  std::map<Sha256Digest, std::shared_ptr<const BuiltProgram>> built_;
  std::map<Sha256Digest, bool> stored_;
};

}  // namespace mace

#endif  // MACE_CL_COMPILER_H_
