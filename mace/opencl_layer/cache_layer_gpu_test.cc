// The layer under a program that does not know it. Each start is a process of its own with an empty
// POCL_CACHE_DIR; calls are counted where they reach the driver.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/span.h"
#include "mace/cache/store.h"

namespace mace {
namespace {

struct Start {
  int exit_code = -1;
  std::string printed, log;
  std::map<std::string, int> counts;     // At the driver.
  std::vector<std::string> driver_code;  // PoCL's folder after it: its kernels' libraries.

  int compiles() const {
    return counts.at("source_builds") + counts.at("clCompileProgram") + counts.at("clLinkProgram") +
           counts.at("il_builds");
  }
};

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class CacheLayerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "layer-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    ASSERT_TRUE(MakeDirectories(folder_).ok());
  }

  std::string file() const { return folder_ + "/programs.bin"; }

  static std::string BuiltFile(const std::string& name) {
    return std::filesystem::current_path().string() + "/mace/" + name;
  }

  void SetEnvironment(const std::map<std::string, std::string>& more) {
    setenv("OPENCL_LAYERS",
           (BuiltFile("testing/counting_layer/libmace_cl_counting_layer.so") + ":" +
            BuiltFile("opencl_layer/libmace_cl_cache_layer.so"))
               .c_str(),
           1);
    setenv("POCL_CACHE_DIR", (folder_ + "/pocl").c_str(), 1);
    setenv("MACE_COUNT_FILE", (folder_ + "/counts").c_str(), 1);
    setenv("MACE_CL_CACHE_FILE", file().c_str(), 1);
    setenv("MACE_CL_CACHE_LOG", "1", 1);
    unsetenv("MACE_REQUIRE_CACHE");
    for (const auto& [name, value] : more) setenv(name.c_str(), value.c_str(), 1);
  }

  Start Run(const std::string& way, const std::map<std::string, std::string>& environment = {}) {
    std::filesystem::remove_all(folder_ + "/pocl");
    EXPECT_TRUE(MakeDirectories(folder_ + "/pocl").ok());
    const std::string command = BuiltFile("testing/sample_program/sample_program") + " " + way +
                                " " + folder_ + " >" + folder_ + "/out 2>" + folder_ + "/err";
    const pid_t child = fork();
    if (child == 0) {
      SetEnvironment(environment);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Start start;
    start.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    start.printed = ReadText(folder_ + "/out");
    start.log = ReadText(folder_ + "/err");
    std::istringstream counts(ReadText(folder_ + "/counts"));
    std::string name;
    int count = 0;
    while (counts >> name >> count) start.counts[name] = count;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ + "/pocl")) {
      if (entry.path().extension() == ".so") start.driver_code.push_back(entry.path().string());
    }
    std::sort(start.driver_code.begin(), start.driver_code.end());
    EXPECT_EQ(start.exit_code, 0) << start.printed << start.log;
    return start;
  }

  // Starts the program twice; both print the same. The first start compiles `cold` programs, the
  // second one `warm`.
  void ExpectWarm(const std::string& way, const std::string& printed, int cold, int warm) {
    const Start first = Run(way), second = Run(way);
    EXPECT_EQ(first.printed, printed);
    EXPECT_EQ(second.printed, printed);
    EXPECT_EQ(first.compiles(), cold) << first.log;
    EXPECT_EQ(second.compiles(), warm) << second.log;
  }

  std::string folder_;
};

