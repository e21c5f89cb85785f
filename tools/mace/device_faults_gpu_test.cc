// A driver that fails. Each OpenCL call of a start, a run and the writing of the cache fails once
// as the first call of its name and once as the last. The command then reports the failure or
// answers as without it. It leaves no file except a valid cache, and the next start works.
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
  int number = 0;  // The number of the call among the process's calls of that name, from 1.
  cl_int error = CL_SUCCESS;
};

// The error that drivers typically give for this call.
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

// Calls that may fail without preventing an answer; all other failures must be reported.
bool MayAnswer(const Fault& fault, bool warm) {
  const std::string& call = fault.call;
  // What cannot be compiled is compiled in parts, or left to the CPU. An object's release has no
  // caller to report to. An unanswered query about the device is
  // replaced by a conservative default. Without a program's binary the file is not written.
  if (StartsWith(call, "clRelease") || StartsWith(call, "clGetPlatformInfo") ||
      StartsWith(call, "clGetDeviceInfo") || call == "clGetSupportedImageFormats" ||
      call == "clGetProgramInfo" || call == "clBuildProgram" ||
      call == "clCreateProgramWithSource") {
    return true;
  }
  // The first call only loads a loader layer; the last one waits in a destructor, after the answer.
  if (call == "clGetPlatformIDs" && fault.number == 1) return true;
  if (call == "clFinish" && fault.number > 1) return true;
  // A refused binary counts as a miss.
  return warm && (call == "clCreateProgramWithBinary" || call == "clBuildProgram");
}

// Whether the message must name the kernel and the node, or the first and last node of a persistent
// kernel.
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

  // One start under the counting layer. Its driver has a warm cache if possible, because compiling
  // is not what is tested.
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
      // Without the platform's name the engine takes the driver for another one and compiles all
      // programs again.
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
    // Kernels are named <op>_<variant>_<storage>_<precision>, except the persistent kernel.
    const bool persistent = lines[0].find("persistent_kernel") != std::string::npos;
    EXPECT_TRUE(persistent || lines[0].find("_f32_") != std::string::npos)
        << "no kernel is named: " << lines[0];
    const bool node = lines[0].find(persistent ? "nodes '" : "node '") != std::string::npos ||
                      lines[0].find("layout conversion") != std::string::npos;
    EXPECT_TRUE(node) << "no node is named: " << lines[0];
  }

  // Checks that there are no temporary files and that a cache file is valid.
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
