// A depthwise convolution and the pointwise one that reads it: in one launch, or one behind the
// other through scratch memory.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "mace/ops/conv/convolution_lowering.h"

namespace mace {
namespace {

// Puts the tensor between the two, a channels4 buffer of scratch 0, in the place of `tensor`; the
// variant's own weights come behind the first `weights`, its scratch behind that one.
class ThroughScratch {
 public:
  ThroughScratch(const Convolution& depthwise, TensorArgument::Kind kind, size_t weights)
      : width_(static_cast<int32_t>(depthwise.window.w.out)),
        pitch_(static_cast<int32_t>((depthwise.out_channels + 3) / 4 * 4)),
        kind_(kind),
        weights_(static_cast<int>(weights)) {}

  void Rewrite(std::vector<KernelArgument>* arguments) const {
    std::vector<KernelArgument> changed;
    for (KernelArgument argument : *arguments) {
      auto* tensor = std::get_if<TensorArgument>(&argument);
      if (tensor != nullptr && tensor->kind == kind_ && tensor->index == 0) {
        changed.push_back(ScratchArgument(0));
        for (int32_t value : {pitch_, 0, width_}) changed.push_back(value);
        continue;
      }
      if (tensor != nullptr && tensor->kind == TensorArgument::Kind::kWeights) {
        tensor->index += weights_;
      } else if (tensor != nullptr && tensor->kind == TensorArgument::Kind::kScratch) {
        tensor->index += 1;
      }
      changed.push_back(argument);
    }
    *arguments = std::move(changed);
  }

 private:
  int32_t width_, pitch_;
  TensorArgument::Kind kind_;
  int weights_;
};

// `first` and then `second`, which reads its result.
KernelVariant InTurn(const ConvolutionRequest& request, const KernelVariant& first,
                     KernelVariant second) {
  const Convolution& depthwise = request.depthwise->convolution;
  const int64_t pitch = (depthwise.out_channels + 3) / 4 * 4;
  const ThroughScratch written(depthwise, TensorArgument::Kind::kOutput, 0);
  const ThroughScratch read(depthwise, TensorArgument::Kind::kInput, first.weights.size());
  for (Launch& launch : second.launches) read.Rewrite(&launch.arguments);
  std::vector<Launch> launches = first.launches;
  for (Launch& launch : launches) written.Rewrite(&launch.arguments);
  second.launches.insert(second.launches.begin(), launches.begin(), launches.end());
  second.weights.insert(second.weights.begin(), first.weights.begin(), first.weights.end());
  second.scratch.insert(second.scratch.begin(),
                        {static_cast<size_t>(depthwise.out_pixels() * pitch), false});
  second.name += "_separate";
  second.estimate_ms += first.estimate_ms;
  return second;
}

// The best-estimated variants that run them one behind the other, which a tuner may find to be
// faster. Every variant that is offered without TF32 is offered with it too, so that a chosen
// variant is found again.
void LowerSeparate(const ConvolutionRequest& request, std::vector<KernelVariant>* result) {
  constexpr size_t kOffered = 2;
  LoweringRequest buffers = *request.lowering;
  buffers.storage = Storage::kBuffer;
  ConvolutionRequest depthwise = *request.depthwise, pointwise = request;
  depthwise.lowering = pointwise.lowering = &buffers;
  pointwise.depthwise = nullptr;
  std::vector<KernelVariant> first;
  LowerDepthwise(depthwise, Storage::kBuffer, &first);
  if (first.empty()) return;
  std::set<std::string> offered;
  for (bool allow_tf32 : {false, true}) {
    if (allow_tf32 && !request.lowering->allow_tf32) break;
    buffers.allow_tf32 = allow_tf32;
    std::vector<KernelVariant> second = LowerConvolution(pointwise);
    const auto unknown = [](const KernelVariant& variant) { return variant.needs_measurement; };
    second.erase(std::remove_if(second.begin(), second.end(), unknown), second.end());
    std::stable_sort(second.begin(), second.end(),
                     [](const KernelVariant& a, const KernelVariant& b) {
                       return a.estimate_ms < b.estimate_ms;
                     });
    if (second.size() > kOffered) second.resize(kOffered);
    for (KernelVariant& variant : second) {
      if (!offered.insert(variant.name).second) continue;
      result->push_back(InTurn(request, first.front(), std::move(variant)));
    }
  }
}

}  // namespace

std::vector<KernelVariant> LowerSeparable(const ConvolutionRequest& request) {
  std::vector<KernelVariant> result;
  const Convolution& depthwise = request.depthwise->convolution;
  if (!HasLocalMemory(request) || !FitsInt32(depthwise) || !FitsInt32(request.convolution)) {
    return result;
  }
  const bool image = request.lowering->storage == Storage::kImage &&
                     FitsImages(depthwise, request.device()) &&
                     FitsImages(request.convolution, request.device());
  if (!image) {
    LowerTensor(request, &result);
    LowerSeparate(request, &result);
  }
  LowerLocal(request, image ? Storage::kImage : Storage::kBuffer, &result);
  return result;
}

}  // namespace mace