TEST_F(CacheLayerTest, TheSecondStartCompilesNothing) {
  ExpectWarm("run", "26\n", 1, 0);
  // Launches make no code either, because the file holds all code.
  const Start unpacked = Run("unpack"), run = Run("run");
  EXPECT_EQ(unpacked.driver_code, run.driver_code);
  EXPECT_GE(run.counts.at("clEnqueueNDRangeKernel"), 2);
  EXPECT_NE(run.log.find("1 hits, 0 misses, 0 left alone, 0 stored"), std::string::npos) << run.log;
  struct stat info;
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(CacheLayerTest, ABinaryAskedForBeforeTheFirstLaunchIsStoredWithItsCode) {
  const bool pocl = Run("run").driver_code.size() > 0;
  ExpectWarm("frozen", "has a binary: 1\n38\n", pocl ? 2 : 1, 0);
  const Start unpacked = Run("unpack-frozen"), run = Run("frozen");
  EXPECT_EQ(unpacked.driver_code, run.driver_code);
}

// PoCL makes code at the first launch of each shape. Code of a later start is added to the file.
TEST_F(CacheLayerTest, AProgramStoredWithoutLaunchesIsExtendedByThem) {
  if (Run("run", {{"MACE_CL_CACHE_FILE", "none"}}).driver_code.empty()) GTEST_SKIP() << "not PoCL";
  EXPECT_EQ(Run("unpack").compiles(), 1);
  const Start warm = Run("unpack"), extending = Run("run"), run = Run("run");
  EXPECT_EQ(warm.compiles(), 0);
  EXPECT_EQ(extending.printed + run.printed, "26\n26\n");
  EXPECT_NE(extending.log.find("extended "), std::string::npos) << extending.log;
  EXPECT_EQ(run.compiles(), 0) << run.log;
  const Start unpacked = Run("unpack");
  EXPECT_GT(unpacked.driver_code.size(), warm.driver_code.size());
  EXPECT_EQ(unpacked.driver_code, run.driver_code);
}

TEST_F(CacheLayerTest, ReleasedHandles) { ExpectWarm("release", "14\n", 1, 0); }

TEST_F(CacheLayerTest, ABuildAfterABuild) {
  ExpectWarm("rebuild", "15\nwith a kernel: -59\n16\n", 2, 0);
}

TEST_F(CacheLayerTest, CallbacksComeOnce) {
  ExpectWarm("callback", "notified 1 times, of the program: 1\n17\nwrong arguments: -30\n", 2, 1);
}

TEST_F(CacheLayerTest, Threads) {
  // Two threads for each program, both of which may compile it.
  ExpectWarm("threads", "110\n110\n111\n111\n112\n112\n113\n113\n", 8, 0);
}

TEST_F(CacheLayerTest, AnIncludedFileBelongsToTheProgram) {
  std::ofstream(folder_ + "/value.h") << "#define N 1\n";
  ExpectWarm("include", "11\n", 1, 0);
  std::ofstream(folder_ + "/value.h") << "#define N 2\n";
  ExpectWarm("include", "12\n", 1, 0);
  std::ofstream(folder_ + "/value.h") << "#import <other.h>\n#define N 3\n";
  std::ofstream(folder_ + "/other.h") << "\n";
  const Start start = Run("include");
  EXPECT_EQ(start.printed, "13\n");
  EXPECT_NE(start.log.find("left alone: the source reads files by #import"), std::string::npos)
      << start.log;
}

TEST_F(CacheLayerTest, CompileAndLinkPass) { ExpectWarm("link", "18\n", 2, 2); }

TEST_F(CacheLayerTest, SeveralDevicesPass) {
  // Two of PoCL's.
  const std::map<std::string, std::string> two = {{"POCL_DEVICES", "pthread basic"}};
  const Start first = Run("devices", two), second = Run("devices", two);
  if (first.printed.find("2 devices") == std::string::npos) GTEST_SKIP() << "needs PoCL";
  EXPECT_EQ(first.printed, "2 devices\n12\n12\n");
  EXPECT_EQ(second.printed, first.printed);
  EXPECT_EQ(second.compiles(), 1);
  EXPECT_NE(second.log.find("left alone: several devices"), std::string::npos) << second.log;
}

TEST_F(CacheLayerTest, WarningsAreKeptAndAFailureStaysOne) {
  ExpectWarm("log", "21\nwarned: 1\nfails: -11, with a log: 1\n", 2, 1);
}

TEST_F(CacheLayerTest, QuestionsAreAnsweredAsWithoutTheLayer) {
  const Start without = Run("info", {{"OPENCL_LAYERS", ""}});
  EXPECT_NE(without.printed.find("kernels 2 add;twice, devices 1\n"), std::string::npos)
      << without.printed;
  EXPECT_EQ(Run("info").printed, without.printed);
  const Start warm = Run("info");
  EXPECT_EQ(warm.printed, without.printed);
  EXPECT_NE(warm.log.find("1 hits"), std::string::npos) << warm.log;
}

TEST_F(CacheLayerTest, ABadFileIsAMissAndIsReplaced) {
  for (const char* content : {"", "MCLP", "a file of somebody's that has nothing to do with it"}) {
    std::ofstream(file()) << content;
    chmod(file().c_str(), 0600);
    const Start cold = Run("run"), warm = Run("run");
    EXPECT_EQ(cold.printed + warm.printed, "26\n26\n");
    EXPECT_NE(cold.log.find("the file is not used: " + file()), std::string::npos) << cold.log;
    EXPECT_EQ(cold.compiles(), 1);
    EXPECT_EQ(warm.compiles(), 0);
  }
}

TEST_F(CacheLayerTest, ADamagedSectionIsAMiss) {
  Run("run");
  std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(4096 + 100);
  const char byte = static_cast<char>(damaged.peek());
  damaged.put(static_cast<char>(byte ^ 1));
  damaged.close();
  EXPECT_EQ(Run("run").compiles(), 1);
  EXPECT_EQ(Run("run").compiles(), 0);
}

TEST_F(CacheLayerTest, WhereNothingCanBeWrittenTheProgramRuns) {
  std::ofstream(folder_ + "/no-folder") << "x";
  for (const char* path : {"/proc/programs.bin", "none", ""}) {
    const Start start = Run("run", {{"MACE_CL_CACHE_FILE", path}});
    EXPECT_EQ(start.printed, "26\n") << path;
    EXPECT_EQ(start.compiles(), 1) << path;
  }
  const Start start = Run("run", {{"MACE_CL_CACHE_FILE", folder_ + "/no-folder/programs.bin"}});
  EXPECT_EQ(start.printed, "26\n");
  EXPECT_NE(start.log.find("the file is not written: "), std::string::npos) << start.log;
}

TEST_F(CacheLayerTest, ABinaryThatTheDriverRefusesIsAMiss) {
  Run("run");
  const Start start = Run("run", {{"MACE_COUNT_FAIL", "clCreateProgramWithBinary=-42"}});
  EXPECT_EQ(start.printed, "26\n");
  EXPECT_EQ(start.compiles(), 1);
  EXPECT_NE(start.log.find("the driver refuses the binary of "), std::string::npos) << start.log;
  // The first clBuildProgram is the build of the stored binary.
  const Start other = Run("run", {{"MACE_COUNT_FAIL", "clBuildProgram=-5@1"}});
  EXPECT_EQ(other.printed, "26\n");
  EXPECT_NE(other.log.find("the driver cannot build the binary of "), std::string::npos);
}

TEST_F(CacheLayerTest, ADriverThatGivesNoBinaryIsNoFault) {
  const Start start = Run("run", {{"MACE_COUNT_FAIL", "clGetProgramInfo=-6"}});
  EXPECT_EQ(start.printed, "26\n");
  EXPECT_NE(start.log.find("the driver gives no binary"), std::string::npos) << start.log;
}

TEST_F(CacheLayerTest, ARequiredCacheRefusesCompiles) {
  const auto refused = [&](const std::string& way) {
    const std::string command = "MACE_REQUIRE_CACHE=1 " +
                                BuiltFile("testing/sample_program/sample_program") + " " + way +
                                " >/dev/null 2>&1";
    const pid_t child = fork();
    if (child == 0) {
      SetEnvironment({});
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 1;
  };
  EXPECT_TRUE(refused("run"));
  EXPECT_TRUE(refused("link"));
  Run("run");
  EXPECT_EQ(Run("run", {{"MACE_REQUIRE_CACHE", "1"}}).printed, "26\n");
}

TEST_F(CacheLayerTest, TheDefaultFileIsInTheUsersCacheFolder) {
  const std::string command = "env -u MACE_CL_CACHE_FILE XDG_CACHE_HOME=" + folder_ + "/cache " +
                              BuiltFile("testing/sample_program/sample_program") + " run";
  SetEnvironment({{"MACE_COUNT_FILE", folder_ + "/counts"}});
  EXPECT_EQ(system(command.c_str()), 0);
  EXPECT_TRUE(FileExists(folder_ + "/cache/mace/mace-cl-compiled-program.bin"));
}

TEST_F(CacheLayerTest, TheSizeIsBounded) {
  // Too small for two of these programs, each some 90 kB.
  const std::map<std::string, std::string> small = {{"MACE_CL_CACHE_MAX_BYTES", "150000"}};
  Run("run", small);
  Run("release", small);
  EXPECT_LE(std::filesystem::file_size(file()), 150000u);
  const Start start = Run("run", {{"MACE_CL_CACHE_MAX_BYTES", "12 MB"}});
  EXPECT_NE(start.log.find("MACE_CL_CACHE_MAX_BYTES: expected a number of bytes, found '12 MB'"),
            std::string::npos)
      << start.log;
}

TEST_F(CacheLayerTest, RenewCompilesAndStoresAnew) {
  Run("run");
  EXPECT_EQ(Run("run", {{"MACE_CL_CACHE_RENEW", "1"}}).compiles(), 1);
  EXPECT_EQ(Run("run").compiles(), 0);
}

}  // namespace
}  // namespace mace
