// Tensors for tests: random ones, and how far two are from each other.
#ifndef MACE_TESTING_TEST_TENSORS_H_
#define MACE_TESTING_TEST_TENSORS_H_

#include <cstdint>
#include <string>

#include "mace/graph/tensor.h"

namespace mace {

// Seeded uniform floats in [low, high).
HostTensor RandomTensor(Shape shape, uint32_t seed, float low = -1.0f, float high = 1.0f);

// The largest error relative to the largest magnitude expected; infinite where one is no number.
double WorstError(const HostTensor& expected, const HostTensor& found);

// Empty where no element's error is above `tolerance`, relative to the largest finite magnitude
// expected; else how many are, and where the worst one is.
std::string DescribeErrors(const HostTensor& expected, const HostTensor& found, float tolerance);

}  // namespace mace

#endif  // MACE_TESTING_TEST_TENSORS_H_
