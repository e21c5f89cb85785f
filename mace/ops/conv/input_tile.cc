#include "mace/ops/conv/input_tile.h"

namespace mace {

void SetInputMacros(const ConvolutionRequest& request, Launch* launch) {
  std::map<std::string, std::string>& macros = launch->kernel.macros;
  macros["POINTWISE"] = request.convolution.pointwise() ? "1" : "0";
  macros["DEPTHWISE"] = request.depthwise == nullptr ? "0" : "1";
  if (request.depthwise == nullptr) return;
  const Convolution& depthwise = request.depthwise->convolution;
  macros["DEPTHWISE_H"] = std::to_string(depthwise.window.h.kernel);
  macros["DEPTHWISE_W"] = std::to_string(depthwise.window.w.kernel);
  macros["DEPTHWISE_ACTIVATION"] = std::to_string(static_cast<int>(depthwise.activation.kind));
}

void AppendInputWeights(const ConvolutionRequest& request, KernelVariant* variant) {
  if (request.depthwise == nullptr) return;
  AppendWeights(PackDepthwiseFilter(*request.depthwise), variant);
  AppendWeights(PackChannelBias(*request.depthwise), variant);
}

void AppendInputWindow(const ConvolutionRequest& request, Launch* launch) {
  const bool depthwise = request.depthwise != nullptr;
  if (!depthwise && request.convolution.pointwise()) return;
  const Window& window =
      depthwise ? request.depthwise->convolution.window : request.convolution.window;
  launch->arguments.push_back(static_cast<int32_t>(window.h.in));
  AppendWindow(window, launch);
}

void AppendInputActivation(const ConvolutionRequest& request, Launch* launch) {
  if (request.depthwise == nullptr) return;
  request.depthwise->convolution.activation.AppendArguments(&launch->arguments);
}

std::string InputName(const ConvolutionRequest& request) {
  if (request.depthwise != nullptr) return "depthwise_1x1_";
  return request.convolution.pointwise() ? "1x1_" : "";
}

}  // namespace mace
