// A host without any OpenCL driver: the loader is pointed at an empty folder before its first call.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "mace/cl/device.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

TEST(NoDeviceTest, IsAClearError) {
  const TemporaryFolder empty;
  setenv("OCL_ICD_VENDORS", empty.path().c_str(), 1);
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
