// The launches that move a tensor from one format of layout.h to another.
#ifndef MACE_OPS_MOVE_CONVERT_H_
#define MACE_OPS_MOVE_CONVERT_H_

#include "mace/kernel/device_info.h"
#include "mace/kernel/kernel.h"

namespace mace {

// How a tensor lies at one end of a conversion.
struct ConvertEnd {
  TensorFormat format;
  int64_t pitch = 0;   // Elements; row_major: the channel count.
  int64_t offset = 0;  // Elements; row_major: 0.
};

// The launch that copies input 0 to output 0 of `shape`, each end in its own precision. REQUIRES:
// the ends differ in format, or both are channels4 or blocks (a copy into or out of a slice); not
// both are int8.
Launch MakeConversion(const Shape& shape, const ConvertEnd& from, const ConvertEnd& to);

// A local size over (channel blocks, width, rows) that suits any device: at most 64 work-items. One
// size serves many shapes, so that a driver which compiles for each local size (PoCL) compiles few.
WorkSize ConversionLocalSize();

}  // namespace mace

#endif  // MACE_OPS_MOVE_CONVERT_H_
