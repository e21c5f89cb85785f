// A driver that fails: each OpenCL call that a start, a run and the writing of the cache make fails
// once, as the first and as the last of its kind. The command then says what failed, or answers as
// without the fault; it leaves no file behind but a good cache, and a start after it is well.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "mace/base/atomic_file.h"
#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/cache/cache_file.h"
#include "mace/cl/error.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

struct Fault {
  std::string call;
  int number = 0;  // Which of the process's calls of that name, from 1.
  cl_int error = CL_SUCCESS;
};

// What a driver gives in earnest.
cl_int TypicalError(const std::string& call) {
  static const std::map<std::string, cl_int> errors = {
      {"clBuildProgram", CL_BUILD_PROGRAM_FAILURE},
      {"clCreateBuffer", CL_MEM_OBJECT_ALLOCATION_FAILURE},
      {"clCreateContext", CL_DEVICE_NOT_AVAILABLE},
      {"clCreateImage", CL_MEM_OBJECT_ALLOCATION_FAILURE},
      {"clCreateKernel", CL_INVALID_KERNEL_NAME},
      {"clCreateProgramWithBinary", CL_INVALID_BINARY},
      {"clCreateSubBuffer", CL_MISALIGNED_SUB_BUFFER_OFFSET},
      {"clEnqueueMapBuffer", CL_MAP_FAILURE},
      {"clEnqueueMapImage", CL_MAP_FAILURE},
      {"clEnqueueNDRangeKernel", CL_MEM_OBJECT_ALLOCATION_FAILURE},
      {"clSetKernelArg", CL_INVALID_ARG_SIZE},
  };
  const auto found = errors.find(call);
  if (found != errors.end()) return found->second;
  return StartsWith(call, "clEnqueue") || call == "clFinish" ? CL_OUT_OF_RESOURCES
                                                             : CL_OUT_OF_HOST_MEMORY;
}

// Calls without which there is an answer all the same, and why. All others must be reported.
bool MayAnswer(const Fault& fault, bool warm) {
  const std::string& call = fault.call;
  // Whatever ends an object's life has nothing to report to; a fact that is not told is replaced by
  // the careful guess; a driver that gives no binary leaves the file unwritten.
  if (StartsWith(call, "clRelease") || StartsWith(call, "clGetPlatformInfo") ||
      StartsWith(call, "clGetDeviceInfo") || call == "clGetSupportedImageFormats" ||
      call == "clGetProgramInfo") {
    return true;
  }
  // The first only brings a loader layer in; the last waits in a destructor, after the answer.
  if (call == "clGetPlatformIDs" && fault.number == 1) return true;
  if (call == "clFinish" && fault.number > 1) return true;
  // A refused binary is a miss.
  return warm && (call == "clCreateProgramWithBinary" || call == "clBuildProgram");
}

// Of which the message must name the kernel and the node of the model, or the first and the last of
// those whose kernels are one.
bool ConcernsKernel(const std::string& call) {
  return call == "clCreateKernel" || call == "clSetKernelArg" || call == "clGetKernelInfo" ||
         call == "clGetKernelWorkGroupInfo" || call == "clEnqueueNDRangeKernel";
}

