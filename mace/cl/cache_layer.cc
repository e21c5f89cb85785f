#include "mace/cl/cache_layer.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "mace/base/file_lock.h"
#include "mace/base/files.h"
#include "mace/base/log.h"
#include "mace/base/strings.h"
#include "mace/cl/opencl_process.h"
#include "mace/opencl_layer/control/control.h"

namespace mace {
namespace {

struct CacheLayer {
  const MaceClCacheControl* control = nullptr;
  std::string why_not = "no OpenCL device was opened";
};

CacheLayer& TheLayer() {
  static auto* const layer = new CacheLayer;
  return *layer;
}

// Whether the path is of that kind, belongs to root or this user, and is not writable by `writers`.
bool BelongsToUs(const std::string& path, mode_t kind, mode_t writers) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == kind &&
         (info.st_uid == 0 || info.st_uid == geteuid()) && (info.st_mode & writers) == 0;
}

// The absolute path of the program or library that this code is part of; empty where it is unknown.
std::string ThisObject() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&CountPlatforms), &info) == 0 || info.dli_fname == nullptr) {
    return "";
  }
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  std::error_code other_error;
  const std::filesystem::path object = std::filesystem::canonical(info.dli_fname, other_error);
  // The name by which a program is called need not say where it lies; that of an installed library
  // has a version: libmace.so.0.1.0.
  const std::string name = object.filename().string();
  const bool is_library = !other_error && object != program &&
                          (EndsWith(name, ".so") || name.find(".so.") != std::string::npos);
  if (is_library) return object.string();
  return error ? "" : program.string();
}

// Where the layer's library may lie; empty where it is nowhere.
std::string FindLibrary() {
  const std::string object = ThisObject();
  if (!object.empty()) {
    const std::string folder = DirectoryName(object);
    for (const std::string& place : {folder, JoinPath(DirectoryName(folder), "lib"),
                                     object + ".runfiles/mace/mace/opencl_layer"}) {
      const std::string path = JoinPath(place, kCacheLayerLibrary);
      if (IsTrustedLibrary(path)) return path;
    }
  }
  // Installed for all.
  void* library = dlopen(kCacheLayerLibrary, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return "";
  dlclose(library);
  return kCacheLayerLibrary;
}

// Says why there is none in `why_not`.
std::string ChooseLibrary(std::string* why_not) {
  const char* named = secure_getenv("MACE_CL_CACHE_LAYER");
  if (named == nullptr || *named == '\0') {
    std::string found = FindLibrary();
    if (found.empty()) {
      *why_not = std::string(kCacheLayerLibrary) +
                 " is not found: expected beside the program, or where MACE_CL_CACHE_LAYER says";
    }
    return found;
  }
  if (std::strcmp(named, "none") == 0) {
    *why_not = "MACE_CL_CACHE_LAYER=none leaves the cache's loader layer out";
    return "";
  }
  if (IsTrustedLibrary(named)) return named;
  *why_not =
      "MACE_CL_CACHE_LAYER: expected the absolute path of a file that nobody else can "
      "write, found '" +
      Printable(named) + "'";
  return "";
}

// The process's first OpenCL call, with this value of OPENCL_LAYERS.
cl_int CallWithLayers(const std::string& layers, cl_uint* count) {
  const char* const before = std::getenv(kOpenClLayersVariable);
  const std::optional<std::string> old =
      before == nullptr ? std::nullopt : std::optional<std::string>(before);
  setenv(kOpenClLayersVariable, layers.c_str(), 1);
  const cl_int error = clGetPlatformIDs(0, nullptr, count);
  if (old.has_value()) {
    setenv(kOpenClLayersVariable, old->c_str(), 1);
  } else {
    unsetenv(kOpenClLayersVariable);
  }
  return error;
}

const MaceClCacheControl* FindControl(const std::string& library) {
  // Only what the OpenCL loader has loaded. Never closed: it is in its calls.
  void* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  if (handle == nullptr) return nullptr;
  const auto function =
      reinterpret_cast<MaceClCacheControlFunction>(dlsym(handle, kControlFunction));
  const MaceClCacheControl* control = function == nullptr ? nullptr : function();
  const bool usable =
      control != nullptr && control->version == kControlVersion && control->active();
  return usable ? control : nullptr;
}

// Why the layer is not to be named in the environment; empty where it is.
std::string WhyNotNamed(const OpenClNeeds& needs) {
  if (!needs.library_cache) {
    return "the process's first OpenCL call was made for no plan that may call CLBlast, and later "
           "ones cannot bring the cache's loader layer in";
  }
  if (needs.environment == EnvironmentUse::kWhenNeeded) return "";
  return std::string("CompileOptions::environment forbids to name the cache's loader layer in ") +
         kOpenClLayersVariable;
}

cl_int TakeIn(const OpenClNeeds& needs, cl_uint* count) {
  CacheLayer& layer = TheLayer();
  const char* const named = std::getenv(kOpenClLayersVariable);
  const std::string before = named == nullptr ? "" : named;
  std::string library;
  WithCacheLayer(before, &library);
  const bool users_own = !library.empty();
  layer.why_not = users_own ? "" : WhyNotNamed(needs);
  if (!users_own && layer.why_not.empty()) library = ChooseLibrary(&layer.why_not);
  if (library.empty()) return clGetPlatformIDs(0, nullptr, count);
  const cl_int error = users_own ? clGetPlatformIDs(0, nullptr, count)
                                 : CallWithLayers(WithCacheLayer(before, &library), count);
  layer.control = FindControl(library);
  if (layer.control == nullptr) {
    layer.why_not = "OpenCL was in use before this engine could name " + library + " in " +
                    kOpenClLayersVariable + ", or its loader takes no layers";
  } else if (!users_own) {
    layer.control->only_in_scopes();
  }
  return error;
}

}  // namespace

