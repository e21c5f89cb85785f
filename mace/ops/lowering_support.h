// Helpers of the variants of elementwise and reducing ops: which tensors a GPU variant can take,
// how work is cut into work-items, and how channel vectors are packed. Thread contract: thread-safe
// (pure functions over shapes and device info).
#ifndef MACE_OPS_LOWERING_SUPPORT_H_
#define MACE_OPS_LOWERING_SUPPORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mace/graph/tensor.h"
#include "mace/ops/op.h"

namespace mace {

// Whether kernels can index these tensors: all hold floats or bools, none is empty, and every
// element's index fits an int, padding included.
bool CanLower(const LoweringRequest& request);

// Images where the request asks for them and every activation and output fits the device's largest
// image; else buffers.
Storage StorageWithinLimits(const LoweringRequest& request);

// The blocks of four channels that one work-item of an elementwise kernel takes: 4 (16 floats, a
// vector register) for buffers on a CPU, where an item costs a call, 1 elsewhere, where neighbours
// should touch neighbouring addresses.
int BlocksPerItem(const LoweringRequest& request, Storage storage);

// The layout of blocks of channels that suits the device (layout.h), where this tensor can have it:
// float32 on a CPU whose vectors are that wide, more than one position, more than half a block of
// channels, and no more elements than an int counts. Otherwise kChannels4.
Layout BlocksFor(const LoweringRequest& request, const Shape& shape);
// Turns a variant in channels4 buffers with one launch into one whose activations are in `in` and
// whose outputs are in `out`, and names it after the blocks.
void SetBlocks(Layout in, Layout out, KernelVariant* kernel_variant);

// A variant whose activations and outputs are all channels4 in `storage` (or row-major buffers),
// with its estimate.
KernelVariant NewVariant(const std::string& variant, const LoweringRequest& request,
                         Storage storage);
KernelVariant NewRowMajorVariant(const std::string& variant, const LoweringRequest& request);

// A launch of a kernel of `source` in the variant's storage; arguments, macros and sizes are left
// to the caller.
Launch NewLaunch(const std::string& source, const std::string& base_name,
                 const LoweringRequest& request, Storage storage);

// HALF_MATH of a kernel that compares halves or rounds once, so that arithmetic in half gives what
// float would: for half precision on a device that computes in it.
void SetHalfMath(const LoweringRequest& request, Launch* launch);

// `items` work-items in one dimension, in work-groups that suit the device.
void SetFlatSize(const DeviceInfo& device, size_t items, Launch* launch);

// A work-item for every `blocks_per_item` blocks of four channels of a tensor with this view.
void SetElementwiseSize(const DeviceInfo& device, const Nhwc& view, int64_t blocks_per_item,
                        Launch* launch);

// `groups` work-groups of `group` work-items each. The global size is an exact multiple: no item of
// a group is missing at a barrier.
void SetGroupSize(size_t group, size_t groups, Launch* launch);

// The work-items that share one reduction over `extent` elements of which there are `outputs`: a
// power of two, 1 where there is no need (or on a CPU, where a barrier costs more than it brings).
int ReductionGroup(const DeviceInfo& device, int64_t extent, int64_t outputs);
// `results` of such reductions, `group` work-items each.
void SetReductionSize(const DeviceInfo& device, int group, int64_t results, Launch* launch);

// PackedWeights::identity of elements that depend on nothing but these: a text that stands for one
// order of elements in all of the program, the numbers that this order is made for, and constants.
std::function<std::string()> PackingIdentity(std::string layout, std::vector<int64_t> numbers,
                                             std::vector<HostTensor> constants);
// A float among the numbers.
int64_t BitsOf(double number);

// `values` as float32, `channels` of them padded to a multiple of four with zeros; a single value
// is repeated.
PackedWeights PackChannelVector(const std::string& name, const HostTensor& values,
                                int64_t channels);

// Dense elements seen as channels4 with pitch = channels rounded up: what READ4 sees, in float32.
PackedWeights PackChannels4(const std::string& name, const HostTensor& values);

// The type that inference gives a result of this type: activations of any float kind are float32.
inline DType ActivationType(DType dtype) { return IsFloat(dtype) ? DType::kFloat32 : dtype; }

}  // namespace mace

#endif  // MACE_OPS_LOWERING_SUPPORT_H_
