// The driver refuses a call in the middle of a run. Afterwards nothing is at work, no tensor of the
// caller is held, and the next run is right.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "mace/testing/compiled_graph.h"
#include "mace/testing/small_model.h"

namespace mace {
namespace {

// The layer that fails the calls is read at the process's first OpenCL call, hence one test.
TEST(FailedRun, LeavesNothingInFlight) {
  const std::string layer = std::filesystem::current_path().string() +
                            "/mace/testing/counting_layer/libmace_cl_counting_layer.so";
  setenv("OPENCL_LAYERS", layer.c_str(), 1);
  // The second run's download fails, after its launches.
  setenv("MACE_COUNT_FAIL", "clEnqueueReadBuffer=-5@2", 1);
  setenv("MACE_COUNT_FILE", (testing::TempDir() + "counts").c_str(), 1);
  CompiledModel compiled = CompileOrFail(MakeSmallModel());
  StatusOr<Request> request = compiled.NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  void* const handle = dlopen(layer.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  ASSERT_NE(handle, nullptr) << "the loader takes no layers";
  const auto count_of = reinterpret_cast<uint64_t (*)(const char*)>(dlsym(handle, "MaceCountOf"));
  ASSERT_NE(count_of, nullptr);

  const HostTensor input = SmallInput(1);
  ASSERT_TRUE(RunRequest(&*request, {input}).ok());
  const uint64_t launches = count_of("clEnqueueNDRangeKernel");
  const uint64_t waits = count_of("clFinish");
  std::weak_ptr<const void> owner;
  Status status;
  {
    auto held = std::make_shared<HostTensor>(input);
    owner = held;
    const HostTensor view = HostTensor::View(input.info(), input.bytes(), std::move(held));
    status = RunRequest(&*request, {view}).status();
  }
  EXPECT_EQ(status.code(), StatusCode::kDeviceError) << status.message();
  EXPECT_FALSE(request->Get(0).ok());
  EXPECT_GT(count_of("clEnqueueNDRangeKernel"), launches) << "the run failed before its launches";
  EXPECT_GT(count_of("clFinish"), waits) << "launches may be at work after the failure";
  const auto outputs = RunRequest(&*request, {input});
  ASSERT_TRUE(outputs.ok()) << outputs.status().message();
  EXPECT_TRUE(owner.expired());  // The input of the earlier run.
  EXPECT_TRUE(IsSmallAnswer(input, *outputs));
}

}  // namespace
}  // namespace mace