cl_int CountPlatforms(const OpenClNeeds& needs, cl_uint* count) {
  static std::once_flag once;
  std::optional<cl_int> first;
  NoteOpenClUse();
  std::call_once(once, [&] { first = TakeIn(needs, count); });
  return first.has_value() ? *first : clGetPlatformIDs(0, nullptr, count);
}

const std::string& WhyNoCacheLayer() { return TheLayer().why_not; }

bool IsTrustedLibrary(const std::string& path) {
  if (path.empty() || path[0] != '/') return false;
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  // Many users share their folders with a group that is theirs alone.
  return !error && BelongsToUs(file.string(), S_IFREG, S_IWGRP | S_IWOTH) &&
         BelongsToUs(file.parent_path().string(), S_IFDIR, S_IWOTH);
}

std::string WithCacheLayer(const std::string& layers, std::string* library) {
  for (const std::string& entry : Split(layers, ':')) {
    if (std::filesystem::path(entry).filename() != kCacheLayerLibrary) continue;
    *library = entry;
    return layers;
  }
  return layers.empty() ? *library : layers + ":" + *library;
}

CacheLayerScope::CacheLayerScope(const CacheStore* store, bool keep) {
  const MaceClCacheControl* control = TheLayer().control;
  if (control == nullptr) return;
  entered_ = true;
  if (store == nullptr) {
    control->enter(nullptr);
    return;
  }
  const CacheStoreOptions& options = store->options();
  MaceClCacheFile file = {};
  file.path = store->path().c_str();
  file.max_bytes = options.size_limit;
  file.public_key =
      options.trust.public_key.has_value() ? options.trust.public_key->data() : nullptr;
  file.allow_untrusted = options.trust.allow_untrusted ? 1 : 0;
  file.read_only = options.read_only ? 1 : 0;
  file.min_generation = options.trust.min_generation;
  file.keep = keep ? 1 : 0;
  control->enter(&file);
}

CacheLayerScope::Counts CacheLayerScope::Leave() {
  if (!std::exchange(entered_, false)) return {};
  MaceClCacheCounters counters = {};
  TheLayer().control->leave(&counters);
  return {counters.hits, counters.misses, counters.refused, counters.loaded_bytes};
}

Status StoreLayerPrograms() {
  const MaceClCacheControl* control = TheLayer().control;
  if (control == nullptr) return Status();
  int lock_wait_left = LockWaitLeftMilliseconds();
  const bool stored = control->store(&lock_wait_left) == 0;
  SetLockWaitLeftMilliseconds(lock_wait_left);
  if (stored) return Status();
  return IoError("cache: the programs of CLBlast are not stored");
}

}  // namespace mace
