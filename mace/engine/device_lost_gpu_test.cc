// The errors that a caller gets when the driver says that the device is gone, and when it does not.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "mace/api/compiled_model.h"
#include "mace/engine/model_state.h"
#include "mace/engine/tensor_access.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

constexpr int kOutOfResources = -5, kNotAvailable = -2, kInvalidQueue = -36;

using FailNext = void (*)(const char* name, int error);

// The layer that fails the calls is read at the process's first OpenCL call, hence one test.
TEST(DeviceLost, IsToldWhereTheDriverSaysSo) {
  const std::string layer = std::filesystem::current_path().string() +
                            "/mace/testing/counting_layer/libmace_cl_counting_layer.so";
  setenv("OPENCL_LAYERS", layer.c_str(), 1);
  auto compiled = CompiledModel::Compile(ModelAccess::FromGraph(MakeSmallModel()));
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  void* const handle = dlopen(layer.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  ASSERT_NE(nullptr, handle) << "the loader takes no layers";
  const auto fail_next = reinterpret_cast<FailNext>(dlsym(handle, "MaceFailNext"));
  ASSERT_NE(nullptr, fail_next);
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  ASSERT_TRUE(request->Set(0, TensorAccess::FromHost(SmallInput(1))).ok());

  // The only code that means a lost device, whichever call returns it.
  fail_next("clEnqueueReadBuffer", kNotAvailable);
  const Status gone = request->Run();
  EXPECT_EQ(StatusCode::kDeviceLost, gone.code()) << gone.message();
  EXPECT_NE(std::string::npos, gone.message().find("CL_DEVICE_NOT_AVAILABLE")) << gone.message();

  // After a call that lacked resources the device is still there.
  fail_next("clEnqueueReadBuffer", kOutOfResources);
  const Status failed = request->Run();
  EXPECT_EQ(StatusCode::kDeviceError, failed.code()) << failed.message();

  // The driver no longer knows the queue after this error.
  fail_next("clEnqueueReadBuffer", kOutOfResources);
  fail_next("clFinish", kInvalidQueue);
  const Status lost = request->Run();
  EXPECT_EQ(StatusCode::kDeviceLost, lost.code()) << lost.message();
  EXPECT_NE(std::string::npos, lost.message().find("CL_OUT_OF_RESOURCES")) << lost.message();
  EXPECT_NE(std::string::npos, lost.message().find("given up the queue")) << lost.message();

  const Status again = request->Run();
  ASSERT_TRUE(again.ok()) << again.message();
  EXPECT_TRUE(IsSmallAnswer(SmallInput(1), {TensorAccess::ToHost(*request->Get(0))}));
}

}  // namespace
}  // namespace mace
