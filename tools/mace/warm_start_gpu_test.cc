// Two starts with one cache file, in processes of their own, each with an empty driver cache: the
// second compiles nothing. And what becomes of files that are no good caches.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class WarmStart : public testing::Test {
 protected:
  // One cold start for all tests that begin with a good file.
  static const std::string& GoodCache() {
    static const std::string* const good = [] {
      const std::string file = FreshFolder("good_cache") + "/cache.bin";
      const CommandResult result =
          RunMace({"run", ProjectFile("models/digits/digits.pb"), "--cache", file},
                  {{"POCL_CACHE_DIR", FreshFolder("driver_cache")}, {"CUDA_CACHE_DISABLE", "1"}});
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

  // One start of the command whose driver remembers nothing.
  CommandResult Start(const std::vector<std::string>& more, Environment environment = {}) {
    environment["POCL_CACHE_DIR"] = FreshFolder("driver_cache");
    environment["CUDA_CACHE_DISABLE"] = "1";
    std::vector<std::string> words = {
        "run",     model_, "--input", "input=" + ProjectFile("models/digits/samples/digit_7.npy"),
        "--cache", cache_, "--json",  "-"};
    words.insert(words.end(), more.begin(), more.end());
    return RunMace(words, environment);
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

    const Json warm = StartWell(words, require_cache_);
    EXPECT_EQ(warm["cache"]["status"], "warm") << warm["cache"];
    EXPECT_EQ(warm["cache"]["built_from_source"], 0) << warm["cache"];
    EXPECT_EQ(warm["cache"]["misses"], 0) << warm["cache"];
    EXPECT_GT(warm["cache"]["hits"].get<int>(), 0);
    EXPECT_GT(warm["cache"]["loaded_bytes"].get<int64_t>(), 0);
    EXPECT_TRUE(warm["cache"]["written_ms"].is_null()) << "a warm start wrote: " << warm["cache"];
    EXPECT_EQ(ReadText(JoinPath(folder_, memory) + "/output.npy"), answer);
  }
}

TEST_F(WarmStart, AStartThatMayNotCompileNamesAKernel) {
  const CommandResult result = Start({}, require_cache_);
  EXPECT_NE(result.exit_code, kExitDone);
  EXPECT_EQ(result.out, "");
  const std::vector<std::string> lines = result.ErrorLines();
  ASSERT_EQ(lines.size(), 1u) << result.err;
  EXPECT_NE(lines[0].find("MACE_REQUIRE_CACHE"), std::string::npos) << lines[0];
  // Kernels are named <op>_<variant>; this model cannot do without a convolution.
  EXPECT_NE(lines[0].find("conv2d_"), std::string::npos) << lines[0];
  EXPECT_FALSE(FileExists(cache_));
}

// One file serves several models, and a second model loses nothing of the first.
TEST_F(WarmStart, ModelsShareAFile) {
  PutInPlace(GoodCache());
  const CommandResult other =
      RunMace({"run", MadeModel("squeezenet.pb"), "--cache", cache_},
              {{"POCL_CACHE_DIR", FreshFolder("driver_cache")}, {"CUDA_CACHE_DISABLE", "1"}});
  ASSERT_EQ(other.exit_code, kExitDone) << other.err;
  const Json again = StartWell({}, require_cache_);
  EXPECT_EQ(again["cache"]["status"], "warm");
}

TEST_F(WarmStart, ABadFileIsAMissAndIsReplaced) {
  const std::string& good = GoodCache();
  std::string flipped = good;
  flipped[8] = static_cast<char>(flipped[8] ^ 0x40);
  // More kinds of damage are the cache's own tests.
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
