#include "tools/mace/test_support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <utility>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/base/npy.h"
#include "mace/base/strings.h"
#include "tools/mace/requests.h"
#include "tools/mace/tensors.h"

extern char** environ;

namespace mace {
namespace {

constexpr size_t kLargestFile = size_t{1} << 30;
constexpr unsigned kLongestCommandSeconds = 600;

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// This process's environment with `changes` applied, in the form that execve takes.
std::vector<std::string> MergedEnvironment(const Environment& changes) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (changes.count(text.substr(0, text.find('='))) == 0) merged.push_back(text);
  }
  for (const auto& [name, value] : changes) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child: redirects both streams to files and runs the program. Does not return.
[[noreturn]] void Become(char** arguments, char** environment, const char* out, const char* err) {
  const int out_file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err_file = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  alarm(kLongestCommandSeconds);  // A signal ends a command that hangs.
  if (out_file < 0 || err_file < 0 || dup2(out_file, 1) < 0 || dup2(err_file, 2) < 0) _exit(126);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

}  // namespace

std::string ProjectFile(const std::string& path) {
  const char* root = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (root == nullptr || workspace == nullptr) return path;  // Run by hand in the repository.
  return JoinPath(JoinPath(root, workspace), path);
}

std::string MadeModel(const std::string& file) { return ProjectFile("tools/made_models/" + file); }

std::string SharedFolder() {
  const char* named = std::getenv("MACE_SHARED_DIR");
  if (named != nullptr && IsFolder(named)) return named;
  // Bazel links the file to the checkout.
  char* real = realpath(ProjectFile("models/digits/digits.pb").c_str(), nullptr);
  if (real == nullptr) return "";
  const std::string checkout = DirectoryName(DirectoryName(DirectoryName(real)));
  std::free(real);
  const std::string beside = JoinPath(DirectoryName(checkout), "shared");
  return FileExists(JoinPath(beside, "models/manifest.json")) ? beside : "";
}

std::string FreshFolder(const std::string& name) {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string path = JoinPath(root != nullptr ? root : "/tmp", name + ".XXXXXX");
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << path << ": " << std::strerror(errno);
  return path;
}

bool HasOpenClDevice() {
  const StatusOr<std::vector<Device>> devices = ListDevices();
  return devices.ok() && !devices->empty();
}

std::string ReadText(const std::string& path) {
  StatusOr<std::string> text = ReadFile(path, kLargestFile);
  if (!text.ok()) {
    ADD_FAILURE() << text.status().message();
    return "";
  }
  return *std::move(text);
}

void WriteText(const std::string& path, const std::string& content) {
  const Status written = WriteFileAtomic(path, AsBytes(content));
  if (!written.ok()) ADD_FAILURE() << written.message();
}

std::vector<std::string> CommandResult::ErrorLines() const {
  std::vector<std::string> lines = Split(err, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

Json CommandResult::OutJson() const {
  Json json = Json::parse(out, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    ADD_FAILURE() << "stdout is not JSON alone:\n" << out << "\nstderr:\n" << err;
    return Json::object();
  }
  return json;
}

CommandResult RunMace(const std::vector<std::string>& arguments, const Environment& environment) {
  const std::string folder = FreshFolder("command");
  const std::string out = JoinPath(folder, "out"), err = JoinPath(folder, "err");
  std::vector<std::string> words = {ProjectFile("tools/mace")};
  // From the checkout, the command's path is the folder of its sources; the binary is in bazel-bin.
  if (IsFolder(words[0])) words[0] = ProjectFile("bazel-bin/tools/mace");
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = MergedEnvironment(environment);
  std::vector<char*> word_pointers = Pointers(&words), variable_pointers = Pointers(&variables);
  CommandResult result;
  const pid_t child = fork();
  if (child == 0) Become(word_pointers.data(), variable_pointers.data(), out.c_str(), err.c_str());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    ADD_FAILURE() << "no process for " << words[0] << ": " << std::strerror(errno);
    return result;
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = ReadText(out);
  result.err = ReadText(err);
  EXPECT_EQ(result.signal, 0) << "mace " << Join(arguments, " ") << "\n" << result.err;
  return result;
}

void ExpectRefused(const CommandResult& result, int code, const std::string& part) {
  EXPECT_EQ(result.exit_code, code) << result.err;
  const std::vector<std::string> lines = result.ErrorLines();
  ASSERT_EQ(lines.size(), 1u) << result.err;
  EXPECT_TRUE(StartsWith(lines[0], "mace: ")) << lines[0];
  EXPECT_NE(lines[0].find(part), std::string::npos) << lines[0] << "\nshould name: " << part;
}

std::string CountingLayer() {
  return ProjectFile("mace/testing/counting_layer/libmace_cl_counting_layer.so");
}

std::map<std::string, int> ReadCounts(const std::string& path) {
  std::map<std::string, int> counts;
  for (const std::string& line : Split(ReadText(path), '\n')) {
    const size_t space = line.find(' ');
    if (space != std::string::npos) counts[line.substr(0, space)] = std::atoi(&line[space + 1]);
  }
  return counts;
}

Tensor FromHost(HostTensor host) {
  const auto held = std::make_shared<const HostTensor>(std::move(host));
  return Tensor::View(held->dtype(), held->bytes().data(), held->shape().dims(), [held] {});
}

HostTensor ToHost(const Tensor& tensor) {
  const Bytes bytes(static_cast<const uint8_t*>(tensor.data()), tensor.bytes());
  return HostTensor::View({tensor.dtype(), Shape(tensor.dims())}, bytes,
                          std::make_shared<Tensor>(tensor));
}

HostTensor LoadFloats(const std::string& path) {
  const StatusOr<Tensor> tensor = LoadTensor(path, DType::kFloat32);
  if (!tensor.ok()) {
    ADD_FAILURE() << tensor.status().message();
    return *HostTensor::Allocate({DType::kFloat32, Shape({1})});
  }
  return ToHost(*tensor);
}

void SaveFloats(const std::string& path, const HostTensor& tensor) {
  const Status written = WriteNpy(path, "<f4", tensor.shape().dims(), tensor.bytes());
  if (!written.ok()) ADD_FAILURE() << written.message();
}

HostTensor RowOf(const HostTensor& tensor, int64_t row) {
  std::vector<int64_t> dims = tensor.shape().dims();
  dims[0] = 1;
  HostTensor result = *HostTensor::Allocate({DType::kFloat32, Shape(dims)});
  const int64_t count = result.shape().elements();
  std::copy_n(tensor.f32() + row * count, count, result.f32());
  return result;
}

HostTensor RandomFloats(const std::vector<int64_t>& dims, uint32_t seed) {
  HostTensor tensor = *HostTensor::Allocate({DType::kFloat32, Shape(dims)});
  std::mt19937 generator(seed);
  for (int64_t i = 0; i < tensor.shape().elements(); ++i)
    tensor.f32()[i] = static_cast<float>(generator() >> 8) / static_cast<float>(1 << 23) - 1.0f;
  return tensor;
}

std::optional<CompiledModel> CompileOrFail(const std::string& model,
                                           const CompileOptions& options) {
  StatusOr<CompiledModel> compiled = CompiledModel::Load(model, LoadOptions(), options);
  if (!compiled.ok()) {
    ADD_FAILURE() << model << ": " << compiled.status().message();
    return std::nullopt;
  }
  return *std::move(compiled);
}

StatusOr<std::vector<HostTensor>> RunOn(CompiledModel* compiled,
                                        const std::vector<HostTensor>& inputs) {
  std::vector<Tensor> given;
  for (const HostTensor& input : inputs) given.push_back(FromHost(input));
  MACE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunOnce(compiled, given));
  std::vector<HostTensor> found;
  for (const Tensor& output : outputs) found.push_back(ToHost(output));
  return found;
}

std::vector<HostTensor> RunOrFail(CompiledModel* compiled, const std::vector<HostTensor>& inputs) {
  StatusOr<std::vector<HostTensor>> outputs = RunOn(compiled, inputs);
  if (!outputs.ok()) {
    ADD_FAILURE() << outputs.status().message();
    return {};
  }
  return *std::move(outputs);
}

}  // namespace mace
