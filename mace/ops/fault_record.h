// What a kernel reports of an element that it cannot compute, such as an index outside of its axis:
// a record in device memory, which the host reads at the end of each run. fault.clh is the kernels'
// side.
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_FAULT_RECORD_H_
#define MACE_OPS_FAULT_RECORD_H_

#include <cstdint>

#include "mace/base/status.h"
#include "mace/graph/graph.h"
#include "mace/kernel/kernel.h"

namespace mace {

// The record as the kernel writes it. All zeros: there is nothing to report.
struct FaultRecord {
  enum Kind : int32_t {
    kNone = 0,
    kIndex = 1,        // `value` is outside of an axis of `extent`.
    kBeyondInt32 = 2,  // The result does not fit the int32 in which devices hold an int64.
    kCondition = 3,    // The op's condition does not hold; its `message` says what follows.
    kByZero = 4,       // An integer is divided by zero.
  };
  int32_t kind = kNone;
  int32_t input = 0;  // The op's input that holds the value.
  // Row-major index into that input; for kBeyondInt32 and kByZero, into the result.
  int32_t element = 0;
  int32_t value = 0;
  int32_t extent = 0;
};

// What kCondition says without an attribute `message`.
inline constexpr char kConditionMessage[] = "a condition that the network relies on is false";

// Appends the argument `__global int *fault` to the launch, and the memory behind it to the
// variant. REQUIRES: the launch has no record yet, and no scratch behind it.
void AddFaultRecord(KernelVariant* variant, Launch* launch);

// The index of the launch's argument that is a fault record; -1: it reports nothing.
int FaultRecordArgument(const Launch& launch);

// What the op's reference would return, with the place of the element, such as kInvalidArgument "node
// 'rows' (Gather): index 9 is outside of the axis of 4 (element 2 of 'ids')". REQUIRES: not kNone.
Status FaultStatus(const Graph& graph, const Node& node, const FaultRecord& record);

}  // namespace mace

#endif  // MACE_OPS_FAULT_RECORD_H_
