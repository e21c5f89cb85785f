// The settings that a program which knows the layer made for the calling thread (control.h).
//
// Thread contract: thread-safe; a scope belongs to its thread.
#ifndef MACE_OPENCL_LAYER_SCOPE_H_
#define MACE_OPENCL_LAYER_SCOPE_H_

#include <cstdint>
#include <memory>

#include "mace/cache/store.h"
#include "mace/opencl_layer/control/control.h"

namespace mace {

struct Scope {
  bool entered = false;
  std::shared_ptr<CacheStore> store;  // Null: what is built here is left alone.
  bool keep = true;
  MaceClCacheCounters counters = {};
};

Scope& ThisScope();

void EnterScope(std::shared_ptr<CacheStore> store, bool keep);
MaceClCacheCounters LeaveScope();

// From here on the layer takes part in scopes alone.
void TakePartOnlyInScopes();
// Whether the layer takes part in what this thread does.
bool TakesPart();

// Adds to a counter of the process, and of the scope that the thread is in.
void Count(uint64_t MaceClCacheCounters::*counter, uint64_t amount = 1);
MaceClCacheCounters ReadCounters();  // The counters of the process.

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SCOPE_H_
