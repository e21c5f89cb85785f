// Lets each allocation of a model's life fail in turn: of its load and plan, of its first and its
// second run, and of the saving of its cache file and its outputs.
//
// Each time this must hold: the call gives kResourceExhausted, or did without the memory and is
// right; nothing ends the process; and the same call made again at once gives the right answer.
#ifndef MACE_TESTING_FAILING_ALLOCATOR_EVERY_ALLOCATION_H_
#define MACE_TESTING_FAILING_ALLOCATOR_EVERY_ALLOCATION_H_

#include <string>

#include "mace/graph/tensor.h"
#include "mace/mace.h"
#include "mace/testing/failing_allocator/failing_allocator.h"

namespace mace {

struct AllocationCase {
  std::string model;
  CompileOptions options;
  HostTensor input;  // An input of the digits models.
};

// The digits network in one of its formats ("digits.pb", "digits_frozen.pb", "digits.onnx"), and a
// picture.
AllocationCase DigitsCase(const std::string& model, const CompileOptions& options);

// Every allocation up to `first`, then each `stride`-th: by default all of them.
struct Coverage {
  uint64_t first = 0;
  uint64_t stride = 1;
};

// Prints how many allocations there are and how many were tried. Failures are GoogleTest's.
void TryEveryAllocation(const AllocationCase& with, Failures failures, const Coverage& coverage);

}  // namespace mace

#endif  // MACE_TESTING_FAILING_ALLOCATOR_EVERY_ALLOCATION_H_
