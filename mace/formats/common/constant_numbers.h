// The numbers in a node's constant inputs, as importers read them.
//
// Errors: kInvalidArgument and kUnsupported begin with "input N: ". Thread contract: thread-safe
// (pure functions).
#ifndef MACE_FORMATS_COMMON_CONSTANT_NUMBERS_H_
#define MACE_FORMATS_COMMON_CONSTANT_NUMBERS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"

namespace mace {

// kUnsupported where the input is null, no constant; kInvalidArgument where it has too many
// elements to be a list of numbers.
Status CheckNumbers(size_t index, const HostTensor* constant);

// The only one of an input's numbers; kInvalidArgument where it has none or several.
template <typename Number>
StatusOr<Number> OnlyNumber(size_t index, const std::vector<Number>& numbers) {
  if (numbers.size() == 1) return numbers[0];
  return InvalidArgument("input " + std::to_string(index) + ": expected one number, found " +
                         std::to_string(numbers.size()));
}

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_CONSTANT_NUMBERS_H_
