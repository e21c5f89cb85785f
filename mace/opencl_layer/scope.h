// The settings of the calling thread that a program which knows the layer has made (control.h).
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
  std::shared_ptr<CacheStore> store;  // Null: what is built in the scope is not cached.
  bool keep = true;
  MaceClCacheCounters counters = {};
};

Scope& ThisScope();

void EnterScope(std::shared_ptr<CacheStore> store, bool keep);
MaceClCacheCounters LeaveScope();

// Restricts the layer to scopes from now on.
void TakePartOnlyInScopes();
// Whether the layer handles the calls of this thread.
bool TakesPart();

// Adds to a counter of the process and of the thread's scope.
void Count(uint64_t MaceClCacheCounters::*counter, uint64_t amount = 1);
MaceClCacheCounters ReadCounters();  // The counters of the process.

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SCOPE_H_
