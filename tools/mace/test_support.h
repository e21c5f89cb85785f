// Helpers for tests of the command and of whole models: paths of files, running the command as a
// process, and tensors from and to .npy files.
//
// Errors: functions that return a plain value fail the test through GoogleTest (ADD_FAILURE) and
// return an empty value.
// Thread contract: for one test thread only.
#ifndef TOOLS_MACE_TEST_SUPPORT_H_
#define TOOLS_MACE_TEST_SUPPORT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mace/graph/tensor.h"
#include "mace/mace.h"
#include "tools/mace/json_output.h"

namespace mace {

// The path of a file of this project, given by its path in the repository.
std::string ProjectFile(const std::string& path);
// The path of a model made by the build, such as "mobilenet_v2.pb" (listed in tools/BUILD.bazel).
std::string MadeModel(const std::string& file);
// The folder of reference models and outputs: MACE_SHARED_DIR, else ../shared beside the project;
// empty if there is none.
std::string SharedFolder();

// A new empty folder for this test, below the test runner's temporary folder.
std::string FreshFolder(const std::string& name);

// Whether there is any OpenCL device. Tests that need one call this and GTEST_SKIP.
bool HasOpenClDevice();

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& content);

// The result of running the command.
struct CommandResult {
  int exit_code = -1;  // -1: a signal ended it.
  int signal = 0;
  std::string out;
  std::string err;
  std::vector<std::string> ErrorLines() const;
  // stdout as JSON; fails the test if stdout is anything but one JSON text.
  Json OutJson() const;
};

using Environment = std::map<std::string, std::string>;

// Runs `mace ARGUMENTS…` with `environment` applied to this process's environment.
CommandResult RunMace(const std::vector<std::string>& arguments,
                      const Environment& environment = {});
// Expects the exit code `code` and exactly one line on stderr, "mace: …", that contains `part`.
void ExpectRefused(const CommandResult& result, int code, const std::string& part);

// The path of the loader layer that counts and fails OpenCL calls, for OPENCL_LAYERS.
std::string CountingLayer();
// The counts by call name that a process wrote to its MACE_COUNT_FILE.
std::map<std::string, int> ReadCounts(const std::string& path);

// Both functions give a tensor that shares the elements.
Tensor FromHost(HostTensor host);
// REQUIRES: the tensor is not empty and its status is OK.
HostTensor ToHost(const Tensor& tensor);
// Read and write float tensors as .npy files.
HostTensor LoadFloats(const std::string& path);
void SaveFloats(const std::string& path, const HostTensor& tensor);
// Row `row` of the outermost axis as a batch of one.
HostTensor RowOf(const HostTensor& tensor, int64_t row);
// Seeded uniform floats of these dims.
HostTensor RandomFloats(const std::vector<int64_t>& dims, uint32_t seed);

// Compiles a model. If that fails, the test fails with the Status's message, and the result is
// empty.
std::optional<CompiledModel> CompileOrFail(const std::string& model, const CompileOptions& options);
// Runs a new request once.
StatusOr<std::vector<HostTensor>> RunOn(CompiledModel* compiled,
                                        const std::vector<HostTensor>& inputs);
// RunOn that fails the test, and gives an empty list, on an error.
std::vector<HostTensor> RunOrFail(CompiledModel* compiled, const std::vector<HostTensor>& inputs);

}  // namespace mace

#endif  // TOOLS_MACE_TEST_SUPPORT_H_
