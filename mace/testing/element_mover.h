// The expected results of ops that move elements, written without strides: for each position of the
// output the position of the input that it comes from.
#ifndef MACE_TESTING_ELEMENT_MOVER_H_
#define MACE_TESTING_ELEMENT_MOVER_H_

#include <functional>
#include <string>
#include <vector>

#include "mace/graph/tensor.h"
#include "mace/testing/op_tester.h"

namespace mace {

// A position along each axis.
using Position = std::vector<int64_t>;
// Where an element of the output comes from; an empty position of a tensor with axes: from nowhere.
using SourceOf = std::function<Position(const Position& at)>;

// Elements 1, 2, 3, ..., 100, 1, ...: exact in every dtype.
HostTensor CountingTensor(DType dtype, Shape shape);

// The output that `source` describes; `fill` where an element comes from nowhere.
HostTensor MoveElements(const HostTensor& x, const Shape& shape, const SourceOf& source,
                        double fill = 0);

// "" where dtype, shape and all bytes agree.
std::string DescribeDifference(const HostTensor& expected, const HostTensor& found);

// The reference gives exactly `expected`, and all variants give what the reference does.
void ExpectOutputs(OpTester tester, const std::vector<HostTensor>& expected);

}  // namespace mace

#endif  // MACE_TESTING_ELEMENT_MOVER_H_
