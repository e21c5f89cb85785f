// The GPU variants of a convolution, shared by Conv2D, DepthwiseConv2d, FullyConnected and MatMul:
//   <op>_tiled      implicit matrix product with register tiles, on buffers; the fast one on CPUs
//   <op>_local      implicit matrix product with tiles in local memory (local_tiles.h); the fast
//                   one on GPUs
//   <op>_tensor     implicit matrix product on NVIDIA's tensor cores (tensor_tiles.h): half
//                   storage, or float where TF32 is allowed
//   <op>_winograd   3x3 with stride 1 and fewer products, in three launches on buffers
//   <op>_image      3x3 and 1x1 on images
//   <op>_direct     four channels x four pixels for each work-item, on images or buffers
//   <op>_depthwise  one output channel for each input channel
//   <op>_grouped    any groups, channel by channel; for groups that do not begin at multiples of
//                   four, which the others take where merged_groups.h makes them begin so
//   <op>_merged_tiled  tiled, with narrow groups merged until they fill the vectors of a CPU
//   <op>_int8       int8 numbers (int8_lowering.h)
//
// Thread contract: thread-safe (pure functions).
#ifndef MACE_OPS_CONV_CONVOLUTION_LOWERING_H_
#define MACE_OPS_CONV_CONVOLUTION_LOWERING_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mace/kernel/kernel.h"
#include "mace/ops/conv/convolution.h"
#include "mace/ops/op.h"

namespace mace {

// The request that every variant is made from. Input 0 of the op is x; inputs 1 and 2 are the
// weights.
struct ConvolutionRequest {
  std::string op;  // Begins the variants' names: "conv2d".
  Convolution convolution;
  ConvolutionWeights weights;
  const LoweringRequest* lowering = nullptr;
  // A depthwise convolution whose result is x of this pointwise convolution and is computed on the
  // way; input 0 of the op is then the depthwise convolution's x. Only LowerLocal and LowerTensor
  // use it.
  const ConvolutionRequest* depthwise = nullptr;

  const DeviceInfo& device() const { return *lowering->device; }
  bool cpu() const { return device().kind == DeviceKind::kCpu; }
};

// All variants; empty where the tensors exceed what the kernels can address.
std::vector<KernelVariant> LowerConvolution(const ConvolutionRequest& request);
// The variants of two convolutions, of which the pointwise `request` reads what request.depthwise
// makes: <op>_local_depthwise_ and <op>_tensor_depthwise_ in one launch, ..._separate in two. For
// GPUs alone; empty on others. REQUIRES: request.depthwise, one group.
std::vector<KernelVariant> LowerSeparable(const ConvolutionRequest& request);

// For the variants' own files.
//
// Whether staging in local memory does more than copy; not on CPUs.
bool HasLocalMemory(const ConvolutionRequest& request);
// Whether the element indices of the kernels, which are ints, can count the elements of x and y,
// with room for slices of wider tensors.
bool FitsInt32(const Convolution& convolution);
// Whether x and y as images are inside the device's limits.
bool FitsImages(const Convolution& convolution, const DeviceInfo& device);
// A KernelVariant with the formats of x, y, residual and channel_scale set, one launch without
// arguments, and the macros of the activation, the residual and the channel scale.
KernelVariant NewConvolutionVariant(const ConvolutionRequest& request, const std::string& variant,
                                    const std::string& kernel, Storage storage);
// Appends the arguments for input and output, and for residual and channel_scale where there are
// any.
void AppendTensors(const ConvolutionRequest& request, Launch* launch);
// The layouts of a variant in blocks of channels. kChannels4 for y means that there is no such
// variant. The residual has y's layout. A channel_scale stays in channels4, and so does an x with
// few channels, such as an image.
struct ConvolutionLayouts {
  Layout x = Layout::kChannels4;
  Layout y = Layout::kChannels4;
  bool blocks() const { return BlockChannels(y) > 0; }
};
ConvolutionLayouts BlocksOf(const ConvolutionRequest& request);
// Turns a variant of buffers in channels4 into one with these layouts.
void SetLayouts(const ConvolutionRequest& request, const ConvolutionLayouts& layouts,
                KernelVariant* variant);
// Adds weights of `elements` floats and their argument.
void AppendWeights(PackedWeights weights, KernelVariant* variant);
// out_h, out_w, kernel, stride, dilation, pad: as kernels take them, after in_h.
void AppendWindow(const Window& window, Launch* launch);

// PackedWeights::identity of a packing of the filter, or of the bias, that depends on nothing but
// extents of the convolution that say how the filter lies (channels, groups, kernel), and on the
// numbers. `layout` as for PackingIdentity (lowering_support.h).
std::function<std::string()> FilterIdentity(const ConvolutionRequest& request, const char* layout,
                                            std::vector<int64_t> numbers);
std::function<std::string()> BiasIdentity(const ConvolutionRequest& request, const char* layout,
                                          std::vector<int64_t> numbers);

// The bias of every output channel, rounded up to a multiple of `lanes`; zeros where there is none.
PackedWeights PackChannelBias(const ConvolutionRequest& request, int64_t lanes = 4);
// The filter as [output block][tap][input block of the group][4 in][4 out]. REQUIRES: aligned
// groups.
PackedWeights PackDirectFilter(const ConvolutionRequest& request);
// The filter as [output channel][tap][input channel of the group].
PackedWeights PackGroupedFilter(const ConvolutionRequest& request);
// The filter of a depthwise convolution as [tap][channels rounded up to `lanes`].
PackedWeights PackDepthwiseFilter(const ConvolutionRequest& request, int64_t lanes = 4);
// Sets global, and local sizes of about 64 work-items that waste little of it (1 on CPUs), with
// alternatives.
void SetWorkSizes(const DeviceInfo& device, const std::array<int64_t, 3>& global, Launch* launch);

void LowerTiled(const ConvolutionRequest& request, std::vector<KernelVariant>* result);
// 3x3, stride 1, dilation 1, one group, no channel scale, tiles of 2x2 and of 4x4 outputs; else
// nothing.
void LowerWinograd(const ConvolutionRequest& request, std::vector<KernelVariant>* result);
// GPUs with local memory of their own. The tiles with the best estimates.
void LowerLocal(const ConvolutionRequest& request, Storage storage,
                std::vector<KernelVariant>* result);
// Buffers on devices with tensor cores, where the request's precision lets them be used, with a
// channel_scale pointwise alone. The tiles with the best estimates. REQUIRES: aligned groups.
void LowerTensor(const ConvolutionRequest& request, std::vector<KernelVariant>* result);
// Images, 3x3 without a channel scale and 1x1; else nothing. REQUIRES: aligned groups.
void LowerImage(const ConvolutionRequest& request, std::vector<KernelVariant>* result);
void LowerDirect(const ConvolutionRequest& request, Storage storage,
                 std::vector<KernelVariant>* result);
// One output channel for each input channel, no channel scale; else nothing.
void LowerDepthwise(const ConvolutionRequest& request, Storage storage,
                    std::vector<KernelVariant>* result);
void LowerGrouped(const ConvolutionRequest& request, Storage storage,
                  std::vector<KernelVariant>* result);

}  // namespace mace

#endif  // MACE_OPS_CONV_CONVOLUTION_LOWERING_H_
