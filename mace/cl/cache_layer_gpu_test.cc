// Where the engine looks for the cache's loader layer, and how CLBlast is handled without it. A
// case that depends on a process's first OpenCL call runs in a process of its own: this program
// with an argument.
#include <CL/cl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "mace/base/files.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/library_call.h"
#include "mace/testing/driver_starts.h"

namespace mace {
namespace {

const OpenClNeeds kLibraryNeeds = {EnvironmentUse::kWhenNeeded, true};

// A product of CLBlast's, asked for with a cache file; says how it went.
void CallLibrary(const std::string& cache_path, const OpenClNeeds& needs = kLibraryNeeds) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu", needs);
  if (!device.ok()) return;
  const std::unique_ptr<CacheStore> store = CacheStore::Open(cache_path);
  StatusOr<ClQueue> queue = ClQueue::Create(*device, false);
  StatusOr<ClMemory> memory = ClMemory::CreateBuffer(**device, 64, "operand");
  Launch launch;
  launch.call.emplace();
  launch.call->rows = launch.call->columns = launch.call->depth = 4;
  launch.call->a_offsets = launch.call->b_offsets = {0};
  for (int i = 0; i < 2; ++i) {
    const Status status = ClLibraryCall::Create(launch, {&*memory, &*memory, &*memory}, "tested",
                                                {store.get(), true}, &*queue)
                              .status();
    std::printf("%d %s\n", static_cast<int>(status.code()), status.message().c_str());
  }
  const char* layers = getenv("OPENCL_LAYERS");
  std::printf("layers afterwards: %s\n", layers == nullptr ? "unset" : layers);
}

void CallLate(const std::string& cache_path) {
  cl_uint count = 0;
  clGetPlatformIDs(0, nullptr, &count);
  CallLibrary(cache_path);
}

constexpr char kSource[] = "kernel void f(global int* a) { a[get_global_id(0)] = 1; }";

cl_program Build(const ClDevice& device, const std::string& options) {
  const char* source = kSource;
  cl_int error = CL_SUCCESS;
  cl_program program = clCreateProgramWithSource(device.context(), 1, &source, nullptr, &error);
  const cl_device_id id = device.id();
  error = clBuildProgram(program, 1, &id, options.c_str(), nullptr, nullptr);
  std::printf("built %s: %d\n", options.c_str(), error);
  return program;
}

// One launch that has ended.
void LaunchOnce(cl_program program, const ClQueue& queue) {
  cl_int error = CL_SUCCESS;
  cl_kernel kernel = clCreateKernel(program, "f", &error);
  cl_mem memory = clCreateBuffer(queue.device()->context(), 0, 64, nullptr, &error);
  clSetKernelArg(kernel, 0, sizeof(memory), &memory);
  const size_t size = 16;
  error =
      clEnqueueNDRangeKernel(queue.get(), kernel, 1, nullptr, &size, &size, 0, nullptr, nullptr);
  clFinish(queue.get());
  clReleaseMemObject(memory);
  clReleaseKernel(kernel);
}

void Say(const CacheLayerScope::Counts& counts) {
  std::printf("hits %d, compiled %d, refused %d\n", static_cast<int>(counts.hits),
              static_cast<int>(counts.compiled), static_cast<int>(counts.refused));
}

// Programs in scopes of every kind, and outside of any.
void UseScopes(const std::string& cache_path) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu", kLibraryNeeds);
  if (!device.ok()) return;
  StatusOr<ClQueue> queue = ClQueue::Create(*device, false);
  const std::unique_ptr<CacheStore> store = CacheStore::Open(cache_path);
  cl_program program = nullptr;
  {
    CacheLayerScope scope(store.get(), false);
    program = Build(**device, "-DTRIAL");
    if (program != nullptr) LaunchOnce(program, *queue);
    Say(scope.Leave());
  }
  std::printf("stored %d", StoreLayerPrograms().ok());
  std::printf(", file %d\n", FileExists(cache_path));
  {
    CacheLayerScope scope(store.get());
    LaunchOnce(program, *queue);
  }
  std::printf("stored %d", StoreLayerPrograms().ok());
  std::printf(", file %d\n", FileExists(cache_path));
  Build(**device, "-DOUTSIDE");
  {
    CacheLayerScope scope(nullptr);
    Build(**device, "-DLEFT_ALONE");
    Say(scope.Leave());
  }
  CacheStoreOptions signed_only;
  signed_only.trust.public_key.emplace();
  const std::unique_ptr<CacheStore> trusting = CacheStore::Open(cache_path, signed_only);
  CacheLayerScope scope(trusting.get());
  Build(**device, "-DTRIAL");
  Say(scope.Leave());
}

