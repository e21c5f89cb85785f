// The text of the OpenCL kernels, embedded by the build from the .cl and .clh files of
// mace/kernel and mace/ops.
#ifndef MACE_KERNEL_KERNEL_SOURCE_H_
#define MACE_KERNEL_KERNEL_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mace {

struct KernelSource {
  const char* name;  // The file's own, such as "softmax.cl": no two files have the same.
  const char* text;
  size_t size;  // Bytes of text, without its terminator.
  uint8_t sha256[32];
};

// The file of that name, or null.
const KernelSource* FindKernelSource(std::string_view name);

// All files, in the order of their names; the last one has a null name.
const KernelSource* AllKernelSources();

}  // namespace mace

#endif  // MACE_KERNEL_KERNEL_SOURCE_H_
