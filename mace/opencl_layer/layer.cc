// The functions that the loader calls, declared by CL/cl_layer.h, and those for programs that know
// the layer (control.h).
#include <CL/cl_layer.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "mace/base/file_lock.h"
#include "mace/opencl_layer/calls.h"
#include "mace/opencl_layer/program_cache.h"
#include "mace/opencl_layer/scope.h"
#include "mace/opencl_layer/settings.h"
#include "mace/opencl_layer/stores.h"

namespace mace {
namespace {

constexpr char kLayerName[] = "mace compiled-program cache";
constexpr cl_uint kEntries = sizeof(cl_icd_dispatch) / sizeof(void*);

std::atomic<const cl_icd_dispatch*> g_driver{nullptr};
cl_icd_dispatch g_calls = {};

int Active() { return g_driver.load() != nullptr; }

void Enter(const MaceClCacheFile* file) {
  if (file == nullptr || file->path == nullptr || *file->path == '\0') {
    EnterScope(nullptr, false);
    return;
  }
  CacheStoreOptions options;
  options.size_limit = file->max_bytes;
  options.read_only = file->read_only != 0;
  options.trust.allow_untrusted = file->allow_untrusted != 0;
  options.trust.min_generation = file->min_generation;
  if (file->public_key != nullptr) {
    PublicKey key;
    std::copy_n(file->public_key, key.size(), key.begin());
    options.trust.public_key = key;
  }
  // Only the owner of the secret key can write a signed file.
  const bool can_write = !options.read_only && !options.trust.public_key.has_value();
  EnterScope(StoreFor(file->path, options), file->keep != 0 && can_write);
}

void Leave(MaceClCacheCounters* counters) {
  const MaceClCacheCounters counted = LeaveScope();
  if (counters != nullptr) *counters = counted;
}

// The library has its own copy of this counter, so the value is passed in and back.
int Store(int* lock_wait_left) {
  SetLockWaitLeftMilliseconds(*lock_wait_left);
  const bool stored = StoreEverything(0);
  *lock_wait_left = LockWaitLeftMilliseconds();
  return stored ? 0 : -1;
}

void GiveCounters(MaceClCacheCounters* counters) { *counters = ReadCounters(); }

}  // namespace

const cl_icd_dispatch& Driver() { return *g_driver.load(std::memory_order_acquire); }

}  // namespace mace

extern "C" {

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void* value,
                                               size_t* size_ret) {
  if (what == CL_LAYER_NAME) return mace::AnswerText(mace::kLayerName, size, value, size_ret);
  if (what != CL_LAYER_API_VERSION) return CL_INVALID_VALUE;
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (value != nullptr) {
    if (size < sizeof(version)) return CL_INVALID_VALUE;
    std::memcpy(value, &version, sizeof(version));
  }
  if (size_ret != nullptr) *size_ret = sizeof(version);
  return CL_SUCCESS;
}

// The loader calls this during its own start: no OpenCL call may be made and no file opened.
CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint num_entries,
                                            const cl_icd_dispatch* target_dispatch,
                                            cl_uint* num_entries_ret,
                                            const cl_icd_dispatch** layer_dispatch_ret) {
  if (target_dispatch == nullptr || num_entries_ret == nullptr || layer_dispatch_ret == nullptr) {
    return CL_INVALID_VALUE;
  }
  // If the layer is named twice, it would call itself forever.
  if (mace::g_driver.load() != nullptr) return CL_INVALID_OPERATION;
  // Entries that an older loader does not have stay null.
  std::memcpy(&mace::g_calls, target_dispatch,
              std::min(num_entries, mace::kEntries) * sizeof(void*));
  mace::RememberCurrentFolder();
  mace::InstallProgramCalls(&mace::g_calls);
  mace::InstallKernelCalls(&mace::g_calls);
  mace::g_driver.store(target_dispatch, std::memory_order_release);
  *num_entries_ret = mace::kEntries;
  *layer_dispatch_ret = &mace::g_calls;
  return CL_SUCCESS;
}

// Newer Khronos loaders call this function instead; they define no properties yet.
CL_API_ENTRY cl_int CL_API_CALL clInitLayerWithProperties(
    cl_uint num_entries, const cl_icd_dispatch* target_dispatch, cl_uint* num_entries_ret,
    const cl_icd_dispatch** layer_dispatch_ret, const intptr_t* /*properties*/) {
  return clInitLayer(num_entries, target_dispatch, num_entries_ret, layer_dispatch_ret);
}

CL_API_ENTRY const mace::MaceClCacheControl* MaceClCacheLayerControl() {
  static const mace::MaceClCacheControl control = {
      mace::kControlVersion, &mace::Active, &mace::TakePartOnlyInScopes, &mace::Enter,
      &mace::Leave,          &mace::Store,  &mace::GiveCounters};
  return &control;
}

}  // extern "C"
