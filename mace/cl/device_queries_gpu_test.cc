// What is said of a device whose driver does not answer a question, and of one that cannot for now.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "mace/cl/device.h"
#include "mace/cl/device_queries.h"
#include "mace/testing/driver_starts.h"

namespace mace {
namespace {

using FailNext = void (*)(const char* name, int error);

// The layer that fails the calls is read at the process's first OpenCL call, hence one test.
TEST(DeviceQueries, TellIgnoranceFromFailure) {
  setenv("OPENCL_LAYERS", CountingLayerFile().c_str(), 1);
  const StatusOr<std::vector<ClDeviceEntry>> devices = ListClDevices();
  ASSERT_TRUE(devices.ok()) << devices.status().message();
  ASSERT_FALSE(devices->empty());
  void* const handle = dlopen(CountingLayerFile().c_str(), RTLD_LAZY | RTLD_NOLOAD);
  ASSERT_NE(nullptr, handle) << "the loader takes no layers";
  const auto fail_next = reinterpret_cast<FailNext>(dlsym(handle, "MaceFailNext"));
  ASSERT_NE(nullptr, fail_next);
  const ClDeviceEntry& entry = devices->front();

  DeviceQueries queries(entry.platform, entry.device);
  fail_next("clGetDeviceInfo", CL_INVALID_VALUE);
  EXPECT_EQ(7u, queries.DeviceNumber<cl_uint>(CL_DEVICE_MAX_COMPUTE_UNITS, 7));
  EXPECT_TRUE(queries.status().ok()) << queries.status().message();
  EXPECT_EQ(entry.info.name, queries.DeviceText(CL_DEVICE_NAME));

  fail_next("clGetDeviceInfo", CL_OUT_OF_HOST_MEMORY);
  EXPECT_EQ("", queries.DeviceText(CL_DEVICE_NAME));
  EXPECT_EQ(StatusCode::kDeviceError, queries.status().code());
  EXPECT_NE(std::string::npos, queries.status().message().find("clGetDeviceInfo"));

  // A platform that is alone and fails is no empty list.
  fail_next("clGetPlatformInfo", CL_DEVICE_NOT_AVAILABLE);
  const Status lost = ListClDevices().status();
  if (devices->size() == 1) {
    EXPECT_EQ(StatusCode::kDeviceLost, lost.code()) << lost.message();
    EXPECT_NE(std::string::npos, lost.message().find("clGetPlatformInfo")) << lost.message();
  }
  const StatusOr<std::vector<ClDeviceEntry>> again = ListClDevices();
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(devices->size(), again->size());
}

}  // namespace
}  // namespace mace