class DeviceFaults : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
    const CommandResult cold = Start("", &cold_calls_);
    ASSERT_EQ(cold.exit_code, kExitDone) << cold.err;
    answer_ = ReadText(output());
    good_ = ReadText(cache());
    const CommandResult warm = Start("", &warm_calls_);
    ASSERT_EQ(warm.exit_code, kExitDone) << warm.err;
    ASSERT_EQ(warm_calls_["source_builds"], 0);
  }

  std::string cache() const { return JoinPath(folder_, "cache/cache.bin"); }
  std::string output() const { return JoinPath(folder_, "output.npy"); }

  // One start, under the counting layer. Its driver has a warm cache of its own wherever it can:
  // what is tried here is not how long compiling takes.
  CommandResult Start(const std::string& fault, std::map<std::string, int>* calls = nullptr) {
    static const std::string* const driver_cache = [] {
      const char* shared = std::getenv("POCL_CACHE_DIR");
      return new std::string(shared != nullptr ? shared : FreshFolder("driver_cache"));
    }();
    const std::string counts = JoinPath(folder_, "counts");
    EXPECT_TRUE(MakeDirectories(DirectoryName(cache())).ok());
    EXPECT_TRUE(MakeDirectories(JoinPath(folder_, "temporary")).ok());
    const CommandResult result = RunMace({"run", ProjectFile("models/digits/digits.pb"), "--cache",
                                          cache(), "--memory", GetParam(), "--output-dir", folder_},
                                         {{"POCL_CACHE_DIR", *driver_cache},
                                          {"TMPDIR", JoinPath(folder_, "temporary")},
                                          {"OPENCL_LAYERS", CountingLayer()},
                                          {"MACE_COUNT_FILE", counts},
                                          {"MACE_COUNT_FAIL", fault}});
    if (calls != nullptr) *calls = ReadCounts(counts);
    return result;
  }

  void TryAll(bool warm) {
    int answered = 0, reported = 0;
    for (const auto& [call, count] : warm ? warm_calls_ : cold_calls_) {
      if (!StartsWith(call, "cl") || count == 0) continue;
      // Without its platform's name it is another driver to the engine, whose programs compile
      // anew.
      if (call == "clGetPlatformInfo" && GetParam() != std::string("buffer")) continue;
      Fault fault = {call, 1, TypicalError(call)};
      for (const int number : {1, count}) {
        if (number == 1 && fault.number != 1) continue;
        fault.number = number;
        Try(fault, warm, &answered, &reported);
        if (count == 1) break;
      }
    }
    std::printf("%s, %s: %d faults reported, %d survived\n", GetParam(), warm ? "warm" : "cold",
                reported, answered);
    EXPECT_GT(reported, 20);
    EXPECT_GT(answered, 5);
  }

  void Try(const Fault& fault, bool warm, int* answered, int* reported) {
    const std::string text =
        fault.call + "=" + std::to_string(fault.error) + "@" + std::to_string(fault.number);
    SCOPED_TRACE(text + (warm ? ", warm" : ", cold"));
    std::filesystem::remove_all(DirectoryName(cache()));
    std::filesystem::remove(output());
    ASSERT_TRUE(MakeDirectories(DirectoryName(cache())).ok());
    if (warm) {
      ASSERT_TRUE(WriteFileAtomic(cache(), AsBytes(good_), 0600).ok());
    }
    const CommandResult result = Start(text);
    ASSERT_EQ(result.signal, 0) << result.err;
    if (result.exit_code == kExitDone) {
      ++*answered;
      EXPECT_TRUE(MayAnswer(fault, warm)) << "the fault went unseen";
      EXPECT_EQ(ReadText(output()), answer_);
    } else {
      ++*reported;
      EXPECT_FALSE(StartsWith(fault.call, "clRelease")) << result.err;
      ExpectNamed(fault, result);
      EXPECT_FALSE(FileExists(output()));
    }
    ExpectNothingLeft();
  }

  static void ExpectNamed(const Fault& fault, const CommandResult& result) {
    EXPECT_EQ(result.exit_code, kExitDeviceError) << result.err;
    const std::vector<std::string> lines = result.ErrorLines();
    ASSERT_EQ(lines.size(), 1u) << result.err;
    const std::string part =
        fault.call + ": " + ClErrorName(fault.error) + " (" + std::to_string(fault.error) + ")";
    EXPECT_NE(lines[0].find(part), std::string::npos) << lines[0];
    if (!ConcernsKernel(fault.call)) return;
    // Kernels are named <op>_<variant>_<storage>_<precision>, but for that of many launches.
    const bool persistent = lines[0].find("persistent_kernel") != std::string::npos;
    EXPECT_TRUE(persistent || lines[0].find("_f32_") != std::string::npos)
        << "no kernel is named: " << lines[0];
    const bool node = lines[0].find(persistent ? "nodes '" : "node '") != std::string::npos ||
                      lines[0].find("layout conversion") != std::string::npos;
    EXPECT_TRUE(node) << "no node is named: " << lines[0];
  }

  // Temporary files are gone, and a cache file that is there is whole.
  void ExpectNothingLeft() const {
    for (const auto& entry : std::filesystem::directory_iterator(DirectoryName(cache()))) {
      const std::string name = entry.path().filename();
      EXPECT_TRUE(name == "cache.bin" || name == "cache.bin.lock") << name << " is left behind";
    }
    EXPECT_TRUE(std::filesystem::is_empty(JoinPath(folder_, "temporary")));
    if (!FileExists(cache())) return;
    const auto file = CacheFile::Open(cache(), CacheTrust());
    EXPECT_TRUE(file.ok()) << file.status().message();
  }

  const std::string folder_ = FreshFolder("device_faults");
  std::map<std::string, int> cold_calls_, warm_calls_;
  std::string answer_, good_;
};

TEST_P(DeviceFaults, ColdStarts) { TryAll(false); }
TEST_P(DeviceFaults, WarmStarts) { TryAll(true); }

INSTANTIATE_TEST_SUITE_P(Memory, DeviceFaults, testing::Values("buffer", "image"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
