// Where the engine looks for the cache's loader layer, and what becomes of CLBlast without it. What
// depends on a process's first OpenCL call is a process of its own: this program with an argument.
#include <CL/cl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "mace/base/files.h"
#include "mace/cl/cache_layer.h"
#include "mace/cl/library_call.h"

namespace mace {
namespace {

// A product of CLBlast's, asked for with a cache file; says how it went.
void CallLibrary(const std::string& cache_path) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
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

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class CacheLayerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "cl-cache-layer-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    ASSERT_TRUE(MakeDirectories(folder_).ok());
  }

  // What it printed, errors behind.
  std::string Start(const std::string& way, const std::map<std::string, std::string>& environment) {
    const std::string command = "'" + std::filesystem::read_symlink("/proc/self/exe").string() +
                                "' " + way + " " + cache_path() + " >" + folder_ + "/out 2>" +
                                folder_ + "/err";
    const pid_t child = fork();
    if (child == 0) {
      unsetenv("OPENCL_LAYERS");
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return ReadText(folder_ + "/out") + ReadText(folder_ + "/err");
  }

  std::string cache_path() const { return folder_ + "/cache.bin"; }

  std::string folder_;
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
  const std::string own =
      std::filesystem::current_path().string() + "/mace/layer/libmace_cl_cache_layer.so";
  said = Start("call", {{"OPENCL_LAYERS", own}, {"MACE_REQUIRE_CACHE", "1"}});
  EXPECT_NE(said.find("tested: not in the cache "), std::string::npos) << said;
  EXPECT_NE(said.find("layers afterwards: " + own), std::string::npos) << said;
}

TEST_F(CacheLayerTest, OnlyTrustedFilesAreLoaded) {
  const std::string path = folder_ + "/layer.so";
  std::ofstream(path) << "x";
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(IsTrustedLibrary(path));
  EXPECT_FALSE(IsTrustedLibrary("layer.so"));
  EXPECT_FALSE(IsTrustedLibrary(""));
  EXPECT_FALSE(IsTrustedLibrary(folder_));
  EXPECT_FALSE(IsTrustedLibrary(folder_ + "/other.so"));
  ASSERT_EQ(chmod(path.c_str(), 0775), 0);
  EXPECT_FALSE(IsTrustedLibrary(path));
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
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
  } else if (way == "late") {
    mace::CallLate(argv[2]);
  } else {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  return 0;
}
