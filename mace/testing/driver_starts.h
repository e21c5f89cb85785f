// Starts of programs that use OpenCL, each a process of its own whose driver remembers nothing: for
// tests of what a process's first OpenCL call does, and of what a second start compiles.
//
// Thread contract: one thread.
#ifndef MACE_TESTING_DRIVER_STARTS_H_
#define MACE_TESTING_DRIVER_STARTS_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "mace/base/files.h"
#include "mace/testing/temporary_folder.h"

namespace mace {

// A file that the build gave the test, by its path in the repository.
inline std::string BuiltFile(const std::string& path) {
  return JoinPath(std::filesystem::current_path().string(), path);
}

// For OPENCL_LAYERS: the layer that counts calls where the driver is called.
inline std::string CountingLayerFile() {
  return BuiltFile("mace/testing/counting_layer/libmace_cl_counting_layer.so");
}

// The program that runs, to be started again with an argument.
inline std::string OwnProgram() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

// How a start ended, and what it wrote to stdout and stderr.
struct DriverStart {
  int exit_code = -1;  // Below 0: the signal that ended the process.
  std::string out, err;
  // Calls by name, where OPENCL_LAYERS named the counting layer.
  std::map<std::string, int> counts;

  // REQUIRES: calls were counted.
  int compiles() const {
    return counts.at("source_builds") + counts.at("clCompileProgram") + counts.at("clLinkProgram") +
           counts.at("il_builds");
  }
};

class DriverStarts {
 public:
  using Environment = std::map<std::string, std::string>;

  const TemporaryFolder& folder() const { return folder_; }
  // What PoCL has written in the last start: POCL_CACHE_DIR, empty when a start begins.
  std::string driver_folder() const { return folder_.At("pocl"); }

  // Runs a command of the shell. The environment is this process's without the layers and the
  // demand for a cache that it may name, with `environment` over it.
  DriverStart Run(const std::string& command, const Environment& environment = {}) const {
    std::error_code none;
    std::filesystem::remove_all(driver_folder(), none);
    std::filesystem::remove(folder_.At("counts"), none);
    EXPECT_TRUE(MakeDirectories(driver_folder()).ok());
    const std::string whole = command + " >" + folder_.At("out") + " 2>" + folder_.At("err");
    const pid_t child = fork();
    if (child == 0) {
      for (const char* name : {"OPENCL_LAYERS", "MACE_REQUIRE_CACHE"}) unsetenv(name);
      setenv("POCL_CACHE_DIR", driver_folder().c_str(), 1);
      setenv("CUDA_CACHE_DISABLE", "1", 1);
      setenv("MACE_COUNT_FILE", folder_.At("counts").c_str(), 1);
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      execl("/bin/sh", "sh", "-c", whole.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    EXPECT_EQ(child, waitpid(child, &status, 0));
    return ReadStart(status);
  }

 private:
  std::string ReadText(const std::string& name) const {
    std::ifstream file(folder_.At(name));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  DriverStart ReadStart(int status) const {
    DriverStart start;
    start.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    start.out = ReadText("out");
    start.err = ReadText("err");
    std::istringstream counts(ReadText("counts"));
    std::string name;
    int count = 0;
    while (counts >> name >> count) start.counts[name] = count;
    return start;
  }

  const TemporaryFolder folder_;
};

}  // namespace mace

#endif  // MACE_TESTING_DRIVER_STARTS_H_
