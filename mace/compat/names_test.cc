// Names: apps declare classes ahead, use both APIs without qualification, and rely on numbers.
namespace mace {
class GPUContext;
class MaceEngine;
class MaceEngineConfig;
class MaceStatus;
class MaceTensor;
class RunMetadata;
struct OperatorStats;
}  // namespace mace

#include <gtest/gtest.h>

#include <memory>

#include "mace/compat/mace.h"
#include "mace/mace.h"

// As an app does that has nothing else.
using namespace mace;  // NOLINT

namespace {

TEST(CompatNames, BothApisInOneFile) {
  const DeviceType device = GPU;
  const MaceEngineConfig config(device);
  const std::shared_ptr<MaceEngine> engine;
  const MaceTensor upstream_tensor;
  const Tensor tensor;
  const Status status;
  const MaceStatus upstream_status = status;
  EXPECT_EQ(RT_OPENCL, config.runtime_type());
  EXPECT_EQ(nullptr, engine);
  EXPECT_EQ(nullptr, upstream_tensor.data());
  EXPECT_TRUE(tensor.empty());
  EXPECT_TRUE(upstream_status == MaceStatus::MACE_SUCCESS);
}

// Apps keep these numbers in settings, and cast integers to the enums.
TEST(CompatNames, Numbers) {
  EXPECT_EQ(0, DeviceType::CPU);
  EXPECT_EQ(2, DeviceType::GPU);
  EXPECT_EQ(3, DeviceType::HEXAGON);
  EXPECT_EQ(5, DeviceType::APU);
  EXPECT_EQ(1, static_cast<int>(DataFormat::NHWC));
  EXPECT_EQ(2, static_cast<int>(DataFormat::NCHW));
  EXPECT_EQ(1000, static_cast<int>(DataFormat::AUTO));
  EXPECT_EQ(3, GPUPerfHint::PERF_HIGH);
  EXPECT_EQ(1, GPUPriorityHint::PRIORITY_LOW);
  EXPECT_EQ(4, CPUAffinityPolicy::AFFINITY_POWER_SAVE);
  EXPECT_EQ(1, MaceStatus::MACE_INVALID_ARGS);
  EXPECT_EQ(2, MaceStatus::MACE_OUT_OF_RESOURCES);
  EXPECT_EQ(4, MaceStatus::MACE_RUNTIME_ERROR);
  EXPECT_EQ(4, IDataType::IDT_INT32);
}

}  // namespace
