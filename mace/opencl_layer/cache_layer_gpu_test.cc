// The layer under a program that does not know it. Each start is a process of its own with an empty
// POCL_CACHE_DIR; calls are counted where they reach the driver.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/testing/driver_starts.h"

namespace mace {
namespace {

struct Start {
  std::string printed, log;
  int compiles = -1;                     // -1: calls were not counted.
  std::map<std::string, int> counts;     // At the driver.
  std::vector<std::string> driver_code;  // PoCL's folder after it: its kernels' libraries.
};

class CacheLayerTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return starts_.folder().At(name); }
  std::string file() const { return Path("programs.bin"); }

  DriverStart RunCommand(const std::string& command,
                         const DriverStarts::Environment& more = {}) const {
    DriverStarts::Environment environment = {
        {"OPENCL_LAYERS",
         CountingLayerFile() + ":" + BuiltFile("mace/opencl_layer/libmace_cl_cache_layer.so")},
        {"MACE_CL_CACHE_FILE", file()},
        {"MACE_CL_CACHE_LOG", "1"}};
    for (const auto& [name, value] : more) environment[name] = value;
    return starts_.Run(command, environment);
  }

  std::string Sample(const std::string& what) const {
    return BuiltFile("mace/testing/sample_program/sample_program") + " " + what + " " +
           starts_.folder().path();
  }

  Start Run(const std::string& what, const DriverStarts::Environment& environment = {}) const {
    const DriverStart ended = RunCommand(Sample(what), environment);
    EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
    Start start;
    start.printed = ended.out;
    start.log = ended.err;
    start.counts = ended.counts;
    if (!ended.counts.empty()) start.compiles = ended.compiles();
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(starts_.driver_folder())) {
      if (entry.path().extension() == ".so") start.driver_code.push_back(entry.path().string());
    }
    std::sort(start.driver_code.begin(), start.driver_code.end());
    return start;
  }

  // Starts the program twice; both print the same. The first start compiles `cold` programs, the
  // second one `warm`.
  void ExpectWarm(const std::string& way, const std::string& printed, int cold, int warm) {
    const Start first = Run(way), second = Run(way);
    EXPECT_EQ(first.printed, printed);
    EXPECT_EQ(second.printed, printed);
    EXPECT_EQ(first.compiles, cold) << first.log;
    EXPECT_EQ(second.compiles, warm) << second.log;
  }

  const DriverStarts starts_;
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
  EXPECT_EQ(Run("unpack").compiles, 1);
  const Start warm = Run("unpack"), extending = Run("run"), run = Run("run");
  EXPECT_EQ(warm.compiles, 0);
  EXPECT_EQ(extending.printed + run.printed, "26\n26\n");
  EXPECT_NE(extending.log.find("extended "), std::string::npos) << extending.log;
  EXPECT_EQ(run.compiles, 0) << run.log;
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
  std::ofstream(Path("value.h")) << "#define N 1\n";
  ExpectWarm("include", "11\n", 1, 0);
  std::ofstream(Path("value.h")) << "#define N 2\n";
  ExpectWarm("include", "12\n", 1, 0);
  std::ofstream(Path("value.h")) << "#import <other.h>\n#define N 3\n";
  std::ofstream(Path("other.h")) << "\n";
  const Start start = Run("include");
  EXPECT_EQ(start.printed, "13\n");
  EXPECT_NE(start.log.find("left alone: the source reads files by #import"), std::string::npos)
      << start.log;
}

TEST_F(CacheLayerTest, CompileAndLinkPass) { ExpectWarm("link", "18\n", 2, 2); }

TEST_F(CacheLayerTest, SeveralDevicesPass) {
  // Two of PoCL's.
  const DriverStarts::Environment two = {{"POCL_DEVICES", "pthread basic"}};
  const Start first = Run("devices", two), second = Run("devices", two);
  if (first.printed.find("2 devices") == std::string::npos) GTEST_SKIP() << "needs PoCL";
  EXPECT_EQ(first.printed, "2 devices\n12\n12\n");
  EXPECT_EQ(second.printed, first.printed);
  EXPECT_EQ(second.compiles, 1);
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
    EXPECT_EQ(cold.compiles, 1);
    EXPECT_EQ(warm.compiles, 0);
  }
}

TEST_F(CacheLayerTest, ADamagedSectionIsAMiss) {
  Run("run");
  std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(4096 + 100);
  const char byte = static_cast<char>(damaged.peek());
  damaged.put(static_cast<char>(byte ^ 1));
  damaged.close();
  EXPECT_EQ(Run("run").compiles, 1);
  EXPECT_EQ(Run("run").compiles, 0);
}

TEST_F(CacheLayerTest, WhereNothingCanBeWrittenTheProgramRuns) {
  std::ofstream(Path("no-folder")) << "x";
  for (const char* path : {"/proc/programs.bin", "none", ""}) {
    const Start start = Run("run", {{"MACE_CL_CACHE_FILE", path}});
    EXPECT_EQ(start.printed, "26\n") << path;
    EXPECT_EQ(start.compiles, 1) << path;
  }
  const Start start = Run("run", {{"MACE_CL_CACHE_FILE", Path("no-folder/programs.bin")}});
  EXPECT_EQ(start.printed, "26\n");
  EXPECT_NE(start.log.find("the file is not written: "), std::string::npos) << start.log;
}

TEST_F(CacheLayerTest, ABinaryThatTheDriverRefusesIsAMiss) {
  Run("run");
  const Start start = Run("run", {{"MACE_COUNT_FAIL", "clCreateProgramWithBinary=-42"}});
  EXPECT_EQ(start.printed, "26\n");
  EXPECT_EQ(start.compiles, 1);
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
  const DriverStarts::Environment required = {{"MACE_REQUIRE_CACHE", "1"}};
  EXPECT_EQ(RunCommand(Sample("run"), required).exit_code, 1);
  EXPECT_EQ(RunCommand(Sample("link"), required).exit_code, 1);
  Run("run");
  EXPECT_EQ(Run("run", required).printed, "26\n");
}

TEST_F(CacheLayerTest, TheDefaultFileIsInTheUsersCacheFolder) {
  const std::string command =
      "env -u MACE_CL_CACHE_FILE XDG_CACHE_HOME=" + Path("cache") + " " + Sample("run");
  EXPECT_EQ(RunCommand(command).exit_code, 0);
  EXPECT_TRUE(FileExists(Path("cache/mace/mace-cl-compiled-program.bin")));
}

TEST_F(CacheLayerTest, TheSizeIsBounded) {
  // Too small for two of these programs, each some 90 kB.
  const DriverStarts::Environment small = {{"MACE_CL_CACHE_MAX_BYTES", "150000"}};
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
  EXPECT_EQ(Run("run", {{"MACE_CL_CACHE_RENEW", "1"}}).compiles, 1);
  EXPECT_EQ(Run("run").compiles, 0);
}

}  // namespace
}  // namespace mace