class CacheLayerTest : public testing::Test {
 protected:
  // The output of this program, started to do `what`; errors behind.
  std::string Start(const std::string& what, const DriverStarts::Environment& environment) {
    const DriverStart start =
        starts_.Run("'" + OwnProgram() + "' " + what + " " + cache_path(), environment);
    EXPECT_EQ(start.exit_code, 0);
    return start.out + start.err;
  }

  std::string cache_path() const { return starts_.folder().At("cache.bin"); }

  const DriverStarts starts_;
};

std::string Code(StatusCode code) { return std::to_string(static_cast<int>(code)) + " "; }

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(CacheLayerTest, ACompileIsRefusedByNameWhereTheCacheIsRequired) {
  const std::string said = Start("call", {{"MACE_REQUIRE_CACHE", "1"}});
  if (said.empty()) GTEST_SKIP() << "no OpenCL device";
  EXPECT_EQ(CountOf(said, Code(StatusCode::kNotFound) +
                              "MACE_REQUIRE_CACHE=1 forbids CLBlast, which compiles its own "
                              "kernels: tested: not in the cache " +
                              cache_path()),
            2u)
      << said;
  EXPECT_NE(said.find("layers afterwards: unset"), std::string::npos) << said;
  EXPECT_EQ(said.find("mace-cl-cache:"), std::string::npos) << said;
}

TEST_F(CacheLayerTest, WhereTheLayerCameTooLateTheLibraryIsLeftOut) {
  const std::string said = Start("late", {});
  if (said.empty()) GTEST_SKIP() << "no OpenCL device";
  EXPECT_EQ(CountOf(said, Code(StatusCode::kUnsupported) +
                              "tested: CLBlast is left out with a cache file: OpenCL was in use "
                              "before this engine could name "),
            2u)
      << said;
  EXPECT_EQ(CountOf(said, "its kernels would be compiled at every start"), 1u) << said;
}

TEST_F(CacheLayerTest, TheEnvironmentIsLeftAloneUnlessItIsNeeded) {
  std::string said = Start("unneeded", {});
  if (said.empty()) GTEST_SKIP() << "no OpenCL device";
  EXPECT_NE(said.find("first OpenCL call was made for no plan that may call CLBlast"),
            std::string::npos)
      << said;
  said = Start("never", {});
  EXPECT_NE(said.find("CompileOptions::environment forbids to name the cache's loader layer"),
            std::string::npos)
      << said;
}

TEST_F(CacheLayerTest, TheEnvironmentChoosesTheLayer) {
  std::string said = Start("call", {{"MACE_CL_CACHE_LAYER", "none"}});
  if (said.empty()) GTEST_SKIP() << "no OpenCL device";
  EXPECT_NE(said.find("MACE_CL_CACHE_LAYER=none leaves"), std::string::npos) << said;
  said = Start("call", {{"MACE_CL_CACHE_LAYER", "layer.so"}});
  EXPECT_NE(said.find("expected the absolute path of a file that nobody else can write, found "
                      "'layer.so'"),
            std::string::npos)
      << said;
  // Named by the user, who then need not have it named again.
  const std::string own = BuiltFile("mace/opencl_layer/libmace_cl_cache_layer.so");
  said = Start("call", {{"OPENCL_LAYERS", own}, {"MACE_REQUIRE_CACHE", "1"}});
  EXPECT_NE(said.find("tested: not in the cache "), std::string::npos) << said;
  EXPECT_NE(said.find("layers afterwards: " + own), std::string::npos) << said;
}

