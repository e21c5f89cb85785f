// Two starts with one cache file, each a process of its own. The second one compiles nothing, which
// is counted where calls reach the driver, and PoCL makes no code in it. Also starts with invalid
// cache files.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class WarmStart : public testing::Test {
 protected:
  // A cold start serves all tests that begin with a valid file.
  static const std::string& GoodCache() {
    static const std::string* const good = [] {
      const std::string file = FreshFolder("good_cache") + "/cache.bin";
      const CommandResult result =
          RunMace({"run", ProjectFile("models/digits/digits.pb"), "--cache", file},
                  {{"POCL_CACHE_DIR", SharedDriverCache()}});
      EXPECT_EQ(result.exit_code, kExitDone) << result.err;
      struct stat info;
      EXPECT_EQ(stat(file.c_str(), &info), 0);
      EXPECT_EQ(info.st_mode & 07777, 0600u) << "compiled code must be the owner's alone";
      return new std::string(ReadText(file));
    }();
    return *good;
  }

  void PutInPlace(const std::string& content, mode_t mode = 0600) {
    WriteText(cache_, content);
    EXPECT_EQ(chmod(cache_.c_str(), mode), 0);
  }

  void SetUp() override {
    if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  }

  // Shared by all starts that may compile, because compiling takes most of the time.
  static const std::string& SharedDriverCache() {
    static const auto* const folder = new std::string(FreshFolder("shared_driver_cache"));
    return *folder;
  }

  // One start of the command. If it may not compile, its driver has an empty cache.
  CommandResult Start(const std::vector<std::string>& more, Environment environment = {}) {
    if (environment.count("MACE_REQUIRE_CACHE") == 0) {
      environment["POCL_CACHE_DIR"] = SharedDriverCache();
    } else {
      environment["POCL_CACHE_DIR"] = FreshFolder("driver_cache");
      environment["CUDA_CACHE_DISABLE"] = "1";
    }
    std::vector<std::string> words = {
        "run",     model_, "--input", "input=" + ProjectFile("models/digits/samples/digit_7.npy"),
        "--cache", cache_, "--json",  "-"};
    words.insert(words.end(), more.begin(), more.end());
    return RunMace(words, environment);
  }

  // The names of the kernel libraries that PoCL holds in a folder.
  static std::multiset<std::string> DriverCode(const std::string& folder) {
    std::multiset<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".so") {
        names.insert(std::filesystem::relative(entry.path(), folder));
      }
    }
    return names;
  }

  // A start of any model that must compile nothing. Checks calls that reach the driver: no program
  // from source or intermediate code, nothing compiled or linked. The driver's folder holds only
  // code from the file, which a start that stops before its first launch shows.
  void ExpectWarmAtTheDriver(const std::string& model, const std::vector<std::string>& more = {}) {
    SCOPED_TRACE(model);
    std::multiset<std::string> code[2];
    for (const bool stopped : {false, true}) {
      const std::string folder = FreshFolder("driver_cache"), counts = folder_ + "/counts";
      std::vector<std::string> words = {"run", model, "--cache", cache_, "--json", "-"};
      words.insert(words.end(), more.begin(), more.end());
      const CommandResult result =
          RunMace(words, {{"POCL_CACHE_DIR", folder},
                          {"CUDA_CACHE_DISABLE", "1"},
                          {"OPENCL_LAYERS", CountingLayer()},
                          {"MACE_COUNT_FILE", counts},
                          {"MACE_COUNT_FAIL", stopped ? "clEnqueueNDRangeKernel=-5" : ""}});
      code[stopped] = DriverCode(folder);
      if (stopped) continue;
      ASSERT_EQ(result.exit_code, kExitDone) << result.err;
      EXPECT_EQ(result.OutJson()["cache"]["status"], "warm");
      std::map<std::string, int> calls = ReadCounts(counts);
      EXPECT_GT(calls["clBuildProgram"], 0);
      EXPECT_GT(calls["clEnqueueNDRangeKernel"], 0);
      for (const char* call : {"source_builds", "il_builds", "clCompileProgram", "clLinkProgram"}) {
        EXPECT_EQ(calls[call], 0) << call;
      }
    }
    EXPECT_EQ(code[0], code[1]) << "the driver made code at a launch";
  }

  Json StartWell(const std::vector<std::string>& more = {}, const Environment& environment = {}) {
    const CommandResult result = Start(more, environment);
    EXPECT_EQ(result.exit_code, kExitDone) << result.err;
    return result.OutJson();
  }

  const std::string model_ = ProjectFile("models/digits/digits.pb");
  const std::string folder_ = FreshFolder("warm_start");
  const std::string cache_ = JoinPath(folder_, "mace-cl-compiled-program.bin");
  const Environment require_cache_ = {{"MACE_REQUIRE_CACHE", "1"}};
};

