#include "mace/opencl_layer/scope.h"

#include <atomic>
#include <mutex>
#include <utility>

namespace mace {
namespace {

std::atomic<bool> g_only_in_scopes{false};

struct ProcessCounters {
  std::mutex mutex;
  MaceClCacheCounters counters = {};
};

ProcessCounters& TheCounters() {
  static auto* const counters = new ProcessCounters;
  return *counters;
}

}  // namespace

Scope& ThisScope() {
  thread_local Scope scope;
  return scope;
}

void EnterScope(std::shared_ptr<CacheStore> store, bool keep) {
  Scope& scope = ThisScope();
  scope = Scope();
  scope.entered = true;
  scope.store = std::move(store);
  scope.keep = keep;
}

MaceClCacheCounters LeaveScope() { return std::exchange(ThisScope(), Scope()).counters; }

void TakePartOnlyInScopes() { g_only_in_scopes = true; }

bool TakesPart() {
  const Scope& scope = ThisScope();
  return scope.entered ? scope.store != nullptr : !g_only_in_scopes;
}

void Count(uint64_t MaceClCacheCounters::*counter, uint64_t amount) {
  Scope& scope = ThisScope();
  if (scope.entered) scope.counters.*counter += amount;
  std::lock_guard<std::mutex> lock(TheCounters().mutex);
  TheCounters().counters.*counter += amount;
}

MaceClCacheCounters ReadCounters() {
  std::lock_guard<std::mutex> lock(TheCounters().mutex);
  return TheCounters().counters;
}

}  // namespace mace