TEST_F(CacheLayerTest, AScopeSaysWhatIsStoredAndTrusted) {
  std::string said = Start("scopes", {});
  if (said.empty()) GTEST_SKIP() << "no OpenCL device";
  // A trial's program goes to the file once a scope that keeps has used it. The last one asks for a
  // signed file, which this is not.
  EXPECT_EQ(said,
            "built -DTRIAL: 0\nhits 0, compiled 1, refused 0\nstored 1, file 0\n"
            "stored 1, file 1\n"
            "built -DOUTSIDE: 0\n"
            "built -DLEFT_ALONE: 0\nhits 0, compiled 0, refused 0\n"
            "built -DTRIAL: 0\nhits 0, compiled 1, refused 0\n");
  const std::string refusal = "built -DTRIAL: " + std::to_string(CL_COMPILER_NOT_AVAILABLE);
  said = Start("scopes", {{"MACE_REQUIRE_CACHE", "1"}});
  EXPECT_EQ(said,
            "built -DTRIAL: 0\nhits 1, compiled 0, refused 0\nstored 1, file 1\n"
            "stored 1, file 1\n"
            "built -DOUTSIDE: 0\n"
            "built -DLEFT_ALONE: 0\nhits 0, compiled 0, refused 0\n" +
                refusal + "\nhits 0, compiled 0, refused 1\n");
}

TEST(CacheLayerFileTest, OnlyTrustedFilesAreLoaded) {
  const TemporaryFolder temporary;
  const std::string folder = temporary.path(), path = temporary.At("layer.so");
  std::ofstream(path) << "x";
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  EXPECT_TRUE(IsTrustedLibrary(path));
  EXPECT_FALSE(IsTrustedLibrary("layer.so"));
  EXPECT_FALSE(IsTrustedLibrary(""));
  EXPECT_FALSE(IsTrustedLibrary(folder));
  EXPECT_FALSE(IsTrustedLibrary(folder + "/other.so"));
  ASSERT_EQ(chmod(path.c_str(), 0775), 0);
  EXPECT_FALSE(IsTrustedLibrary(path));
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0777), 0);
  EXPECT_FALSE(IsTrustedLibrary(path));
}

TEST(CacheLayerNamesTest, TheLayerIsAppendedOnce) {
  std::string library = "/a/libmace_cl_cache_layer.so";
  EXPECT_EQ(WithCacheLayer("", &library), "/a/libmace_cl_cache_layer.so");
  EXPECT_EQ(WithCacheLayer("/b/other.so", &library), "/b/other.so:/a/libmace_cl_cache_layer.so");
  EXPECT_EQ(library, "/a/libmace_cl_cache_layer.so");
  const std::string named = "/b/other.so:/c/libmace_cl_cache_layer.so";
  EXPECT_EQ(WithCacheLayer(named, &library), named);
  EXPECT_EQ(library, "/c/libmace_cl_cache_layer.so");
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) {
  const std::string way = argc > 2 ? argv[1] : "";
  if (way == "call") {
    mace::CallLibrary(argv[2]);
  } else if (way == "unneeded") {
    mace::CallLibrary(argv[2], {mace::EnvironmentUse::kWhenNeeded, false});
  } else if (way == "never") {
    mace::CallLibrary(argv[2], {mace::EnvironmentUse::kNever, true});
  } else if (way == "scopes") {
    mace::UseScopes(argv[2]);
  } else if (way == "late") {
    mace::CallLate(argv[2]);
  } else {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  return 0;
}
