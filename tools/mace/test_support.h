// What the tests of the command and of whole models share: where files lie, running the command as
// a process of its own, tensors to and from .npy files.
//
// Errors: functions that return a plain value fail the test through GoogleTest (ADD_FAILURE) and
// return something empty. Thread contract: for one test thread.
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

// A file of this project by its path in the repository, among what the build gave the test.
std::string ProjectFile(const std::string& path);
// A model made by the build, such as "mobilenet_v2.pb" (tools/BUILD.bazel lists them).
std::string MadeModel(const std::string& file);
// The folder with reference models and outputs (MACE_SHARED_DIR, else ../shared beside the
// project); empty where there is none.
std::string SharedFolder();

// A new empty folder for this test, below the test runner's temporary folder.
std::string FreshFolder(const std::string& name);

// Whether an OpenCL device is there at all. Tests that need one call it and GTEST_SKIP.
bool HasOpenClDevice();

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& content);

// How a run of the command ended.
struct CommandResult {
  int exit_code = -1;  // -1: it was ended by a signal.
  int signal = 0;
  std::string out;
  std::string err;
  std::vector<std::string> ErrorLines() const;
  // stdout as JSON; fails the test where it is not JSON and nothing else.
  Json OutJson() const;
};

using Environment = std::map<std::string, std::string>;

// Runs `mace ARGUMENTS…` with this process's environment and `environment` over it.
CommandResult RunMace(const std::vector<std::string>& arguments,
                      const Environment& environment = {});
// Expects that it ended with `code` and said exactly one line on stderr: "mace: …" that contains
// `part`.
void ExpectRefused(const CommandResult& result, int code, const std::string& part);

// The loader layer that counts and fails OpenCL calls, for OPENCL_LAYERS, and the counts by name
// that a process left in its MACE_COUNT_FILE.
std::string CountingLayer();
std::map<std::string, int> ReadCounts(const std::string& path);

// The same elements, shared.
Tensor FromHost(HostTensor host);
// REQUIRES: the tensor is not empty and its status is OK.
HostTensor ToHost(const Tensor& tensor);
// Float tensors from and to .npy files.
HostTensor LoadFloats(const std::string& path);
void SaveFloats(const std::string& path, const HostTensor& tensor);
// Row `row` of the outermost axis, as a batch of one.
HostTensor RowOf(const HostTensor& tensor, int64_t row);
// Seeded uniform floats of these dims.
HostTensor RandomFloats(const std::vector<int64_t>& dims, uint32_t seed);

// A compiled model, or a failure of the test that holds the Status's message (and then none).
std::optional<CompiledModel> CompileOrFail(const std::string& model, const CompileOptions& options);
// One run of a new request, or a Status.
StatusOr<std::vector<HostTensor>> RunOn(CompiledModel* compiled,
                                        const std::vector<HostTensor>& inputs);
// The same, or fails the test and gives nothing.
std::vector<HostTensor> RunOrFail(CompiledModel* compiled, const std::vector<HostTensor>& inputs);

}  // namespace mace

#endif  // TOOLS_MACE_TEST_SUPPORT_H_
