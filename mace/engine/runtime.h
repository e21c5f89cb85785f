// A device and a cache file, shared by the compiled models of the process that use both: one
// context, one store, one compiler. A device has one context, whether a caller names it "gpu" or
// "gpu:0".
//
// Errors: those of cl/device.h, except that a device that is not found is kDeviceError;
// kInvalidArgument for an invalid public key. A cache file that cannot be used is only logged.
// Thread contract: thread-safe. A thread waits for another one only if both open the same device or
// file.
#ifndef MACE_ENGINE_RUNTIME_H_
#define MACE_ENGINE_RUNTIME_H_

#include <memory>
#include <optional>

#include "mace/api/compile_options.h"
#include "mace/cache/place.h"
#include "mace/cache/store.h"
#include "mace/cl/compiler.h"
#include "mace/cl/device.h"
#include "mace/cl/environment_use.h"

namespace mace {

EnvironmentUse EnvironmentUseOf(CompileOptions::Environment environment);

class Runtime {
 public:
  Runtime(std::shared_ptr<ClDevice> device, std::shared_ptr<CacheStore> store)
      : device_(device), store_(store), compiler_(device, store) {}

  // Opens the cache at `place`, or gives the store that this process has open for it with the same
  // options. Caches with different options, such as another public key, are not shared, and neither
  // is a cache without a path. Null if there is no place.
  static StatusOr<std::shared_ptr<CacheStore>> OpenCache(const CompileOptions& options,
                                                         const std::optional<CachePlace>& place);
  // The runtime for the options' device and this store (null: no cache). If a compiled model of this
  // process has such a runtime already, both share it.
  static StatusOr<std::shared_ptr<Runtime>> Get(const CompileOptions& options,
                                                const std::shared_ptr<CacheStore>& store);

  const DeviceInfo& device_info() const { return device_->info(); }
  ProgramCompiler* compiler() { return &compiler_; }
  const std::shared_ptr<ClDevice>& device() const { return device_; }
  // Null if no cache file was named.
  CacheStore* store() const { return store_.get(); }

 private:
  std::shared_ptr<ClDevice> device_;
  std::shared_ptr<CacheStore> store_;
  ProgramCompiler compiler_;
};

}  // namespace mace

#endif  // MACE_ENGINE_RUNTIME_H_
