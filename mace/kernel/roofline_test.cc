#include "mace/kernel/roofline.h"

#include <gtest/gtest.h>

#include "mace/kernel/gpu_cost.h"
#include "mace/testing/fake_gpu.h"

namespace mace {
namespace {

DeviceInfo GpuOfUnits(uint32_t units) {
  DeviceInfo device = FakeH100();
  device.compute_units = units;
  return device;
}

TEST(Roofline, GoesByWhatWasMeasured) {
  for (DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kGpu}) {
    DeviceInfo device = GpuOfUnits(16);
    device.kind = kind;
    device.measured_gflops = 100;
    device.measured_gbytes_per_second = 20;
    EXPECT_DOUBLE_EQ(ProductsMs(device, 5e7), 1) << "100 GFLOP are 5e10 products";
    EXPECT_DOUBLE_EQ(BytesMs(device, 2e7), 1);
  }
}

TEST(Roofline, KnowsADeviceByItsUnitsAndClock) {
  DeviceInfo small = GpuOfUnits(16), large = GpuOfUnits(64);
  small.clock_mhz = large.clock_mhz = 1000;
  EXPECT_DOUBLE_EQ(ProductsMs(small, 1e6), 4 * ProductsMs(large, 1e6));
  large.clock_mhz = 2000;
  EXPECT_DOUBLE_EQ(ProductsMs(small, 1e6), 8 * ProductsMs(large, 1e6));
  EXPECT_GT(BytesMs(small, 1e6), 0);
  EXPECT_GT(LaunchMs(small), 0);
}

TEST(Roofline, AGpuThatMeasuresHalfItsClockTakesTwiceAsLong) {
  DeviceInfo device = GpuOfUnits(16);
  device.clock_mhz = 1000;
  const GpuLoop loop = {1e6, 100, 0, 64};
  const double expected = EstimateLoopMs(device, loop);
  const GpuUnit unit = GpuUnitOf(device);
  // Multiply and add count as two, a unit does products_per_cycle of both.
  device.measured_gflops = 0.5 * 2 * unit.units * unit.products_per_cycle;
  EXPECT_NEAR(EstimateLoopMs(device, loop), 2 * expected, 1e-9 * expected);
}

TEST(Roofline, OnlyCpusAreSlowWithImages) {
  DeviceInfo device = GpuOfUnits(16);
  EXPECT_EQ(ImageSlowdown(device), 1);
  device.kind = DeviceKind::kCpu;
  EXPECT_GT(ImageSlowdown(device), 10);
}

}  // namespace
}  // namespace mace
