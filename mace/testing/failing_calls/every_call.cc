// Lets each OpenCL call of a compiled model's life fail once (life.h), by the counting layer. Each
// life is a process of its own, so that a crash and a hang are found, too, and its devices are opened
// as at an app's start.
//
// Each time this must hold: the step gives an error that names the call, or did without the call and
// is right; the next attempt is right; and at the end the process holds as many OpenCL objects and
// open files as after a life in which nothing failed.
//
// usage: every_call [--stride N] [--case NAME] [--error CODE] [--every-error] [--layer FILE]
//                   [--model FILE]
//   --stride N     tries each N-th call of a case (default: 1, all of them)
//   --case NAME    one case alone (default: all)
//   --error CODE   the error, such as -5; by default four errors take turns
//   --every-error  each call with each of the four errors
// Exit code 1: a life went wrong; 2: wrong usage.
#include <CL/cl.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "mace/testing/counting_layer/live_objects.h"
#include "mace/testing/failing_calls/life.h"

namespace mace {
namespace {

// A life with tuning takes some ten seconds on an idle machine.
constexpr unsigned kSecondsOfLife = 300;
constexpr int kErrors[] = {CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY,
                           CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_DEVICE_NOT_AVAILABLE};

struct Arguments {
  uint64_t stride = 1;
  std::string only_case;
  std::vector<int> errors;  // Empty: the four take turns.
  std::string layer = "mace/testing/counting_layer/libmace_cl_counting_layer.so";
  std::string model = "models/digits/digits.pb";
};

// The functions of the counting layer, in the process that lives.
class Layer {
 public:
  // False: the file cannot be loaded.
  bool Load(const std::string& path) {
    setenv("OPENCL_LAYERS", path.c_str(), 1);
    handle_ = dlopen(path.c_str(), RTLD_LAZY);
    if (handle_ == nullptr) return false;
    fail_call_ = reinterpret_cast<void (*)(uint64_t, cl_int)>(dlsym(handle_, "MaceFailCall"));
    calls_made_ = reinterpret_cast<uint64_t (*)()>(dlsym(handle_, "MaceCallsMade"));
    failed_call_ = reinterpret_cast<const char* (*)()>(dlsym(handle_, "MaceFailedCall"));
    live_ = reinterpret_cast<int64_t (*)(const char*)>(dlsym(handle_, "MaceLiveObjects"));
    return fail_call_ != nullptr && calls_made_ != nullptr && failed_call_ != nullptr &&
           live_ != nullptr;
  }
  void FailCall(uint64_t n, int error) { fail_call_(n, error); }
  uint64_t CallsMade() const { return calls_made_(); }
  auto failed_call() const { return failed_call_; }
  // "context 0, queue 0, ...": the references that are held.
  std::string LiveObjects() const {
    std::string text;
    for (const char* kind : kObjectKindNames) {
      text += (text.empty() ? "" : ", ") + std::string(kind) + " " + std::to_string(live_(kind));
    }
    return text;
  }

 private:
  void* handle_ = nullptr;
  void (*fail_call_)(uint64_t, cl_int) = nullptr;
  uint64_t (*calls_made_)() = nullptr;
  const char* (*failed_call_)() = nullptr;
  int64_t (*live_)(const char*) = nullptr;
};

size_t OpenFiles() {
  size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
    static_cast<void>(file);
    ++count;
  }
  return count;
}

// What a process that lived tells its parent: lines of a key and a text.
using Outcome = std::map<std::string, std::string>;

void WriteOutcome(int pipe, const Outcome& outcome) {
  std::string text;
  for (const auto& [key, value] : outcome) text += key + " " + value + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = write(pipe, &text[done], text.size() - done);
    if (written <= 0) return;
    done += static_cast<size_t>(written);
  }
}

Outcome ReadOutcome(int pipe) {
  std::string text;
  char part[4096];
  for (ssize_t size = 0; (size = read(pipe, part, sizeof(part))) > 0;) text.append(part, size);
  Outcome outcome;
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) < text.size(); begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    const size_t space = std::min(line.find(' '), line.size());
    outcome[line.substr(0, space)] = line.substr(std::min(space + 1, line.size()));
  }
  return outcome;
}

