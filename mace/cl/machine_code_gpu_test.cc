#include <gtest/gtest.h>

#include "mace/cl/machine_code.h"
#include "mace/cl/nvidia/cubin.h"
#include "mace/cl/program.h"

namespace mace {
namespace {

constexpr char kSource[] = "__kernel void twice(__global float* x) { x[get_global_id(0)] *= 2; }";

TEST(NvidiaCubin, OnlyNvidiasDevicesHaveOne) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
  ASSERT_TRUE(device.ok()) << device.status().message();
  if ((*device)->info().vendor == DeviceVendor::kNvidia) GTEST_SKIP() << "it is NVIDIA's";
  const Status status = AssembleCubin(".version 8.0", **device).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("is not NVIDIA's"), std::string::npos) << status.message();
}

TEST(NvidiaCubin, TheDriverTakesWhatItAssembled) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
  ASSERT_TRUE(device.ok()) << device.status().message();
  if ((*device)->info().vendor != DeviceVendor::kNvidia) GTEST_SKIP() << "needs an NVIDIA device";
  StatusOr<std::shared_ptr<ClProgram>> program = ClProgram::FromSource(*device, kSource, "twice");
  ASSERT_TRUE(program.ok()) << program.status().message();
  StatusOr<std::string> ptx = (*program)->Binary();
  ASSERT_TRUE(ptx.ok()) << ptx.status().message();
  ASSERT_TRUE(IsPtx(*ptx));
  StatusOr<std::string> cubin = AssembleCubin(*ptx, **device);
  ASSERT_TRUE(cubin.ok()) << cubin.status().message();
  EXPECT_EQ(cubin->substr(1, 3), "ELF");
  const Bytes bytes(reinterpret_cast<const uint8_t*>(cubin->data()), cubin->size());
  StatusOr<std::shared_ptr<ClProgram>> again = ClProgram::FromBinary(*device, bytes, "twice");
  EXPECT_TRUE(again.ok()) << again.status().message();
  const Status broken = AssembleCubin(".version 8.0\n.target sm_90\nnonsense", **device).status();
  EXPECT_EQ(broken.code(), StatusCode::kDeviceError) << broken.message();
}

}  // namespace
}  // namespace mace
