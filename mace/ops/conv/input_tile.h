// The macros, weights and arguments that input_tile.clh needs from a variant to make the
// operand of the matrix product from x, by a window or through a depthwise convolution. Thread
// contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_INPUT_TILE_H_
#define MACE_OPS_CONV_INPUT_TILE_H_

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {

// Sets POINTWISE, DEPTHWISE and the macros that DEPTHWISE needs.
void SetInputMacros(const ConvolutionRequest& request, Launch* launch);

// In the order of the kernel's parameters, others between them.
void AppendInputWeights(const ConvolutionRequest& request, KernelVariant* variant);
void AppendInputWindow(const ConvolutionRequest& request, Launch* launch);
void AppendInputActivation(const ConvolutionRequest& request, Launch* launch);

// "1x1_", "depthwise_1x1_" or "": the part of a variant's name for its input.
std::string InputName(const ConvolutionRequest& request);

}  // namespace mace

#endif  // MACE_OPS_CONV_INPUT_TILE_H_
