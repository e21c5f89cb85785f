// A small network made in memory, to see whether a device computes.
#ifndef TOOLS_MACE_TINY_NETWORK_H_
#define TOOLS_MACE_TINY_NETWORK_H_

#include <string>

namespace mace {

// The bytes of an ONNX model: two convolutions (3x3 and 1x1) with activations, max and average
// pooling, a matrix product and softmax, with seeded weights. Input "x" [1, 3, 24, 24], output
// "y" [1, 10], both float32.
std::string TinyNetwork();

}  // namespace mace

#endif  // TOOLS_MACE_TINY_NETWORK_H_