TEST_F(WarmStart, TheSecondStartCompilesNothing) {
  for (const char* memory : {"buffer", "image"}) {
    SCOPED_TRACE(memory);
    const std::vector<std::string> words = {"--memory", memory, "--output-dir",
                                            JoinPath(folder_, memory)};
    const Json cold = StartWell(words);
    EXPECT_GE(cold["cache"]["built_from_source"].get<int>(), 1);
    EXPECT_EQ(cold["cache"]["file"], cache_);
    EXPECT_GT(cold["cache"]["written_ms"].get<double>(), 0.0);
    const std::string answer = ReadText(JoinPath(folder_, memory) + "/output.npy");

    // The first start that loads the binary adds to the file that it could be used.
    StartWell(words, require_cache_);
    const Json warm = StartWell(words, require_cache_);
    EXPECT_EQ(warm["cache"]["status"], "warm") << warm["cache"];
    EXPECT_EQ(warm["cache"]["built_from_source"], 0) << warm["cache"];
    EXPECT_EQ(warm["cache"]["misses"], 0) << warm["cache"];
    EXPECT_GT(warm["cache"]["hits"].get<int>(), 0);
    EXPECT_GT(warm["cache"]["loaded_bytes"].get<int64_t>(), 0);
    EXPECT_TRUE(warm["cache"]["written_ms"].is_null()) << "a warm start wrote: " << warm["cache"];
    EXPECT_EQ(ReadText(JoinPath(folder_, memory) + "/output.npy"), answer);
    ExpectWarmAtTheDriver(model_, {"--memory", memory});
  }
}

TEST_F(WarmStart, AStartThatMayNotCompileNamesAKernel) {
  const CommandResult result = Start({}, require_cache_);
  EXPECT_NE(result.exit_code, kExitDone);
  EXPECT_EQ(result.out, "");
  const std::vector<std::string> lines = result.ErrorLines();
  ASSERT_EQ(lines.size(), 1u) << result.err;
  EXPECT_NE(lines[0].find("MACE_REQUIRE_CACHE"), std::string::npos) << lines[0];
  // Kernels are named <op>_<variant>, and this model always uses a convolution; on a CPU driver one
  // persistent kernel replaces them.
  const bool named = lines[0].find("kernel conv2d_") != std::string::npos ||
                     lines[0].find("kernel persistent_kernel") != std::string::npos;
  EXPECT_TRUE(named) << lines[0];
  EXPECT_FALSE(FileExists(cache_));
}

// Programs of a second model and of another shape are added to the file without damaging the
// earlier ones.
TEST_F(WarmStart, WhatIsAddedMakesNothingWorse) {
  PutInPlace(GoodCache());
  ExpectWarmAtTheDriver(model_);
  const std::string other = MadeModel("mobilenet_v2.pb");
  const std::vector<std::string> two = {"--input-shape", "input=2,8,8,1"};
  std::vector<std::string> words = {"run", other, "--cache", cache_};
  CommandResult result = RunMace(words, {{"POCL_CACHE_DIR", SharedDriverCache()}});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  words = {"run", model_, "--cache", cache_};
  words.insert(words.end(), two.begin(), two.end());
  result = RunMace(words, {{"POCL_CACHE_DIR", SharedDriverCache()}});
  ASSERT_EQ(result.exit_code, kExitDone) << result.err;
  ExpectWarmAtTheDriver(model_);
  ExpectWarmAtTheDriver(other);
  ExpectWarmAtTheDriver(model_, two);
}

TEST_F(WarmStart, ABadFileIsAMissAndIsReplaced) {
  const std::string& good = GoodCache();
  std::string flipped = good;
  flipped[8] = static_cast<char>(flipped[8] ^ 0x40);
  // The cache's own tests cover more kinds of damage.
  for (const std::string& bad : {good.substr(0, good.size() / 2), flipped}) {
    SCOPED_TRACE(bad.size());
    PutInPlace(bad);
    const CommandResult result = Start({});
    ASSERT_EQ(result.exit_code, kExitDone) << result.err;
    const Json json = result.OutJson();
    EXPECT_GE(json["cache"]["built_from_source"].get<int>(), 1) << json["cache"];
    EXPECT_EQ(json["cache"]["status"], "rejected") << json["cache"];
    EXPECT_TRUE(json["cache"]["reason"].is_string()) << json["cache"];
    const Json next = StartWell({}, require_cache_);
    EXPECT_EQ(next["cache"]["status"], "warm") << next["cache"];
  }
}

TEST_F(WarmStart, AFileThatOthersMayWriteIsNotTrusted) {
  PutInPlace(GoodCache(), 0666);
  const CommandResult result = Start({}, require_cache_);
  EXPECT_NE(result.exit_code, kExitDone) << "a program of a file that anyone may write was run";
}

TEST_F(WarmStart, AFolderInTheFilesPlaceIsSurvived) {
  ASSERT_TRUE(MakeDirectories(cache_).ok());
  const CommandResult result = Start({});
  EXPECT_EQ(result.exit_code, kExitDone) << result.err;
  EXPECT_NE(result.err.find(cache_), std::string::npos) << result.err;
}

}  // namespace
}  // namespace mace
