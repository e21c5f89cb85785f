// Estimates of the time of convolution kernels on a GPU, exact enough to order variants by.
//
// Time is counted in products (multiply-adds): a compute unit does products_per_cycle of them in a
// cycle, and a load costs as many as the unit could have done meanwhile. The figures of a load and
// of a step's latency were fitted to 4000 measurements of all variants on all convolutions of four
// networks (conv_tiles_benchmark on an NVIDIA H200: 8 % off on average for the direct variants, 6 %
// for the best tiles); other devices differ by the fields of GpuUnit. Thread contract: thread-safe
// (pure functions).
#ifndef MACE_KERNEL_GPU_COST_H_
#define MACE_KERNEL_GPU_COST_H_

#include "mace/kernel/device_info.h"
#include "mace/kernel/layout.h"

namespace mace {

// A compute unit: the work-items on it share a local memory.
struct GpuUnit {
  double units;               // How many the device has.
  double products_per_cycle;  // Multiply-adds.
  double resident_items;
  double registers;  // Registers of 32 bits.
  double local_bytes;
  // The cost of a work-item's load of four floats, counted in multiplications.
  double buffer_load, image_load;

  double load(Storage storage) const {
    return storage == Storage::kImage ? image_load : buffer_load;
  }
};

GpuUnit GpuUnitOf(const DeviceInfo& device);

// Cycles a second as the measured peak of arithmetic implies, else as the clock says.
double CyclesPerMs(const DeviceInfo& device);

// Work-items that run the same loop.
struct GpuLoop {
  double items;
  double iterations;  // Iterations of a work-item, one after the other.
  double cycles;      // What an iteration takes at least: mostly the latency of its loads.
  double products;    // Multiplications of an iteration, loads counted in.
};

// Estimated milliseconds, without what every launch costs.
double EstimateLoopMs(const DeviceInfo& device, const GpuLoop& loop);

// A product of a loop whose operands come from global memory takes the time of two.
inline constexpr double kLoopProduct = 2;

}  // namespace mace

#endif  // MACE_KERNEL_GPU_COST_H_
