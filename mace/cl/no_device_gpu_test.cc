// A host without any OpenCL driver: the loader is pointed at an empty folder before its first call.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "mace/base/files.h"
#include "mace/cl/device.h"

namespace mace {
namespace {

TEST(NoDeviceTest, IsAClearError) {
  const std::string empty = testing::TempDir() + "no-drivers";
  ASSERT_TRUE(MakeDirectories(empty).ok());
  setenv("OCL_ICD_VENDORS", empty.c_str(), 1);
  unsetenv("OCL_ICD_FILENAMES");
  StatusOr<std::vector<ClDeviceEntry>> devices = ListClDevices();
  ASSERT_TRUE(devices.ok()) << devices.status().message();
  EXPECT_TRUE(devices->empty());
  const Status status = OpenDevice("gpu").status();
  EXPECT_EQ(StatusCode::kNotFound, status.code());
  EXPECT_NE(std::string::npos, status.message().find("no OpenCL device")) << status.message();
}

}  // namespace
}  // namespace mace
