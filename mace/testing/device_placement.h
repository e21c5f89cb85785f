// Where each element of a tensor lies in device memory, written from layout.h alone: the tester's
// own packing, so that a fault in the engine's conversions cannot hide one in a kernel.
#ifndef MACE_TESTING_DEVICE_PLACEMENT_H_
#define MACE_TESTING_DEVICE_PLACEMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mace/base/status.h"
#include "mace/graph/tensor.h"
#include "mace/kernel/layout.h"

namespace mace {

struct DevicePlacement {
  TensorFormat format;
  Nhwc view;
  int64_t pitch = 0;
  int64_t offset = 0;
  size_t elements = 0;  // Elements of the whole memory.
  size_t image_width = 0;
  size_t image_height = 0;

  // `slice`: inside a wider tensor where the layout allows it.
  static DevicePlacement Make(const Shape& shape, const TensorFormat& format, bool slice);

  size_t element_bytes() const { return ElementBytes(format.precision); }
  size_t bytes() const { return elements * element_bytes(); }
  // The index of element (row, w, c) in memory; c may be a padding lane.
  size_t Index(int64_t row, int64_t w, int64_t c) const;
  // Lanes of one position: channels, and those of the padding.
  int64_t lanes() const;
  // Channels of a block of kBlocks8 and kBlocks16; else 0.
  int64_t block() const;

  // Memory whose every other byte is 0xFF (a NaN), with zeros in the padding lanes.
  std::vector<uint8_t> Pack(const HostTensor& tensor) const;
  // kInternal where a padding lane is not zero or another byte is no longer 0xFF.
  StatusOr<HostTensor> Unpack(const std::vector<uint8_t>& memory, const Shape& shape) const;
};

}  // namespace mace

#endif  // MACE_TESTING_DEVICE_PLACEMENT_H_
