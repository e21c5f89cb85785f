// Memory objects that regions use in turn: images, and buffers that are no parts of the arena.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_PLAN_POOL_H_
#define MACE_PLAN_POOL_H_

#include <cstddef>
#include <vector>

#include "mace/plan/arena.h"
#include "mace/plan/plan.h"

namespace mace {

// The extents of a memory object: texels of an image; bytes and 1 of a buffer.
struct PoolExtents {
  size_t width = 0, height = 0;
};

// A memory object of the pool, and the regions that use it in turn. The first region stands for it.
struct PoolObject {
  PoolExtents extents;
  std::vector<size_t> regions;
};

// Gives each of the regions `members` (indices into Plan::regions, in the order of their first use)
// an object that no other region needs during its lifetime. An object holds regions of one storage,
// and images of one precision. The pool is the smallest of several orders in which the regions
// choose; a method that takes n log n is used if too many objects would be looked at.
std::vector<PoolObject> MakePool(const Plan& plan, const std::vector<Lifetime>& lifetimes,
                                 const std::vector<size_t>& members);

// The bytes of all objects.
size_t PoolBytes(const Plan& plan, const std::vector<PoolObject>& pool);

// Gives the first region of each object the object's extents, leaves the other regions empty
// (0 bytes), and makes tensors and scratch refer to the first one.
void ApplyPool(const std::vector<PoolObject>& pool, Plan* plan);

// The bytes of a texel: those of four elements.
size_t TexelBytes(const MemoryRegion& region);

}  // namespace mace

#endif  // MACE_PLAN_POOL_H_