struct Failure {
  uint64_t n = 0;  // The number of the call; 0: no call fails.
  int error = CL_SUCCESS;
};

class EveryCall {
 public:
  EveryCall(const Arguments& arguments, const ExpectedAnswers& expected, const std::string& folder)
      : arguments_(arguments), expected_(expected), folder_(folder) {}

  // Each case that was asked for; false: something went wrong.
  bool TryAll() {
    for (const LifeCase& with : Cases()) {
      if (arguments_.only_case.empty() || arguments_.only_case == with.name) TryCase(with);
    }
    std::printf("%zu lives, %zu went wrong\n", lives_, wrong_);
    return lives_ > 0 && wrong_ == 0;
  }

 private:
  std::vector<LifeCase> Cases() const {
    std::vector<LifeCase> cases(6);
    for (LifeCase& each : cases) each.model = arguments_.model;
    cases[0].name = "cold";
    cases[0].options.cache.path = folder_ + "/cold.bin";
    cases[1].name = "warm";
    cases[1].options.cache.path = folder_ + "/warm.bin";
    cases[2].name = "image";
    cases[2].options.storage = CompileOptions::Storage::kImage;
    cases[3].name = "separate";
    cases[3].options.storage = CompileOptions::Storage::kBuffer;
    cases[3].options.separate_launches = true;
    cases[4].name = "half";
    cases[4].options.precision = CompileOptions::Precision::kFloat16;
    cases[4].options.cache.in_memory = true;
    cases[4].tolerance = 0.05;
    cases[5].name = "tuned";
    cases[5].options.tuning = CompileOptions::Tuning::kFast;
    cases[5].options.cache.in_memory = true;
    return cases;
  }

  // What a case finds when it begins: no cache file, or one that an earlier life has written.
  void PrepareCache(const LifeCase& with) {
    const std::string& path = with.options.cache.path;
    if (path.empty()) return;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (with.name == "warm") {
      std::filesystem::copy_file(folder_ + "/kept.bin", path, ignored);
    }
  }

  void TryCase(const LifeCase& with) {
    PrepareCache(with);
    Outcome usual = LiveInProcess(with, Failure());
    if (with.name == "warm") {
      std::error_code ignored;
      std::filesystem::rename(with.options.cache.path, folder_ + "/kept.bin", ignored);
      PrepareCache(with);
      usual = LiveInProcess(with, Failure());
    }
    ++lives_;
    if (!usual["fault"].empty()) return Complain(with, Failure(), usual, usual["fault"]);
    const uint64_t total = std::strtoull(usual["calls"].c_str(), nullptr, 10);
    size_t tried = 0, refused = 0;
    done_without_.clear();
    for (uint64_t n = 1; n <= total; n += arguments_.stride) {
      std::vector<int> errors = arguments_.errors;
      // The four take turns over the calls that are tried.
      if (errors.empty()) errors = {kErrors[(n / arguments_.stride) % std::size(kErrors)]};
      for (const int error : errors) {
        ++tried;
        if (TryFailure(with, {n, error}, usual)) ++refused;
      }
    }
    std::printf("%s: %zu of %llu calls failed: %zu gave an error, %zu were done without; %s\n",
                with.name.c_str(), tried, static_cast<unsigned long long>(total), refused,
                tried - refused, usual["live"].c_str());
    for (const auto& [call, count] : done_without_) {
      std::printf("  done without %s: %zu\n", call.c_str(), count);
    }
    std::fflush(stdout);
  }

  // Whether a step gave an error.
  bool TryFailure(const LifeCase& with, const Failure& failure, Outcome& usual) {
    PrepareCache(with);
    Outcome found = LiveInProcess(with, failure);
    ++lives_;
    if (!found["fault"].empty()) {
      Complain(with, failure, found, found["fault"]);
    } else {
      for (const char* what : {"live", "files"}) {
        if (found[what] == usual[what]) continue;
        Complain(with, failure, found,
                 std::string(what) + ": expected " + usual[what] + ", found " + found[what]);
      }
    }
    if (found["step"].empty()) ++done_without_[found["failed"]];
    return !found["step"].empty();
  }

  void Complain(const LifeCase& with, const Failure& failure, Outcome& found,
                const std::string& fault) {
    ++wrong_;
    std::printf("%s, call %llu (%s) gives %d, step '%s': %s\n", with.name.c_str(),
                static_cast<unsigned long long>(failure.n), found["failed"].c_str(), failure.error,
                found["step"].c_str(), fault.c_str());
    std::fflush(stdout);
  }

  Outcome LiveInProcess(const LifeCase& with, const Failure& failure) const {
    int ends[2];
    if (pipe(ends) != 0) return {{"fault", std::string("pipe: ") + std::strerror(errno)}};
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      alarm(kSecondsOfLife);
      LiveHere(with, failure, ends[1]);
    }
    close(ends[1]);
    Outcome outcome = ReadOutcome(ends[0]);
    close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) != child) return {{"fault", "the process is gone"}};
    if (WIFSIGNALED(status)) {
      outcome["fault"] = WTERMSIG(status) == SIGALRM
                             ? "hangs"
                             : "ended by signal " + std::to_string(WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
      outcome["fault"] = "exit code " + std::to_string(WEXITSTATUS(status));
    }
    return outcome;
  }

  [[noreturn]] void LiveHere(const LifeCase& with, const Failure& failure, int pipe) const {
    SetLogSink([](LogLevel, const std::string&) {});
    Layer layer;
    if (!layer.Load(arguments_.layer)) {
      WriteOutcome(pipe, {{"fault", std::string("the layer cannot be loaded: ") + dlerror()}});
      _exit(0);
    }
    layer.FailCall(failure.n, failure.error);
    const LifeReport report = Live(with, expected_, layer.failed_call());
    const char* const failed = layer.failed_call()();
    Outcome outcome = {{"step", report.step},
                       {"fault", report.fault},
                       {"calls", std::to_string(layer.CallsMade())},
                       {"failed", failed == nullptr ? "none" : failed},
                       {"live", layer.LiveObjects()},
                       {"files", std::to_string(OpenFiles())}};
    if (layer.CallsMade() == 0) outcome["fault"] = "the loader takes no layers";
    WriteOutcome(pipe, outcome);
    // The end of the process is a part of its life, too.
    std::exit(0);
  }

  const Arguments& arguments_;
  const ExpectedAnswers& expected_;
  const std::string folder_;
  size_t lives_ = 0, wrong_ = 0;
  std::map<std::string, size_t> done_without_;  // Of one case, by the name of the call.
};

bool ReadArguments(int count, char** texts, Arguments* arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string name = texts[i];
    if (name == "--every-error") {
      arguments->errors.assign(std::begin(kErrors), std::end(kErrors));
      continue;
    }
    if (i + 1 == count) return false;
    const std::string value = texts[++i];
    if (name == "--stride") {
      arguments->stride = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--case") {
      arguments->only_case = value;
    } else if (name == "--error") {
      arguments->errors = {std::atoi(value.c_str())};
    } else if (name == "--layer") {
      arguments->layer = value;
    } else if (name == "--model") {
      arguments->model = value;
    } else {
      return false;
    }
  }
  return arguments->stride > 0;
}

int Main(int count, char** texts) {
  Arguments arguments;
  if (!ReadArguments(count, texts, &arguments)) {
    std::fprintf(stderr,
                 "usage: every_call [--stride N] [--case NAME] [--error CODE] [--every-error] "
                 "[--layer FILE] [--model FILE]\n");
    return 2;
  }
  arguments.layer = std::filesystem::absolute(arguments.layer).string();
  StatusOr<ExpectedAnswers> expected = FindExpectedAnswers(arguments.model);
  if (!expected.ok()) {
    std::fprintf(stderr, "every_call: %s\n", expected.status().message().c_str());
    return 1;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "every_call.XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "every_call: %s: %s\n", folder.c_str(), std::strerror(errno));
    return 1;
  }
  const bool passed = EveryCall(arguments, *expected, folder).TryAll();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace mace

int main(int argc, char** argv) { return mace::Main(argc, argv); }
